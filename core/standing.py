"""How everything stands, for the top line, the health pane and the overlays: values computed when asked for."""

from dataclasses import dataclass

from core.domain import Order
from core.facts import Cause, CircuitState, LadderMode


@dataclass(frozen=True, slots=True)
class CircuitStatus:
    """One circuit for the health pane. `next_try_ms` is None when nothing is scheduled; `error` is safe text."""

    name: str
    state: CircuitState
    failures: int
    calls: int
    next_try_ms: int | None
    error: str
    p50_ms: int | None
    p99_ms: int | None = None

    @property
    def failing(self) -> bool:
        """Whether it keeps calls back until a test shows that the service is well."""
        return self.state not in (CircuitState.CLOSED, CircuitState.PROBATION)


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One socket, judged by its last byte and never by a stored flag. `word`: live, connecting, silent, down."""

    name: str
    word: str
    last_byte_ms: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the top line and the health pane say, computed when asked for."""

    mode_word: str
    account: str
    ladder: LadderMode
    probation: bool
    causes: tuple[Cause, ...]
    market_ns: int
    session_word: str
    closes_in_s: int | None
    streams: tuple[StreamStatus, ...]
    circuits: tuple[CircuitStatus, ...]
    fresh: int
    wanted: int
    dropped_frames: int
    orders_last_second: int
    orders_per_second_max: int
    open_pnl_e4: int
    realised_e4: int
    waiting: str
    loop_lag_ms: float
    journal_word: str


@dataclass(frozen=True, slots=True)
class GuardStatus:
    """The lock of the screen, and the limits that wait for a person.

    `has_vault` is False where a typed word stands in for the password. `wait_s` is how long no password may be tried,
    `busy` whether one is being tried, `said` why the last one was refused. `loosened` are limits that would allow more
    (safe texts), `due_s` the seconds until confirmed ones take force, None when none are confirmed.
    """

    has_vault: bool = False
    locked: bool = False
    wait_s: float = 0.0
    busy: bool = False
    said: str = ""
    loosened: tuple[str, ...] = ()
    due_s: float | None = None


@dataclass(frozen=True, slots=True)
class PanicPlan:
    """What the PANIC overlay would do now, before it is done."""

    cancels: tuple[Order, ...]
    halted: bool
