"""What this terminal did lately: twins, usual sizes, pace. Bounded memory; times are monotonic ns."""

import statistics
from array import array
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field

from core.clock import NS_PER_MS, NS_PER_S
from core.domain import Exchange, InstrumentKey, OrderIntent, Product, Side

TWINS_MAX = 256
MINUTE_NS = 60 * NS_PER_S
HABIT_MAX, HABIT_MIN = 50, 10
"""Orders that make a habit: the last so many count, fewer are none."""
PACE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Twin:
    key: InstrumentKey
    side: Side
    product: Product
    price_e4: int
    quantity: int
    at_ns: int


class Twins:
    """The last orders that were approved, newest last."""

    def __init__(self) -> None:
        self._twins: deque[Twin] = deque(maxlen=TWINS_MAX)

    def add(self, i: OrderIntent, now_ns: int) -> None:
        self._twins.append(Twin(i.instrument.key, i.side, i.product, i.price_e4, i.quantity, now_ns))

    def undo(self) -> None:
        """Forget the last one."""
        self._twins.pop()

    def age_ms(self, i: OrderIntent, tick_e4: int, now_ns: int, within_ms: int) -> int | None:
        """How long ago an equal order left (price within two ticks), of those no older than `within_ms`."""
        if not self._twins or now_ns - self._twins[-1].at_ns > within_ms * NS_PER_MS:
            return None
        token, near = i.instrument.token, 2 * tick_e4
        for t in reversed(self._twins):
            if now_ns - t.at_ns > within_ms * NS_PER_MS:
                return None
            same = t.quantity == i.quantity and t.key[1] == token and t.side is i.side and t.product is i.product
            if same and t.key[0] is i.instrument.exchange and abs(t.price_e4 - i.price_e4) <= near:
                return (now_ns - t.at_ns) // NS_PER_MS
        return None


@dataclass(slots=True)
class Habit:
    """Orders of one segment: median value and largest quantity, None until there are enough of them."""

    values: deque[int] = field(default_factory=lambda: deque(maxlen=HABIT_MAX))
    largest: int = 0
    median_e4: int | None = None

    def add(self, i: OrderIntent) -> None:
        self.values.append(i.quantity * i.price_e4)
        self.largest = max(self.largest, i.quantity)
        if len(self.values) >= HABIT_MIN:
            self.median_e4 = int(statistics.median_low(self.values))

    def undo(self) -> None:
        """Forget the last one; the largest stays, which asks no more than before."""
        self.values.pop()
        if len(self.values) < HABIT_MIN:
            self.median_e4 = None

    @property
    def largest_before(self) -> int | None:
        return None if self.median_e4 is None else self.largest


@dataclass(slots=True)
class Pace:
    """One instrument: when orders were approved, when the position turned, until when it is paused."""

    orders: deque[int] = field(default_factory=lambda: deque(maxlen=PACE_MAX))
    turns: deque[int] = field(default_factory=lambda: deque(maxlen=8))
    sign: int = 0
    paused_until_ns: int = 0

    def saw(self, net: int, now_ns: int) -> None:
        """Look at the position: a change from long to short or back is a turn."""
        sign = (net > 0) - (net < 0)
        if sign and self.sign and sign != self.sign:
            self.turns.append(now_ns)
        self.sign = sign or self.sign

    def recent(self, times: deque[int], now_ns: int) -> int:
        while times and times[0] <= now_ns - MINUTE_NS:
            times.popleft()
        return len(times)


class Tickets:
    """Which tickets were used, as hashes of eight bytes. Of two that hash alike the second is denied, which is safe."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, intent_id: str) -> None:
        insort(self._hashes, hash(intent_id))

    def __contains__(self, intent_id: str) -> bool:
        at = bisect_left(self._hashes, hash(intent_id))
        return at < len(self._hashes) and self._hashes[at] == hash(intent_id)

    def discard(self, intent_id: str) -> None:
        at = bisect_left(self._hashes, hash(intent_id))
        if at < len(self._hashes) and self._hashes[at] == hash(intent_id):
            del self._hashes[at]


class Habits:
    """Habits by segment and paces by instrument."""

    def __init__(self) -> None:
        self._segments: dict[Exchange, Habit] = {}
        self._paces: dict[InstrumentKey, Pace] = {}

    def segment(self, exchange: Exchange) -> Habit:
        found = self._segments.get(exchange)
        if found is None:
            found = self._segments[exchange] = Habit()
        return found

    def pace(self, key: InstrumentKey) -> Pace:
        found = self._paces.get(key)
        if found is None:
            found = self._paces[key] = Pace()
        return found
