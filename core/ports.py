"""What the engine asks of the outside world, as protocols and as the rows that come back."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.account import Holding
from core.approval import Approved
from core.domain import Bar as Bar
from core.domain import Exchange, Fill, Instrument, InstrumentKey, OrderType, Product, Side, Validity
from core.outcome import Outcome, Read


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """One row of the broker's order book or one order-update frame, typed; its texts are safe.

    `status` is the broker's word, lower case, spaces collapsed (`orderstatus`, else `status`). Numbers that were absent
    or not numbers are None. `from_socket` marks order-update frames, which carry no `unique_id`.
    """

    broker_id: str
    unique_id: str
    tag: str
    exchange: Exchange
    token: str
    symbol: str
    side: Side
    order_type: OrderType
    product: Product
    validity: Validity
    quantity: int
    filled: int
    average_e4: int | None
    price_e4: int | None
    trigger_e4: int | None
    status: str
    reason: str
    updated: str
    from_socket: bool = False

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)


@dataclass(frozen=True, slots=True)
class BrokerPosition:
    """One row of the broker's position list. Values in 1/10,000 rupee."""

    exchange: Exchange
    token: str
    symbol: str
    product: Product
    net: int
    bought: int
    sold: int
    bought_value_e4: int
    sold_value_e4: int


@dataclass(frozen=True, slots=True)
class Funds:
    """What the broker says may be used, in 1/10,000 rupee; None where it said nothing."""

    net_e4: int | None
    used_e4: int | None
    cash_e4: int | None = None
    collateral_e4: int | None = None


@dataclass(frozen=True, slots=True)
class StreamLogin:
    """What both sockets need at the handshake. Never logged."""

    jwt: str
    feed_token: str
    api_key: str
    client_code: str
    epoch: int

    def __repr__(self) -> str:
        return f"StreamLogin(epoch={self.epoch})"


RestLevel = tuple[int, int, int]
"""One price of the book: 1/10,000 rupee, units, orders; all zero when it is empty."""


@dataclass(frozen=True, slots=True)
class RestQuote:
    """The market of one instrument as a read gave it. Prices 1/10,000 rupee, quantities units; 0 where nothing was
    said. `bids` and `asks` are five levels each, best first."""

    ltp_e4: int
    ltq: int
    average_e4: int
    volume: int
    total_buy: int
    total_sell: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    last_trade_s: int
    open_interest: int
    upper_e4: int
    lower_e4: int
    bids: tuple[RestLevel, ...]
    asks: tuple[RestLevel, ...]
    exchange_ms: int


QUOTES_MAX = 50
"""Instruments in one quote read (official Market Data page)."""

AskQuotes = Callable[[tuple[InstrumentKey, ...]], Awaitable[Read[Mapping[InstrumentKey, RestQuote]]]]
"""Reads quotes by another way than the stream: at most `QUOTES_MAX`; what the other side left out is missing."""


class Broker(Protocol):
    """The broker's order side. Writes take an approval and never raise for what a broker or a network does."""

    @property
    def clock_offset_ms(self) -> int | None:
        """How far the wall clock was ahead of the broker's at its last answer; None while no answer said."""
        ...

    async def login(self) -> Read[str]:
        """Log in (single flight) and give the client code."""
        ...

    def stream_login(self) -> StreamLogin | None: ...
    async def place(self, approved: Approved) -> Outcome: ...
    async def modify(self, approved: Approved) -> Outcome: ...
    async def cancel(self, approved: Approved) -> Outcome: ...
    def tell_late(self, on_late: Callable[[Approved, Outcome], None]) -> None:
        """Whom to tell of an answer that came after Unknown was given for its write: it is evidence."""
        ...

    async def order_book(self) -> Read[tuple[BrokerOrder, ...]]: ...
    async def details(self, unique_id: str) -> Read[BrokerOrder]: ...
    async def trade_book(self) -> Read[tuple[Fill, ...]]: ...
    async def positions(self) -> Read[tuple[BrokerPosition, ...]]: ...
    async def funds(self) -> Read[Funds]: ...
    async def holdings(self) -> Read[tuple[Holding, ...]]: ...
    async def quotes(self, keys: tuple[InstrumentKey, ...]) -> Read[Mapping[InstrumentKey, RestQuote]]: ...
    async def logout(self) -> None: ...
    async def close(self) -> None: ...


class OrderSocket(Protocol):
    """The order-update stream: runs until cancelled, reconnects by itself, gives rows and word of each connection."""

    async def run(self, on_order: Callable[[BrokerOrder], None], on_connected: Callable[[], None]) -> None: ...
    def connected(self) -> bool: ...


class Feed(Protocol):
    """The market stream: runs until cancelled and keeps the wanted set subscribed, whatever the sockets do."""

    async def run(self) -> None: ...
    def want(self, instruments: tuple[Instrument, ...]) -> None: ...


class Journal(Protocol):
    """The durable record. `intent` returns only when the row is on disk; it raises StoreFailed when that cannot be."""

    async def intent(self, event: "OrderRecord") -> None: ...
    def record(self, event: "OrderRecord") -> None: ...
    def finish(self, tag: str) -> None:
        """Note that an order needs no more watching on later days."""
        ...

    async def context(self, tag: str) -> bytes:
        """What was on screen when an order was asked for (JSON), empty when nothing was kept. Raises StoreFailed."""
        ...

    def healthy(self) -> str:
        """Empty when writing works, else why it does not."""
        ...


class Audit(Protocol):
    """The record that can be proved. `append` never blocks and never raises."""

    def append(self, kind: str, fields: Mapping[str, object]) -> None: ...
    def healthy(self) -> str:
        """Empty when records are being written, else why they are not: then nothing new may be sent."""
        ...

    def broken(self) -> str:
        """Empty, or how the log differs from what its keys and anchors say: then the engine halts."""
        ...


class NoAudit:
    """An audit log for sessions that keep none."""

    def append(self, kind: str, fields: Mapping[str, object]) -> None: ...

    def healthy(self) -> str:
        return ""

    def broken(self) -> str:
        return ""


class Ledger(Protocol):
    """Keeps the trades of the account's run."""

    def book(self, fills: Iterable[Fill]) -> None: ...


class NoLedger:
    """A ledger for sessions that keep none."""

    def book(self, fills: Iterable[Fill]) -> None: ...


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One line of the journal: the whole order after a change, and where the change came from.

    State is a fold over these: the last record of a tag is the order. `context` is what was on screen when it was
    asked for (JSON), with the first record of an order only; empty in records that were read back.
    """

    tag: str
    sequence: int
    source: str
    day: str
    run: str
    body: bytes
    market_ns: int
    real_ns: int
    context: bytes = b""
