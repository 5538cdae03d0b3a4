"""The whole engine without a screen: real adapters, real sockets, a real exchange process, SQLite on disk.

Only time is not real: the engine's clock runs `SPEED` times as fast, and the longest wait for an answer is as much
shorter. Prices are judged by the real clock, because the exchange's market runs at its own pace.
"""

import asyncio
import json
import random
import urllib.request
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from core.brokers import contract
from core.brokers.angel import AngelBroker
from core.brokers.order_socket import AngelOrderSocket
from core.brokers.session import Credentials
from core.clock import NS_PER_S, SystemClock, iso_to_ns, ist_day
from core.config import Config, Limits
from core.domain import Instrument, InstrumentKey, Kind, Product, Side
from core.engine.desk import EngineDesk
from core.engine.engine import Engine
from core.engine.parts import MasterNote, Parts
from core.facts import LadderMode
from core.feed.market import MarketFeed
from core.market.instruments import Catalogue
from core.market.quotes import QuoteBoard
from core.market.sessions import Session
from core.orders.tags import Tags
from core.secret import Secret
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import Writer
from core.views import Quote, StreamStatus
from terminal.master import fetch_master
from tests.engine.fakes import FakeStream
from tests.engine.rig import FakeBoard
from tests.exchange_process import ExchangeProcess
from tests.lost.fast import FastClock
from tests.waiting import until

SPEED = 50.0
READY_S = 30.0
ANSWER_S = 1.0
"""The longest wait for an answer to an order, real: 50 s of the engine's time, far above what a busy machine needs."""
LIMITS = Limits(
    order_value_rupees_max=1_000_000,
    day_orders_max=100_000,
    open_orders_max=100_000,
    open_orders_instrument_max=100_000,
    runaway_orders_max=100_000,
    runaway_fills_max=100_000,
    day_loss_rupees_max=1_000_000_000,
    day_loss_bps_max=10_000,
)
"""What counts orders and money is raised by configuration; every other check is what a person gets."""


class NoUpdates:
    """An order-update stream that never comes up: the books alone must do."""

    async def run(self, on_order: Any = None, on_connected: Any = None) -> None:
        await asyncio.Event().wait()

    def connected(self) -> bool:
        return False

    def status(self) -> StreamStatus:
        return StreamStatus("orders", "down", None, "switched off by the test")


class StillBoard(FakeBoard):
    """Quotes of another moment; an instrument without one has no slot."""

    def __init__(self, quotes: dict[InstrumentKey, Quote]) -> None:
        super().__init__()
        self._keys, self._quotes = list(quotes), list(quotes.values())

    def slot(self, key: InstrumentKey) -> int | None:
        return self._keys.index(key) if key in self._keys else None

    def quote(self, slot: int) -> Quote:
        return self._quotes[slot]


class OtherPace(AngelBroker):
    """Our clock runs faster than the exchange's on purpose: what its answers say of the time means nothing here."""

    @property
    def clock_offset_ms(self) -> int | None:
        return 0

    @clock_offset_ms.setter
    def clock_offset_ms(self, value: int | None) -> None: ...


