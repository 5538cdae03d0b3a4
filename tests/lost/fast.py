"""A clock that runs many times as fast as the computer's, for an engine whose waits would be minutes."""

import asyncio
import time

from core.clock import NS_PER_S


class FastClock:
    """`core.clock.Clock` from `wall_ns` on, `speed` times real time, waits included.

    `real_ns` stays the computer's, as everywhere: one-time passwords are made of it.
    """

    def __init__(self, wall_ns: int, speed: float) -> None:
        self._wall_ns = wall_ns
        self._speed = speed
        self._begun_ns = time.monotonic_ns()

    def wall_ns(self) -> int:
        return self._wall_ns + self._elapsed_ns()

    def real_ns(self) -> int:
        return time.time_ns()

    def mono_ns(self) -> int:
        return 1_000 * NS_PER_S + self._elapsed_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def _elapsed_ns(self) -> int:
        return round((time.monotonic_ns() - self._begun_ns) * self._speed)
