"""The capability without which nothing reaches the broker. Only the gate makes one; it works once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain import Instrument, Order
from core.errors import InvariantBroken


class Action(StrEnum):
    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"


class _Seal:
    """Nobody outside this module can name it; `mint` is called by core/orders/gate.py alone (a test walks the code)."""


_SEAL = _Seal()


@dataclass(slots=True)
class Approved:
    """One approved message: what to do, to which order, and whether that is still allowed.

    `still_valid()` compares the authority epoch (every halt, mode change and logout raises it) with the one at
    approval; the transport asks again just before each of its writes. `consume()` is called once, by the adapter.
    """

    action: Action
    order: Order
    instrument: Instrument
    still_valid: Callable[[], bool]
    seal: object = field(repr=False)
    on_consume: Callable[[], None] = field(default=lambda: None, repr=False)
    consumed: bool = False

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise InvariantBroken("an approval was made outside the gate")

    def consume(self) -> None:
        if self.consumed:
            raise InvariantBroken(f"approval for {self.order.tag} used twice")
        self.consumed = True
        self.on_consume()


def mint(
    action: Action,
    order: Order,
    instrument: Instrument,
    still_valid: Callable[[], bool],
    on_consume: Callable[[], None] = lambda: None,
) -> Approved:
    """Make an approval; `on_consume` is told when it is used. For the gate only."""
    return Approved(action, order, instrument, still_valid, _SEAL, on_consume)