class LostRig:
    """`async with LostRig(exchange, home, seed) as rig`: logged in, reconciled, prices there."""

    def __init__(
        self,
        exchange: ExchangeProcess,
        home: Path,
        seed: int,
        *,
        updates: bool = True,
        catalogue: Catalogue | None = None,
        still: dict[InstrumentKey, Quote] | None = None,
    ) -> None:
        """`still`: no market stream; these quotes, which never age."""
        self.exchange = exchange
        self._still = still
        self._catalogue = catalogue
        self.random = random.Random(seed)
        self.home = home
        self._with_updates = updates
        self._stack = AsyncExitStack()
        self.clock = FastClock(iso_to_ns(exchange.truth()["now"]), SPEED)

    async def __aenter__(self) -> Self:
        # The disk and the processor do not run faster with the clock: what judges them is as much wider.
        self._stack.enter_context(patch("core.engine.dispatch.RECORD_NS_MAX", round(SPEED * NS_PER_S)))
        self._stack.enter_context(patch("core.engine.pulse.STALL_MS", SPEED * 1_000))
        self._stack.enter_context(patch("core.resilience.breaker.PROBE_LIMIT_NS", round(5 * SPEED * NS_PER_S)))
        self.home.mkdir(exist_ok=True, parents=True)
        await prepare(self.home / "tezi.db", 0)
        writer = Writer(self.home / "tezi.db", SystemClock())
        await writer.open()
        self._stack.push_async_callback(writer.close)
        self.journal = OrderJournal(writer, self.home / "tezi.db")
        catalogue = self._catalogue or await fetch_master(self.exchange.rest, SystemClock())
        self._tags = Tags(self.clock, b"k" * 32, 1, await self.journal.tag_floor(), self.journal.store_tag_floor)
        self.shares = [i for i in catalogue.all() if i.kind is Kind.EQUITY and i.symbol.endswith("-EQ")][:60]
        self.engine = Engine(self._parts(catalogue))
        today = ist_day(self.clock.wall_ns())
        earlier = await self.journal.unfinished_before(today)
        self.engine.restore(await self.journal.load_day(today), earlier=earlier)
        self.engine.circuit._breaker._slow_ns = round(5 * SPEED * NS_PER_S)
        self.engine.start()
        self.desk = EngineDesk(self.engine)
        self._stack.push_async_callback(self.engine.parts.broker.close)
        self._stack.push_async_callback(self.engine.stop)
        await until(lambda: self.engine.ladder.mode is LadderMode.NORMAL and self._priced(), READY_S)
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        await self._stack.aclose()

    def _priced(self) -> bool:
        return sum(self.touch(i, Side.BUY) > 0 for i in self.shares) > len(self.shares) // 2

    def touch(self, instrument: Instrument, side: Side) -> int:
        """The price that trades now, 0 when there is none."""
        slot = self.board.slot(instrument.key)
        if slot is None:
            return 0
        quote = self.board.quote(slot)
        return quote.ask_e4 if side is Side.BUY else quote.bid_e4

    async def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The exchange's control door, off the loop."""
        return await asyncio.to_thread(_call, self.exchange.control + path, body)

    def net(self, instrument: Instrument) -> int:
        """What is held, and what may come on either side at worst, as one signed number."""
        held = {
            (p.exchange, p.token): p.net for p in self.engine.positions.positions() if p.product is Product.INTRADAY
        }
        return held.get((instrument.exchange, instrument.token), 0)

    def _parts(self, catalogue: Catalogue) -> Parts:
        e, real = self.exchange, SystemClock()
        login = Credentials(e.client_code, Secret(e.pin), Secret(e.totp_secret), Secret(e.api_key))
        broker = OtherPace(
            e.rest,
            lambda: login,
            self.clock,
            known=contract.load(),
            write_deadline_s=ANSWER_S,
            write_late_s=2 * ANSWER_S,
        )
        self.broker = broker
        rng = random.Random(self.random.random())
        self.board: QuoteBoard | StillBoard = StillBoard(self._still or {})
        feed: MarketFeed | FakeStream = FakeStream("feed")
        if self._still is None:
            self.board = QuoteBoard(real)
            feed = MarketFeed(lambda: e.stream, broker.stream_login, self.board, real, rng)
        return Parts(
            clock=self.clock,
            config=Config(limits=LIMITS),
            mode_word="PRACTICE",
            run="practice-1",
            look_only="",
            board=self.board,
            instruments=catalogue,
            watchlist=tuple(self.shares),
            pins=(),
            session=lambda exchange, wall_ns: Session(True, f"{exchange} OPEN", 3600),
            journal=self.journal,
            broker=broker,
            feed=feed,
            updates=AngelOrderSocket(lambda: e.orders, broker.stream_login, real, rng, renew=broker.renew)
            if self._with_updates
            else NoUpdates(),
            tags=self._tags,
            random=rng,
            mirror=lambda event: None,
            meta=self.journal,
            master=MasterNote(catalogue.count()),
        )


def _call(url: str, body: dict[str, Any] | None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())
