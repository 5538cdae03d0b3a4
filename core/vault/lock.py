"""When the screen locks itself, and how fast passwords may be tried. Pure: every reading is an argument."""

from dataclasses import dataclass, replace

from core.clock import NS_PER_S, Clock

IDLE_MINUTES = 10
IDLE_MINUTES_MAX = 60
FREE_TRIES = 5
DELAY_MAX_S = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """Two readings. The monotonic one may stand still while the computer sleeps, the real one may be stepped."""

    mono_ns: int
    real_ns: int


def moment(clock: Clock) -> Moment:
    return Moment(clock.mono_ns(), clock.real_ns())


@dataclass(frozen=True, slots=True)
class Lock:
    """Locked or not, when a key was last pressed, wrong passwords in a row, and the next permitted try (mono ns)."""

    locked: bool
    active: Moment
    failures: int = 0
    next_try_ns: int = 0


def active(lock: Lock, now: Moment) -> Lock:
    """A key was pressed. It does not unlock, and it comes too late once the time is over."""
    return replace(lock, active=now) if not lock.locked else lock


def passed(lock: Lock, now: Moment, idle_minutes: int = IDLE_MINUTES) -> Lock:
    """Locked when nobody pressed a key for `idle_minutes` (1 to 60), by either clock: a laptop that slept is locked."""
    minutes = min(max(idle_minutes, 1), IDLE_MINUTES_MAX)
    idle_ns = max(now.mono_ns - lock.active.mono_ns, now.real_ns - lock.active.real_ns)
    return replace(lock, locked=True) if idle_ns >= minutes * 60 * NS_PER_S else lock


def locked(lock: Lock) -> Lock:
    """The person locked it."""
    return replace(lock, locked=True)


def wait_s(lock: Lock, now: Moment) -> float:
    """Seconds until a password may be tried; 0 when it may be now."""
    return max(0.0, (lock.next_try_ns - now.mono_ns) / NS_PER_S)


def wrong(lock: Lock, now: Moment) -> Lock:
    """A password did not open it. From the fifth on the next try waits: 2, 4, 8 s, at most five minutes."""
    failures = lock.failures + 1
    excess = min(failures - FREE_TRIES + 1, 16)
    delay_s = min(2**excess, DELAY_MAX_S) if excess > 0 else 0
    return replace(lock, failures=failures, next_try_ns=now.mono_ns + delay_s * NS_PER_S)


def right(now: Moment) -> Lock:
    """The password opened it."""
    return Lock(locked=False, active=now)
