"""Rate limits as sliding windows: exact for every window, unlike a token bucket, which lets 17 through in a second.

Angel One allows 9 order messages a second (place, modify and cancel together), and 500 a minute and 1,000 an hour for
each of them (SmartAPI documentation, "Rate limit", 2026). We stay inside, and keep a share for cancels and exits.
"""

from collections import deque

from core.clock import NS_PER_S, Clock
from core.facts import Operation

SECOND_NS = 1_050_000_000
"""A second, and 50 ms for what the way to the broker may squeeze together."""
SECOND_MAX = 9
KEPT_FOR_EXITS = 3
MINUTE_OPENING, MINUTE_MAX = 400, 480
HOUR_OPENING, HOUR_MAX = 850, 980
_EXITS = (Operation.REDUCE, Operation.CANCEL)


class RateWindow:
    """At most `limit` stamps in any span of `window_ns`; a ring of that many monotonic readings."""

    def __init__(self, limit: int, window_ns: int) -> None:
        self._limit = limit
        self._window_ns = window_ns
        self._stamps: deque[int] = deque(maxlen=limit)

    def used(self, now_ns: int) -> int:
        """How many stamps lie in the span that ends now."""
        oldest_ns = now_ns - self._window_ns
        while self._stamps and self._stamps[0] <= oldest_ns:
            self._stamps.popleft()
        return len(self._stamps)

    def wait_ns(self, now_ns: int, limit: int | None = None) -> int:
        """How long until one more fits under `limit` (at most the window's own); 0 when it fits now."""
        limit = self._limit if limit is None else min(limit, self._limit)
        over = self.used(now_ns) - limit
        return 0 if over < 0 else self._stamps[over] + self._window_ns - now_ns

    def stamp(self, now_ns: int) -> None:
        """Count one. Ask `wait_ns` first."""
        self._stamps.append(now_ns)


class OrderRates:
    """The windows an order message passes: the shared second, then minute and hour of its end point.

    Opening and changing may fill 6 of the 9; cancels and exits may use them all. `per_second` may only be lower than 9.
    """

    def __init__(self, clock: Clock, per_second: int = SECOND_MAX) -> None:
        self._clock = clock
        self._second = RateWindow(SECOND_MAX, SECOND_NS)
        self.use(per_second)
        place = (RateWindow(MINUTE_MAX, 60 * NS_PER_S), RateWindow(HOUR_MAX, 3_600 * NS_PER_S))
        self._long = {
            Operation.OPEN: place,
            Operation.REDUCE: place,
            Operation.MODIFY: (RateWindow(MINUTE_MAX, 60 * NS_PER_S), RateWindow(HOUR_MAX, 3_600 * NS_PER_S)),
            Operation.CANCEL: (RateWindow(MINUTE_MAX, 60 * NS_PER_S), RateWindow(HOUR_MAX, 3_600 * NS_PER_S)),
        }

    def use(self, per_second: int) -> None:
        """Another configured limit, from now on; what was sent lately still counts."""
        self.per_second = min(per_second, SECOND_MAX)
        self._opening_share = max(1, self.per_second - KEPT_FOR_EXITS)

    def wait_ns(self, operation: Operation) -> int:
        """How long until a message of this kind may leave, in ns; takes nothing. KILL is no message of its own."""
        now_ns = self._clock.mono_ns()
        minute, hour = self._long[operation]
        if operation in _EXITS:
            return max(self._second.wait_ns(now_ns, self.per_second), minute.wait_ns(now_ns), hour.wait_ns(now_ns))
        return max(
            self._second.wait_ns(now_ns, self._opening_share),
            minute.wait_ns(now_ns, MINUTE_OPENING),
            hour.wait_ns(now_ns, HOUR_OPENING),
        )

    def take(self, operation: Operation) -> int:
        """Take a place and give 0, or take nothing and give the wait in ns."""
        wait_ns = self.wait_ns(operation)
        if wait_ns == 0:
            now_ns = self._clock.mono_ns()
            self._second.stamp(now_ns)
            for window in self._long[operation]:
                window.stamp(now_ns)
        return wait_ns

    def used_last_second(self) -> int:
        """Messages in the last 1.05 s, of `per_second`."""
        return self._second.used(self._clock.mono_ns())
