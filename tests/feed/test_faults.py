"""Faults F06 to F23 and scenarios S12 to S15 of the stream, by name, against the real exchange process.

F05, F07, F10 and S16 stand in `test_order_side_faults`, F11 and F21 in `test_storms`.
"""

import asyncio
import json
import random
import statistics
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from core.clock import SystemClock
from core.config import Limits
from core.domain import Exchange
from core.links.link import Timing
from core.outcome import Ok
from core.ports import StreamLogin
from core.views import Freshness
from tests.exchange_process import ExchangeProcess
from tests.feed.frames import ltp_frame, snap_frame
from tests.feed.live_engine import broker_of
from tests.feed.relay import wire
from tests.feed.rig import NIFTY, RELIANCE, SBIN, Rig, login, rig
from tests.links.sockets import running
from tests.waiting import until

SLOT = 1
"""The slot of SBIN."""
MS = 1_764_137_096_123


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as process:
        yield process


@pytest.fixture
async def given(exchange: ExchangeProcess) -> StreamLogin:
    exchange.clear_faults()
    return await login(exchange)


@pytest.fixture
async def on(exchange: ExchangeProcess, given: StreamLogin) -> AsyncIterator[Rig]:
    async with rig(exchange, given) as made:
        yield made


def _price(on: Rig) -> int:
    return on.board.quote(SLOT).ltp_e4


async def test_F06_three_half_open_sockets_are_found_within_9_5_s(
    exchange: ExchangeProcess, given: StreamLogin
) -> None:
    """Side by side, at the real timing, as many as the exchange takes: nobody sees a price of theirs as live later."""
    loop = asyncio.get_running_loop()

    async def half_open(seed: int) -> float:
        async with rig(exchange, given, seed) as on:
            await asyncio.sleep(seed * 0.7)  # at other points of the ping's turn
            started = loop.time()
            on.relay.frozen = True
            await until(lambda: on.board.freshness(SLOT) is Freshness.DOWN, 14)
            found = loop.time() - started
            epochs = on.feed.connections
            on.relay.frozen = False
            await until(lambda: on.live() and on.feed.connections == epochs + 1, 8)
            return found

    assert max(await asyncio.gather(half_open(1), half_open(2), half_open(3))) <= 9.5


async def test_F09_frozen_prices_are_found_and_shown_as_down(exchange: ExchangeProcess, given: StreamLogin) -> None:
    class Hasty(SystemClock):
        def mono_ns(self) -> int:
            return super().mono_ns() * 20

    async def ask() -> int | None:
        return 250_000_000

    from core.feed import canary
    from core.market.quotes import QuoteBoard

    board = QuoteBoard(Hasty(), Limits(quote_age_ms_max=60_000))
    board.add(NIFTY)
    board.new_epoch()
    board.set_down(False)
    verdicts: list[bool] = []
    clock = Hasty()
    watch = canary.Canary(board, NIFTY.key, ask, clock, lambda: True, verdicts.append)
    for sequence in range(400):
        board.take(ltp_frame(NIFTY.token, 2_480_000, sequence))
        await watch.look()
        if watch.frozen:
            break
        await asyncio.sleep(0.005)
    assert verdicts == [True]

    for sequence in (900, 901):
        board.take(ltp_frame(NIFTY.token, 2_480_500 + sequence, sequence))
        await watch.look()
    assert verdicts == [True, False]


async def test_F08_F09_the_quote_call_tells_mute_and_frozen_and_gives_prices_meanwhile(
    exchange: ExchangeProcess, given: StreamLogin
) -> None:
    """Real timing, one feed after the other on one exchange: first its frames repeat, then none come."""
    loop = asyncio.get_running_loop()
    broker = broker_of(exchange)
    assert isinstance(await broker.login(), Ok)
    async with rig(exchange, given, login=broker.stream_login, quotes=broker.quotes) as on:
        started = loop.time()
        exchange.fault(name="repeat_stream")
        await until(lambda: on.said("frozen"), 25)
        assert loop.time() - started <= 20
        assert on.feed.status().word == "silent"
        await until(lambda: on.board.freshness(SLOT) is Freshness.REST, 15)
        assert on.board.live_count() == 0 and on.board.read >= 2

        exchange.clear_faults()
        await until(lambda: on.live() and on.feed.status().word == "live", 15)
        assert on.said("the feed moves")

        made, started = on.feed.connections, loop.time()
        exchange.fault(name="mute_stream")
        await until(lambda: on.said("mute: the index moves"), 20)
        await until(lambda: on.feed.connections > made, 5)
        assert loop.time() - started <= 15
        exchange.clear_faults()
        await until(on.live, 10)
    await broker.close()


