"""The market stream beside the official SDK's: decoding, a flood, and a paced day's rate over TLS."""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.clock import SystemClock
from core.market.quotes import QuoteBoard
from tests.bench.receiver import instruments
from tests.bench.result import Result, bench
from tests.bench.sender import frames
from tests.sdk import parser

ROUNDS = 3


@bench("decode_vs_sdk")
def decode_vs_sdk() -> Result:
    """Alternating rounds in one process, CPU time, medians. Reads of 1,024 frames, as a busy socket gives them."""
    board = QuoteBoard(SystemClock())
    for instrument in instruments():
        board.add(instrument)
    board.new_epoch()
    board.set_down(False)
    made = frames(40)
    reads = [b"".join(made[i : i + 1_024]) for i in range(0, len(made) - 1_023, 1_024)]
    parse, payloads = parser(), [f[4:] for f in made[:1_500]]
    ours_ns, theirs_ns = [], []
    for _ in range(9):
        started = time.process_time_ns()
        for read in reads:
            board.take_run(read, 4, 379, 383, 1_024)
        ours_ns.append((time.process_time_ns() - started) / (len(reads) * 1_024))
        started = time.process_time_ns()
        for payload in payloads:
            parse(payload)
        theirs_ns.append((time.process_time_ns() - started) / len(payloads))
    assert board.applied + board.dropped == 9 * len(reads) * 1_024
    ours, theirs = statistics.median(ours_ns), statistics.median(theirs_ns)
    return _result("decode_vs_sdk", theirs / ours, 60, f"SDK parser {theirs:.0f} ns", f"ours {ours:.0f} ns a packet")


@bench("feed_vs_sdk")
def feed_vs_sdk() -> Result:
    """A flood over plain loopback: CPU of the client per frame that reached the board (the SDK: its callback)."""
    ours, theirs = [], []
    with sending("--rate", "0") as port:
        for _ in range(ROUNDS):
            ours.append(_receive("ours", f"ws://127.0.0.1:{port}/", 1_000_000))
            theirs.append(_receive("sdk", f"ws://127.0.0.1:{port}/", 30_000))
    return _compared("feed_vs_sdk", ours, theirs, 30)


@bench("feed_cpu_vs_sdk")
def feed_cpu_vs_sdk() -> Result:
    """10,000 frames a second over TLS in bursts of a millisecond, one record a frame: CPU per frame."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(Path(folder))
        with sending("--rate", "10000", "--cert", str(cert), "--key", str(key)) as port:
            for _ in range(ROUNDS):
                url = f"wss://127.0.0.1:{port}/"
                ours.append(_receive("ours", url, 50_000, SSL_CERT_FILE=str(cert)))
                theirs.append(_receive("sdk", url, 50_000))
    return _compared("feed_cpu_vs_sdk", ours, theirs, 6)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for this machine, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise SystemExit("this benchmark needs the openssl command to make a certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
    return cert, key


@contextlib.contextmanager
def sending(*words: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sender", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def _receive(who: str, url: str, count: int, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.receiver", who, url, str(count)],
        capture_output=True,
        timeout=150,
        env={**os.environ, **environment},
    )
    if not done.stdout:
        raise RuntimeError(f"{who}: {done.stderr.decode()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _compared(name: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], goal: float) -> Result:
    mine, sdk = (statistics.median(r["cpu_us"] for r in rows) for rows in (ours, theirs))
    my_rate, sdk_rate = (statistics.median(r["per_s"] for r in rows) for rows in (ours, theirs))
    return _result(
        name,
        sdk / mine,
        goal,
        f"SDK client and parser {sdk:.1f} us CPU a frame, {sdk_rate:,.0f} frames/s",
        f"ours {mine:.2f} us, {my_rate:,.0f} frames/s, {ROUNDS} alternating rounds, medians",
    )


def _result(name: str, value: float, goal: float, against: str, detail: str) -> Result:
    return Result(name, round(value, 1), "x", against, f">= {goal:g}", value >= goal, detail)
