"""Faults F05, F07 and F10 (the order side of the wire, against the real exchange process) and scenario S16."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from core.approval import Action, mint
from core.brokers.transport import Failure, Transport
from core.clock import SystemClock
from core.engine.circuit import OrderCircuit
from core.facts import CircuitState, LadderMode
from core.feed.market import MarketFeed
from core.market.quotes import QuoteBoard
from core.outcome import Failed, FailedBy, Ok, Unknown
from core.ports import StreamLogin
from core.resilience.breaker import orders_breaker
from tests.brokers.rows import an_order
from tests.builders import SBIN
from tests.engine.rig import Rig
from tests.exchange.wire import place_body
from tests.exchange_process import ExchangeProcess
from tests.feed.live_engine import broker_of, live_engine
from tests.links.sockets import running
from tests.waiting import until


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as process:
        yield process


@pytest.fixture(autouse=True)
def _no_faults(exchange: ExchangeProcess) -> None:
    exchange.clear_faults()


async def test_F05_half_open_rest_ends_at_5_s_counts_and_holds_nothing_up(exchange: ExchangeProcess) -> None:
    """The exchange takes requests and never answers. That keys stay under 50 ms meanwhile is a bench's business."""
    clock, turns = SystemClock(), 0
    loop = asyncio.get_running_loop()
    circuit = OrderCircuit(clock, orders_breaker(clock, Random(1)))
    broker = broker_of(exchange, clock)

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.05)
            turns += 1

    try:
        assert isinstance(await broker.login(), Ok)
        exchange.fault(name="black_hole")
        started = loop.time()
        async with running(turn()):
            written, read = await asyncio.gather(
                broker.place(mint(Action.PLACE, an_order(), SBIN, lambda: True)), broker.order_book()
            )
        took_s = loop.time() - started
    finally:
        exchange.clear_faults()
        await broker.close()

    assert isinstance(written, Unknown) and written.service
    assert isinstance(read, Failed) and read.by is FailedBy.SERVICE
    assert 4.9 <= took_s < 7.5, "the limit is 5 s"
    assert turns > 20, "the loop went on meanwhile"
    for _ in range(3):
        ticket = circuit.enter_write()
        assert ticket is not None
        circuit.leave_write(ticket, written)
    assert circuit.status().state is CircuitState.OPEN


async def test_F07_half_open_order_socket_is_found_and_the_book_tells_the_fill(exchange: ExchangeProcess) -> None:
    """Found by 9.5 s; a fill meanwhile is known within 6 s, from the book."""
    loop = asyncio.get_running_loop()
    async with live_engine(exchange) as on:
        exchange.external_order(**place_body(ordertag="rests"))
        await until(lambda: on.states() and on.states()[0] in ("WORKING", "ACKED"), 10)

        on.orders.frozen = True
        frozen = loop.time()
        exchange.external_order(**place_body(ordertype="MARKET", price="0", quantity="1", ordertag="phone"))
        await until(lambda: "FILLED" in on.states(), 12)
        seen_s = loop.time() - frozen
        await until(lambda: not on.updates.connected(), 15)
        found_s = loop.time() - frozen
        on.orders.frozen = False
        await until(on.updates.connected, 10)

    assert seen_s <= 6.0
    assert found_s <= 9.5


async def test_F10_a_dripping_answer_ends_at_the_total_limit_and_others_go_on(exchange: ExchangeProcess) -> None:
    loop = asyncio.get_running_loop()
    broker = broker_of(exchange)
    try:
        assert isinstance(await broker.login(), Ok)
        exchange.fault(name="drip", on=["getOrderBook"])
        slow = asyncio.ensure_future(broker.order_book())
        started = loop.time()
        other = await broker.positions()
        assert isinstance(other, Ok) and not slow.done()
        answer = await slow
        took_s = loop.time() - started
        exchange.clear_faults()
        again = await broker.order_book()
    finally:
        exchange.clear_faults()
        await broker.close()

    assert isinstance(answer, Failed) and answer.by is FailedBy.SERVICE
    assert took_s < 7.5, "one byte a second would have gone on for minutes"
    assert isinstance(again, Ok), "the dripping connection was dropped, a new one answers"


@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
async def test_F10_a_dripping_tls_handshake_ends_on_rest_and_on_the_stream() -> None:
    """A stop inside a TLS handshake leaves closing the socket to asyncio, which may do so only when it is collected."""
    loop = asyncio.get_running_loop()
    async with _dripping() as (port, gone):
        transport = Transport(f"https://127.0.0.1:{port}", SystemClock(), ssl_context=ssl.create_default_context())
        started = loop.time()
        answer = await transport.request("GET", "/", {}, None, deadline_s=1.0)
        assert isinstance(answer, Failure) and answer.bytes_sent == 0
        assert loop.time() - started < 4
        await transport.aclose()

        clock, events = SystemClock(), list[str]()
        given = StreamLogin("j", "f", "k", "c", 1)
        url = f"wss://127.0.0.1:{port}/"
        feed = MarketFeed(lambda: url, lambda: given, QuoteBoard(clock), clock, Random(1), on_event=events.append)
        async with running(feed.run()):
            await until(lambda: any("down" in e for e in events), 6)
        await until(lambda: len(gone) >= 2, 5)


async def test_S16_a_loop_that_stood_still_is_told_and_its_prices_are_not_live() -> None:
    rig = Rig()
    await rig.start()
    try:
        assert rig.engine.ladder.mode is LadderMode.NORMAL

        rig.clock.move(3.0)  # everything blocking holds every timer back at once
        await rig.settle()

        assert rig.engine.ladder.mode is LadderMode.DATA_STALE
        assert "the program stood still for" in rig.events()
        assert rig.engine.pulse.loop_lag_ms > 2_500
        await rig.wait(8.0)
        assert rig.engine.ladder.mode is LadderMode.NORMAL
    finally:
        await rig.stop()


@asynccontextmanager
async def _dripping() -> AsyncIterator[tuple[int, list[bool]]]:
    """A server that answers whatever it is told with a byte of a TLS record now and then; and who has left it."""
    gone: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while not reader.at_eof():
                writer.write(b"\x16")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await reader.read(4_096)
        gone.append(True)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], gone
    finally:
        server.close()
