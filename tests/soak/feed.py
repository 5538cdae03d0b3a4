"""The feed for a long time: 200 recoveries, 50 half-open and 9 mute sockets, ten million damaged frames.

Each part prints its figures beside their goals. About half an hour on a quiet machine.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable

from core.ports import StreamLogin
from tests.exchange_process import ExchangeProcess
from tests.feed import fuzz
from tests.feed.rig import login, rig
from tests.waiting import until

RECOVERIES = int(os.environ.get("TEZI_SOAK_RECOVERIES", "200"))
HALF_OPEN = int(os.environ.get("TEZI_SOAK_HALF_OPEN", "50"))
MUTE = int(os.environ.get("TEZI_SOAK_MUTE", "9"))
FRAMES = int(os.environ.get("TEZI_SOAK_FRAMES", "10000000"))
SIDE_BY_SIDE = 3
"""As many connections as the exchange allows."""


def run() -> int:
    """Prints figures; 0 when every goal is met."""
    return int(not all([asyncio.run(_streams()), _frames()]))


async def _streams() -> bool:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as exchange:
        given = await login(exchange)
        back_ms = await _side_by_side(RECOVERIES, lambda n: _recovery(exchange, given, n))
        found_s = await _side_by_side(HALF_OPEN, lambda n: _half_open(exchange, given, n))
        mute_s = await _side_by_side(MUTE, lambda n: _mute(exchange, given, n))
    p50, worst = statistics.median(back_ms), max(back_ms)
    p90 = sorted(back_ms)[int(len(back_ms) * 0.9)]
    late = sum(ms >= 1_000 for ms in back_ms)
    print(
        f"recoveries: {len(back_ms)}, p50 {p50:.1f} ms (goal < 300), p90 {p90:.1f}, max {worst:.1f} ms (goal < 1000), "
        f"{late} of them late"
    )
    print(f"half-open sockets: {len(found_s)}, found within {max(found_s):.2f} s (goal 9.5)")
    print(f"mute feeds: {len(mute_s)}, found within {max(mute_s):.2f} s (goal 15)")
    return p50 < 300 and worst < 1_000 and max(found_s) <= 9.5 and max(mute_s) <= 15


async def _side_by_side(count: int, work: Callable[[int], Awaitable[float]]) -> list[float]:
    """`count` runs, three at a time."""
    found: list[float] = []
    for start in range(0, count, SIDE_BY_SIDE):
        numbers = range(start, min(start + SIDE_BY_SIDE, count))
        found += await asyncio.gather(*(work(n) for n in numbers))
    return found


async def _recovery(exchange: ExchangeProcess, given: StreamLogin, seed: int) -> float:
    """Milliseconds from the server's return to every price live again, after an outage of 0.2 to 10 s."""
    async with rig(exchange, given, seed=seed) as on:
        on.relay.accepting = False
        on.relay.cut()
        await until(lambda: not on.live())
        await asyncio.sleep(random.Random(seed).uniform(0.2, 9.9))
        on.relay.accepting = True
        started = time.perf_counter()
        await until(on.live, 20)
        return (time.perf_counter() - started) * 1_000


async def _half_open(exchange: ExchangeProcess, given: StreamLogin, seed: int) -> float:
    """Seconds until a peer that vanished without a word is given up."""
    async with rig(exchange, given, seed=seed) as on:
        await asyncio.sleep(random.Random(seed).uniform(0, 4))
        on.relay.frozen = True
        started = time.perf_counter()
        await until(lambda: not on.live(), 20)
        return time.perf_counter() - started


async def _mute(exchange: ExchangeProcess, given: StreamLogin, seed: int) -> float:
    """Seconds until a feed whose heartbeats pass and whose prices do not is no longer called live; nothing is read."""
    async with rig(exchange, given, seed=seed) as on:
        await asyncio.sleep(random.Random(seed).uniform(0, 4))
        started = time.perf_counter()
        on.relay.change = lambda payload: b"\0"
        await until(lambda: on.feed.status().word != "live", 25)
        return time.perf_counter() - started


def _frames() -> bool:
    rng, board = random.Random(1), fuzz.board()
    fuzz.fuzz(board, rng, 100_000)
    before, started = fuzz.resident_mb(), time.perf_counter()
    done = fuzz.fuzz(board, rng, FRAMES)
    grown, took_s = fuzz.resident_mb() - before, time.perf_counter() - started
    print(f"damaged frames: {done:,} in {took_s:.0f} s, no exception, memory grew {grown:.1f} MB (goal < 16)")
    return grown < 16
