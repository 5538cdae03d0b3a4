"""F11 and F21: a loop that stands still and a stream that floods. Prices may be skipped, order frames never.

The flood comes from a process of its own, as fast as the socket takes it; the orders from a real exchange. What both
faults ask of the way from a key to the screen is the benchmark `key_under_storm_ms`.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.brokers.order_socket import AngelOrderSocket
from core.clock import SystemClock
from core.feed.market import MarketFeed
from core.market.quotes import QuoteBoard
from core.ports import BrokerOrder, StreamLogin
from core.views import Freshness
from tests.bench.feed import sending
from tests.bench.receiver import instruments
from tests.exchange.wire import place_body
from tests.exchange_process import ExchangeProcess
from tests.feed.rig import login
from tests.links.sockets import running
from tests.waiting import until

ROWS = 1_000
GROWTH_MAX_MB = 48
"""Reads of the loop are 256 KiB, the library keeps 64 messages, the board is of one size."""


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as process:
        yield process


@dataclass
class Storm:
    """A feed in a flood beside an order socket; `wrong` is what reached the loop's exception handler."""

    board: QuoteBoard
    updates: AngelOrderSocket
    said: dict[str, list[str]] = field(default_factory=dict)
    """Every status that a frame gave an order, in order."""
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def frames(self) -> int:
        return self.board.applied + self.board.dropped

    def hear(self, order: BrokerOrder) -> None:
        self.said.setdefault(order.broker_id, []).append(order.status)

    def heard_all(self, placed: list[str], words: list[str]) -> bool:
        return all(self.said.get(number) == words for number in placed)

    def is_live(self) -> bool:
        return self.board.freshness(0) is Freshness.FRESH


@asynccontextmanager
async def storm(exchange: ExchangeProcess, given: StreamLogin) -> AsyncIterator[Storm]:
    clock = SystemClock()
    board = QuoteBoard(clock)
    updates = AngelOrderSocket(lambda: exchange.orders, lambda: given, clock, Random(2))
    on = Storm(board, updates)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: on.wrong.append(context))
    with sending("--rate", "0", "--tokens", str(ROWS)) as port:
        url = f"ws://127.0.0.1:{port}/"
        feed = MarketFeed(lambda: url, lambda: given, board, clock, Random(1))
        feed.want(instruments(ROWS))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running(updates.run(on.hear, lambda: None)))
            await stack.enter_async_context(running(feed.run()))
            await until(lambda: updates.connected() and board.live_count() == ROWS, 20)
            yield on


async def _quiet_words(exchange: ExchangeProcess, on: Storm) -> list[str]:
    """What the frames of one resting order say, heard until they end."""
    number = (await asyncio.to_thread(exchange.external_order, **place_body()))["orderid"]
    await until(lambda: "open" in on.said.get(number, []), 10)
    return list(on.said[number])


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 1e6


async def test_F11_a_loop_that_stands_for_five_seconds_loses_no_order_frame_and_catches_up(
    exchange: ExchangeProcess,
) -> None:
    async with storm(exchange, await login(exchange)) as on:
        gc.collect()
        words = await _quiet_words(exchange, on)
        before, frames = _resident_mb(), on.frames()
        placed, started = [], time.monotonic()
        while time.monotonic() - started < 5.0:  # in the loop's own thread: nothing else runs meanwhile
            placed.append(exchange.external_order(**place_body())["orderid"])
            time.sleep(0.25)  # noqa: ASYNC251
        assert on.frames() == frames and on.board.freshness(0) is Freshness.STALE, "what stands still says so"

        await until(lambda: on.heard_all(placed, words), 10)
        await until(on.is_live, 10)
        assert len(placed) >= 10
        assert _resident_mb() - before < GROWTH_MAX_MB and on.wrong == []


async def test_F21_a_flood_keeps_every_order_frame_and_the_memory_it_has(exchange: ExchangeProcess) -> None:
    async with storm(exchange, await login(exchange)) as on:
        gc.collect()
        words = await _quiet_words(exchange, on)
        before, frames = _resident_mb(), on.frames()
        placed = []
        for _ in range(20):
            answer = await asyncio.to_thread(exchange.external_order, **place_body())
            placed.append(answer["orderid"])
        await until(lambda: on.frames() - frames >= 100_000, 60)

        await until(lambda: on.heard_all(placed, words), 10)
        assert on.is_live() and on.board.malformed == 0 and on.updates.malformed == 0
        assert _resident_mb() - before < GROWTH_MAX_MB and on.wrong == []
