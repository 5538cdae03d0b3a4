"""The values everything speaks: instruments, intents, orders, fills, positions. All frozen."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Exchange(StrEnum):
    NSE = "NSE"
    BSE = "BSE"
    NFO = "NFO"
    BFO = "BFO"
    MCX = "MCX"
    CDS = "CDS"
    NCDEX = "NCDEX"


class Kind(StrEnum):
    """What an instrument is, as far as rules differ."""

    EQUITY = "EQ"
    INDEX = "IDX"
    FUTURE = "FUT"
    OPTION = "OPT"


class Side(IntEnum):
    """The sign that a fill gives a position."""

    BUY = 1
    SELL = -1

    @property
    def letter(self) -> str:
        return self.name[0]


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOPLOSS_LIMIT = "STOPLOSS_LIMIT"
    STOPLOSS_MARKET = "STOPLOSS_MARKET"


class Product(StrEnum):
    INTRADAY = "INTRADAY"
    DELIVERY = "DELIVERY"
    CARRYFORWARD = "CARRYFORWARD"
    MARGIN = "MARGIN"

    @property
    def short(self) -> str:
        """The name traders know: MIS, CNC, NRML, MTF."""
        return {"INTRADAY": "MIS", "DELIVERY": "CNC", "CARRYFORWARD": "NRML", "MARGIN": "MTF"}[self.value]


class Validity(StrEnum):
    DAY = "DAY"
    IOC = "IOC"


class InstrumentKey(NamedTuple):
    """What names an instrument everywhere: tokens repeat across segments, so a token alone never does."""

    exchange: Exchange
    token: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """One row of the instrument master. `tick_e4` is 0 for an index, which cannot be traded.

    `lot` is units in a lot; `freeze_quantity` units, None when unknown; `expiry` is `YYYY-MM-DD` or empty;
    `strike_e4` is 0 when there is none.
    """

    exchange: Exchange
    token: str
    symbol: str
    name: str
    kind: Kind
    lot: int = 1
    tick_e4: int = 500
    expiry: str = ""
    strike_e4: int = 0
    freeze_quantity: int | None = None

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)

    @property
    def label(self) -> str:
        """The symbol as shown: an NSE share without its series."""
        return self.symbol.removesuffix("-EQ")

    @property
    def is_derivative(self) -> bool:
        return self.kind in (Kind.FUTURE, Kind.OPTION)


class Bar(NamedTuple):
    """One candle. `start_s` is the epoch second at which it begins; a day's is Indian midnight."""

    start_s: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """What a person wants to do, complete and typed, before any check.

    `intent_id` is one per ticket: the same id is never acted on twice. `source` says who wants it: `ticket`, `exit`.
    `confirmed` holds the numbers of the gate's checks that a person confirmed by typing what was asked: `("G28",)`.
    """

    intent_id: str
    instrument: Instrument
    side: Side
    quantity: int
    price_e4: int
    product: Product
    order_type: OrderType = OrderType.LIMIT
    trigger_e4: int = 0
    validity: Validity = Validity.DAY
    source: str = "ticket"
    confirmed: tuple[str, ...] = ()

    @property
    def value_e4(self) -> int:
        return self.price_e4 * self.quantity


class OrderState(StrEnum):
    """Answers one question: could this still trade?"""

    DRAFT = "DRAFT"
    DENIED = "DENIED"
    SENDING = "SENDING"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"
    UNCONFIRMED = "UNCONFIRMED"
    CLOSED_BY_USER = "CLOSED_BY_USER"
    ACKED = "ACKED"
    PENDING = "PENDING"
    TRIGGER_PENDING = "TRIGGER_PENDING"
    WORKING = "WORKING"
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    AMO_PENDING = "AMO_PENDING"
    REJECTED_GATEWAY = "REJECTED_GATEWAY"

    @property
    def word(self) -> str:
        """The state as the screen says it."""
        return self.value

    @property
    def live(self) -> bool:
        """Whether it may still trade, as far as anyone can prove."""
        return self in _LIVE

    @property
    def worst_case(self) -> bool:
        """Nobody can vouch for it: counted at its full quantity against every limit."""
        return self in _WORST_CASE


_WORST_CASE = frozenset({OrderState.SENDING, OrderState.UNKNOWN, OrderState.UNCONFIRMED})
_LIVE = _WORST_CASE | {
    OrderState.ACKED,
    OrderState.PENDING,
    OrderState.TRIGGER_PENDING,
    OrderState.WORKING,
    OrderState.PARTIAL,
    OrderState.AMO_PENDING,
}


@dataclass(frozen=True, slots=True)
class Order:
    """One order as we know it. `tag` is our key, `broker_id` theirs (empty until known).

    `filled` is the broker's cumulative count and only rises. `average_e4` is the average fill price, 0 while nothing is
    filled. `reason` is safe text. `change` is `modify` or `cancel` while a change is asked and not yet confirmed.
    `soft`: the end was told once (an order update, a refusal) and no order book has confirmed it yet.
    Times: `created_ns` and `updated_ns` are market time, `real_ns` the computer's at creation.
    """

    tag: str
    intent_id: str
    exchange: Exchange
    token: str
    symbol: str
    side: Side
    quantity: int
    price_e4: int
    trigger_e4: int
    order_type: OrderType
    product: Product
    validity: Validity
    source: str
    state: OrderState
    created_ns: int
    real_ns: int
    updated_ns: int
    filled: int = 0
    average_e4: int = 0
    broker_id: str = ""
    unique_id: str = ""
    reason: str = ""
    change: str = ""
    external: bool = False
    missing: bool = False
    soft: bool = False
    ack_ms: int | None = None

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)

    @property
    def position(self) -> "PositionKey":
        return PositionKey(self.exchange, self.token, self.product)

    @property
    def leaves(self) -> int:
        """Units that may still trade: 0 once the order cannot. An end that is still soft frees nothing."""
        return self.quantity - self.filled if self.state.live or self.soft else 0


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of ours. `fill_id` is the exchange's; `filled_ns` market time."""

    fill_id: str
    broker_id: str
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


class PositionKey(NamedTuple):
    exchange: Exchange
    token: str
    product: Product


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of one instrument and product today.

    `average_e4` is the entry price of what is open (average method), 0 when flat; `realised_e4` is booked profit of the
    day in 1/10,000 rupee, `realised_fifo_e4` the same when what was entered first is closed first. Gross of charges.
    `cost_e4` is the exact signed cost of what is open (the average is rounded); None stands for net times average.
    `carried` units came into the day.
    """

    exchange: Exchange
    token: str
    symbol: str
    product: Product
    net: int
    average_e4: int
    bought: int
    sold: int
    bought_value_e4: int
    sold_value_e4: int
    realised_e4: int
    realised_fifo_e4: int = 0
    cost_e4: int | None = None
    carried: int = 0

    @property
    def key(self) -> PositionKey:
        return PositionKey(self.exchange, self.token, self.product)

    def open_e4(self, last_e4: int) -> int:
        """Profit of the open quantity at a price, in 1/10,000 rupee."""
        cost_e4 = self.net * self.average_e4 if self.cost_e4 is None else self.cost_e4
        return self.net * last_e4 - cost_e4
