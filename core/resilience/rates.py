"""Rate limits as sliding windows: exact for every window, unlike a token bucket, which lets 17 through in a second.

Angel One allows 9 order messages a second (place, modify and cancel together), and 500 a minute and 1,000 an hour for
each of them (SmartAPI documentation, "Rate limit", 2026). We stay inside, and keep a share for cancels and exits. All
callers share one `OrderRates`.
"""

from collections import deque
from dataclasses import dataclass

from core.clock import NS_PER_S, Clock
from core.facts import Operation

SECOND_NS = 1_050_000_000
"""A second, and 50 ms for what the way to the broker may squeeze together."""
MINUTE_NS, HOUR_NS = 60 * NS_PER_S, 3_600 * NS_PER_S
SECOND_MAX = 9
KEPT_FOR_EXITS = 3
MINUTE_OPENING, MINUTE_MAX = 400, 480
HOUR_OPENING, HOUR_MAX = 850, 980
YIELD_NS = 400_000_000
"""How long opening messages stand back after an exit or a cancel found no place: it asks again well within that."""
_EXITS = (Operation.REDUCE, Operation.CANCEL)


@dataclass(frozen=True, slots=True)
class Budget:
    """One window for the screen: messages used, how many opening ones may use and how many anybody."""

    name: str
    used: int
    opening_max: int
    most: int


class RateWindow:
    """At most `limit` stamps in any span of `window_ns`; a ring of that many monotonic readings."""

    __slots__ = ("_limit", "_stamps", "_window_ns")

    def __init__(self, limit: int, window_ns: int) -> None:
        self._limit = limit
        self._window_ns = window_ns
        self._stamps: deque[int] = deque(maxlen=limit)

    def used(self, now_ns: int) -> int:
        """How many stamps lie in the span that ends now."""
        oldest_ns = now_ns - self._window_ns
        stamps = self._stamps
        while stamps and stamps[0] <= oldest_ns:
            stamps.popleft()
        return len(stamps)

    def wait_ns(self, now_ns: int, limit: int) -> int:
        """How long until one more fits under `limit` (at most the window's own); 0 when it fits now."""
        stamps = self._stamps
        if len(stamps) < limit:
            return 0
        free_ns = stamps[-limit] + self._window_ns
        return free_ns - now_ns if free_ns > now_ns else 0

    def stamp(self, now_ns: int) -> None:
        """Count one. Ask `wait_ns` first."""
        self._stamps.append(now_ns)


class OrderRates:
    """The windows an order message passes: the shared second, then minute and hour of its end point.

    Opening and changing may fill 6 of the 9; cancels and exits may use them all, and while one of them waits for a
    place, opening messages stand back. `per_second` may only be lower than 9. A placement that only reduces counts in
    the same minute and hour as one that opens: the end point is the same.
    """

    def __init__(self, clock: Clock, per_second: int = SECOND_MAX) -> None:
        self._clock = clock
        self._second = RateWindow(SECOND_MAX, SECOND_NS)
        self.use(per_second)
        place, modify, cancel = ((RateWindow(MINUTE_MAX, MINUTE_NS), RateWindow(HOUR_MAX, HOUR_NS)) for _ in range(3))
        self._long = {
            Operation.OPEN: place,
            Operation.REDUCE: place,
            Operation.MODIFY: modify,
            Operation.CANCEL: cancel,
        }
        self._yield_until_ns = -(10**18)

    def use(self, per_second: int) -> None:
        """Another configured limit, from now on; what was sent lately still counts."""
        self.per_second = min(per_second, SECOND_MAX)
        self.opening_share = max(1, self.per_second - KEPT_FOR_EXITS)

    def wait_second_ns(self, operation: Operation) -> int:
        """How long until the shared second has a place for this kind; takes nothing."""
        now_ns = self._clock.mono_ns()
        if operation in _EXITS:
            return self._second.wait_ns(now_ns, self.per_second)
        wait_ns = self._second.wait_ns(now_ns, self.opening_share)
        return max(wait_ns, self._second.wait_ns(now_ns, self.per_second), self._yield_until_ns - now_ns)

    def wait_long_ns(self, operation: Operation) -> int:
        """How long until the minute and the hour of its end point have a place; takes nothing."""
        now_ns = self._clock.mono_ns()
        minute, hour = self._long[operation]
        if operation in _EXITS:
            return max(minute.wait_ns(now_ns, MINUTE_MAX), hour.wait_ns(now_ns, HOUR_MAX))
        return max(minute.wait_ns(now_ns, MINUTE_OPENING), hour.wait_ns(now_ns, HOUR_OPENING))

    def wait_ns(self, operation: Operation) -> int:
        """How long until a message of this kind may leave, in ns; takes nothing. KILL is no message of its own."""
        return max(self.wait_second_ns(operation), self.wait_long_ns(operation))

    def room(self, operation: Operation) -> int:
        """How many messages of this kind may leave at this instant."""
        now_ns = self._clock.mono_ns()
        exits = operation in _EXITS
        if not exits and self._yield_until_ns > now_ns:
            return 0
        minute, hour = self._long[operation]
        free = (
            (self.per_second if exits else self.opening_share) - self._second.used(now_ns),
            (MINUTE_MAX if exits else MINUTE_OPENING) - minute.used(now_ns),
            (HOUR_MAX if exits else HOUR_OPENING) - hour.used(now_ns),
        )
        return max(0, min(free))

    def take(self, operation: Operation) -> int:
        """Take a place and give 0, or take nothing and give the wait in ns."""
        wait_ns = self.wait_ns(operation)
        now_ns = self._clock.mono_ns()
        if wait_ns == 0:
            self._second.stamp(now_ns)
            for window in self._long[operation]:
                window.stamp(now_ns)
        elif operation in _EXITS:
            self._yield_until_ns = now_ns + min(wait_ns + YIELD_NS, SECOND_NS + YIELD_NS)
        return wait_ns

    def used_last_second(self) -> int:
        """Messages in the last 1.05 s, of `per_second`."""
        return self._second.used(self._clock.mono_ns())

    def budgets(self) -> tuple[Budget, ...]:
        """Every window for the screen: the shared second, then minute and hour of placing, changing and cancelling."""
        now_ns = self._clock.mono_ns()
        shown = [Budget("second", self._second.used(now_ns), self.opening_share, self.per_second)]
        for name, operation in (
            ("place", Operation.OPEN),
            ("modify", Operation.MODIFY),
            ("cancel", Operation.CANCEL),
        ):
            minute, hour = self._long[operation]
            exits = operation is Operation.CANCEL
            shown.append(
                Budget(f"{name} minute", minute.used(now_ns), MINUTE_MAX if exits else MINUTE_OPENING, MINUTE_MAX)
            )
            shown.append(Budget(f"{name} hour", hour.used(now_ns), HOUR_MAX if exits else HOUR_OPENING, HOUR_MAX))
        return tuple(shown)
