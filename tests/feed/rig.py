"""The feed as it is used, on a real exchange process behind a relay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from core.brokers.angel import AngelBroker
from core.brokers.session import Credentials, Secret
from core.clock import AnchoredClock, Clock, SystemClock, iso_to_ns
from core.domain import Exchange, Instrument, Kind
from core.feed.market import MarketFeed
from core.market.quotes import QuoteBoard
from core.ports import StreamLogin
from tests.exchange_process import ExchangeProcess
from tests.feed.relay import Relay, relay
from tests.links.sockets import running
from tests.waiting import until

NIFTY = Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0)
SBIN = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
RELIANCE = Instrument(Exchange.NSE, "2885", "RELIANCE-EQ", "RELIANCE", Kind.EQUITY)


async def login(exchange: ExchangeProcess) -> StreamLogin:
    """What the sockets need, from a real login."""
    given = Credentials(
        exchange.client_code, Secret(exchange.pin), Secret(exchange.totp_secret), Secret(exchange.api_key)
    )
    broker = AngelBroker(exchange.rest, lambda: given, SystemClock())
    try:
        await broker.login()
        found = broker.stream_login()
        assert found is not None
        return found
    finally:
        await broker.close()


def market_clock(exchange: ExchangeProcess) -> Clock:
    """A clock that shows the exchange's time."""
    clock = AnchoredClock(SystemClock())
    clock.anchor(iso_to_ns(exchange.call("/clock", {"advance_s": 0})["now"]))
    return clock


@dataclass
class Rig:
    feed: MarketFeed
    board: QuoteBoard
    relay: Relay
    clock: Clock
    login: StreamLogin
    events: list[str] = field(default_factory=list)

    def live(self) -> bool:
        return self.board.live_count() == 3

    async def lost_and_back_ms(self, limit_s: float = 20.0) -> float:
        """Wait for the feed to be lost and to be back; gives the milliseconds between."""
        loop = asyncio.get_running_loop()
        await until(lambda: not self.live(), limit_s)
        lost = loop.time()
        await until(self.live, limit_s)
        return (loop.time() - lost) * 1_000

    def said(self, words: str) -> bool:
        return any(words in e for e in self.events)


@asynccontextmanager
async def rig(exchange: ExchangeProcess, given: StreamLogin, seed: int = 1, **options: Any) -> AsyncIterator[Rig]:
    """Three instruments live behind a relay of their own."""
    clock = options.pop("clock", None) or market_clock(exchange)
    board, events = QuoteBoard(clock), list[str]()
    async with relay(exchange.stream) as between:
        current = [given]
        options = {"login": lambda: current[0], "canary": NIFTY, "on_event": events.append} | options
        feed = MarketFeed(lambda: between.url, board=board, clock=clock, random=Random(seed), **options)
        feed.want((NIFTY, SBIN, RELIANCE))
        made = Rig(feed, board, between, clock, given, events)
        async with running(feed.run()):
            await until(made.live, 10)
            yield made
