"""The limits in force while the file changes: tighter acts at once, looser waits for a person."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from core.clock import NS_PER_S, Clock
from core.config import Config, Limits
from core.config_change import in_force, limit_changes
from core.engine.lockout import Lockout, Report
from core.facts import EventKind
from core.secret import Secret
from core.supervise import Supervisor

CONFIG_KEY = "config"
"""Where the store keeps the configuration in force, as JSON."""
WORD = "LOOSEN"
WAIT_S = 60
"""With a vault: time between the password and the looser limit, for a second thought."""


class Meta(Protocol):
    async def store_meta(self, key: str, value: str) -> None: ...


class LimitKeeper:
    """`use` is told of limits that take force. `edited` may be called at any time with what the file says now."""

    def __init__(
        self,
        clock: Clock,
        running: Config,
        wanted: Config,
        use: Callable[[Limits], None],
        meta: Meta,
        lockout: Lockout,
        supervisor: Supervisor,
        report: Report,
        tell: Callable[[str, dict[str, object]], None],
    ) -> None:
        self._clock = clock
        self._running = running
        self._wanted = wanted
        self._use = use
        self._meta = meta
        self._lockout = lockout
        self._supervisor = supervisor
        self._report = report
        self._tell = tell
        self._due_ns: int | None = None

    @property
    def running(self) -> Config:
        """The configuration in force."""
        return self._running

    def waiting(self) -> tuple[str, ...]:
        """The loosened limits that wait for a person, one text each."""
        return tuple(str(change) for change in limit_changes(self._running, self._wanted).loosened)

    def due_s(self) -> float | None:
        """Seconds until confirmed limits take force; None when none are confirmed."""
        return None if self._due_ns is None else max(0.0, (self._due_ns - self._clock.mono_ns()) / NS_PER_S)

    def announce(self) -> None:
        """Say what waits, for once after the start."""
        for text in self.waiting():
            self._report(EventKind.RISK, f"{text} waits for your confirmation; the old limit holds", True)

    def edited(self, wanted: Config) -> None:
        """The file was changed by hand: what is tighter holds from now on, what is looser waits."""
        if wanted.limits == self._wanted.limits:
            return
        tightened = limit_changes(self._running, wanted).tightened
        self._wanted, self._due_ns = wanted, None
        if tightened:
            self._take(in_force(self._running, wanted).limits, "limits.tightened", [str(c) for c in tightened])
        self.announce()

    def confirm(self, typed: Secret) -> str:
        """A person wants the looser limits: with a vault its password, else the word. Empty, or why nothing happens."""
        if not self.waiting():
            return "no loosened limit waits"
        if self._lockout.has_vault:
            return self._lockout.attempt(typed, self._begin)
        if typed.reveal() != WORD:
            return f"type {WORD} in capitals to accept the looser limits"
        self._loosen()
        return ""

    def beat(self) -> None:
        """Let time pass."""
        if self._due_ns is not None and self._clock.mono_ns() >= self._due_ns:
            self._due_ns = None
            self._loosen()

    def keep(self) -> None:
        """A second thought: what was confirmed and has not taken force does not."""
        if self._due_ns is not None:
            self._due_ns = None
            self._tell("limits.kept", {"waiting": list(self.waiting())})
            self._report(EventKind.RISK, "the looser limits were not taken; the old ones hold", False)

    def _begin(self) -> None:
        self._due_ns = self._clock.mono_ns() + WAIT_S * NS_PER_S
        self._tell("limits.confirmed", {"changes": list(self.waiting()), "wait_s": WAIT_S})
        self._report(EventKind.RISK, f"looser limits take force in {WAIT_S} s", True)

    def _loosen(self) -> None:
        self._take(self._wanted.limits, "limits.loosened", list(self.waiting()))

    def _take(self, limits: Limits, kind: str, changes: list[str]) -> None:
        self._running = msgspec.structs.replace(self._running, limits=limits)
        self._use(limits)
        self._tell(kind, {"changes": changes})
        self._report(EventKind.RISK, f"in force: {'; '.join(changes)}", True)
        body = msgspec.json.encode(self._running).decode()
        self._supervisor.once("store limits", self._meta.store_meta(CONFIG_KEY, body))
