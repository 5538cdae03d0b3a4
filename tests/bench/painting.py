"""What the whole way costs, socket to pane, in a real pseudo-terminal: CPU, loop lag, memory."""

import fcntl
import functools
import json
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from tests.bench.feed import certificate, sending
from tests.bench.result import Result, bench

RATE = 10_000
SECONDS = float(os.environ.get("TEZI_BENCH_RSS_S", "180"))
"""How long the memory run lasts; the goal is stated for three minutes."""


@bench("paint_core_pct")
def paint_core_pct() -> Result:
    """1,000 rows, 120 x 40, 10 frames a second, over TLS with one record a frame."""
    found = _run(1_000, 4, 12)
    return _at_most("paint_core_pct", found["cpu_pct"], "% of a core", 15, _said(found))


@bench("loop_lag_p99_ms")
def loop_lag_p99_ms() -> Result:
    """How late a sleep of 10 ms returns, in the same run. Beside it the processor time that the loop used within such a
    sleep: what the lag would be on a machine with nothing else to do."""
    found = _run(1_000, 4, 12)
    return _at_most("loop_lag_p99_ms", found["lag_p99_ms"], "ms", 15, _said(found))


@bench("rss_mb")
def rss_mb() -> Result:
    """3,000 tokens over three connections; the feed, the screen and everything the real start imports."""
    found = _run(3_000, 2, SECONDS)
    return _at_most("rss_mb", found["rss_mb"], "MB", 110, f"after {SECONDS:g} s; {_said(found)}")


@functools.cache
def _run(rows: int, warm_s: float, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cert, key = certificate(folder)
        words = ("--rate", str(RATE), "--tokens", str(rows), "--cert", str(cert), "--key", str(key))
        with sending(*words) as port:
            args = [f"wss://127.0.0.1:{port}/", str(rows), str(warm_s), str(seconds), str(folder / "found.json")]
            _in_terminal(["-m", "tests.bench.painted", *args], {"SSL_CERT_FILE": str(cert)}, warm_s + seconds + 40)
        found: dict[str, float] = json.loads((folder / "found.json").read_text())
        return found


def _in_terminal(argv: list[str], environment: dict[str, str], limit_s: float) -> None:
    """Run to its end in a terminal of 120 x 40 that is read all the time."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="120", LINES="40", **environment)
        os.execv(sys.executable, [sys.executable, *argv])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    deadline = time.perf_counter() + limit_s
    try:
        while time.perf_counter() < deadline:
            if select.select([fd], [], [], 0.2)[0]:
                try:
                    os.read(fd, 262_144)
                except OSError:
                    break
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        else:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    finally:
        os.close(fd)


def _said(found: dict[str, float]) -> str:
    return (
        f"{found['frames_per_s']:,.0f} frames/s kept, {found['live']:.0f} rows live, {found['cpu_pct']:.1f} % of a "
        f"core, lag p99 {found['lag_p99_ms']:.1f} ms (busy p99 {found['busy_p99_ms']:.1f} ms), {found['rss_mb']:.0f} MB"
    )


def _at_most(name: str, value: float, unit: str, goal: float, detail: str) -> Result:
    return Result(
        name, round(value, 1), unit, f"a paced {RATE:,} frames/s over TLS", f"<= {goal:g}", value <= goal, detail
    )
