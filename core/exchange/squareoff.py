"""The broker's square-off of INTRADAY: working orders are cancelled, what is open is closed at market."""

from core.domain import Exchange, OrderType, Product, Side, Validity
from core.exchange.desk import Desk
from core.exchange.orders import Ticket

TEXT = "Squared off by the broker: INTRADAY ends"


def square_off(desk: Desk, now_ns: int, exchange: Exchange) -> None:
    """Leave no INTRADAY position and no INTRADAY order in a segment, as far as the market lets it."""
    orders = [o for o in desk.orders.values() if o.exchange is exchange and o.product is Product.INTRADAY]
    for order in orders:
        if order.working and not order.queued:
            desk.cancel(order.order_id, now_ns, TEXT)
    for slot, position in list(desk.account.slots.items()):
        if slot.key.exchange is exchange and slot.product is Product.INTRADAY and position.net:
            side = Side.SELL if position.net > 0 else Side.BUY
            for quantity in desk.slices(slot.key, abs(position.net)):
                ticket = Ticket(
                    slot.key,
                    "NORMAL",
                    side,
                    OrderType.MARKET,
                    Product.INTRADAY,
                    Validity.DAY,
                    quantity,
                    tag="squareoff",
                )
                desk.place(ticket, now_ns, external=True)
