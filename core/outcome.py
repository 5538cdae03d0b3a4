"""What a call to the broker did. Three values for an order, two for a read; never an exception, never an empty list."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker took the request and gave the order a number. It says nothing of the order's fate."""

    broker_id: str
    unique_id: str = ""


class RefusedBy(StrEnum):
    """Who said no, because each needs another remedy."""

    BUSINESS = "business"
    AUTH = "auth"
    ADDRESS = "address"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Refused:
    """Proof that no order came of it. `text` is safe."""

    code: str
    text: str
    by: RefusedBy = RefusedBy.BUSINESS


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows. Never re-sent, never guessed away: evidence decides, or a person.

    `service` is False when the service answered well and only its words left the fate open: its circuit counts nothing.
    """

    why: str
    service: bool = True


@dataclass(frozen=True, slots=True)
class NotSent:
    """Proof that no complete request left this machine.

    `local` is True when we decided so ourselves (mode changed, records failing), which says nothing of the service.
    """

    why: str
    local: bool = False


Outcome = Accepted | Refused | Unknown | NotSent


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """A clean answer, and when it came (monotonic ns)."""

    value: T
    read_ns: int = 0


class FailedBy(StrEnum):
    """Why a read gave nothing; decides what the circuit counts."""

    SERVICE = "service"
    AUTH = "auth"
    RATE = "rate"
    BUSINESS = "business"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer that can be trusted. It is not an empty answer."""

    by: FailedBy
    why: str


Read = Ok[T] | Failed
