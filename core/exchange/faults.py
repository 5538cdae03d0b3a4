"""What can be made to go wrong, on request, for tests and drills."""

import random
from typing import Annotated, Literal

import msgspec

FAULTS_MAX = 100
FaultName = Literal[
    "http_status",
    "lost_answer",
    "slow",
    "html",
    "empty",
    "token_expired",
    "drop_stream",
    "refuse_stream",
    "mute_stream",
    "garbage_frame",
    "drop_orders",
    "refuse_orders",
    "reject_order",
]
ONE_SHOT = frozenset({"drop_stream", "drop_orders", "garbage_frame"})
"""These act when they are set and are not kept."""
INSTEAD = frozenset({"http_status", "html", "empty", "token_expired"})
"""These answer in place of the services: one of them strikes a request."""
BESIDE = frozenset({"slow", "lost_answer"})
EVERYWHERE = "*"


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One fault. `on` are last path segments (`placeOrder`, `details`) or `*`; `count` None is until cleared."""

    name: FaultName
    on: Annotated[list[str], msgspec.Meta(min_length=1, max_length=50)] = msgspec.field(
        default_factory=lambda: [EVERYWHERE]
    )
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 503
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=120_000)] = 0
    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | msgspec.UnsetType | None = msgspec.UNSET
    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""


class FaultRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /faults: one of the two."""

    add: Fault | None = None
    clear: bool = False


class Faults:
    """The faults that are set; each use of one with a count uses it up by one."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._set: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Unset counts mean until cleared, but one order for `reject_order`."""
        if fault.count is msgspec.UNSET:
            fault.count = 1 if fault.name == "reject_order" else None
        self._set = [*self._set[-(FAULTS_MAX - 1) :], fault]

    def clear(self) -> None:
        self._set = []

    def rows(self) -> list[Fault]:
        return list(self._set)

    def for_request(self, endpoint: str) -> list[Fault]:
        """The HTTP faults that strike this request, used up by that."""
        aimed = [f for f in self._set if _aims(f, endpoint)]
        beside = [f for f in aimed if f.name in BESIDE and self._use(f)]
        instead = next((f for f in aimed if f.name in INSTEAD and self._use(f)), None)
        return beside if instead is None else [*beside, instead]

    def strikes(self, name: FaultName) -> Fault | None:
        """The first fault of that name that strikes now, used up by that."""
        return next((f for f in list(self._set) if f.name == name and self._use(f)), None)

    def holds(self, name: FaultName) -> bool:
        """Whether such a fault is set at all."""
        return any(f.name == name for f in self._set)

    def _use(self, fault: Fault) -> bool:
        if fault.probability < 1 and self._rng.random() >= fault.probability:
            return False
        if isinstance(fault.count, int):
            fault.count -= 1
            if not fault.count:
                self._set.remove(fault)
        return True


def _aims(fault: Fault, endpoint: str) -> bool:
    return EVERYWHERE in fault.on or endpoint in fault.on
