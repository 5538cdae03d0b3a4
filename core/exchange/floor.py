"""The matched market: every book, its crowd and the day's figures. Steps in market time, deterministic for a seed.

The account's orders enter the same books; `on_match` is told of each execution that touches one of them, and
`on_price` of each traded instrument, after the trade is in the figures.

Each instrument has random numbers of its own. What nobody watches, asks for or trades acts rarely, with rounds that
carry more; it wakes when somebody looks. Options come to life when first looked at, with a past that fits their future.
"""

import heapq
import random
from collections.abc import Callable, Iterable, Mapping

from core.clock import NS_PER_MS, NS_PER_S
from core.domain import Exchange, InstrumentKey, Kind, Side
from core.exchange.book import Book, Match
from core.exchange.calendar import Hours
from core.exchange.crowd import Crowd
from core.exchange.dayfigures import DayFigures
from core.exchange.listed import instruments_of
from core.exchange.listing import Listing
from core.exchange.past import invent_past
from core.exchange.snapshot import Bar, Snapshot
from core.exchange.tide import Tide, activity
from core.exchange.values import Values

LEAST_MS, MEAN_MS = 80, 800
"""Shortest and mean pause between two rounds of one crowd at noon, market time."""
ASLEEP_MS, ASLEEP_OPTION_MS = 6_000, 30_000
"""The pauses of a crowd that nobody looks at."""
LOOKED_AT_NS = 20 * NS_PER_S
SLEPT_NS = 3 * NS_PER_S
"""What has not acted for so long acts at once when it is watched; anything else in its turn, so not in held time."""
ROUNDS_MAX = 40
"""Most rounds of one crowd in one step: a clock moved far ahead is walked in longer strides."""
LATE_NS = NS_PER_S
"""From here on an act that is overdue is not made up for."""
INDEX_NS = 250 * NS_PER_MS
EAGER_MAX = 400
"""Most instruments that live from the start; a longer universe comes to life as it is looked at."""
_IDS_A_CROWD = 1_000_000_000
_ALWAYS = Hours(0, 1 << 63)


