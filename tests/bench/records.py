"""Records: a durable append beside a bare sync, rows in groups, the audit log's append and check, a start on 1 GB."""

import asyncio
import contextlib
import hmac
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.clock import SystemClock
from core.ports import OrderRecord
from core.store.audit.chain import START, Authenticator, Head, line, next_key
from core.store.audit.log import AuditLog
from core.store.audit.places import AnchorFile, KeyFile
from core.store.audit.segments import name_of
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import GROUP_MAX, QUEUE_MAX, SETTINGS, Writer
from tests.bench.result import Result, bench

APPENDS = 1_500
ROWS = 100_000
RECORDS = 1_000_000
RECORDS_A_SEGMENT = 200_000
BODY = b'{"tag":"T0TBQ5AJ65M00KS","state":"SENDING","price_e4":13113000,"quantity":1}' + b" " * 400
STORE_BYTES = 1_000_000_000


def _record(n: int, day: str = "2025-11-27") -> OrderRecord:
    return OrderRecord(f"T{n}", 1, "gate", day, "practice-1", BODY, n, n, context=BODY)


@bench("journal_p99_over_fsync_ms")
def journal_p99_over_fsync_ms() -> Result:
    """Durable intents, each beside one bare write and sync of as many bytes into a file in the same folder."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        journal_ms, bare_ms = asyncio.run(_appends(Path(folder)))
    ours, bare = _p(journal_ms, 0.99), _p(bare_ms, 0.99)
    value = round(ours - bare, 3)
    return Result(
        name="journal_p99_over_fsync_ms",
        value=value,
        unit="ms",
        against=f"bare write and fsync, p99 {bare:.2f} ms, p50 {_p(bare_ms, 0.5):.2f} ms",
        goal="<= 1",
        meets=value <= 1,
        detail=f"{APPENDS} intents with context, p99 {ours:.2f} ms, p50 {_p(journal_ms, 0.5):.2f} ms, alternating",
    )


async def _appends(folder: Path) -> tuple[list[float], list[float]]:
    path = folder / "tezi.db"
    await prepare(path, 0)
    writer = Writer(path, SystemClock())
    await writer.open()
    journal = OrderJournal(writer, path)
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT, 0o600)
    journal_ms, bare_ms = [], []
    block = b"x" * 4_120 * 3  # what a commit adds to the log: about three pages
    for n in range(APPENDS + 50):
        started = time.perf_counter()
        journal.store_tag_floor(n)
        await journal.intent(_record(n))
        middle = time.perf_counter()
        os.write(handle, block)
        os.fsync(handle)
        ended = time.perf_counter()
        if n >= 50:
            journal_ms.append((middle - started) * 1000)
            bare_ms.append((ended - middle) * 1000)
    os.close(handle)
    await writer.close()
    return journal_ms, bare_ms


@bench("group_rows_per_s")
def group_rows_per_s() -> Result:
    """Rows that nobody awaits, handed over as fast as the queue takes them, until the last is on the disk."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        before_s = time.process_time()
        seconds = asyncio.run(_rows(Path(folder)))
        cpu_s = time.process_time() - before_s
        bare_s = _bare_rows(Path(folder) / "bare.db")
    value = round(ROWS / seconds)
    return Result(
        name="group_rows_per_s",
        value=value,
        unit="rows/s",
        against=f"sqlite3 executemany alone, same rows and groups: {ROWS / bare_s:.0f} rows/s",
        goal=">= 50000",
        meets=value >= 50_000,
        detail=f"{ROWS} order rows with full sync, in {seconds:.2f} s, {cpu_s:.2f} s of processor time",
    )


async def _rows(folder: Path) -> float:
    path = folder / "tezi.db"
    await prepare(path, 0)
    writer = Writer(path, SystemClock())
    await writer.open()
    journal = OrderJournal(writer, path)
    small = OrderRecord("", 1, "book", "2025-11-27", "practice-1", BODY[:200], 1, 1)
    records = [OrderRecord(f"T{n}", *_rest(small)) for n in range(ROWS)]
    started = time.perf_counter()
    for record in records:
        while writer.waiting() >= QUEUE_MAX - 1:  # noqa: ASYNC110  the writer has no such signal
            await asyncio.sleep(0.001)
        journal.record(record)
    await journal.store_meta("end", "1")
    seconds = time.perf_counter() - started
    await writer.close()
    return seconds


