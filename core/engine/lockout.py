"""The locked screen: when it locks, who may unlock it, what is forbidden meanwhile. No vault, no lock."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from core.clock import Clock
from core.errors import UserError
from core.facts import EventKind, LadderMode, Operation
from core.resilience.ladder import Ladder
from core.secret import Secret
from core.supervise import Supervisor
from core.vault import lock as locks

CAUSE = "LOCK"
ALLOWED = (Operation.CANCEL, Operation.KILL)
FORBIDDEN = "the screen is locked; the vault's password opens it"
Report = Callable[[EventKind, str, bool], None]


class Passwords(Protocol):
    """Tries the vault's password. Blocks for a third of a second or more; raises UserError for a vault that cannot be
    read."""

    def fits(self, password: Secret) -> bool: ...


class Lockout:
    """Owns the lock and every try of the password, whatever it is asked for. `tell` writes to the audit log."""

    def __init__(
        self,
        clock: Clock,
        passwords: Passwords | None,
        idle_minutes: int,
        ladder: Ladder,
        supervisor: Supervisor,
        report: Report,
        tell: Callable[[str, dict[str, object]], None],
    ) -> None:
        self._clock = clock
        self._passwords = passwords
        self._idle_minutes = idle_minutes
        self._ladder = ladder
        self._supervisor = supervisor
        self._report = report
        self._tell = tell
        self._lock = locks.right(locks.moment(clock))
        self.busy = False
        self.said = ""

    @property
    def has_vault(self) -> bool:
        return self._passwords is not None

    @property
    def locked(self) -> bool:
        return self._lock.locked

    def wait_s(self) -> float:
        """Seconds until a password may be tried; 0 when it may be now."""
        return locks.wait_s(self._lock, locks.moment(self._clock))

    def forbids(self, operation: Operation) -> str:
        """Why the lock forbids an operation; empty when it does not. Asked besides the ladder, whose worst cause may be
        another one that allows more."""
        return FORBIDDEN if self._lock.locked and operation not in ALLOWED else ""

    def touched(self) -> None:
        """A key was pressed."""
        if self._passwords is not None:
            self._look(locks.active)

    def beat(self) -> None:
        """Let time pass: lock when nobody pressed a key for long."""
        if self._passwords is not None:
            self._look(lambda lock, now: locks.passed(lock, now, self._idle_minutes))

    def lock(self) -> str:
        """Lock now; empty, or why it cannot be."""
        if self._passwords is None:
            return "there is no vault, so no password could unlock the screen"
        self._look(lambda lock, now: locks.locked(lock))
        return ""

    def unlock(self, password: Secret) -> None:
        """Try a password in the background; `locked` and `said` tell what came of it."""
        self.attempt(password, self._open)

    def attempt(self, password: Secret, then: Callable[[], None]) -> str:
        """Try a password and call `then` when it fits; empty, or why it is not tried."""
        wait_s = self.wait_s()
        if self._passwords is None or self.busy:
            return "a password is being tried" if self.busy else "there is no vault"
        if wait_s > 0:
            self.said = f"wait {wait_s:.0f} s before the next try"
            return self.said
        self.busy, self.said = True, ""
        self._supervisor.once("password", self._try(self._passwords, password, then))
        return ""

    async def _try(self, passwords: Passwords, password: Secret, then: Callable[[], None]) -> None:
        try:
            fits = await asyncio.to_thread(passwords.fits, password)
        except UserError as e:
            self.said = str(e)
            return
        finally:
            self.busy = False
        if fits:
            self._lock = locks.Lock(self._lock.locked, locks.moment(self._clock))
            then()
            return
        self._lock = locks.wrong(self._lock, locks.moment(self._clock))
        self._tell("vault.wrong_password", {"times": self._lock.failures})
        wait_s = self.wait_s()
        self.said = "that is not the password" + (f"; next try in {wait_s:.0f} s" if wait_s else "")

    def _open(self) -> None:
        self._lock = locks.right(locks.moment(self._clock))
        self._ladder.clear(CAUSE)
        self._tell("unlocked", {})
        self._report(EventKind.SYSTEM, "unlocked", False)

    def _look(self, change: Callable[[locks.Lock, locks.Moment], locks.Lock]) -> None:
        """Apply a change, but first what the time that passed demands: a key after the limit comes too late."""
        now = locks.moment(self._clock)
        before = self._lock
        self._lock = change(locks.passed(before, now, self._idle_minutes), now)
        if self._lock.locked and not before.locked:
            self.said = ""
            self._ladder.raise_cause(CAUSE, LadderMode.LOCKED, "the screen is locked", linger_s=0)
            self._tell("locked", {})
