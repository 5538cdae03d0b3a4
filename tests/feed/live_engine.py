"""The engine on the real adapters and a real exchange process; prices, journal and hours are a test's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from core.brokers import contract
from core.brokers.angel import AngelBroker
from core.brokers.order_socket import AngelOrderSocket
from core.brokers.session import Credentials
from core.clock import AnchoredClock, Clock, ManualClock, SystemClock, iso_to_ns
from core.config import Config
from core.engine.engine import Engine
from core.engine.parts import MasterNote, Parts
from core.orders.tags import Tags
from core.secret import Secret
from tests.builders import RELIANCE, SBIN
from tests.engine.fakes import FakeJournal, FakeMaster, FakeStream, always_open
from tests.engine.rig import FakeBoard
from tests.exchange_process import ExchangeProcess
from tests.feed.relay import Relay, relay
from tests.waiting import until


@dataclass
class LiveEngine:
    engine: Engine
    broker: AngelBroker
    updates: AngelOrderSocket
    orders: Relay

    def states(self) -> list[str]:
        return [o.state.word for o in self.engine.blotter.orders()]


def broker_of(exchange: ExchangeProcess, clock: Clock | None = None, url: str = "", **options: Any) -> AngelBroker:
    given = Credentials(
        exchange.client_code, Secret(exchange.pin), Secret(exchange.totp_secret), Secret(exchange.api_key)
    )
    return AngelBroker(url or exchange.rest, lambda: given, clock or SystemClock(), known=contract.load(), **options)


@asynccontextmanager
async def live_engine(exchange: ExchangeProcess) -> AsyncIterator[LiveEngine]:
    """Logged in, reconciled, with its order socket behind a relay of its own."""
    clock, random = AnchoredClock(SystemClock()), Random(1)
    clock.anchor(iso_to_ns(exchange.call("/clock", {"advance_s": 0})["now"]))
    broker = broker_of(exchange, clock)
    journal = FakeJournal()
    async with relay(exchange.orders) as between:
        updates = AngelOrderSocket(lambda: between.url, broker.stream_login, clock, random, renew=broker.renew)
        engine = Engine(
            Parts(
                clock=clock, config=Config(), mode_word="PRACTICE", run="practice-1", look_only="", board=FakeBoard(),
                instruments=FakeMaster([RELIANCE, SBIN]), watchlist=(RELIANCE, SBIN), pins=(), session=always_open,
                journal=journal, broker=broker, feed=FakeStream("feed"), updates=updates,
                tags=Tags(ManualClock(clock.wall_ns()), b"k" * 32, 1), random=random, mirror=lambda event: None,
                meta=journal, master=MasterNote(2),
            )
        )  # fmt: skip
        engine.start()
        try:
            await until(lambda: not engine.authority.reconcile_text and updates.connected(), 15)
            yield LiveEngine(engine, broker, updates, between)
        finally:
            await engine.stop()
            await broker.close()
