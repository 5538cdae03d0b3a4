"""Orders of earlier days whose fate nobody confirmed: compared with the next day's book, then put away.

An order ends with its day, but for an after-market one. What the new day's first clean book does not hold is put away
aloud; what it does hold comes back into the blotter, and goes on from where it stood.
"""

from collections.abc import Callable, Iterable

from core.domain import Order, OrderState
from core.facts import EventKind
from core.money import group
from core.ports import BrokerOrder

Report = Callable[[EventKind, str, bool], None]
"""A line for the person: what about, safe text, whether it is loud."""


class Earlier:
    """`finish(tag)` notes in the store that an order needs no more watching."""

    def __init__(self, finish: Callable[[str], None], report: Report) -> None:
        self._finish = finish
        self._report = report
        self._held: dict[str, Order] = {}

    def hold(self, orders: Iterable[Order]) -> None:
        """Take over the orders of a day that is over; those with a certain end need no watching."""
        for order in orders:
            if order.state.live or order.state is OrderState.CLOSED_BY_USER:
                self._held[order.tag] = order
            else:
                self._finish(order.tag)

    def held(self) -> tuple[Order, ...]:
        return tuple(self._held.values())

    def find(self, row: BrokerOrder) -> Order | None:
        """Give up the held order that a row of today's book speaks of: by its number, else by our tag."""
        for order in self._held.values():
            same = order.broker_id == row.broker_id if order.broker_id else order.tag == row.tag
            if same:
                self._report(
                    EventKind.RECONCILE,
                    f"{order.symbol} order {row.broker_id} of an earlier day is in today's book: taken up again",
                    True,
                )
                return self._held.pop(order.tag)
        return None

    def compared(self) -> None:
        """A clean book of today was compared: what is still held is not in it."""
        for order in self._held.values():
            uncertain = order.state.worst_case or order.state is OrderState.CLOSED_BY_USER
            text = f"{order.side.name} {group(order.quantity)} {order.symbol} of an earlier day ({order.state.word})"
            self._report(EventKind.RECONCILE, f"{text} is not in today's book: put away", uncertain)
            self._finish(order.tag)
        self._held.clear()
