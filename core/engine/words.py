"""What is told of orders: the sentences of the event log and the fields of the audit log. Pure."""

from core.domain import Order, OrderState
from core.money import group, show_price
from core.outcome import Accepted, NotSent, Outcome, Refused, Unknown

S = OrderState
_LOUD = frozenset({S.UNKNOWN, S.UNCONFIRMED, S.REJECTED, S.REJECTED_GATEWAY, S.NOT_SENT, S.DENIED, S.FILLED})

_NO_EXIT = frozenset({S.REJECTED, S.REJECTED_GATEWAY, S.NOT_SENT, S.DENIED, S.EXPIRED})
_EXITS = frozenset({"exit", "flatten", "reverse"})


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


def exit_failed(before: Order | None, after: Order, net: int) -> str:
    """The alarm for an exit that ended without closing what it was for; empty when there is none to raise."""
    if (
        after.source not in _EXITS
        or after.state not in _NO_EXIT
        or (before is not None and before.state is after.state)
    ):
        return ""
    if net * int(after.side) >= 0:
        return ""
    held = f"{'long' if net > 0 else 'short'} {group(abs(net))}"
    return (
        f"EXIT FAILED: still {held} {after.symbol.removesuffix('-EQ')}; the exit is {after.state.word}: {after.reason}"
    )


def terms(order: Order) -> dict[str, object]:
    """What was asked for, as fields of an audit record. Prices in 1/10,000 rupee."""
    return {
        "intent": order.intent_id,
        "origin": order.source,
        "exchange": order.exchange.value,
        "token": order.token,
        "symbol": order.symbol,
        "side": order.side.name,
        "quantity": order.quantity,
        "price_e4": order.price_e4,
        "trigger_e4": order.trigger_e4,
        "type": order.order_type.value,
        "product": order.product.value,
        "validity": order.validity.value,
        "market_ns": order.created_ns,
    }


def standing(order: Order) -> dict[str, object]:
    """Where an order stands, as fields of an audit record."""
    return {
        "tag": order.tag,
        "broker_id": order.broker_id,
        "state": order.state.value,
        "filled": order.filled,
        "average_e4": order.average_e4,
        "change": order.change,
        "reason": order.reason,
    }


def answer(outcome: Outcome) -> dict[str, object]:
    """The class of an answer, as fields of an audit record."""
    match outcome:
        case Accepted(broker_id):
            return {"class": "accepted", "broker_id": broker_id}
        case Refused(code, text, by):
            return {"class": "refused", "code": code, "text": text, "by": by.value}
        case Unknown(why):
            return {"class": "unknown", "why": why}
        case NotSent(why, local):
            return {"class": "not sent", "why": why, "local": local}


def brief(outcome: Outcome) -> str:
    """An answer in a few words."""
    match outcome:
        case Accepted(broker_id):
            return f"accepted as {broker_id}"
        case Refused(code, text):
            return f"refused, {code} {text}"
        case Unknown(why):
            return f"not understood, {why}"
        case NotSent(why):
            return f"never sent, {why}"
