"""How everything stands, for the top line, the health pane and the overlays: values computed when asked for."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain import InstrumentKey, Order
from core.facts import Cause, CircuitState, LadderMode
from core.money import group


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


class Choice(StrEnum):
    """What a person may say of an order that nobody could confirm, besides sending a second one."""

    WAIT = "wait"
    NOT_PLACED = "not placed"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An UNCONFIRMED order and what depends on it: units held now (signed), and if it and a second one both fill."""

    order: Order
    net: int
    net_if_both: int


@dataclass(frozen=True, slots=True)
class BookDifference:
    """One thing on which our book and the broker's do not agree, in units; `words` name the two numbers."""

    key: InstrumentKey
    ours: int
    theirs: int
    what: str
    words: tuple[str, str] = ("ours", "broker")

    @property
    def text(self) -> str:
        return f"{self.what}: {self.words[0]} {group(self.ours)}, {self.words[1]} {group(self.theirs)}"


@dataclass(frozen=True, slots=True)
class BooksReport:
    """The last comparison of our book with the broker's, `at_ns` market time. `problem` is empty when they agree.

    `failed` says that they could not be read: then the counts are 0 and nothing is known. `external` orders were placed
    elsewhere; they count like ours.
    """

    at_ns: int
    reason: str
    problem: str
    failed: bool = False
    orders: int = 0
    external: int = 0
    trades: int = 0
    positions: int = 0
    differences: tuple[BookDifference, ...] = ()


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
