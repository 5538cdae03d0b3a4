"""Angel One over REST: `core.ports.Broker`, made of the session, the transport and the wire mapping."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, TypeVar
from urllib.parse import quote

from core.account import Holding
from core.approval import Action, Approved
from core.brokers import circuits, contract, dates, history, holdings, quotes, wire
from core.brokers.circuits import Circuits
from core.brokers.envelope import Envelope, open_envelope
from core.brokers.orders import Orders
from core.brokers.session import Credentials, Session, failed
from core.brokers.transport import Reply, Transport
from core.brokers.turns import Turns
from core.clock import Clock, ist_day
from core.domain import Exchange, Fill, InstrumentKey
from core.errors import InvariantBroken
from core.outcome import Accepted, Failed, FailedBy, Ok, Outcome, Read
from core.ports import QUOTES_MAX, Bar, BrokerOrder, BrokerPosition, Funds, RestQuote, StreamLogin
from core.views import CircuitStatus

T = TypeVar("T")
_READ_DEADLINE_S = 5.0
_REMEMBERED_ORDERS = 20_000
_TEND_S = 1.0
_CANARY = InstrumentKey(Exchange.NSE, "99926000")
"""The Nifty 50: its history always exists."""
_GAPS_S = {
    "api.order.book": 1.05,
    "api.trade.book": 1.05,
    "api.position": 1.05,
    "api.rms.limit": 0.55,
    "api.allholding": 1.05,
    "api.individual.order.details": 0.11,
    "api.user.profile": 0.35,
    "api.candle.data": 0.36,
    "api.market.data": 0.21,
}
"""Least seconds between two calls: the published limits (1, 1, 1, 2, 1, 10, 3, 3 a second) and 5 % (wire page 6.1); of
quotes, where the page says 1 and the table 10, five a second."""


class AngelBroker:
    """The broker's order side over one REST origin. Nothing here raises for what a broker or a network does.

    `credentials` is asked at each login. `known` is the SDK's contract when it was loaded already; without it the first
    login loads it in a thread. `unusable_rows` counts rows that were dropped, see `order_book`.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Callable[[], Credentials | None],
        clock: Clock,
        *,
        known: contract.Contract | None = None,
        transport: Transport | None = None,
        write_deadline_s: float = 5.0,
        write_late_s: float = 10.0,
        random: Random | None = None,
    ) -> None:
        self._clock = clock
        self._known = known
        self._transport = transport or Transport(base_url, clock)
        self._session = Session(self._transport, self._contract, credentials, clock)
        self._orders = Orders(
            self._transport, self._session, self._contract, self._late, write_deadline_s, write_late_s
        )
        self._on_late: Callable[[Approved, Outcome], None] = lambda approved, outcome: None
        self._turns = {name: Turns(clock, gap_s) for name, gap_s in _GAPS_S.items()}
        self._keys: OrderedDict[str, InstrumentKey] = OrderedDict()
        self.circuits = Circuits(clock, random or Random())
        self.unusable_rows = 0
        self.server_date_ns: int | None = None
        """The `Date` header of the last answer, epoch ns, whole seconds; None before the first."""
        self.clock_offset_ms: int | None = None
        """How far our wall clock was ahead of the other side's at the last answer that said; None before one did."""
        self.follow: Callable[[int], None] | None = None
        """Set where the market's clock is the other side's: called with its time (epoch ns) when ours differs."""

    async def login(self) -> Read[str]:
        if self._known is None:
            try:
                self._known = await asyncio.to_thread(contract.load)
            except ImportError as e:
                return Failed(FailedBy.LOCAL, f"the official SDK cannot be imported: {e.name}")
        return await self.circuits.login(self._session.login)

    async def tend(self) -> None:
        """For ever: make the probes that open circuits wait for, so that they close without anybody asking."""
        while True:
            await self._clock.sleep(_TEND_S)
            for name in self.circuits.due() if self._session.epoch else ():
                await self._probe(name)

    def retry_circuit(self, name: str) -> bool:
        return self.circuits.retry_now(name)

    def force_circuit(self, name: str, shut: bool) -> None:
        self.circuits.force(name, shut)

    def circuit_statuses(self) -> tuple[CircuitStatus, ...]:
        """The circuits of everything but the order service, whose own is the engine's."""
        return self.circuits.statuses()

    async def _probe(self, name: str) -> None:
        """One cheap read of a circuit's service. What it says is in the circuit's own judgement."""
        if name == circuits.PORTFOLIO:
            await self.funds()
        elif name == circuits.MARKET or name == circuits.MARKET:
            await self.quotes((_CANARY,))
        elif name == circuits.HISTORY:
            day = ist_day(self._clock.wall_ns())
            await self.candles(_CANARY, "ONE_DAY", f"{day} 09:15", f"{day} 15:30")

    def move(self, base_url: str) -> None:
        """The broker answers at another address now (a practice exchange that was started again)."""
        self._transport.move(base_url)

    @property
    def writes_sent(self) -> int:
        """Order messages whose writing began since start, counted where they leave."""
        return self._transport.writes_begun

    async def renew(self, epoch: int) -> Read[str]:
        """New tokens in place of those of login `epoch`, in single flight: for a socket whose handshake was refused."""
        return await self.circuits.login(lambda: self._session.renew(epoch))

    def stream_login(self) -> StreamLogin | None:
        return self._session.stream_login()

    async def place(self, approved: Approved) -> Outcome:
        outcome = await self._send(approved, Action.PLACE)
        if isinstance(outcome, Accepted):
            self._remember(outcome.broker_id, approved.order.key)
        return outcome

    async def modify(self, approved: Approved) -> Outcome:
        return await self._send(approved, Action.MODIFY)

    async def cancel(self, approved: Approved) -> Outcome:
        return await self._send(approved, Action.CANCEL)

    def tell_late(self, on_late: Callable[[Approved, Outcome], None]) -> None:
        """Whom to tell of answers to order writes that came after Unknown was given for them."""
        self._on_late = on_late

    async def order_book(self) -> Read[tuple[BrokerOrder, ...]]:
        """All orders of the day.

        A row that cannot be read is dropped and counted when it carries no tag, for then it is not ours; one with a tag
        makes the whole read Failed, so that no order of ours can go missing from a good read.
        """
        read = await self._rows("api.order.book")
        if isinstance(read, Failed):
            return read
        orders = [(row, wire.broker_order(row)) for row in read.value]
        lost = [row for row, order in orders if order is None]
        self.unusable_rows += len(lost)
        if any(wire.tag_of(row) for row in lost) or (lost and len(lost) == len(orders)):
            return Failed(FailedBy.SERVICE, f"{len(lost)} of {len(orders)} order rows could not be read")
        good = tuple(order for _, order in orders if order is not None)
        for order in good:
            self._remember(order.broker_id, order.key)
        return Ok(good, read.read_ns)

    async def details(self, unique_id: str) -> Read[BrokerOrder]:
        read = await self._read("api.individual.order.details", quote(unique_id, safe=""))
        if isinstance(read, Failed):
            return read
        order = wire.broker_order(read.value)
        if order is None:
            self.unusable_rows += 1
            return Failed(FailedBy.SERVICE, "the order's details could not be read")
        self._remember(order.broker_id, order.key)
        return Ok(order, read.read_ns)

    async def trade_book(self) -> Read[tuple[Fill, ...]]:
        """All trades of the day. Trade rows name no token: orders not seen before are looked up in the order book."""
        read = await self._rows("api.trade.book")
        if isinstance(read, Failed):
            return read
        if self._strangers(read.value):
            book = await self.order_book()
            if isinstance(book, Failed):
                return book
        now_ns = self._clock.wall_ns()
        return self._all_or_failed((wire.fill(row, self._keys, now_ns) for row in read.value), "trade", read.read_ns)

    async def positions(self) -> Read[tuple[BrokerPosition, ...]]:
        read = await self._rows("api.position")
        if isinstance(read, Failed):
            return read
        return self._all_or_failed((wire.position(row) for row in read.value), "position", read.read_ns)

    async def funds(self) -> Read[Funds]:
        read = await self._read("api.rms.limit")
        if isinstance(read, Failed):
            return read
        found = wire.funds(read.value)
        return Ok(found, read.read_ns) if found else Failed(FailedBy.SERVICE, "the funds answer holds no funds")

    async def holdings(self) -> Read[tuple[Holding, ...]]:
        read = await self._read("api.allholding")
        if isinstance(read, Failed):
            return read
        found = holdings.holdings(read.value)
        if found is None:
            return Failed(FailedBy.SERVICE, "the holdings answer holds no list")
        return self._all_or_failed(found, "holding", read.read_ns)

    async def logout(self) -> None:
        if self._known is not None:
            await self._session.logout()

    async def close(self) -> None:
        await self._transport.aclose()

    def _late(self, approved: Approved, outcome: Outcome) -> None:
        if isinstance(outcome, Accepted) and approved.action is Action.PLACE:
            self._remember(outcome.broker_id, approved.order.key)
        self._on_late(approved, outcome)

    async def _send(self, approved: Approved, action: Action) -> Outcome:
        if approved.action is not action:
            raise InvariantBroken(f"approval to {approved.action} used to {action}")
        return await self._orders.send(approved)

    async def quotes(self, keys: tuple[InstrumentKey, ...]) -> Read[Mapping[InstrumentKey, RestQuote]]:
        """The market of these instruments, at most `QUOTES_MAX`; those the broker did not fetch are missing."""
        if not 0 < len(keys) <= QUOTES_MAX:
            raise InvariantBroken(f"quotes of {len(keys)} instruments asked, 1 to {QUOTES_MAX} are possible")
        read = await self._read("api.market.data", body=quotes.request(keys))
        if isinstance(read, Failed):
            return read
        found = quotes.quotes(read.value, keys)
        if found is None:
            return Failed(FailedBy.SERVICE, "the quotes could not be read")
        return Ok(found, read.read_ns)

    async def candles(self, key: InstrumentKey, interval: str, first: str, last: str) -> Read[tuple[Bar, ...]]:
        """Historical bars, ascending; `first` and `last` are `YYYY-MM-DD HH:MM` Indian time, by bar start."""
        body = history.request(key, interval, first, last)
        read = await self._read("api.candle.data", body=body)
        if isinstance(read, Failed):
            return read
        bars = history.bars(read.value)
        if bars is None:
            return Failed(FailedBy.SERVICE, "the candles could not be read")
        return Ok(bars, read.read_ns)

    async def _rows(self, route: str) -> Read[tuple[Any, ...]]:
        read = await self._read(route)
        if isinstance(read, Failed):
            return read
        if read.value is None:
            return Ok((), read.read_ns)
        if not isinstance(read.value, list):
            return Failed(FailedBy.SERVICE, "the answer is no list")
        return Ok(tuple(read.value), read.read_ns)

    async def _read(self, route: str, suffix: str = "", body: bytes | None = None) -> Read[Any]:
        """One read in its turn (POST with a body); replayed once, after a new login, when the session had ended."""
        return await self.circuits.read(route, lambda: self._ask(route, suffix, body))

    async def _ask(self, route: str, suffix: str, body: bytes | None) -> Read[Any]:
        epoch = self._session.epoch
        first = await self._get(route, suffix, body)
        if not isinstance(first, Failed) or first.by is not FailedBy.AUTH or not epoch:
            return first
        renewed = await self.renew(epoch)
        return renewed if isinstance(renewed, Failed) else await self._get(route, suffix, body)

    async def _get(self, route: str, suffix: str, body: bytes | None) -> Read[Any]:
        if not await self._turns[route].take():
            return Failed(FailedBy.LOCAL, "too many callers wait for this list")
        headers = self._session.headers()
        if headers is None:
            return Failed(FailedBy.AUTH, "not logged in")
        path = self._contract().route(route) + suffix
        asked_ns, setting = self._clock.wall_ns(), getattr(self._clock, "anchors", 0)
        result = await self._transport.request(
            "GET" if body is None else "POST", path, headers, body, deadline_s=_READ_DEADLINE_S
        )
        envelope = open_envelope(result.body) if isinstance(result, Reply) else None
        if isinstance(result, Reply):
            self._note_date(result, asked_ns, setting)
            if isinstance(envelope, Envelope) and envelope.ok and result.status < 300:
                return Ok(envelope.data, result.received_ns)
        return failed(result, envelope)

    def _all_or_failed(self, rows: Iterable[T | None], what: str, read_ns: int) -> Read[tuple[T, ...]]:
        """Every row or none: a list with holes must not look like a whole one."""
        found = list(rows)
        good = tuple(row for row in found if row is not None)
        if len(good) == len(found):
            return Ok(good, read_ns)
        self.unusable_rows += len(found) - len(good)
        return Failed(FailedBy.SERVICE, f"{len(found) - len(good)} of {len(found)} {what} rows could not be read")

    def _strangers(self, rows: tuple[Any, ...]) -> bool:
        return any(isinstance(row, dict) and str(row.get("orderid")) not in self._keys for row in rows)

    def _remember(self, broker_id: str, key: InstrumentKey) -> None:
        if not key.token:
            return
        self._keys[broker_id] = key
        if len(self._keys) > _REMEMBERED_ORDERS:
            self._keys.popitem(last=False)

    def _note_date(self, reply: Reply, asked_ns: int, setting: int) -> None:
        """`asked_ns` is our wall clock before the question, `setting` how often that clock had been set by then."""
        date_ns = dates.server_ns(reply.headers)
        if date_ns is None or setting != getattr(self._clock, "anchors", 0):
            return
        self.server_date_ns = date_ns
        self.clock_offset_ms = dates.offset_ms(asked_ns, self._clock.wall_ns(), date_ns)
        if self.clock_offset_ms and self.follow is not None:
            self.follow(date_ns)
            self.clock_offset_ms = 0

    def _contract(self) -> contract.Contract:
        if self._known is None:
            raise InvariantBroken("the broker was used before its first login")
        return self._known
