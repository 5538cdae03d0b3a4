"""Turns at an endpoint that may be asked only so often: callers wait in order, and only so long."""

from core.clock import NS_PER_S, Clock


class Turns:
    """Spaces the calls of one endpoint by `gap_s`; who would wait over `wait_max_s` is turned away."""

    def __init__(self, clock: Clock, gap_s: float, wait_max_s: float = 8.0) -> None:
        self._clock = clock
        self._gap_ns = round(gap_s * NS_PER_S)
        self._wait_max_ns = round(wait_max_s * NS_PER_S)
        self._next_ns = 0

    async def take(self) -> bool:
        """Wait for a turn; False, at once, when the queue is too long."""
        now_ns = self._clock.mono_ns()
        at_ns = max(now_ns, self._next_ns)
        if at_ns - now_ns > self._wait_max_ns:
            return False
        self._next_ns = at_ns + self._gap_ns
        if at_ns > now_ns:
            await self._clock.sleep((at_ns - now_ns) / NS_PER_S)
        return True