async def test_F09_a_frozen_feed_takes_its_quotes_down(on: Rig) -> None:
    on.feed._canary_verdict(True)

    assert on.feed.status().word == "silent" and "repeat" in on.feed.status().detail
    assert on.board.freshness(SLOT) is Freshness.DOWN
    await until(lambda: on.feed.connections == 2)
    assert on.board.live_count() == 0
    on.feed._canary_verdict(False)
    await until(on.live)


async def test_F12_each_truncated_length_is_dropped_and_twenty_cost_the_connection(on: Rig) -> None:
    frame = snap_frame() + bytes(70)
    for size in (0, 1, 2, 26, 27, 50, 52, 122, 124, 378, 380, 443):
        on.relay.inject(wire(frame[:size]))
    await until(lambda: on.feed.malformed >= 11)
    assert on.live() and on.feed.connections == 1

    for size in range(3, 30):
        on.relay.inject(wire(frame[:size]))

    await until(lambda: on.said("malformed frames within a minute"))
    await until(lambda: on.feed.connections == 2 and on.live())


async def test_F12_the_exchange_sends_garbage_itself(exchange: ExchangeProcess, on: Rig) -> None:
    exchange.fault(name="garbage_frame")

    await until(lambda: on.feed.malformed >= 3 and on.said("feed said"))

    assert on.live() and on.feed.connections == 1


async def test_F13_an_oversized_frame_costs_the_connection(on: Rig) -> None:
    on.relay.inject(b"\x82\x7f" + struct.pack(">Q", 64 * 1024 * 1024) + bytes(1_000))

    await until(lambda: on.said("1009"))
    await until(lambda: on.feed.connections == 2 and on.live())


