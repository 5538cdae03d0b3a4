"""The order state table: which moves exist, and what one piece of evidence does to one order. Pure.

Source of the texts: forum posts and public code; not verified with the live broker. A text that is not listed is
STRANGE: the order stays live at its full unfilled quantity and is shown with the broker's word.
"""

from dataclasses import replace

from core.domain import Order, OrderState
from core.errors import InvariantBroken
from core.outcome import Accepted, NotSent, Outcome, Refused, Unknown
from core.ports import BrokerOrder

S = OrderState

TERMINAL = frozenset({S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED})
_LIVE = frozenset({S.PENDING, S.TRIGGER_PENDING, S.WORKING, S.PARTIAL, S.AMO_PENDING})
_BROKER = _LIVE | TERMINAL
_LATE = frozenset({S.PARTIAL, S.FILLED, S.CANCELLED})
"""Where an order that was thought over may still go: a late fill, or its confirmed end."""

ALLOWED: dict[OrderState, frozenset[OrderState]] = {
    S.DRAFT: frozenset({S.DENIED, S.SENDING}),
    S.DENIED: frozenset(),
    S.SENDING: frozenset({S.NOT_SENT, S.ACKED, S.REJECTED_GATEWAY, S.UNKNOWN}) | _BROKER,
    S.NOT_SENT: _BROKER,
    S.UNKNOWN: frozenset({S.UNCONFIRMED, S.ACKED, S.REJECTED_GATEWAY, S.NOT_SENT}) | _BROKER,
    S.UNCONFIRMED: frozenset({S.CLOSED_BY_USER, S.ACKED, S.REJECTED_GATEWAY}) | _BROKER,
    S.CLOSED_BY_USER: _BROKER,
    S.ACKED: frozenset({S.UNKNOWN}) | _BROKER,
    S.PENDING: frozenset({S.UNKNOWN}) | _BROKER,
    S.TRIGGER_PENDING: frozenset({S.UNKNOWN, S.WORKING, S.PARTIAL}) | TERMINAL,
    S.WORKING: frozenset({S.UNKNOWN, S.PARTIAL}) | TERMINAL,
    S.PARTIAL: frozenset({S.UNKNOWN}) | TERMINAL,
    S.FILLED: frozenset(),
    S.CANCELLED: _LATE | _LIVE,
    S.EXPIRED: _LATE | _LIVE,
    S.REJECTED: _LATE | _LIVE,
    S.AMO_PENDING: frozenset({S.UNKNOWN}) | _BROKER,
    S.REJECTED_GATEWAY: _BROKER,
}

_TEXTS: dict[str, OrderState] = {
    "put order req received": S.PENDING,
    "validation pending": S.PENDING,
    "open pending": S.PENDING,
    "not confirmed": S.PENDING,
    "open": S.WORKING,
    "trigger pending": S.TRIGGER_PENDING,
    "cancelled": S.CANCELLED,
    "cancelled after market order": S.CANCELLED,
    "rejected": S.REJECTED,
    "complete": S.FILLED,
    "expired": S.EXPIRED,
    "lapsed": S.EXPIRED,
    "after market order req received": S.AMO_PENDING,
    "modify after market order req received": S.AMO_PENDING,
}
_CHANGE_ASKED = {
    "modify validation pending": "modify",
    "modify pending": "modify",
    "cancel pending": "cancel",
}
_CHANGE_REFUSED = frozenset({"not modified", "not cancelled"})
_CHANGE_DONE = frozenset({"modified"})

_RANK = {S.ACKED: 1, S.PENDING: 2, S.AMO_PENDING: 2, S.TRIGGER_PENDING: 3, S.WORKING: 4, S.PARTIAL: 5}
_ADOPTING = frozenset({S.SENDING, S.UNKNOWN, S.UNCONFIRMED, S.CLOSED_BY_USER, S.NOT_SENT, S.REJECTED_GATEWAY, S.ACKED})


def move(order: Order, state: OrderState, now_ns: int, reason: str = "") -> Order:
    """The order in another state. Staying is always allowed; a move that is not in the table is a broken invariant."""
    if state is not order.state and state not in ALLOWED[order.state]:
        raise InvariantBroken(f"order {order.tag}: {order.state.word} cannot become {state.word}")
    return replace(order, state=state, updated_ns=now_ns, reason=reason or order.reason)


def after_outcome(order: Order, outcome: Outcome, now_ns: int, ack_ms: int | None = None) -> Order:
    """What the answer to the place call makes of the order.

    Evidence that came first (a fill before the acknowledgement) is never undone: then only the ids are bound.
    """
    waiting = order.state in (S.SENDING, S.UNKNOWN, S.UNCONFIRMED)
    match outcome:
        case Accepted(broker_id, unique_id):
            bound = replace(order, broker_id=broker_id, unique_id=unique_id or order.unique_id, ack_ms=ack_ms)
            return move(bound, S.ACKED, now_ns) if waiting else bound
        case Refused(code, text, _):
            why = f"{code} {text}".strip()
            return replace(move(order, S.REJECTED_GATEWAY, now_ns, why), soft=True) if waiting else order
        case NotSent(why):
            return move(order, S.NOT_SENT, now_ns, why) if order.state in (S.SENDING, S.UNKNOWN) else order
        case Unknown(why):
            return move(order, S.UNKNOWN, now_ns, why) if order.state is S.SENDING else order


