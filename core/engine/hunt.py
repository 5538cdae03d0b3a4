"""The search for orders whose answer was lost: when to look, and when looking has shown enough to ask a person.

Absence is never a proof: after enough clean reads an order becomes UNCONFIRMED, which still counts at its worst case.
"""

from dataclasses import dataclass

from core.clock import NS_PER_S, Clock
from core.domain import Order, OrderState
from core.orders.blotter import Blotter
from core.orders.states import move

LOOKS_S = (0.5, 1.5, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 61.0)
"""Seconds after the loss; then every 30 s."""
LATER_S = 30.0
CLEAN_MIN = 5
UNCONFIRMED_AFTER_NS = 60 * NS_PER_S


@dataclass(slots=True)
class _Hunt:
    since_ns: int
    looks: int = 0
    clean: int = 0


class Hunts:
    """One hunt for each UNKNOWN or UNCONFIRMED order; monotonic time."""

    def __init__(self, clock: Clock, blotter: Blotter) -> None:
        self._clock = clock
        self._blotter = blotter
        self._hunts: dict[str, _Hunt] = {}

    def due_ns(self) -> int | None:
        """When the next look is due (monotonic), None when nothing is lost."""
        lost = self._lost()
        self._hunts = {o.tag: self._hunts.get(o.tag) or _Hunt(self._clock.mono_ns()) for o in lost}
        return min((self._next(h) for h in self._hunts.values()), default=None)

    def looked(self) -> None:
        """A look was taken, clean or not."""
        for hunt in self._hunts.values():
            if self._next(hunt) <= self._clock.mono_ns():
                hunt.looks += 1

    def absent_from_clean_book(self) -> tuple[Order, ...]:
        """Count a clean book for every order still lost; gives those that now need a person."""
        asked = []
        for order in self._lost():
            hunt = self._hunts.setdefault(order.tag, _Hunt(self._clock.mono_ns()))
            hunt.clean += 1
            old_enough = self._clock.mono_ns() - hunt.since_ns >= UNCONFIRMED_AFTER_NS
            if order.state is OrderState.UNKNOWN and old_enough and hunt.clean >= CLEAN_MIN:
                why = f"absent from {hunt.clean} clean order books"
                asked.append(move(order, OrderState.UNCONFIRMED, self._clock.wall_ns(), why))
        return tuple(asked)

    def _lost(self) -> list[Order]:
        return [o for o in self._blotter.live() if o.state in (OrderState.UNKNOWN, OrderState.UNCONFIRMED)]

    def _next(self, hunt: _Hunt) -> int:
        if hunt.looks < len(LOOKS_S):
            return hunt.since_ns + round(LOOKS_S[hunt.looks] * NS_PER_S)
        beyond = hunt.looks - len(LOOKS_S) + 1
        return hunt.since_ns + round((LOOKS_S[-1] + beyond * LATER_S) * NS_PER_S)
