"""The wide table of orders, and what its states mean in words."""

from collections.abc import Callable, Hashable, Mapping, Sequence

from core.clock import NS_PER_S, hms
from core.domain import Order, OrderState
from core.money import group, show_price
from core.views import Desk
from widgets import cells
from widgets.blotter import OrdersGrid
from widgets.cells import Cell, Line
from widgets.columns import Column
from widgets.ink import Ink

S = OrderState
MEANS: dict[OrderState, str] = {
    S.DRAFT: "being checked; nothing was sent",
    S.DENIED: "our own gate forbade it; nothing was sent",
    S.SENDING: "on its way; no answer yet",
    S.NOT_SENT: "provably never left; it is not sent again by itself",
    S.UNKNOWN: "nobody knows whether it arrived; it counts in full and is being looked for",
    S.UNCONFIRMED: "the broker's books do not show it; a person decides",
    S.CLOSED_BY_USER: "closed by hand as not placed",
    S.ACKED: "the broker gave it a number; the exchange has not spoken",
    S.PENDING: "the broker is checking it",
    S.TRIGGER_PENDING: "waiting at the exchange for its trigger price",
    S.WORKING: "in the exchange's book",
    S.PARTIAL: "partly filled, the rest is in the book",
    S.FILLED: "completely filled",
    S.CANCELLED: "cancelled; what had filled stays",
    S.EXPIRED: "ended with the day",
    S.REJECTED: "refused by the broker or the exchange",
    S.AMO_PENDING: "after-market order, goes to the exchange before the next open",
    S.REJECTED_GATEWAY: "refused at the broker's door",
}
"""Each state in the words of a trader."""

FILTERS: dict[str, Callable[[Order], bool]] = {
    "": lambda o: True,
    "live": lambda o: o.state.live,
    "not confirmed": lambda o: o.state.worst_case,
    "filled": lambda o: bool(o.filled),
    "failed": lambda o: o.state in (S.REJECTED, S.REJECTED_GATEWAY, S.DENIED, S.NOT_SENT),
    "outside": lambda o: o.external,
}


class WideOrdersGrid(OrdersGrid):
    """All columns of an order, shed by width."""

    COLUMNS = (
        Column("time", "Time", 8, rank=4),
        Column("symbol", "Symbol", 12, grow=True),
        Column("side", "B", 1),
        Column("quantity", "Qty", 7, right=True),
        Column("filled", "Filled", 7, right=True),
        Column("leaves", "Left", 7, right=True, rank=8),
        Column("type", "Type", 5, rank=6),
        Column("product", "Prod", 4, rank=5),
        Column("price", "Price", 10, right=True),
        Column("trigger", "Trigger", 10, right=True, rank=9),
        Column("average", "Avg", 10, right=True, rank=2),
        Column("state", "Status", 16),
        Column("age", "For", 6, right=True, rank=7),
        Column("source", "Source", 8, rank=10),
        Column("ack", "Ack", 6, right=True, rank=11),
        Column("number", "Broker number", 17, rank=12),
        Column("reason", "Reason", 20, rank=3),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.filter = ""

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        keys = super().row_keys(desk)
        return tuple(key for key in keys if FILTERS[self.filter](self._rows[key])) if self.filter else keys

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        order = self._rows[key]
        return (order, (desk.clock.wall_ns() - order.updated_ns) // NS_PER_S if order.state.live else 0)

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        order = self._rows[key]
        instrument = desk.instrument(order.key)
        places = cells.decimals(instrument) if instrument else 2
        age_ms = max(0, desk.clock.wall_ns() - order.updated_ns) // 1_000_000
        return {
            **super().row_cells(desk, key),
            "leaves": Cell(group(order.leaves)) if order.leaves else Cell(""),
            "trigger": cells.price(order.trigger_e4, places) if order.trigger_e4 else Cell(""),
            "age": Cell(cells.age(age_ms) if order.state.live else "", Ink.DIM),
            "number": Cell(order.broker_id, Ink.DIM),
        }

    def step_filter(self, by: int) -> None:
        names = tuple(FILTERS)
        self.filter = names[(names.index(self.filter) + by) % len(names)]

    def words(self) -> str:
        """What keeps rows out of sight, for the border."""
        return f"only {self.filter}" if self.filter else ""


def order_notes(order: Order, now_ns: int, width: int) -> tuple[Line, ...]:
    """What the state of the focused order means, what was said of it, and what may be done."""
    head = (Cell(" "), cells.state(order), Cell(f"  {MEANS[order.state]}"))
    asked = f"  {order.change} was asked, not confirmed yet" if order.change else ""
    times = f" created {hms(order.created_ns)}  last change {hms(order.updated_ns)}"
    filled = ""
    if order.filled:
        filled = f"  {group(order.filled)} of {group(order.quantity)} at {show_price(order.average_e4)}"
    lines: list[Line] = [(*head, Cell(asked, Ink.WARN)), (Cell(times + filled, Ink.DIM),)]
    if order.reason:
        lines.append((Cell(f" {order.reason}", Ink.WARN),))
    if order.external:
        lines.append((Cell(" placed outside this terminal; it counts against every limit", Ink.DIM),))
    if order.missing:
        lines.append((Cell(" the broker's book does not show it any more", Ink.WARN),))
    return tuple(lines)
