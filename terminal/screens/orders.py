"""The Orders screen: every order of the day with its state in words, and its trace."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from core.domain import Order, OrderIntent, OrderState
from core.facts import LadderMode, Operation
from core.views import Desk
from terminal.actions import Scope
from terminal.screens.table_screen import TableScreen
from widgets.blotter import TradesGrid
from widgets.cells import Line
from widgets.drawn import DrawnPane
from widgets.orders import WideOrdersGrid, order_notes


class OrdersScreen(TableScreen):
    """Screen 2."""

    NUMBER = 2
    TABLES = (("orders", "Orders"), ("trades", "Trades"))
    SCOPES = (Scope.TABLES, Scope.ORDERS)
    BINDINGS: ClassVar[list[BindingType]] = TableScreen.keys(*SCOPES)

    def compose(self) -> ComposeResult:
        yield from self.head()
        yield WideOrdersGrid(id="orders")
        yield TradesGrid(id="trades")
        yield DrawnPane(self._notes, id="notes")
        yield self.feet()

    def _notes(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        order = self._order()
        return order_notes(order, desk.clock.wall_ns(), width) if order is not None else ()

    def counts(self, desk: Desk) -> dict[str, int]:
        return {
            "orders": sum(1 for o in desk.orders.orders() if o.state.live),
            "trades": len(desk.orders.fills()),
        }

    def words(self) -> str:
        return self.query_one(WideOrdersGrid).words() if self.shown == "orders" else ""

    def _order(self) -> Order | None:
        return self.query_one(WideOrdersGrid).current() if self.shown == "orders" else None

    async def action_cancel(self) -> None:
        """Cancel the order; while the order service fails only after a typed word."""
        if self.tezi.repeats.repeated:
            return
        order = self._order()
        if order is None:
            self.tezi.say("no order under the cursor")
            return
        if not order.state.live:
            self.tezi.say(f"{order.symbol} is {order.state.word}: nothing to cancel")
            return
        why = self.desk.forbidden(Operation.CANCEL)
        if why and self.desk.status().ladder is LadderMode.READ_ONLY:
            from terminal.screens.modals import CancelScreen

            await self.app.push_screen(CancelScreen(order, why))
            return
        answer = "" if why else self.desk.cancel(order.tag).refused
        if why or answer:
            self.tezi.say(f"not cancelled: {why or answer}", bad=True)

    async def action_again(self) -> None:
        """The row offers it, a person decides: a ticket with the old terms, which sends nothing by itself."""
        order = self._order()
        if order is None:
            return
        intent = self.desk.send_again(order.tag)
        if intent is None:
            self.tezi.say(f"{order.symbol} is {order.state.word}: it cannot be sent again")
            return
        await self._ticket_of(intent)

    async def _ticket_of(self, intent: OrderIntent | None) -> None:
        """A ticket with these terms, to be looked at; nothing is sent by itself."""
        if intent is not None:
            from terminal.screens.modals import again_terms

            await self.open_ticket(again_terms(intent))

    async def action_trace(self) -> None:
        """The trace of an order; for one that nobody confirmed, what a person may decide."""
        order = self._order()
        if order is None:
            return
        if order.state is OrderState.UNCONFIRMED:
            from terminal.screens.modals import ChoiceScreen

            await self.app.push_screen(ChoiceScreen(order.tag), self._ticket_of)
            return
        from terminal.screens.trace import TraceScreen

        await self.app.push_screen(TraceScreen(order))