def advance(order: Order, row: BrokerOrder, now_ns: int) -> tuple[Order, tuple[str, ...]]:
    """What one broker row (book, details or order update) makes of the order, and what a person must be told.

    The same row twice changes nothing; any order of the same rows ends in the same state: `filled` only rises, a state
    of lower rank never replaces a higher one, a terminal state is left only by a late fill.
    """
    filled = max(order.filled, min(row.filled, max(row.quantity, order.quantity)))
    alarms = _alarms(order, row, filled)
    after = replace(
        order,
        broker_id=order.broker_id or row.broker_id,
        unique_id=order.unique_id or row.unique_id,
        filled=filled,
        average_e4=_average(order, row),
        missing=False,
    )
    after = _terms(_changes(after, row, now_ns), row)
    state = _state(order, row, filled, after.quantity)
    if state is not order.state:
        after = move(after, state, now_ns, row.reason)
    elif row.reason and row.reason != order.reason and state in TERMINAL:
        after = replace(after, reason=row.reason)
    after = replace(after, soft=_is_soft(order, row, state))
    if after != order and after.updated_ns == order.updated_ns:
        after = replace(after, updated_ns=now_ns)
    return after, alarms


def _is_soft(order: Order, row: BrokerOrder, state: OrderState) -> bool:
    """An end that only an order update told is soft until a book agrees: one wrong frame must not free limits."""
    if state not in TERMINAL or not row.from_socket:
        return False
    return order.soft or order.state not in TERMINAL


def _state(order: Order, row: BrokerOrder, filled: int, quantity: int) -> OrderState:
    """The state that this row argues for, when it may have it."""
    named = _TEXTS.get(row.status)
    if named is None:
        named = S.WORKING if order.state in _ADOPTING else order.state
    if named is S.FILLED and filled < quantity:
        named = S.PARTIAL
    if named is S.WORKING and filled:
        named = S.PARTIAL
    if named in _LIVE and filled >= quantity:
        named = S.FILLED
    return _stronger(order, row, named, filled)


def _stronger(order: Order, row: BrokerOrder, named: OrderState, filled: int) -> OrderState:
    old = order.state
    if old in _ADOPTING:
        return named if named in ALLOWED[old] else old
    if old in TERMINAL:
        if order.soft and not row.from_socket and named in _LIVE:
            return named
        if filled <= order.filled:
            return old
        return S.FILLED if filled >= order.quantity else old
    if named in TERMINAL:
        return named
    return named if _RANK.get(named, 0) >= _RANK.get(old, 0) and named in ALLOWED[old] else old


def _terms(order: Order, row: BrokerOrder) -> Order:
    """Price and quantity as the broker holds them. Socket frames about a change still carry the old ones."""
    if row.from_socket and (row.status in _CHANGE_ASKED or row.status in _CHANGE_DONE):
        return order
    return replace(
        order,
        quantity=max(row.quantity, order.filled) or order.quantity,
        price_e4=order.price_e4 if row.price_e4 is None else row.price_e4,
        trigger_e4=order.trigger_e4 if row.trigger_e4 is None else row.trigger_e4,
    )


CHANGE_STANDS_NS = 2_000_000_000
"""How long an asked change may go unseen by the book before it counts as not taken and may be asked again."""


def _changes(order: Order, row: BrokerOrder, now_ns: int) -> Order:
    if row.status in _CHANGE_ASKED and order.state in TERMINAL:
        return order  # a row from before the end
    if row.status in _CHANGE_ASKED:
        return replace(order, change=_CHANGE_ASKED[row.status])
    if row.status in _CHANGE_REFUSED:
        return replace(order, change="", reason=f"{row.status}: {row.reason}".rstrip(": "))
    named = _TEXTS.get(row.status)
    if named in TERMINAL or (order.change and row.status in _CHANGE_DONE and not row.from_socket):
        return replace(order, change="")
    if order.change == "modify" and named in _LIVE and not row.from_socket and _other_terms(order, row):
        return replace(order, change="")
    unseen = named in _LIVE and not row.from_socket and now_ns - order.updated_ns >= CHANGE_STANDS_NS
    return replace(order, change="") if order.change and unseen else order


def _other_terms(order: Order, row: BrokerOrder) -> bool:
    """Whether the broker's book holds other terms than the order had: the asked change is in force."""
    return (
        row.quantity != order.quantity
        or row.price_e4 not in (None, order.price_e4)
        or row.trigger_e4 not in (None, order.trigger_e4)
    )


def _average(order: Order, row: BrokerOrder) -> int:
    if row.filled < order.filled or row.average_e4 is None or row.average_e4 <= 0:
        return order.average_e4
    return row.average_e4


def _alarms(order: Order, row: BrokerOrder, filled: int) -> tuple[str, ...]:
    found = []
    known = row.status in _TEXTS or row.status in _CHANGE_ASKED or row.status in _CHANGE_REFUSED | _CHANGE_DONE
    if not known:
        found.append(f"status text {row.status!r} is not known; the order is treated as live")
    if row.filled < order.filled and not row.from_socket:
        found.append(f"the broker's filled quantity fell from {order.filled} to {row.filled}; the higher one is kept")
    thought_over = order.state in (S.REJECTED, S.CLOSED_BY_USER, S.NOT_SENT, S.REJECTED_GATEWAY)
    alive = _TEXTS.get(row.status) in _LIVE
    if (thought_over and (filled > order.filled or alive)) or (
        order.state in TERMINAL and alive and not row.from_socket
    ):
        found.append(f"an order thought {order.state.word} is alive at the broker")
    return tuple(found)
