"""ROBO orders: once the entry is filled, a target and a stop go out; what one fills, the other gives up."""

from core.domain import InstrumentKey, OrderType, Side, Validity
from core.exchange.desk import Desk
from core.exchange.orders import OwnOrder, Refusal, Ticket


class Brackets:
    """The legs of the day's bracket orders. `squareoff` and `stoploss` are points from the entry's average price."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._legs: dict[str, list[OwnOrder]] = {}
        for order in desk.orders.values():
            if order.parent_id:
                self._legs.setdefault(order.parent_id, []).append(order)

    def on_filled(self, order: OwnOrder, now_ns: int) -> None:
        """An entry that is done gets its legs; a leg that filled takes as much from the other."""
        if order.variety == "ROBO" and not order.working and order.order_id not in self._legs:
            self._send(order, now_ns)
        elif order.parent_id:
            for other in self._legs.get(order.parent_id, ()):
                if other is not order and other.working:
                    self._shrink(order, other, now_ns)

    def on_price(self, key: InstrumentKey, last_e4: int, now_ns: int) -> None:
        """Draw trailing stops after the price, a whole step at a time."""
        for parent_id, legs in self._legs.items():
            parent, stop = self._desk.orders.get(parent_id), legs[-1]
            if parent is None or not parent.trailing_e4 or stop.key != key or not stop.working or stop.triggered:
                continue
            best_e4 = last_e4 - parent.side * parent.stoploss_e4
            steps = (best_e4 - stop.trigger_e4) * parent.side // parent.trailing_e4
            if steps > 0:
                trigger_e4 = stop.trigger_e4 + parent.side * steps * parent.trailing_e4
                self._desk.modify(stop.order_id, _ticket(stop, stop.quantity, 0, trigger_e4), now_ns)

    def _send(self, entry: OwnOrder, now_ns: int) -> None:
        average_e4 = self._desk.on_tick(entry.key, entry.average_e4)
        target_e4 = average_e4 + entry.side * entry.squareoff_e4
        trigger_e4 = average_e4 - entry.side * entry.stoploss_e4
        kinds = (("NORMAL", OrderType.LIMIT, target_e4, 0), ("STOPLOSS", OrderType.STOPLOSS_MARKET, 0, trigger_e4))
        legs = self._legs[entry.order_id] = []
        for variety, kind, price_e4, stop_e4 in kinds:
            ticket = Ticket(
                entry.key,
                variety,
                Side(-entry.side),
                kind,
                entry.product,
                Validity.DAY,
                entry.filled,
                price_e4,
                stop_e4,
                tag=entry.tag,
            )
            leg = self._desk.place(ticket, now_ns, parent_id=entry.order_id)
            if not isinstance(leg, Refusal):
                legs.append(leg)

    def _shrink(self, filled: OwnOrder, other: OwnOrder, now_ns: int) -> None:
        parent = self._desk.orders.get(filled.parent_id)
        left = (parent.filled if parent else filled.quantity) - filled.filled
        if left <= other.filled:
            self._desk.cancel(other.order_id, now_ns, "The other leg of the bracket was filled")
        elif left < other.quantity:
            self._desk.modify(other.order_id, _ticket(other, left, other.price_e4, other.trigger_e4), now_ns)


def _ticket(order: OwnOrder, quantity: int, price_e4: int, trigger_e4: int) -> Ticket:
    return Ticket(
        order.key,
        order.variety,
        order.side,
        order.order_type,
        order.product,
        order.duration,
        quantity,
        price_e4,
        trigger_e4,
        tag=order.tag,
    )