def _bare_rows(path: Path) -> float:
    asyncio.run(prepare(path, 0))
    columns = "tag, sequence, source, day, run, body, market_ns, real_ns"
    insert = f"INSERT INTO order_event ({columns}) VALUES (?, 1, 'book', '2025-11-27', 'practice-1', ?, 1, 1)"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as link:
        for setting in SETTINGS:
            link.execute(f"PRAGMA {setting}")
        started = time.perf_counter()
        for first in range(0, ROWS, GROUP_MAX):
            link.execute("BEGIN IMMEDIATE")
            link.executemany(insert, [(f"T{n}", BODY[:200]) for n in range(first, first + GROUP_MAX)])
            link.execute("COMMIT")
        return time.perf_counter() - started


def _rest(r: OrderRecord) -> tuple[int, str, str, str, bytes, int, int]:
    return r.sequence, r.source, r.day, r.run, r.body, r.market_ns, r.real_ns


FIELDS: dict[str, object] = {
    **{"mode": "PRACTICE", "source": "socket", "tag": "T0TBQ5AJ65M00KS", "broker_id": "261124010000001"},
    **{"state": "PARTIAL", "filled": 3, "average_e4": 13113000, "change": "", "reason": ""},
}


@bench("audit_append_us")
def audit_append_us() -> Result:
    """What one append costs its caller, and what making the record costs the thread, both without the sync."""
    caller_us = asyncio.run(_audit_appends())
    thread_us = min(_lines_us(20_000) for _ in range(5))
    value = round(caller_us + thread_us, 2)
    return Result(
        name="audit_append_us",
        value=value,
        unit="us",
        against=f"json and one HMAC of the standard library, no chain: {_plain_us(20_000):.2f} us",
        goal="<= 10",
        meets=value <= 10,
        detail=f"caller {caller_us:.2f} us, chain and HMAC in the thread {thread_us:.2f} us, a record",
    )


