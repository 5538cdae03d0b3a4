"""What a person decides about an order that nobody could confirm. Nothing here sends; a new order is a new ticket."""

from collections.abc import Callable

from core.clock import Clock
from core.domain import Order, OrderIntent, OrderState, PositionKey
from core.engine.earlier import Report
from core.engine.orderdesk import OrderDesk
from core.facts import EventKind
from core.money import group
from core.orders.blotter import Blotter
from core.orders.gate import Gate
from core.orders.positions import Positions
from core.orders.states import move
from core.views import Choice, Submitted, Unanswered

Tell = Callable[[str, dict[str, object]], None]


class Choices:
    """Wait, send a second one beside it, or call it not placed. `tell` writes the audit log."""

    def __init__(
        self,
        clock: Clock,
        blotter: Blotter,
        positions: Positions,
        gate: Gate,
        orders: OrderDesk,
        report: Report,
        tell: Tell,
    ) -> None:
        self._clock = clock
        self._blotter = blotter
        self._positions = positions
        self._gate = gate
        self._orders = orders
        self._report = report
        self._tell = tell

    def unanswered(self, tag: str) -> Unanswered | None:
        """The order and what a second one would come to; None when the order asks nothing."""
        order = self._blotter.get(tag)
        if order is None or order.state is not OrderState.UNCONFIRMED:
            return None
        held = self._positions.net(PositionKey(order.exchange, order.token, order.product))
        return Unanswered(order, held, held + 2 * order.leaves * int(order.side))

    def decide(self, tag: str, choice: Choice) -> Submitted:
        """WAIT keeps looking; NOT_PLACED frees what the order held against the limits, and it is watched on."""
        order = self._open(tag)
        if isinstance(order, str):
            return Submitted(refused=order)
        self._tell("order.choice", {"tag": tag, "choice": choice.value})
        if choice is Choice.NOT_PLACED:
            why = f"called not placed by a person; {order.reason}"
            closed = move(order, OrderState.CLOSED_BY_USER, self._clock.wall_ns(), why)
            self._blotter.put(closed, "person")
        else:
            self._report(EventKind.ORDER, f"{order.symbol}: still looking for the order, every 30 s", False)
        return Submitted(tag=tag)

    def beside(self, tag: str, typed: str, intent_id: str) -> OrderIntent | str:
        """A new intent with the terms of the lost order, or why not. `typed` must be its quantity, digits only.

        The lost one stays as it is and counts at its worst case; the gate only lets this one ticket pass beside it.
        """
        order = self._open(tag)
        if isinstance(order, str):
            return order
        if typed != str(order.leaves):
            return f"type the quantity {order.leaves} in digits to go on; {typed!r} was typed. Nothing was sent."
        intent = self._orders.terms(order, intent_id)
        if intent is None:
            return f"{order.symbol} is not in today's instrument list. Nothing was sent."
        self._tell("order.choice", {"tag": tag, "choice": "resend", "intent": intent_id})
        self._gate.allow_beside(intent_id, tag)
        return intent

    def _open(self, tag: str) -> Order | str:
        order = self._blotter.get(tag)
        if order is None:
            return f"there is no order {tag}. Nothing was done."
        if order.state is not OrderState.UNCONFIRMED:
            text = f"{group(order.quantity)} {order.symbol} is {order.state.word}"
            return f"{text}: only an UNCONFIRMED order asks for a decision. Nothing was done."
        return order
