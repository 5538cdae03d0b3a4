"""`python -m tests.bench.painted URL ROWS WARM_S SECONDS FILE`: the terminal on a fast feed, measuring itself.

The screen, the feed and the board are the product's; only the desk's orders and positions are a test's, and stand
still. What the real start imports is imported, so that the memory is the terminal's. The figures go to FILE as JSON.
"""

import asyncio
import importlib
import json
import os
import sys
import time
from pathlib import Path
from random import Random

from core.brokers import contract
from core.clock import SystemClock
from core.feed.market import MarketFeed
from core.market.quotes import QuoteBoard
from core.ports import StreamLogin
from core.supervise import Supervisor
from terminal.app import TeziApp
from tests.bench.receiver import instruments
from tests.screens.fake_desk import FakeDesk

LAG_STEP_S = 0.01


class _Measured:
    def __init__(self, app: TeziApp, board: QuoteBoard, warm_s: float, seconds: float, file: Path) -> None:
        self._app, self._board, self._warm_s, self._seconds, self._file = app, board, warm_s, seconds, file

    async def run(self) -> None:
        await self._app.first_paint.wait()
        await asyncio.sleep(self._warm_s)
        frames, cpu_s, started = self._board.applied, time.process_time(), time.perf_counter()
        late_ms, busy_ms = [], []
        while time.perf_counter() - started < self._seconds:
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(LAG_STEP_S)
            late_ms.append((time.perf_counter() - before - LAG_STEP_S) * 1_000)
            busy_ms.append((time.thread_time() - used) * 1_000)
        wall_s = time.perf_counter() - started
        late_ms.sort()
        busy_ms.sort()
        found = {
            "cpu_pct": (time.process_time() - cpu_s) / wall_s * 100,
            "frames_per_s": (self._board.applied - frames) / wall_s,
            "lag_p99_ms": late_ms[int(len(late_ms) * 0.99)],
            "busy_p99_ms": busy_ms[int(len(busy_ms) * 0.99)],
            "rss_mb": _resident_mb(),
            "live": self._board.live_count(),
        }
        await asyncio.to_thread(self._file.write_text, json.dumps(found))
        self._app.exit(0)


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def main(url: str, rows: int, warm_s: float, seconds: float, file: Path) -> None:
    boot = importlib.import_module("terminal.boot")
    await asyncio.to_thread(contract.load)
    clock = SystemClock()
    board = QuoteBoard(clock)
    login = StreamLogin("jwt", "feed", "key", "code", 1)
    feed = MarketFeed(lambda: url, lambda: login, board, clock, Random(1))
    watched = instruments(rows)
    feed.want(watched)
    desk = FakeDesk()
    desk.clock, desk.quotes, desk.list = clock, board, list(watched[:1_000])  # type: ignore[assignment]
    app = TeziApp(desk, paint_hz=10)
    boot._settle_garbage()
    tasks = Supervisor(clock, lambda _name, _error: None)
    tasks.keep("feed", feed.run)
    tasks.once("measure", _Measured(app, board, warm_s, seconds, file).run())
    await app.run_async()
    await tasks.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5])))
