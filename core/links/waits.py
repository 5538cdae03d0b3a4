"""How long to wait before the next attempt to connect: quick at first, patient later, never a storm."""

from collections import deque
from random import Random

from core.clock import NS_PER_S, Clock

FLOOR_S = 0.1
_STEPS = ((10, 0.5), (30, 2.0), (120, 5.0))
"""(seconds since the outage began, longest wait then); afterwards `_LAST_S`. The first stays below the 0.75 s that
reliability 5.6 allows: then half of all outages of up to 10 s end within 153 ms of the peer's return (simulated; 224 ms
with 0.75 s), and what is left of 300 ms goes to the handshake and the first packets."""
_LAST_S = 15.0
REFUSED_S = 5.0
"""Least wait after a handshake that was refused by 401, 403 or 429: the server said no, not nothing."""
_HEALTHY_S = 30.0
_ACCEPTED_PER_MINUTE = 20


class Waits:
    """The waits of one link: full jitter under a cap that grows with the outage.

    A connection ends an outage only after 30 s of life. At most 20 connections a minute may be accepted and lost.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._outage_ns: int | None = None
        self._accepted: deque[int] = deque(maxlen=_ACCEPTED_PER_MINUTE)

    def accepted(self) -> None:
        """A connection was accepted."""
        self._accepted.append(self._clock.mono_ns())

    def lost_s(self) -> float:
        """Seconds to wait after an accepted connection ended."""
        now_ns = self._clock.mono_ns()
        if self._accepted and now_ns - self._accepted[-1] >= _HEALTHY_S * NS_PER_S:
            self._outage_ns = None
        wait_s = self._jittered_s(now_ns)
        if len(self._accepted) < _ACCEPTED_PER_MINUTE:
            return wait_s
        return max(wait_s, (self._accepted[0] + 60 * NS_PER_S - now_ns) / NS_PER_S)

    def failed_s(self, *, refused: bool) -> float:
        """Seconds to wait after an attempt that was not accepted; `refused` when the server said no by its status."""
        wait_s = self._jittered_s(self._clock.mono_ns())
        return self._random.uniform(REFUSED_S, 2 * REFUSED_S) if refused else wait_s

    def _jittered_s(self, now_ns: int) -> float:
        if self._outage_ns is None:
            self._outage_ns = now_ns
        down_s = (now_ns - self._outage_ns) / NS_PER_S
        cap_s = next((cap for until, cap in _STEPS if down_s < until), _LAST_S)
        return self._random.uniform(FLOOR_S, cap_s)
