"""The account's orders and trades as the exchange keeps them, and the words and codes for their states."""

import msgspec

from core.domain import Exchange, InstrumentKey, OrderType, Product, Side, Validity

OPEN, OPEN_PENDING, TRIGGER_PENDING = "open", "open pending", "trigger pending"
COMPLETE, CANCELLED, REJECTED = "complete", "cancelled", "rejected"
MODIFIED, MODIFY_PENDING = "modified", "modify pending"
AMO_RECEIVED, AMO_MODIFIED = "after market order req received", "modify after market order req received"
AMO_CANCELLED = "cancelled after market order"
EXPIRED = "expired"
CODES = {
    OPEN: "AB01",
    CANCELLED: "AB02",
    REJECTED: "AB03",
    MODIFIED: "AB04",
    COMPLETE: "AB05",
    AMO_RECEIVED: "AB06",
    AMO_CANCELLED: "AB07",
    AMO_MODIFIED: "AB08",
    OPEN_PENDING: "AB09",
    TRIGGER_PENDING: "AB10",
    MODIFY_PENDING: "AB11",
    EXPIRED: "AB02",
}
"""Order-update codes (official order-status socket page)."""
QUEUED = frozenset({AMO_RECEIVED, AMO_MODIFIED})
"""Waits for the next session, on no book."""
WORKING = frozenset({OPEN, OPEN_PENDING, TRIGGER_PENDING}) | QUEUED


class Ticket(msgspec.Struct, frozen=True):
    """A well-formed order request: prices in 1/10,000 rupee, quantity in units, 0 for what does not apply."""

    key: InstrumentKey
    variety: str
    side: Side
    order_type: OrderType
    product: Product
    duration: Validity
    quantity: int
    price_e4: int = 0
    trigger_e4: int = 0
    disclosed: int = 0
    tag: str = ""
    squareoff_e4: int = 0
    stoploss_e4: int = 0
    trailing_e4: int = 0


class OwnOrder(msgspec.Struct):
    """One order of the account. `serial` counts from 1 in a run's day; its id on the book is `-serial`.

    `working_e4` is the limit on the book: the price, or the protected price of a market order.
    """

    serial: int
    order_id: str
    unique_id: str
    exchange_order_id: str
    exchange: Exchange
    token: str
    symbol: str
    variety: str
    side: Side
    order_type: OrderType
    product: Product
    duration: Validity
    quantity: int
    price_e4: int
    trigger_e4: int
    disclosed: int
    tag: str
    status: str
    created_ns: int
    updated_ns: int
    exchange_ns: int = 0
    text: str = ""
    filled: int = 0
    value_e4: int = 0
    working_e4: int = 0
    external: bool = False
    triggered: bool = False
    squareoff_e4: int = 0
    stoploss_e4: int = 0
    trailing_e4: int = 0
    parent_id: str = ""

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)

    @property
    def book_id(self) -> int:
        return -self.serial

    @property
    def working(self) -> bool:
        return self.status in WORKING

    @property
    def queued(self) -> bool:
        """Whether it waits for the next session."""
        return self.status in QUEUED

    @property
    def leaves(self) -> int:
        return self.quantity - self.filled

    @property
    def average_e4(self) -> int:
        """Average fill price, to the nearest 1/10,000 rupee."""
        return (self.value_e4 + self.filled // 2) // self.filled if self.filled else 0


def new_order(ticket: Ticket, serial: int, ids: tuple[str, str, str], symbol: str, now_ns: int) -> OwnOrder:
    """An order as it comes in; `ids` are its own, the unique and the exchange's."""
    return OwnOrder(
        serial=serial,
        order_id=ids[0],
        unique_id=ids[1],
        exchange_order_id=ids[2],
        exchange=ticket.key.exchange,
        token=ticket.key.token,
        symbol=symbol,
        variety=ticket.variety,
        side=ticket.side,
        order_type=ticket.order_type,
        product=ticket.product,
        duration=ticket.duration,
        quantity=ticket.quantity,
        price_e4=ticket.price_e4,
        trigger_e4=ticket.trigger_e4,
        disclosed=ticket.disclosed,
        tag=ticket.tag,
        status=OPEN_PENDING,
        created_ns=now_ns,
        updated_ns=now_ns,
        squareoff_e4=ticket.squareoff_e4,
        stoploss_e4=ticket.stoploss_e4,
        trailing_e4=ticket.trailing_e4,
    )


class OwnTrade(msgspec.Struct, frozen=True):
    """One fill of one of the account's orders."""

    fill_id: str
    order_id: str
    exchange: Exchange
    token: str
    symbol: str
    side: Side
    product: Product
    quantity: int
    price_e4: int
    filled_ns: int

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)


class Refusal(msgspec.Struct, frozen=True):
    """A request that is answered with status false."""

    code: str
    message: str
