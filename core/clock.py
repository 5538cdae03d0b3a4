"""Time, injected: the only module that reads the system clock.

Three readings. `wall_ns` is the market's clock (epoch, UTC): in practice and replay the exchange's, in live the
computer's. `real_ns` is always the computer's: it stamps the journal, logs, tokens and TOTP. `mono_ns` only ever rises
and is what waits, windows and ages are measured with, so that a stepped wall clock opens or freezes nothing.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
IST = timezone(timedelta(hours=5, minutes=30), "IST")
"""Indian time is a fixed +05:30; India has no daylight saving."""


class Clock(Protocol):
    """What code that needs time takes; never the module `time`."""

    def wall_ns(self) -> int: ...
    def real_ns(self) -> int: ...
    def mono_ns(self) -> int: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The computer's clock: market time and real time are the same."""

    def wall_ns(self) -> int:
        return time.time_ns()

    def real_ns(self) -> int:
        return time.time_ns()

    def mono_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class AnchoredClock:
    """A clock whose market time follows another party's, from the last anchor on, at `speed` times real time.

    Before the first anchor the market time is the computer's.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._anchor_mono_ns = 0
        self._anchor_wall_ns: int | None = None
        self._speed = 1.0
        self.anchors = 0
        """How often it was set: a step of market time beside these is a clock that jumped."""

    def anchor(self, wall_ns: int, speed: float = 1.0) -> None:
        """From now on market time starts at `wall_ns` (epoch ns) and runs `speed` times as fast as real time."""
        self._anchor_wall_ns, self._anchor_mono_ns, self._speed = wall_ns, self._base.mono_ns(), speed
        self.anchors += 1

    @property
    def speed(self) -> float:
        """Market seconds in a real second."""
        return self._speed

    def wall_ns(self) -> int:
        if self._anchor_wall_ns is None:
            return self._base.wall_ns()
        elapsed_ns = self._base.mono_ns() - self._anchor_mono_ns
        if self._speed == 1.0:
            return self._anchor_wall_ns + elapsed_ns
        return self._anchor_wall_ns + round(elapsed_ns * self._speed)

    def real_ns(self) -> int:
        return self._base.real_ns()

    def mono_ns(self) -> int:
        return self._base.mono_ns()

    async def sleep(self, seconds: float) -> None:
        await self._base.sleep(seconds)


class ManualClock:
    """A clock that moves only when told: for tests and simulations. `sleep` returns once time was moved far enough."""

    def __init__(self, wall_ns: int = 1_764_214_200 * NS_PER_S) -> None:
        self._wall_ns = wall_ns
        self._mono_ns = 1_000 * NS_PER_S
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def wall_ns(self) -> int:
        return self._wall_ns

    def real_ns(self) -> int:
        return self._wall_ns

    def mono_ns(self) -> int:
        return self._mono_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._mono_ns + round(seconds * NS_PER_S), wake))
        await wake

    def move(self, seconds: float) -> None:
        """Move every reading forward and wake the sleepers whose time has come."""
        self._wall_ns += round(seconds * NS_PER_S)
        self._mono_ns += round(seconds * NS_PER_S)
        due = [wake for at, wake in self._sleepers if at <= self._mono_ns]
        self._sleepers = [(at, wake) for at, wake in self._sleepers if at > self._mono_ns]
        for wake in due:
            if not wake.done():
                wake.set_result(None)

    def step_wall(self, seconds: float) -> None:
        """Step only the wall clock, as a bad time server would."""
        self._wall_ns += round(seconds * NS_PER_S)


def ist(wall_ns: int) -> datetime:
    """The Indian date and time of an epoch reading."""
    return datetime.fromtimestamp(wall_ns / NS_PER_S, tz=UTC).astimezone(IST)


def ist_day(wall_ns: int) -> str:
    """The Indian trading date as `YYYY-MM-DD`: the key of every counter that ends with the day."""
    return ist(wall_ns).strftime("%Y-%m-%d")


def hms(wall_ns: int) -> str:
    """`HH:MM:SS` in Indian time."""
    return ist(wall_ns).strftime("%H:%M:%S")


def iso_to_ns(text: str) -> int:
    """Epoch ns of an ISO 8601 text with an offset; ValueError when it has none or is not a time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without an offset: {text!r}")
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * NS_PER_S + moment.microsecond * 1_000
