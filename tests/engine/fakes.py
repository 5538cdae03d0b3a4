"""A scripted other side for the engine: broker, streams, journal, hours that do what a test says, on a manual clock."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from core.account import Holding
from core.approval import Approved
from core.clock import ManualClock, ist_day
from core.domain import Exchange, Fill, Instrument, InstrumentKey
from core.errors import StoreFailed
from core.facts import CircuitState
from core.market.sessions import Session
from core.outcome import Accepted, Failed, FailedBy, Ok, Outcome, Read
from core.ports import BrokerOrder, BrokerPosition, Funds, OrderRecord, RestQuote, StreamLogin
from core.views import CircuitStatus, StreamStatus
from tests.builders import fill, row

DOWN = Failed(FailedBy.SERVICE, "503 Service Unavailable")


@dataclass
class FakeBroker:
    """`on_place(approved)` decides each placement; `books_down` fails every order read."""

    clock: ManualClock
    on_place: Callable[[Approved], Outcome] | None = None
    orders: dict[str, BrokerOrder] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    books_down: Failed | None = None
    login_down: Failed | None = None
    placed: list[Approved] = field(default_factory=list)
    cancelled: list[Approved] = field(default_factory=list)
    modified: list[Approved] = field(default_factory=list)
    on_modify: Callable[[Approved], Outcome] | None = None
    reads: int = 0
    writes_sent: int = 0
    ids: int = 0
    late: Callable[[Approved, Outcome], None] = lambda approved, outcome: None
    circuits: tuple[CircuitStatus, ...] = ()
    retried: set[str] = field(default_factory=set)
    purse: Funds = field(default_factory=lambda: Funds(10_00_000 * 10_000, 0))
    held: tuple[Holding, ...] = ()

    async def login(self) -> Read[str]:
        return self.login_down or Ok("DEMO01")

    async def tend(self) -> None:
        await self.clock.sleep(1e9)

    def retry_circuit(self, name: str) -> bool:
        return name in self.retried or self.retried.add(name) is None

    def force_circuit(self, name: str, shut: bool) -> None:
        state = CircuitState.FORCED_OPEN if shut else CircuitState.OPEN
        self.circuits = tuple(replace(c, state=state) if c.name == name else c for c in self.circuits)

    def circuit_statuses(self) -> tuple[CircuitStatus, ...]:
        return self.circuits

    def stream_login(self) -> StreamLogin | None:
        return None

    async def place(self, approved: Approved) -> Outcome:
        approved.consume()
        self.writes_sent += 1
        self.placed.append(approved)
        if self.on_place is not None:
            return self.on_place(approved)
        return self.accept(approved)

    def accept(self, approved: Approved, status: str = "open", filled: int = 0) -> Accepted:
        """Put the order into the broker's book and give its number."""
        o = approved.order
        self.ids += 1
        broker_id = f"25112600000{self.ids:04d}"
        self.orders[broker_id] = row(
            status,
            broker_id=broker_id,
            unique_id=f"u{self.ids}",
            tag=o.tag,
            exchange=o.exchange,
            token=o.token,
            symbol=o.symbol,
            side=o.side,
            quantity=o.quantity,
            price_e4=o.price_e4,
            product=o.product,
            filled=filled,
            average_e4=o.price_e4 if filled else None,
        )
        if filled:
            self.fills.append(self.trade(self.orders[broker_id], filled))
        return Accepted(broker_id, f"u{self.ids}")

    def trade(self, o: BrokerOrder, quantity: int) -> Fill:
        return fill(
            fill_id=f"f{len(self.fills) + 1}",
            broker_id=o.broker_id,
            exchange=o.exchange,
            token=o.token,
            symbol=o.symbol,
            side=o.side,
            product=o.product,
            quantity=quantity,
            price_e4=o.price_e4 or 0,
            filled_ns=self.clock.wall_ns(),
        )

    def tell_late(self, on_late: Callable[[Approved, Outcome], None]) -> None:
        self.late = on_late

    async def cancel(self, approved: Approved) -> Outcome:
        approved.consume()
        self.writes_sent += 1
        self.cancelled.append(approved)
        held = self.orders[approved.order.broker_id]
        self.orders[held.broker_id] = replace(held, status="cancelled")
        return Accepted(held.broker_id)

    async def modify(self, approved: Approved) -> Outcome:
        """Change the broker's row; `on_modify` decides otherwise."""
        approved.consume()
        self.writes_sent += 1
        self.modified.append(approved)
        if self.on_modify is not None:
            return self.on_modify(approved)
        self.change(approved)
        return Accepted(approved.order.broker_id)

    def change(self, approved: Approved) -> None:
        o, held = approved.order, self.orders[approved.order.broker_id]
        self.orders[o.broker_id] = replace(held, quantity=o.quantity, price_e4=o.price_e4, trigger_e4=o.trigger_e4)

    async def order_book(self) -> Read[tuple[BrokerOrder, ...]]:
        self.reads += 1
        return self.books_down or Ok(tuple(self.orders.values()))

    async def details(self, unique_id: str) -> Read[BrokerOrder]:
        return self.books_down or Ok(next(o for o in self.orders.values() if o.unique_id == unique_id))

    async def trade_book(self) -> Read[tuple[Fill, ...]]:
        return self.books_down or Ok(tuple(self.fills))

    async def positions(self) -> Read[tuple[BrokerPosition, ...]]:
        nets: dict[tuple[Exchange, str, object], list[Fill]] = {}
        for f in self.fills:
            nets.setdefault((f.exchange, f.token, f.product), []).append(f)
        return Ok(tuple(_position(group) for group in nets.values()))

    async def funds(self) -> Read[Funds]:
        return Ok(self.purse)

    async def holdings(self) -> Read[tuple[Holding, ...]]:
        return self.books_down or Ok(self.held)

    async def quotes(self, keys: tuple[InstrumentKey, ...]) -> Read[dict[InstrumentKey, RestQuote]]:
        return DOWN

    async def logout(self) -> None: ...
    async def close(self) -> None: ...


