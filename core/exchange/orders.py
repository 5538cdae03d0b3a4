"""The account's orders and trades as the exchange keeps them, and the words and codes for their states."""

import msgspec

from core.domain import Exchange, InstrumentKey, OrderType, Product, Side, Validity

OPEN, OPEN_PENDING, TRIGGER_PENDING = "open", "open pending", "trigger pending"
COMPLETE, CANCELLED, REJECTED = "complete", "cancelled", "rejected"
MODIFIED, MODIFY_PENDING = "modified", "modify pending"
CODES = {
    OPEN: "AB01",
    CANCELLED: "AB02",
    REJECTED: "AB03",
    MODIFIED: "AB04",
    COMPLETE: "AB05",
    OPEN_PENDING: "AB09",
    TRIGGER_PENDING: "AB10",
    MODIFY_PENDING: "AB11",
}
"""Order-update codes (official order-status socket page)."""
WORKING = frozenset({OPEN, OPEN_PENDING, TRIGGER_PENDING})


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
    def leaves(self) -> int:
        return self.quantity - self.filled

    @property
    def average_e4(self) -> int:
        """Average fill price, to the nearest 1/10,000 rupee."""
        return (self.value_e4 + self.filled // 2) // self.filled if self.filled else 0


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