class Floor:
    def __init__(
        self,
        listings: Mapping[InstrumentKey, Listing],
        rng: random.Random,
        figures: Mapping[InstrumentKey, DayFigures] | None = None,
        tide: Tide | None = None,
        opens_ns: int = 0,
        hours: Mapping[Exchange, Hours] | None = None,
    ) -> None:
        """`hours` are the day's sessions by segment; nobody acts outside of them. None: always open."""
        self._hours = hours or {}
        saved = figures or {}
        self._listings = listings
        self._seed = rng.getrandbits(64)
        self._figures = {key: saved[key] if key in saved else DayFigures() for key in listings}
        self._tide = tide or Tide(random.Random(f"{self._seed}/tide"))
        self._values = Values(listings, self._figures)
        self._books: dict[InstrumentKey, Book] = {}
        self._crowds: dict[InstrumentKey, Crowd] = {}
        self._acted_ns: dict[InstrumentKey, int] = {}
        self._due: list[tuple[int, int, InstrumentKey]] = []
        self._due_ns: dict[InstrumentKey, int] = {}
        self._number = {key: n for n, key in enumerate(listings)}
        self._options: dict[InstrumentKey, list[InstrumentKey]] = {}
        self._sequence = dict.fromkeys(listings, 0)
        self._changed: dict[InstrumentKey, None] = {}
        self._watched: frozenset[InstrumentKey] = frozenset()
        self._held: set[InstrumentKey] = set()
        self._until_ns: dict[InstrumentKey, int] = {}
        self._now_ns = self._opens_ns = opens_ns
        self._index_ns = 0
        self._busy: dict[Exchange, tuple[int, float]] = {}
        self._eager = [k for k, i in instruments_of(listings) if i.kind not in (Kind.INDEX, Kind.OPTION)]
        self._eager = [*self._values.needed, *self._eager] if len(self._eager) <= EAGER_MAX else self._values.needed
        self.on_match: Callable[[InstrumentKey, Match, int], None] = lambda key, match, now_ns: None
        self.on_price: Callable[[InstrumentKey, int, int], None] = lambda key, last_e4, now_ns: None
        for key in dict.fromkeys([*self._eager, *(k for k in saved if k in listings and listings[k].tradable)]):
            self._live(key)

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]:
        return self._listings

    @property
    def figures(self) -> Mapping[InstrumentKey, DayFigures]:
        return self._figures

    @property
    def tide(self) -> Tide:
        return self._tide

    def step(self, now_ns: int, rounds: int = ROUNDS_MAX, most: int | None = None) -> bool:
        """Let every crowd act that is due, at most `rounds` times each, in the order of time; indices follow.

        With `most` it stops after so many rounds, and what is too late acts now: a market that is too busy for its
        computer becomes slower instead of falling behind. True when nothing is left to do.
        """
        at_ns = since_ns = self._now_ns or now_ns
        now_ns = max(now_ns, since_ns)
        stride_ns, done = (now_ns - since_ns) // rounds, 0
        due = self._due
        while due and due[0][0] <= now_ns:
            if done == most:
                return False
            due_ns, number, key = heapq.heappop(due)
            if self._due_ns.get(key) != due_ns:
                continue
            if most is not None and now_ns - due_ns > LATE_NS:
                due_ns = now_ns
            self._now_ns = at_ns = max(at_ns, due_ns)
            if at_ns >= self._index_ns:
                self._follow(at_ns)
            self._live(key)
            self._round(key, at_ns)
            self._plan(key, number, at_ns + max(self._pause_ns(key, at_ns), stride_ns))
            done += 1
        self._now_ns = now_ns
        self._follow(now_ns)
        return True

    def watch(self, keys: Iterable[InstrumentKey]) -> None:
        """The instruments that streams show: they act at their full pace until another set is given."""
        watched = frozenset(k for k in keys if k in self._listings)
        new, self._watched = watched - self._watched, watched
        for key in sorted(new, key=self._number.__getitem__):
            due_ns = self._due_ns.get(key, self._now_ns + 1)
            if not self._listings[key].tradable or due_ns <= self._now_ns:
                continue
            slept = self._now_ns - self._acted_ns.get(key, 0) >= SLEPT_NS
            soon_ns = self._now_ns if slept else self._now_ns + self._pause_ns(key, self._now_ns)
            if soon_ns < due_ns:
                self._plan(key, self._number[key], soon_ns)

    def submit(self, key: InstrumentKey, order_id: int, side: Side, quantity: int, price_e4: int, rest: bool) -> None:
        """An account's order (negative id) enters the book now."""
        matches = self.book(key).submit(order_id, side, quantity, price_e4, rest)
        self._changed[key] = None
        self._record(key, matches, self._now_ns)

    def cancel(self, key: InstrumentKey, order_id: int) -> int:
        self._changed[key] = None
        return self.book(key).cancel(order_id)

    def decrease(self, key: InstrumentKey, order_id: int, leaves: int) -> None:
        self._changed[key] = None
        self.book(key).decrease(order_id, leaves)

    def book(self, key: InstrumentKey) -> Book:
        """The book of an instrument that the account deals in: it stays awake for the day."""
        self._hold(key)
        return self._books[key]

    def last_e4(self, key: InstrumentKey) -> int:
        """The last price, or the previous close before the first trade; as `book`, it keeps the instrument awake."""
        self._hold(key)
        return self._last_e4(key)

    def close_e4(self, key: InstrumentKey) -> int:
        """The day's closing price: the last one, or a fair one where nothing was traded. Wakes nothing."""
        row, last_e4 = self._listings[key], self._figures[key].last_e4
        if last_e4 or row.instrument.kind is not Kind.OPTION or not row.members:
            return last_e4 or row.close_e4
        fair_e4 = self._values.fair_e4(row, self._fair_of, self._now_ns)
        if fair_e4 is None:
            return row.close_e4
        tick_e4 = row.instrument.tick_e4
        return min(max(fair_e4 // tick_e4 * tick_e4, row.lower_e4), row.upper_e4)

    def take_changed(self) -> Iterable[InstrumentKey]:
        changed, self._changed = self._changed, {}
        for key in changed:
            self._sequence[key] += 1
        return changed

    def bars(self, key: InstrumentKey) -> list[Bar]:
        self._look(key)
        return self._figures[key].rows()

    def fair_e4(self, key: InstrumentKey) -> int:
        """What the crowd holds an instrument to be worth."""
        self._look(key)
        return self._crowds[key].fair_e4

    def snapshot(self, key: InstrumentKey, levels: int = 5) -> Snapshot:
        self._look(key)
        row, day, book = self._listings[key], self._figures[key], self._books.get(key)
        return Snapshot(
            row,
            self._sequence[key],
            self._now_ns,
            day.last_e4 or row.close_e4,
            row.close_e4,
            day.open_e4,
            day.high_e4,
            day.low_e4,
            day.last_quantity,
            day.last_ns,
            day.average_e4,
            day.volume,
            book.total(Side.BUY) if book else 0,
            book.total(Side.SELL) if book else 0,
            row.open_interest,
            tuple(book.depth(Side.BUY, levels)) if book else (),
            tuple(book.depth(Side.SELL, levels)) if book else (),
        )

    def _last_e4(self, key: InstrumentKey) -> int:
        return self._figures[key].last_e4 or self._listings[key].close_e4

    def _hold(self, key: InstrumentKey) -> None:
        if key not in self._held and self._listings[key].tradable:
            self._held.add(key)
            self._rouse(key)

    def _look(self, key: InstrumentKey) -> None:
        """Somebody asks about it now: bring it up to date and keep it awake for a while."""
        if not self._listings[key].tradable or ((key in self._watched or key in self._held) and key in self._books):
            return
        asleep = self._until_ns.get(key, 0) <= self._now_ns
        self._until_ns[key] = self._now_ns + LOOKED_AT_NS
        if asleep:
            self._rouse(key)

    def _rouse(self, key: InstrumentKey) -> None:
        """Wake an instrument: it acts at once if it has slept, and then at its full pace."""
        if not self._listings[key].tradable:
            return
        row = self._listings[key]
        if row.instrument.kind is Kind.OPTION and row.members and row.members[0] in self._listings:
            self._look(row.members[0])
        self._live(key)
        if self._now_ns and self._now_ns - self._acted_ns[key] >= LEAST_MS * NS_PER_MS:
            self._round(key, self._now_ns)
        soon_ns = self._now_ns + self._pause_ns(key, self._now_ns)
        if soon_ns < self._due_ns[key]:
            self._plan(key, self._number[key], soon_ns)

    def _session(self, key: InstrumentKey) -> Hours:
        return self._hours.get(key.exchange, _ALWAYS)

    def _opened_ns(self, key: InstrumentKey) -> int:
        """When its session began; where no hours are known, when the market did."""
        return self._session(key).opens_ns or self._opens_ns

    def _live(self, key: InstrumentKey) -> None:
        """Give an instrument its book and crowd, and a past if the day has one already."""
        if key in self._books:
            return
        row = self._listings[key]
        rng = random.Random(f"{self._seed}/{key.exchange}/{key.token}")
        last_e4 = self._figures[key].last_e4
        fair_e4 = last_e4 or round(row.close_e4 * (1 + self._tide.gap_of(key, rng.uniform(-0.004, 0.004))))
        self._books[key] = Book()
        self._crowds[key] = Crowd(row, rng, self._number[key] * _IDS_A_CROWD, fair_e4)
        self._acted_ns[key] = max(self._now_ns, self._session(key).opens_ns) - NS_PER_S
        if row.instrument.kind is Kind.OPTION and row.members:
            self._options.setdefault(row.members[0], []).append(key)
        until_ns = min(self._now_ns, self._session(key).closes_ns)
        if not last_e4 and until_ns > self._opened_ns(key) > 0:
            future = self._figures.get(row.members[0]) if row.members else None
            invent_past(row, self._figures[key], future, rng, fair_e4, self._opened_ns(key), until_ns)
            if row.instrument.kind is not Kind.OPTION and self._figures[key].last_e4:
                self._crowds[key].follow(self._figures[key].last_e4)
        self._plan(key, self._number[key], self._now_ns)

    def _plan(self, key: InstrumentKey, number: int, due_ns: int) -> None:
        """Let it act next at a time; not before its session, and never after."""
        session = self._session(key)
        due_ns = max(due_ns, session.opens_ns)
        self._due_ns[key] = due_ns
        if due_ns >= session.closes_ns:
            return
        heapq.heappush(self._due, (due_ns, number, key))

    def _awake(self, key: InstrumentKey, now_ns: int) -> bool:
        return key in self._watched or key in self._held or self._until_ns.get(key, 0) > now_ns

    def _activity(self, now_s: int, key: InstrumentKey) -> float:
        """How busy the session of an instrument is in this second."""
        kept = self._busy.get(key.exchange)
        if kept is None or kept[0] != now_s:
            opens_ns, closes_ns = self._opened_ns(key), self._session(key).closes_ns
            kept = self._busy[key.exchange] = now_s, activity(now_s * NS_PER_S, opens_ns, closes_ns)
        return kept[1]

    def _pause_ns(self, key: InstrumentKey, now_ns: int) -> int:
        crowd = self._crowds[key]
        busy = self._activity(now_ns // NS_PER_S, key)
        if self._awake(key, now_ns):
            crowd.scale = busy
            mean_ms = MEAN_MS / busy
        else:
            mean_ms = ASLEEP_OPTION_MS if self._listings[key].instrument.kind is Kind.OPTION else ASLEEP_MS
            crowd.scale = mean_ms * busy * busy / MEAN_MS
        return round((LEAST_MS + crowd.wait(mean_ms)) * NS_PER_MS)

    def _round(self, key: InstrumentKey, now_ns: int) -> None:
        session = self._session(key)
        if not session.opens_ns <= now_ns < session.closes_ns:
            return
        row, crowd = self._listings[key], self._crowds[key]
        seconds = max(0.0, (now_ns - self._acted_ns[key]) / NS_PER_S)
        self._acted_ns[key] = now_ns
        if row.members and (fair_e4 := self._values.fair_e4(row, self._fair_of, now_ns)) is not None:
            crowd.follow(fair_e4)
        else:
            crowd.drift(seconds, self._tide.since(key, now_ns))
        if self._tide.halted(key, now_ns):
            return
        self._changed[key] = None
        self._record(key, crowd.act(self._books[key]), now_ns)
        for option in self._options.get(key, ()):
            self._reprice(option, now_ns)

    def _fair_of(self, key: InstrumentKey) -> int:
        """What a future or a share is worth, for what is priced from it."""
        crowd = self._crowds.get(key)
        return crowd.fair_e4 if crowd is not None else self._last_e4(key)

    def _reprice(self, key: InstrumentKey, now_ns: int) -> None:
        """An option whose future moved: quotes that its fair price has passed go at once."""
        if not self._awake(key, now_ns):
            return
        crowd, book = self._crowds[key], self._books[key]
        fair_e4 = self._values.fair_e4(self._listings[key], self._fair_of, now_ns)
        if fair_e4 is None or fair_e4 == crowd.fair_e4:
            return
        crowd.follow(fair_e4)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        if (bid is not None and bid > crowd.fair_e4) or (ask is not None and ask < crowd.fair_e4):
            self._changed[key] = None
            self._record(key, crowd.act(book), now_ns)

    def _record(self, key: InstrumentKey, matches: list[Match], now_ns: int) -> None:
        if not matches:
            return
        figures = self._figures[key]
        for match in matches:
            figures.trade(match.price_e4, match.quantity, now_ns)
            if match.resting_id < 0 or match.taking_id < 0:
                self.on_match(key, match, now_ns)
        self.on_price(key, figures.last_e4, now_ns)

    def _follow(self, now_ns: int) -> None:
        """Every index takes the mean return of its members, while shares trade."""
        self._index_ns = now_ns + INDEX_NS
        shares = self._hours.get(Exchange.NSE, _ALWAYS)
        if not shares.opens_ns <= now_ns < shares.closes_ns + INDEX_NS:
            return
        for key in self._values.follow(now_ns):
            self._changed[key] = None
