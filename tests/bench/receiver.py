"""`python -m tests.bench.receiver ours|sdk URL COUNT`: one client of the sender; prints what COUNT frames cost it."""

import asyncio
import json
import os
import sys
import threading
import time
from random import Random

from core.brokers import contract
from core.clock import SystemClock
from core.domain import Exchange, Instrument, Kind
from core.feed.market import MarketFeed
from core.market.quotes import QuoteBoard
from core.ports import StreamLogin
from core.supervise import Supervisor
from tests.bench.sender import FIRST_TOKEN, TOKENS

WARM = 2_000


def instruments(count: int = TOKENS) -> tuple[Instrument, ...]:
    return tuple(Instrument(Exchange.NSE, str(FIRST_TOKEN + n), f"S{n}-EQ", f"S{n}", Kind.EQUITY) for n in range(count))


class Meter:
    """CPU and wall seconds between the frame after `WARM` and the last one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._start: tuple[int, float, float] | None = None

    def at(self, seen: int) -> bool:
        """True when done; then the result is printed."""
        if self._start is None and seen >= WARM:
            self._start = seen, time.process_time(), time.perf_counter()
        if self._start is None or seen < self._start[0] + self._count:
            return False
        frames, cpu_s, wall_s = self._start
        frames = seen - frames
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        print(json.dumps({"cpu_us": cpu_s / frames * 1e6, "per_s": frames / wall_s, "frames": frames}), flush=True)
        return True


async def ours(url: str, count: int, plain: bool) -> None:
    clock = SystemClock()
    board, meter = QuoteBoard(clock), Meter(count)
    login = StreamLogin("jwt", "feed", "key", "code", 1)
    feed = MarketFeed(lambda: url, lambda: login, board, clock, Random(1), plain=plain, on_event=_complain)
    feed.want(instruments())
    tasks = Supervisor(clock, _fail)
    tasks.keep("feed", feed.run)
    while not meter.at(board.applied):  # noqa: ASYNC110  a signal would be a cost of its own
        await asyncio.sleep(0.02)
    await tasks.stop()


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


def _fail(name: str, error: str) -> None:
    print(name, error, file=sys.stderr)
    os._exit(1)


def sdk(url: str, count: int) -> None:
    stream = contract.sdk().SmartWebSocketV2
    stream.ROOT_URI = url
    client = stream("jwt", "key", "code", "feed")
    meter, seen, done = Meter(count), [0], threading.Event()

    def on_data(_: object, message: object) -> None:
        seen[0] += 1
        if meter.at(seen[0]):
            done.set()

    client.on_data = on_data
    threading.Thread(target=client.connect, daemon=True).start()
    done.wait(120)
    os._exit(0)


if __name__ == "__main__":
    who, where, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if who == "sdk":
        sdk(where, number)
    else:
        asyncio.run(ours(where, number, plain=who == "plain"))
