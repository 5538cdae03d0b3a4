"""The sentences of the event log about orders. Pure."""

from core.domain import Order, OrderState
from core.money import group, show_price

S = OrderState
_LOUD = frozenset({S.UNKNOWN, S.UNCONFIRMED, S.REJECTED, S.REJECTED_GATEWAY, S.NOT_SENT, S.DENIED, S.FILLED})


def label(order: Order) -> str:
    """`B 10 RELIANCE 1,412.60 MIS`: what the order is, in one glance."""
    price = show_price(order.price_e4) if order.price_e4 else order.order_type.value
    name = order.symbol.removesuffix("-EQ")
    return f"{order.side.letter} {group(order.quantity)} {name} {price} {order.product.short}"


def change(before: Order | None, after: Order) -> tuple[str, bool] | None:
    """The line for one change, and whether it is loud; None when a person need not be told."""
    if before is not None and (before.state, before.filled, before.change) == (after.state, after.filled, after.change):
        return None
    parts = [label(after), after.state.word]
    if after.change:
        parts.append(f"({after.change} asked)")
    if after.external and before is None:
        parts.append("placed elsewhere")
    if after.filled and (before is None or after.filled != before.filled):
        parts.append(f"{group(after.filled)} of {group(after.quantity)} at {show_price(after.average_e4)}")
    if after.state is S.ACKED and after.broker_id:
        parts.append(f"{after.broker_id}{'' if after.ack_ms is None else f' in {after.ack_ms} ms'}")
    if after.reason and after.state in _LOUD | {S.CANCELLED}:
        parts.append(f"· {after.reason}")
    loud = after.state in _LOUD and (before is None or before.state is not after.state)
    return "  ".join(parts), loud
