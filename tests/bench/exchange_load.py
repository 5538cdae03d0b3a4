"""What a busy practice exchange does: frames a second with orders beside it, start-up time, memory."""

import json
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.result import Result, bench
from tests.exchange.wire import ORDER, Wire, place_body
from tests.exchange_process import ExchangeProcess

CLIENTS, TOKENS, SECONDS = 3, 1_000, 10.0
FRAMES_GOAL, PLACE_GOAL_MS, START_GOAL_S, RSS_GOAL_MB = 15_000, 10.0, 1.5, 500
_SPEED = "2.4"
_memo: dict[str, tuple[float, list[float], float]] = {}


def _universe(folder: Path) -> Path:
    """A master of 1,100 shares in the real shape."""
    rows = [
        {
            "token": str(n + 1),
            "symbol": f"TEST{n}-EQ",
            "name": f"TEST{n}",
            "expiry": "",
            "strike": "-1.000000",
            "lotsize": "1",
            "instrumenttype": "",
            "exch_seg": "NSE",
            "tick_size": "5.000000",
        }
        for n in range(1_100)
    ]
    path = folder / "master.json"
    path.write_text(json.dumps(rows))
    return path


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _measured() -> tuple[float, list[float], float]:
    """Frames a second over all clients, seconds of each place, and the exchange's share of a core."""
    if "load" not in _memo:
        with (
            tempfile.TemporaryDirectory() as folder,
            ExchangeProcess(
                None, "--universe", str(_universe(Path(folder))), "--limits", "off", "--speed", _SPEED
            ) as exchange,
        ):
            _memo["load"] = _load(exchange)
    return _memo["load"]


def _load(exchange: ExchangeProcess) -> tuple[float, list[float], float]:
    import http.client
    from urllib.parse import urlsplit

    from tests.bench.exchange_readers import Readers

    wire = Wire(exchange)
    parts = urlsplit(exchange.rest)
    body = json.dumps(place_body(tradingsymbol="TEST0-EQ", symboltoken="1", price="100.00", quantity="1")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-UserType": "USER",
        "X-PrivateKey": exchange.api_key,
        "Authorization": f"Bearer {wire.jwt}",
    }
    with Readers(exchange, wire, CLIENTS, TOKENS) as readers:
        readers.wait_for_all()
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        cpu_s, frames, began = _cpu_s(exchange.process.pid), readers.frames(), time.perf_counter()
        took: list[float] = []
        pause = threading.Event()
        while time.perf_counter() - began < SECONDS:
            at = time.perf_counter()
            connection.request("POST", ORDER + "placeOrder", body, headers)
            connection.getresponse().read()
            took.append(time.perf_counter() - at)
            pause.wait(0.05)
        passed = time.perf_counter() - began
        rate = (readers.frames() - frames) / passed
        core = (_cpu_s(exchange.process.pid) - cpu_s) / passed
        connection.close()
    return rate, took, core


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


@bench("exchange_frames_s")
def exchange_frames_s() -> Result:
    rate, took, core = _measured()
    return Result(
        name="exchange_frames_s",
        value=round(rate),
        unit="frames/s",
        against=f"{core * 100:.0f} % of a core for the exchange: {rate / core:,.0f} frames for a second of it; "
        f"{len(took)} places beside it",
        goal=f">= {FRAMES_GOAL}",
        meets=rate >= FRAMES_GOAL,
        detail=f"{CLIENTS} clients of {TOKENS} SNAP_QUOTE tokens, {SECONDS:g} s, market at {_SPEED} times real time",
    )


@bench("exchange_place_p99_ms")
def exchange_place_p99_ms() -> Result:
    rate, took, _ = _measured()
    p99_ms = _p99(took) * 1_000
    return Result(
        name="exchange_place_p99_ms",
        value=round(p99_ms, 2),
        unit="ms",
        against=f"median {statistics.median(took) * 1_000:.2f} ms, beside {rate:.0f} frames/s",
        goal=f"<= {PLACE_GOAL_MS:g}",
        meets=p99_ms <= PLACE_GOAL_MS,
        detail=f"{len(took)} placeOrder on one kept connection, readers on the same two cores",
    )


@bench("exchange_start_s")
def exchange_start_s() -> Result:
    starts = []
    for _ in range(5):
        with ExchangeProcess(None) as exchange:
            starts.append(exchange.start_s)
    value = statistics.median(starts)
    return Result(
        name="exchange_start_s",
        value=round(value, 2),
        unit="s",
        against=f"slowest of five {max(starts):.2f} s",
        goal=f"<= {START_GOAL_S}",
        meets=value <= START_GOAL_S,
        detail="process start to the first JSON line, default universe",
    )


@bench("exchange_replay_start_s")
def exchange_replay_start_s() -> Result:
    """The recording of many names in one file takes longest: its rows are sorted first."""
    shared = Path(os.environ.get("TEZI_SHARED", Path(__file__).parents[2] / ".." / "shared"))
    files = sorted((shared / "data" / "ticks").iterdir())
    took = {}
    for file in files:
        with ExchangeProcess(None, "--replay", str(file)) as exchange:
            took[file.name] = exchange.start_s, _cpu_s(exchange.process.pid)
    slowest = max(took, key=lambda name: took[name][0])
    value, cpu_s = took[slowest]
    return Result(
        name="exchange_replay_start_s",
        value=round(value, 2),
        unit="s",
        against=f"{cpu_s:.2f} s of processor time, {len(took)} recordings",
        goal=f"<= {START_GOAL_S}",
        meets=value <= START_GOAL_S,
        detail=f"slowest: {slowest}",
    )


@bench("exchange_rss_mb")
def exchange_rss_mb() -> Result:
    """In process: the same objects as served, 10,000 resting orders and 100,000 trades of the account."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.exchange_memory"], capture_output=True, check=True, timeout=300, text=True
    )
    found = json.loads(done.stdout)
    return Result(
        name="exchange_rss_mb",
        value=round(found["rss_mb"]),
        unit="MB",
        against=f"{found['empty_mb']:.0f} MB with an empty account",
        goal=f"<= {RSS_GOAL_MB}",
        meets=found["rss_mb"] <= RSS_GOAL_MB,
        detail=f"{found['orders']} resting orders, {found['trades']} trades, {found['took_s']:.0f} s to make them",
    )