async def test_F14_garbage_never_becomes_a_price(on: Rig) -> None:
    rng, close = random.Random(5), on.board.quote(SLOT).close_e4
    for _ in range(600):
        frame = bytearray(snap_frame(ltp=close // 100, close=close // 100, sequence=rng.randrange(1 << 40)))
        for _ in range(rng.randint(1, 6)):
            frame[rng.randrange(27, 51)] ^= 1 << rng.randrange(8)
        on.relay.inject(wire(bytes(frame)))
    await until(lambda: on.board.garbage > 20)

    quote = on.board.quote(SLOT)
    assert quote.close_e4 / 2 <= quote.ltp_e4 <= quote.close_e4 * 2
    assert on.live()


async def test_F15_text_for_binary_and_back_is_told_safely(on: Rig) -> None:
    error = json.dumps({"errorCode": "E1002", "errorMessage": "Limit \u202eExceeded"}).encode()
    for raw in (wire(snap_frame(), 0x81), wire(error, 0x81), wire(b"pongpong", 0x81), wire(error)):
        on.relay.inject(raw)

    await until(lambda: on.feed.connections == 2 or on.said("E1002"))
    await until(on.live)
    assert not any("\u202e" in e for e in on.events)


async def test_F16_compression_is_not_offered_and_refused(on: Rig) -> None:
    on.relay.inject(wire(b"bomb", 0xC2))

    await until(lambda: on.said("feed down") and on.feed.connections == 2)
    await until(on.live)


async def test_F17_order_of_sequence_and_F20_strangers(on: Rig) -> None:
    now_ms = on.clock.wall_ns() // 1_000_000
    far = now_ms + 3_600_000
    close = on.board.quote(SLOT).close_e4 // 100
    frames = [(10**9, far, close + 5), (10**9 - 1, far - 1, close + 9), (10**9, far, close + 5)]
    for sequence, ms, ltp in frames:
        on.relay.inject(wire(snap_frame(ltp=ltp, close=close, sequence=sequence, ms=ms)))
    on.relay.inject(wire(snap_frame("7777777")) + wire(ltp_frame("3045", ex=99)) + wire(ltp_frame("3045", ex=3)))

    await until(lambda: on.board.dropped >= 1 and on.board.unknown >= 2 and on.feed.malformed >= 1)

    assert _price(on) == (close + 5) * 100
    on.relay.cut()
    await until(lambda: on.feed.connections == 2 and on.live())
    assert _price(on) != (close + 5) * 100 or on.board.quote(SLOT).exchange_ms < far, "a new connection starts anew"


async def test_F18_times_that_are_none_do_not_make_a_price_fresh_or_old(on: Rig) -> None:
    close = on.board.quote(SLOT).close_e4 // 100
    held_ms = on.board.quote(SLOT).exchange_ms
    for n, ms in enumerate((5, MS * 1_000_000, -1)):
        on.relay.inject(wire(snap_frame(ltp=close, close=close, sequence=2**40 + n, ms=ms)))

    await until(lambda: on.board.odd_times == 3)

    assert held_ms <= on.board.quote(SLOT).exchange_ms < held_ms + 60_000
    assert on.board.freshness(SLOT) is Freshness.FRESH


async def test_F19_numbers_that_are_none_are_no_prices(on: Rig) -> None:
    for value in (-1, 2**63 - 1, -(2**63)):
        frame = bytearray(snap_frame(sequence=2**40))
        struct.pack_into("<q", frame, 43, value)
        on.relay.inject(wire(bytes(frame)))
    odd = bytearray(snap_frame(close=on.board.quote(SLOT).close_e4 // 100, ltp=on.board.quote(SLOT).close_e4 // 100))
    struct.pack_into("<d", odd, 75, float("nan"))
    on.relay.inject(wire(bytes(odd)))

    await until(lambda: on.board.garbage == 3)

    assert _price(on) > 0 and on.board.quote(SLOT).total_buy >= 0


async def test_F22_a_server_that_closes_at_once_makes_no_storm(on: Rig) -> None:
    on.relay.accepting = False
    on.relay.cut()
    before, told = on.relay.accepted, len(on.events)

    await asyncio.sleep(1.5)

    assert 1 <= on.relay.accepted - before <= 15, "the floor is 100 ms"
    assert len(on.events) - told <= 4
    on.relay.accepting = True
    await until(on.live)


async def test_F23_the_fourth_connection_is_refused_with_its_cause_and_waits(
    exchange: ExchangeProcess, given: StreamLogin
) -> None:
    async with rig(exchange, given, 1), rig(exchange, given, 2), rig(exchange, given, 3) as third:
        events: list[str] = []
        from core.feed.market import MarketFeed
        from core.market.quotes import QuoteBoard

        clock = SystemClock()
        fourth = MarketFeed(
            lambda: third.relay.url, lambda: given, QuoteBoard(clock), clock, random.Random(4), on_event=events.append
        )
        async with running(fourth.run()):
            await until(lambda: any("429" in e and "Connection Limit" in e for e in events))
            wait_s = float(fourth.status().detail.rpartition("next try in ")[2].removesuffix(" s"))
        assert wait_s > 4.5


async def test_S12_a_rolled_over_token_is_taken_at_the_next_connection(
    exchange: ExchangeProcess, given: StreamLogin
) -> None:
    current = [given]
    async with rig(exchange, given, login=lambda: current[0]) as on:
        current[0] = replace(await login(exchange), epoch=given.epoch + 1)

        await until(lambda: on.said("new login"))
        await until(lambda: on.feed.connections == 2 and on.live())


async def test_S13_no_alarm_while_the_market_is_closed(exchange: ExchangeProcess, given: StreamLogin) -> None:
    def closed(_: Exchange) -> bool:
        return False

    timing = Timing(mute_s=0.3, watch_s=0.05)
    async with rig(exchange, given, in_session=closed, timing=timing) as on:
        on.relay.change = lambda payload: b""
        await until(lambda: on.board.malformed > 5 or (on.feed.mute_ms() or 0) > 600)
        await asyncio.sleep(0.6)
        assert on.feed.connections == 1 or on.said("malformed")


async def test_S14_silence_at_the_open_is_found_by_the_prices(exchange: ExchangeProcess, given: StreamLogin) -> None:
    async with rig(exchange, given, timing=Timing(mute_s=0.6, watch_s=0.05)) as on:
        exchange.fault(name="mute_stream")
        try:
            await until(lambda: on.said("silent for"))
        finally:
            exchange.clear_faults()
        await until(on.live, 8)


async def test_S15_an_old_price_on_a_live_socket_is_not_fresh(exchange: ExchangeProcess, given: StreamLogin) -> None:
    async with rig(exchange, given) as on:
        on.board.use(Limits(quote_age_ms_max=500))
        token = SBIN.token.encode()
        on.relay.change = lambda payload: snap_frame(NIFTY.token) if payload[2:6] == token else payload

        await until(lambda: on.board.freshness(SLOT) is Freshness.STALE)

        assert on.feed.status().word == "live"
        slot = on.board.slot(RELIANCE.key)
        assert slot is not None
        await until(lambda: on.board.freshness(slot) is Freshness.FRESH)


async def test_ten_recoveries_within_a_second(exchange: ExchangeProcess, given: StreamLogin) -> None:
    """Outages of 0 to 1 s; from the server's return to every price live again. The goals (p50 300 ms, 1 s at most) are
    soak's, on a quiet machine; a wait that grew too long fails here on a busy one too."""
    took_ms = []
    for n in range(10):
        async with rig(exchange, given, seed=n) as on:
            on.relay.accepting = False
            on.relay.cut()
            await until(lambda: not on.live())
            await asyncio.sleep(n * 0.1)
            on.relay.accepting = True
            started = asyncio.get_running_loop().time()
            await until(on.live)
            took_ms.append((asyncio.get_running_loop().time() - started) * 1_000)
    assert statistics.median(took_ms) < 900
    assert max(took_ms) < 3_000
