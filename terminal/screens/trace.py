"""The trace of one order: every field, and what was on screen when it was asked for."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from core.domain import Order
from core.views import Desk
from terminal.actions import Scope, bindings
from terminal.screens.desk_screen import DeskModal
from terminal.screens.details import order_details
from widgets.cells import Line
from widgets.drawn import DrawnPane
from widgets.traced import traced_lines


class TraceScreen(DeskModal[None]):
    """Follows the order while it is open; what was seen is read from the store once."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.DIALOG))

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order
        self._height = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Order {self._order.symbol}")
            box.border_subtitle = Content("Esc close")
            with VerticalScroll(classes="lines"):
                yield DrawnPane(self._draw, id="trace-lines")

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        order = next((o for o in desk.orders.orders() if o.tag == self._order.tag), self._order)
        lines = (*order_details(order), (), *traced_lines(desk.account.trace(order.tag)))
        if len(lines) != self._height:
            self._height = len(lines)
            self.query_one("#trace-lines").styles.height = len(lines)
        return lines

    def action_yes(self) -> None:
        self.dismiss(None)

    def action_no(self) -> None:
        self.dismiss(None)
