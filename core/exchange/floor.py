"""The matched market: every book, its crowd and the day's figures. Steps in market time, deterministic for a seed.

The account's orders enter the same books; `on_match` is told of each execution that touches one of them, and
`on_price` of each traded instrument, after the trade is in the figures.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from core.clock import NS_PER_MS, NS_PER_S
from core.domain import InstrumentKey, Kind, Side
from core.exchange.book import Book, Match
from core.exchange.crowd import Crowd
from core.exchange.dayfigures import DayFigures
from core.exchange.listing import Listing
from core.exchange.snapshot import Bar, Snapshot

PAUSE_MS = (250, 1_600)
"""Shortest and longest pause between two rounds of one crowd, market time."""
ROUNDS_MAX = 40
"""Most rounds of one crowd in one step: a clock moved far ahead is walked in longer strides."""
TIDE_NS = 20 * NS_PER_S


class Floor:
    def __init__(
        self,
        listings: Mapping[InstrumentKey, Listing],
        rng: random.Random,
        figures: Mapping[InstrumentKey, DayFigures] | None = None,
    ) -> None:
        saved = figures or {}
        self._listings = listings
        self._rng = rng
        self._figures = {key: saved.get(key, DayFigures()) for key in listings}
        self._books = {key: Book() for key, row in listings.items() if row.tradable}
        ids = count(1)
        self._crowds = {key: self._crowd(listings[key], lambda: next(ids)) for key in self._books}
        self._due = dict.fromkeys(self._books, 0)
        self._sequence = dict.fromkeys(listings, 0)
        self._changed: dict[InstrumentKey, None] = {}
        self._now_ns = 0
        self._tide, self._tide_until_ns = 0, 0
        self.on_match: Callable[[InstrumentKey, Match, int], None] = lambda key, match, now_ns: None
        self.on_price: Callable[[InstrumentKey, int, int], None] = lambda key, last_e4, now_ns: None

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]:
        return self._listings

    @property
    def figures(self) -> Mapping[InstrumentKey, DayFigures]:
        return self._figures

    def step(self, now_ns: int, rounds: int = ROUNDS_MAX) -> None:
        """Let every crowd act that is due, at most `rounds` times each, then let the indices follow."""
        since_ns, self._now_ns = self._now_ns or now_ns, max(now_ns, self._now_ns)
        stride_ns = max(0, (now_ns - since_ns) // rounds)
        for key in self._books:
            while self._due[key] <= now_ns:
                at_ns = max(self._due[key], since_ns)
                self._round(key, at_ns)
                pause_ns = self._rng.randint(*PAUSE_MS) * NS_PER_MS
                self._due[key] = at_ns + max(pause_ns, stride_ns)
        self._follow(now_ns)

    def submit(self, key: InstrumentKey, order_id: int, side: Side, quantity: int, price_e4: int, rest: bool) -> None:
        """An account's order (negative id) enters the book now."""
        matches = self._books[key].submit(order_id, side, quantity, price_e4, rest)
        self._changed[key] = None
        self._record(key, matches, self._now_ns)

    def cancel(self, key: InstrumentKey, order_id: int) -> int:
        self._changed[key] = None
        return self._books[key].cancel(order_id)

    def decrease(self, key: InstrumentKey, order_id: int, leaves: int) -> None:
        self._changed[key] = None
        self._books[key].decrease(order_id, leaves)

    def book(self, key: InstrumentKey) -> Book:
        return self._books[key]

    def last_e4(self, key: InstrumentKey) -> int:
        """The last price, or the previous close before the first trade."""
        return self._figures[key].last_e4 or self._listings[key].close_e4

    def take_changed(self) -> Iterable[InstrumentKey]:
        changed, self._changed = self._changed, {}
        for key in changed:
            self._sequence[key] += 1
        return changed

    def bars(self, key: InstrumentKey) -> list[Bar]:
        return self._figures[key].rows()

    def snapshot(self, key: InstrumentKey) -> Snapshot:
        row, day, book = self._listings[key], self._figures[key], self._books.get(key)
        return Snapshot(
            listing=row,
            sequence=self._sequence[key],
            time_ns=self._now_ns,
            last_e4=self.last_e4(key),
            close_e4=row.close_e4,
            open_e4=day.open_e4,
            high_e4=day.high_e4,
            low_e4=day.low_e4,
            last_quantity=day.last_quantity,
            last_ns=day.last_ns,
            average_e4=day.average_e4,
            volume=day.volume,
            total_buy=book.total(Side.BUY) if book else 0,
            total_sell=book.total(Side.SELL) if book else 0,
            open_interest=row.open_interest,
            bids=tuple(book.depth(Side.BUY)) if book else (),
            asks=tuple(book.depth(Side.SELL)) if book else (),
        )

    def _crowd(self, row: Listing, next_id: Callable[[], int]) -> Crowd:
        last = self._figures[row.key].last_e4
        gap_e6 = self._rng.randint(-4_000, 4_000)
        return Crowd(row, self._rng, next_id, last or row.close_e4 * (1_000_000 + gap_e6) // 1_000_000)

    def _round(self, key: InstrumentKey, now_ns: int) -> None:
        crowd, row = self._crowds[key], self._listings[key]
        if now_ns >= self._tide_until_ns:
            self._tide, self._tide_until_ns = self._rng.choice((-1, 0, 1)), now_ns + TIDE_NS
        if row.instrument.kind is Kind.FUTURE:
            spot_e4 = self.last_e4(row.members[0])
            crowd.follow(spot_e4 * (1_000_000 + row.premium_e6) // 1_000_000)
        else:
            crowd.drift(self._tide)
        self._changed[key] = None
        self._record(key, crowd.act(self._books[key]), now_ns)

    def _record(self, key: InstrumentKey, matches: list[Match], now_ns: int) -> None:
        for match in matches:
            self._figures[key].trade(match.price_e4, match.quantity, now_ns)
            if match.resting_id < 0 or match.taking_id < 0:
                self.on_match(key, match, now_ns)
        if matches:
            self.on_price(key, self._figures[key].last_e4, now_ns)

    def _follow(self, now_ns: int) -> None:
        """Every index takes the mean return of its members."""
        for key, row in self._listings.items():
            if row.tradable:
                continue
            returns = [
                (self.last_e4(m) - self._listings[m].close_e4) * 10**9 // self._listings[m].close_e4
                for m in row.members
            ]
            value_e4 = row.close_e4 + row.close_e4 * row.leverage * sum(returns) // len(returns) // 10**9
            value_e4 = value_e4 // 500 * 500
            if value_e4 != self._figures[key].last_e4:
                self._figures[key].trade(value_e4, 0, now_ns)
                self._changed[key] = None