def _plain_us(count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        hmac.new(b"k" * 32, json.dumps(FIELDS).encode(), "sha256").hexdigest()
    return (time.perf_counter() - started) / count * 1e6


def _lines_us(count: int) -> float:
    own, before = Authenticator(b"k" * 32), START
    started = time.perf_counter()
    for n in range(1, count + 1):
        _, before = line(own, n, before, (n, n), "order.state", FIELDS)
    return (time.perf_counter() - started) / count * 1e6


async def _audit_appends() -> float:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        await prepare(home / "tezi.db", 0)
        writer = Writer(home / "tezi.db", SystemClock())
        await writer.open()
        log = AuditLog(home, SystemClock(), writer)
        await log.open()
        costs = []
        for _ in range(20):
            started = time.perf_counter()
            for _ in range(500):
                log.append("order.state", FIELDS)
            costs.append((time.perf_counter() - started) / 500)
            await log.flush()
        await log.close()
        await writer.close()
    return min(costs) * 1e6


VERIFY = """
import sys, time
from pathlib import Path
from core.store.audit.verify import verify
started = time.perf_counter()
report = verify(Path(sys.argv[1]))
status = Path("/proc/self/status").read_text()
peak_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(time.perf_counter() - started, peak_mb, report.word, report.records, time.process_time())
"""


@bench("audit_verify_s")
def audit_verify_s() -> Result:
    """A process of its own checks a million records in several segments; its peak memory is read from the kernel."""
    with tempfile.TemporaryDirectory() as folder:
        _long_log(Path(folder))
        command = [sys.executable, "-c", VERIFY, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        bare_s = _bare_macs(Path(folder))
    seconds, megabytes, word, records, cpu = done.stdout.split()
    value = round(float(seconds), 2)
    good = word == "clean" and int(records) >= RECORDS and float(megabytes) <= 64
    return Result(
        name="audit_verify_s",
        value=value,
        unit="s",
        against=f"hmac.digest of each line, nothing compared: {bare_s:.2f} s",
        goal="<= 4 (within 64 MB)",
        meets=good and value <= 4,
        detail=f"{records} records, {word}, peak {float(megabytes):.0f} MB, {float(cpu):.2f} s of processor time",
    )


def _bare_macs(home: Path) -> float:
    started = time.perf_counter()
    for path in sorted((home / "audit").iterdir()):
        with path.open("rb") as file:
            for text in file:
                hmac.digest(b"k" * 32, text, "sha256")
    return time.perf_counter() - started


def _long_log(home: Path) -> None:
    """Write the log as the writer would, but without syncs."""
    (home / "audit").mkdir()
    key, before, number = KeyFile(home).make(), START, 0
    for segment in range(1, RECORDS // RECORDS_A_SEGMENT + 1):
        with (home / "audit" / name_of(segment, f"2026-01-{segment:02d}")).open("wb") as file:
            own = Authenticator(key)
            for _ in range(RECORDS_A_SEGMENT):
                number += 1
                raw, before = line(own, number, before, (number * 10**9, number), "order.state", FIELDS)
                file.write(raw)
        key = next_key(key)
    AnchorFile(home).store(Head(segment, number, before))


@bench("store_open_1gb_s")
def store_open_1gb_s() -> Result:
    """From nothing opened to the first intent on the disk, on a store of 1 GB."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = Path(folder) / "tezi.db"
        asyncio.run(prepare(path, 0))
        size = _large(path)
        loaded, seconds = asyncio.run(_start(path))
        bare_s = _bare_open(path)
    value = round(seconds, 3)
    return Result(
        name="store_open_1gb_s",
        value=value,
        unit="s",
        against=f"sqlite3 alone: open, read the day, one row: {bare_s:.3f} s",
        goal="<= 2",
        meets=value <= 2,
        detail=f"{size / 1e6:.0f} MB, {loaded} rows of the day read, audit log opened, one durable intent",
    )


def _bare_open(path: Path) -> float:
    started = time.perf_counter()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as link:
        for setting in SETTINGS:
            link.execute(f"PRAGMA {setting}")
        link.execute("SELECT body FROM order_event WHERE day = '2025-11-27' ORDER BY id").fetchall()
        link.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('bench', '1')")
    return time.perf_counter() - started


def _large(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as link:
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("PRAGMA synchronous=OFF")
        columns = "tag, sequence, source, day, run, body, market_ns, real_ns"
        insert = f"INSERT INTO order_event ({columns}) VALUES (?, 1, ?, ?, ?, ?, ?, ?)"
        pad, n = BODY + b" " * 3_000, 0
        while path.stat().st_size < STORE_BYTES:
            day = f"20{n // 500_000:02d}-{n // 40_000 % 12 + 1:02d}-{n // 2_000 % 20 + 1:02d}"
            rows = [(f"P{n + k}", "book", day, "practice-1", pad, n, n) for k in range(20_000)]
            link.executemany(insert, rows)
            link.commit()
            n += 20_000
        today = [(f"D{k}", "book", "2025-11-27", "practice-1", BODY, k, k) for k in range(2_000)]
        link.executemany(insert, today)
        link.commit()
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)  # what made the file is not what is measured
    os.close(handle)
    return path.stat().st_size


async def _start(path: Path) -> tuple[int, float]:
    started = time.perf_counter()
    await prepare(path, 0)
    writer = Writer(path, SystemClock())
    await writer.open()
    journal = OrderJournal(writer, path)
    audit = AuditLog(path.parent, SystemClock(), writer)
    await audit.open()
    rows = await journal.load_day("2025-11-27")
    await journal.tag_floor()
    await journal.intent(_record(1))
    seconds = time.perf_counter() - started
    await audit.close()
    await writer.close()
    return len(rows), seconds


def _p(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]