def _position(fills: list[Fill]) -> BrokerPosition:
    bought = [f for f in fills if f.side > 0]
    sold = [f for f in fills if f.side < 0]
    return BrokerPosition(
        exchange=fills[0].exchange,
        token=fills[0].token,
        symbol=fills[0].symbol,
        product=fills[0].product,
        net=sum(f.quantity * int(f.side) for f in fills),
        bought=sum(f.quantity for f in bought),
        sold=sum(f.quantity for f in sold),
        bought_value_e4=sum(f.quantity * f.price_e4 for f in bought),
        sold_value_e4=sum(f.quantity * f.price_e4 for f in sold),
    )


class FakeStream:
    """Either socket: `word` is what its status says; frames are pushed by the test."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.word = "live"
        self.malformed = 0
        self.wanted: tuple[Instrument, ...] = ()
        self.on_order: Callable[[BrokerOrder], None] = lambda row: None
        self.on_connected: Callable[[], None] = lambda: None

    async def run(self, on_order=None, on_connected=None) -> None:
        if on_order is not None:
            self.on_order, self.on_connected = on_order, on_connected
            on_connected()
        await asyncio.Event().wait()

    def want(self, instruments: tuple[Instrument, ...]) -> None:
        self.wanted = instruments

    def connected(self) -> bool:
        return self.word == "live"

    def status(self) -> StreamStatus:
        return StreamStatus(self.name, self.word, 10, "")


class FakeJournal:
    """Keeps records in memory, in the order in which they would be on disk."""

    def __init__(self) -> None:
        self.records: list[OrderRecord] = []
        self.meta: dict[str, str] = {}
        self.broken = ""
        self.meta_failures = 0
        """How many more writes of small values fail."""
        self.finished: list[str] = []

    async def intent(self, event: OrderRecord) -> None:
        if self.broken:
            raise StoreFailed(self.broken)
        self.records.append(event)

    def record(self, event: OrderRecord) -> None:
        self.records.append(event)

    def unfinished_before(self, wall_ns: int) -> list[OrderRecord]:
        """The last record of each tag of earlier days that nobody called finished."""
        last = {r.tag: r for r in self.records if r.day < ist_day(wall_ns) and r.tag not in self.finished}
        return list(last.values())

    def finish(self, tag: str) -> None:
        self.finished.append(tag)

    async def context(self, tag: str) -> bytes:
        return next((r.context for r in self.records if r.tag == tag and r.context), b"")

    def healthy(self) -> str:
        return self.broken

    async def store_meta(self, key: str, value: str) -> None:
        if self.meta_failures:
            self.meta_failures -= 1
            raise StoreFailed("disk full")
        self.meta[key] = value


class FakeMaster:
    note = ""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._all = {i.key: i for i in instruments}

    def get(self, key: InstrumentKey) -> Instrument | None:
        return self._all.get(key)

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        return next((i for i in self._all.values() if (i.exchange, i.symbol) == (exchange, symbol)), None)

    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]:
        return tuple(i for i in self._all.values() if text.upper() in i.symbol.upper())[:limit]

    def all(self) -> tuple[Instrument, ...]:
        return tuple(self._all.values())


def always_open(exchange: Exchange, wall_ns: int) -> Session:
    return Session(True, f"{exchange} OPEN", 3600)
