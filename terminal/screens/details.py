"""Every field of an order as lines. Pure functions."""

import textwrap

from core.clock import hms
from core.domain import Order
from core.money import group, show_price
from widgets.cells import Cell, Line, price, side, state
from widgets.ink import Ink

REASON_WIDTH = 60


def order_details(order: Order) -> tuple[Line, ...]:
    """Name and value, one line each; the reason is broken over several."""
    rows: list[tuple[str, Cell]] = [
        ("State", state(order)),
        ("Side", Cell(order.side.name, side(order.side).ink)),
        ("Instrument", Cell(f"{order.symbol}  {order.exchange} {order.token}")),
        ("Quantity", Cell(f"{group(order.quantity)}  filled {group(order.filled)}  leaves {group(order.leaves)}")),
        ("Price", price(order.price_e4)),
        ("Trigger", price(order.trigger_e4)),
        ("Average", price(order.average_e4)),
        ("Terms", Cell(f"{order.order_type.value} {order.product.short} {order.validity.value}")),
        ("Value", Cell(show_price(order.price_e4 * order.quantity))),
        ("Source", Cell("outside this terminal" if order.external else order.source)),
        ("Created", Cell(hms(order.created_ns))),
        ("Updated", Cell(hms(order.updated_ns))),
        ("Acknowledged", Cell("-" if order.ack_ms is None else f"after {order.ack_ms} ms")),
        ("Our tag", Cell(order.tag)),
        ("Broker id", Cell(order.broker_id or "-")),
        ("Unique id", Cell(order.unique_id or "-")),
    ]
    if order.missing:
        rows.append(("Missing", Cell("the broker's book does not show it", Ink.WARN)))
    for n, part in enumerate(textwrap.wrap(order.reason, REASON_WIDTH) or ["-"]):
        rows.append(("Reason" if n == 0 else "", Cell(part, Ink.WARN if order.reason else Ink.DIM)))
    return tuple((Cell(f" {name:<13}", Ink.DIM), value) for name, value in rows)
