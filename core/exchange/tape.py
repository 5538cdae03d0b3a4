"""A recorded market that own orders can meet: what each instrument's newest tick says, and a book made of it.

It has the doors of the matched floor. The recorded levels stand in the book under positive ids and keep their place as
long as their quantity does not grow; an own order queues behind what stands at its price. It fills when the recorded
other side reaches its price, or when the recording trades through it, or at it past what was in front.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from core.clock import NS_PER_S
from core.domain import InstrumentKey, Side
from core.exchange.book import Book, Match
from core.exchange.dayfigures import DayFigures
from core.exchange.listing import Listing
from core.exchange.recording import Recording, listing_of
from core.exchange.snapshot import Bar, Snapshot
from core.exchange.tick import Raw, Tick

IST_NS, DAY_NS = 19_800 * NS_PER_S, 86_400 * NS_PER_S
WIDE = 5
"""Orders are taken up to so many times the first price."""
_BEHIND_NS, _HASTE = 60 * NS_PER_S, 10
"""A tape that is so far behind takes so many times the ticks."""
ROWS_MAX = 20_000
"""Most ticks taken in one step: a clock moved far ahead is caught up with over several."""


class TapeFloor:
    """UserError (from the recording) when there is nothing to play."""

    def __init__(self, recording: Recording) -> None:
        recording.survey()
        self._recording = recording
        assert recording.next is not None
        self.start_ns = self.last_ns = recording.next.time_ns
        self._listings = {key: listing_of(row) for key, row in recording.instruments.items()}
        self._banded = dict(self._listings)
        self._reset()
        self.on_match: Callable[[InstrumentKey, Match, int], None] = lambda key, match, now_ns: None
        self.on_price: Callable[[InstrumentKey, int, int], None] = lambda key, last_e4, now_ns: None

    def _reset(self) -> None:
        self._newest: dict[InstrumentKey, Raw] = {}
        self._figures = {key: DayFigures() for key in self._listings}
        self._sequence = dict.fromkeys(self._listings, 0)
        self._changed: dict[InstrumentKey, None] = {}
        self._books: dict[InstrumentKey, Book] = {}
        self._volume = dict.fromkeys(self._listings, 0)
        self._day: dict[InstrumentKey, int] = {}
        self._next_id = 0
        self._own: dict[InstrumentKey, set[int]] = {}

    @property
    def recording(self) -> Recording:
        """What is played: its next tick can be looked at."""
        return self._recording

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]:
        """What was recorded, with bands to trade in: a recording knows no circuits, snapshots show 0 for them."""
        return self._banded

    @property
    def next_ns(self) -> int | None:
        """When the next tick arrives; None at the end."""
        return None if self._recording.next is None else self._recording.next.time_ns

    @property
    def figures(self) -> Mapping[InstrumentKey, DayFigures]:
        return self._figures

    @property
    def ended(self) -> bool:
        return self._recording.next is None

    @property
    def left_out(self) -> int:
        """Rows that could not be used so far."""
        return self._recording.left_out

    def rewind(self) -> None:
        """Back to the first tick: figures and recorded books begin again; the account's orders are off the books."""
        self._recording.rewind()
        self._reset()

    def step(self, now_ns: int, rounds: int = 0, most: int | None = None) -> bool:
        """Take the ticks whose time has come; True when none is left.

        With `most` it stops after so many, and before a tick whose instrument has one that nobody saw yet: so every
        tick can be shown, unless the tape is far behind.
        """
        left = ROWS_MAX if most is None else most
        while (coming := self._recording.next) is not None and coming.time_ns <= now_ns:
            if most is not None and now_ns - coming.time_ns > _BEHIND_NS:
                left, most = left * _HASTE, None
            if not left or (most is not None and coming.key in self._changed):
                return False
            left -= 1
            self._recording.take()
            self._show(coming)
        return True

    def watch(self, keys: Iterable[InstrumentKey]) -> None:
        """A recording is as lively as it was."""

    def submit(self, key: InstrumentKey, order_id: int, side: Side, quantity: int, price_e4: int, rest: bool) -> None:
        matches = self.book(key).submit(order_id, side, quantity, price_e4, rest)
        if rest:
            self._own.setdefault(key, set()).add(order_id)
        self._changed[key] = None
        self._record(key, matches, self.last_ns)

    def cancel(self, key: InstrumentKey, order_id: int) -> int:
        self._changed[key] = None
        self._own.get(key, set()).discard(order_id)
        return self.book(key).cancel(order_id)

    def decrease(self, key: InstrumentKey, order_id: int, leaves: int) -> None:
        self._changed[key] = None
        self.book(key).decrease(order_id, leaves)

    def book(self, key: InstrumentKey) -> Book:
        book = self._books.get(key)
        if book is None:
            book = self._books[key] = Book()
            if (raw := self._newest.get(key)) is not None:
                self._lay(book, raw)
        return book

    def last_e4(self, key: InstrumentKey) -> int:
        return self._figures[key].last_e4 or self._listings[key].close_e4

    def close_e4(self, key: InstrumentKey) -> int:
        return self.last_e4(key)

    def take_changed(self) -> Iterable[InstrumentKey]:
        changed, self._changed = self._changed, {}
        for key in changed:
            self._sequence[key] += 1
        return changed

    def bars(self, key: InstrumentKey) -> list[Bar]:
        return self._figures[key].rows()

    def snapshot(self, key: InstrumentKey, levels: int = 5) -> Snapshot:
        """The newest tick as it was recorded, own orders added; before the first, nothing but its name."""
        raw, day, listing = self._newest.get(key), self._figures[key], self._listings[key]
        if raw is None:
            return Snapshot(listing, self._sequence[key], self.last_ns, 0, 0)
        bids, asks = raw.bids, raw.asks
        if self._own.get(key):
            book = self._books[key]
            bids, asks = tuple(book.depth(Side.BUY, levels)), tuple(book.depth(Side.SELL, levels))
        return Snapshot(
            listing=listing,
            sequence=self._sequence[key],
            time_ns=raw.time_ns,
            last_e4=raw.last_e4,
            close_e4=raw.close_e4,
            open_e4=raw.open_e4 or day.open_e4,
            high_e4=raw.high_e4 or day.high_e4,
            low_e4=raw.low_e4 or day.low_e4,
            last_quantity=raw.last_quantity,
            last_ns=raw.last_ns or day.last_ns,
            average_e4=raw.average_e4 or day.average_e4,
            volume=raw.volume or day.volume,
            total_buy=raw.total_buy,
            total_sell=raw.total_sell,
            open_interest=raw.open_interest,
            bids=bids,
            asks=asks,
        )

    def _show(self, tick: Tick) -> None:
        key, raw = tick.key, tick.raw
        day = (tick.time_ns + IST_NS) // DAY_NS
        if self._day.setdefault(key, day) != day:
            self._day[key], self._figures[key], self._volume[key] = day, DayFigures(), 0
        self._newest[key] = raw
        self._changed[key] = None
        self.last_ns = max(self.last_ns, tick.time_ns)
        listing = self._listings[key]
        if not listing.close_e4:
            close_e4 = raw.close_e4 or raw.last_e4
            self._listings[key] = known = replace(listing, close_e4=close_e4, typical=max(1, raw.last_quantity))
            tick_e4 = known.instrument.tick_e4 or 1
            self._banded[key] = replace(known, lower_e4=tick_e4, upper_e4=close_e4 * WIDE // tick_e4 * tick_e4)
        traded = raw.traded
        if raw.volume:
            traded = max(0, raw.volume - self._volume[key]) if self._volume[key] else 0
            self._volume[key] = max(raw.volume, self._volume[key])
        if key in self._books:
            self._meet(key, raw, traded, tick.time_ns)
        self._figures[key].trade(raw.last_e4, traded, tick.time_ns)
        self.on_price(key, raw.last_e4, tick.time_ns)

    def _meet(self, key: InstrumentKey, raw: Raw, traded: int, now_ns: int) -> None:
        """Let the tick's trade run through the book as it stood, then lay the recorded levels anew."""
        book = self._books[key]
        self._own[key] = {order_id for order_id in self._own.get(key, ()) if book.resting(order_id)}
        if traded or not raw.volume:
            self._trade(key, book, raw, traded or raw.last_quantity, now_ns)
        self._record(key, self._lay(book, raw), now_ns)

    def _trade(self, key: InstrumentKey, book: Book, raw: Raw, quantity: int, now_ns: int) -> None:
        """A recorded trade reaches own orders that are better than its price, and then the queue at its price."""
        for side in (Side.BUY, Side.SELL):
            best = book.best(side)
            if best is not None and quantity and self._own[key] and (best - raw.last_e4) * side >= 0:
                self._next_id += 1
                matches = book.submit(self._next_id, Side(-side), quantity, raw.last_e4, rest=False)
                self._record(key, [m for m in matches if m.resting_id < 0], now_ns)

    def _lay(self, book: Book, raw: Raw) -> list[Match]:
        """Make the recorded part of the book what the tick says; what crosses an own order trades with it."""
        bids, asks = raw.bids, raw.asks
        if bids and asks and bids[0].price_e4 >= asks[0].price_e4:
            bids = asks = ()
        wanted = {Side.BUY: {v.price_e4: v.quantity for v in bids}, Side.SELL: {v.price_e4: v.quantity for v in asks}}
        for side, levels in wanted.items():
            for price_e4 in list(book.prices(side)):
                self._shrink(book, side, price_e4, levels.get(price_e4, 0))
        matches: list[Match] = []
        for side, levels in wanted.items():
            for price_e4, quantity in levels.items():
                missing = quantity - self._recorded_at(book, side, price_e4)
                if missing > 0:
                    self._next_id += 1
                    matches += book.submit(self._next_id, side, missing, price_e4)
        return matches

    @staticmethod
    def _recorded_at(book: Book, side: Side, price_e4: int) -> int:
        orders = (book.resting(order_id) for order_id in book.ids_at(side, price_e4) if order_id > 0)
        return sum(order.leaves for order in orders if order is not None)

    def _shrink(self, book: Book, side: Side, price_e4: int, quantity: int) -> None:
        """Take recorded quantity away at a price, the youngest first, until no more than `quantity` stands there."""
        excess = self._recorded_at(book, side, price_e4) - quantity
        for order_id in reversed(book.ids_at(side, price_e4)):
            order = book.resting(order_id)
            if excess <= 0 or order is None or order_id < 0:
                continue
            if order.leaves <= excess:
                excess -= book.cancel(order_id)
            else:
                book.decrease(order_id, order.leaves - excess)
                excess = 0

    def _record(self, key: InstrumentKey, matches: list[Match], now_ns: int) -> None:
        for match in matches:
            if match.resting_id < 0 or match.taking_id < 0:
                self._figures[key].trade(match.price_e4, match.quantity, now_ns)
                self.on_match(key, match, now_ns)
