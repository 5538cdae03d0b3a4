"""What happened, and what holds: the values that more than one part wants to know. Past tense, frozen, no behaviour."""

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum

from core.domain import Order


class LadderMode(IntEnum):
    """The named rungs of degradation; higher is worse, and the program's mode is the worst of its causes."""

    NORMAL = 0
    DATA_STALE = 1
    REDUCE_ONLY = 2
    READ_ONLY = 3
    OFFLINE = 4
    LOCKED = 5
    HALTED = 6

    @property
    def word(self) -> str:
        return self.name.replace("_", "-") if self is not LadderMode.DATA_STALE else "DATA STALE"


class Operation(StrEnum):
    """What somebody may want to do to the broker; the ladder answers for each."""

    OPEN = "open"
    REDUCE = "reduce"
    CANCEL = "cancel"
    MODIFY = "modify"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a mode. `next_try_ns` is monotonic, None when nothing is scheduled; `since_ns` is market time."""

    code: str
    mode: LadderMode
    text: str
    since_ns: int
    next_try_ns: int | None = None


class CircuitState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    PROBATION = "probation"
    FORCED_OPEN = "forced open"


class EventKind(StrEnum):
    """The filter words of the event log."""

    ORDER = "ORD"
    RISK = "RISK"
    FEED = "FEED"
    RECONCILE = "RECO"
    MODE = "MODE"
    SYSTEM = "SYS"


@dataclass(frozen=True, slots=True)
class Event:
    """One line for the person: when (market time), what about, safe text. `loud` rings the bell and shows a toast."""

    at_ns: int
    kind: EventKind
    text: str
    loud: bool = False


@dataclass(frozen=True, slots=True)
class OrderChanged:
    order: Order


@dataclass(frozen=True, slots=True)
class ModeChanged:
    before: LadderMode
    after: LadderMode
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class EngineFault:
    """A part failed in a way nobody planned for; `where` names the task or handler."""

    where: str
    error: str
