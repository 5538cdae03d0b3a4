"""The tables that tell of our own trading: orders and trades."""

from collections.abc import Hashable, Mapping, Sequence
from typing import ClassVar

from core.clock import hms
from core.domain import Fill, Order, OrderState
from core.money import group, show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink


class OrdersGrid(LineGrid):
    """The orders of the day, newest first; those nobody knows the fate of (UNKNOWN) are pinned on top."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", "Time", 8, rank=4),
        Column("symbol", "Symbol", 12),
        Column("side", "B", 1),
        Column("quantity", "Qty", 6, right=True),
        Column("filled", "Filled", 6, right=True),
        Column("price", "Price", 10, right=True),
        Column("state", "Status", 15),
        Column("type", "Type", 5, rank=6),
        Column("product", "Prod", 4, rank=5),
        Column("average", "Avg", 10, right=True, rank=2),
        Column("source", "Source", 7, rank=8),
        Column("ack", "Ack", 6, right=True, rank=7),
        Column("reason", "Reason", 24, rank=3, grow=True),
    )
    EMPTY = "no orders today"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Order] = {}
        self._revision = -1

    def forget(self) -> None:
        super().forget()
        self._revision = -1

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        if desk.orders.revision != self._revision:
            orders = sorted(desk.orders.orders(), key=lambda o: o.state is not OrderState.UNKNOWN)
            self._rows = {o.tag: o for o in orders}
            self._revision = desk.orders.revision
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        return self._rows[key]

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        order = self._rows[key]
        instrument = desk.instrument(order.key)
        places = cells.decimals(instrument) if instrument else 2
        return {
            "mark": Cell("?", Ink.WARN) if order.state is OrderState.UNKNOWN else Cell(" "),
            "time": Cell(hms(order.created_ns), Ink.DIM),
            "symbol": self.name_cell(instrument, order.symbol),
            "side": cells.side(order.side),
            "type": Cell(_short_type(order), Ink.DIM),
            "product": Cell(order.product.short, Ink.DIM),
            "quantity": Cell(group(order.quantity)),
            "filled": Cell(group(order.filled), Ink.TEXT if order.filled else Ink.DIM),
            "price": cells.price(order.price_e4, places),
            "average": cells.price(order.average_e4, places),
            "state": cells.state(order),
            "source": Cell("outside" if order.external else order.source, Ink.DIM),
            "ack": Cell(f"{order.ack_ms}ms" if order.ack_ms is not None else "", Ink.DIM),
            "reason": Cell(order.reason, Ink.DIM),
        }

    def current(self) -> Order | None:
        """The order under the cursor."""
        return self._rows.get(self.cursor_key)


def _short_type(order: Order) -> str:
    return {"LIMIT": "LMT", "MARKET": "MKT", "STOPLOSS_LIMIT": "SL", "STOPLOSS_MARKET": "SL-M"}[order.order_type.value]


class TradesGrid(LineGrid):
    """Our fills, newest first."""

    COLUMNS = (
        Column("time", "Time", 8),
        Column("symbol", "Symbol", 12, grow=True),
        Column("side", "B", 1),
        Column("product", "Prod", 4, rank=2),
        Column("quantity", "Qty", 7, right=True),
        Column("price", "Price", 11, right=True),
        Column("value", "Value", 14, right=True, rank=3),
        Column("order", "Order", 16, rank=5),
        Column("fill", "Trade", 12, rank=4),
    )
    EMPTY = "no trades today"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Fill] = {}
        self._revision = -1

    def forget(self) -> None:
        super().forget()
        self._revision = -1

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        if desk.orders.revision != self._revision:
            self._rows = {(f.exchange, f.fill_id, f.broker_id): f for f in desk.orders.fills()}
            self._revision = desk.orders.revision
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        return self._rows[key]

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        fill = self._rows[key]
        instrument = desk.instrument(fill.key)
        places = cells.decimals(instrument) if instrument else 2
        return {
            "time": Cell(hms(fill.filled_ns), Ink.DIM),
            "symbol": self.name_cell(instrument, fill.symbol),
            "side": cells.side(fill.side),
            "product": Cell(fill.product.short, Ink.DIM),
            "quantity": Cell(group(fill.quantity)),
            "price": cells.price(fill.price_e4, places),
            "value": Cell(show_price(fill.price_e4 * fill.quantity), Ink.DIM),
            "order": Cell(fill.broker_id, Ink.DIM),
            "fill": Cell(fill.fill_id, Ink.DIM),
        }

    def current(self) -> Fill | None:
        """The trade under the cursor."""
        return self._rows.get(self.cursor_key)
