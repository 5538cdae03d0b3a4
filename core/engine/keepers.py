"""The lock of the screen and the limits in force, built together and kept going."""

from collections.abc import Callable

from core.clock import Clock
from core.config import Limits
from core.engine.limits import LimitKeeper
from core.engine.lockout import Lockout, Report
from core.engine.parts import Parts
from core.resilience.ladder import Ladder
from core.supervise import Supervisor

BEAT_S = 0.25


def keepers(
    parts: Parts,
    ladder: Ladder,
    supervisor: Supervisor,
    use: Callable[[Limits], None],
    report: Report,
    tell: Callable[[str, dict[str, object]], None],
) -> tuple[Lockout, LimitKeeper]:
    """`use` is told of limits that take force, `tell` writes to the audit log."""
    minutes = parts.config.lock.idle_minutes
    lockout = Lockout(parts.clock, parts.passwords, minutes, ladder, supervisor, report, tell)
    wanted = parts.wanted or parts.config
    return lockout, LimitKeeper(
        parts.clock, parts.config, wanted, use, parts.meta, lockout, supervisor, report, tell
    )  # fmt: skip


async def keep_watch(clock: Clock, lockout: Lockout, limits: LimitKeeper) -> None:
    """For ever: let time pass for both."""
    while True:
        lockout.beat()
        limits.beat()
        await clock.sleep(BEAT_S)
