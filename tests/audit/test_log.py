"""The audit log writes what it was given, off the loop, and says when it cannot."""

import asyncio
import hmac
import json
import stat
import struct
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import StoreFailed
from core.store.audit.chain import Authenticator
from core.store.audit.log import QUEUE_MAX, AuditLog
from core.store.audit.segments import Disk, segments
from core.store.audit.verify import verify
from tests.audit.conftest import audit_log, last_segment, write
from tests.waiting import until


def records(home: Path) -> list[dict]:
    return [json.loads(line) for path in segments(home) for line in path.read_bytes().splitlines()]


async def test_one_record_is_one_line_with_the_fields_of_the_format(tmp_path: Path) -> None:
    await write(tmp_path, 2)

    first, one, two = records(tmp_path)
    assert list(one) == ["n", "t", "m", "k", "d", "p", "h"]
    assert (first["k"], first["d"]["segment"], first["d"]["version"], first["p"]) == ("segment", 1, "1.2.3", "0" * 64)
    assert (one["n"], one["k"], one["d"]) == (2, "order.state", {"filled": 0, "state": "WORKING", "tag": "T0"})
    assert two["p"] == one["h"]
    assert one["t"].endswith("Z")


def test_the_authenticator_is_hmac() -> None:
    for size in (0, 1, 55, 64, 300):
        told = struct.pack(">2sQI", b"A1", size + 1, size) + b"x" * size
        for key in (b"k" * 32, bytes(range(32))):
            assert Authenticator(key).mac(size + 1, b"x" * size) == hmac.digest(key, told, "sha256").hex()


async def test_texts_are_safe_redacted_and_without_floats(tmp_path: Path) -> None:
    async with audit_log(tmp_path, redact=lambda text: text.replace("hunter2", "[hidden]")) as log:
        log.append("note", {"why": "pin hunter2\n\x1b[31m\u202e", "list": ["hunter2", {"x": 1.5}], "n": -7, "no": None})

    found = records(tmp_path)[-1]["d"]
    assert found == {"list": ["[hidden]", {"x": "1.5"}], "n": -7, "no": None, "why": "pin [hidden] ·[31m·"}


async def test_the_queue_order_is_the_order_of_records(tmp_path: Path) -> None:
    async with audit_log(tmp_path) as log:
        for n in range(3_000):
            log.append("x", {"n": n})
    assert [r["d"]["n"] for r in records(tmp_path)[1:]] == list(range(3_000))
    assert verify(tmp_path).ok


async def test_a_day_has_its_segment_and_the_old_one_is_sealed(tmp_path: Path) -> None:
    clock = ManualClock()
    async with audit_log(tmp_path, clock=clock) as log:
        log.append("x", {})
        await drain(log, clock)
        clock.move(86_400)
        log.append("y", {})
        await drain(log, clock)

    assert [p.name for p in segments(tmp_path)] == ["000001-2025-11-27.jsonl", "000002-2025-11-28.jsonl"]
    assert [r["k"] for r in records(tmp_path)] == ["segment", "x", "seal", "segment", "y"]
    assert verify(tmp_path).ok


async def drain(log: AuditLog, clock: ManualClock) -> None:
    async with asyncio.timeout(5):
        while log.waiting():
            clock.move(0.05)
            await asyncio.sleep(0.001)


async def test_the_chain_goes_on_after_a_start(tmp_path: Path) -> None:
    for _ in range(3):
        await write(tmp_path, 2)
    assert len(segments(tmp_path)) == 1
    assert [r["n"] for r in records(tmp_path)] == list(range(1, 8))
    assert verify(tmp_path).ok


async def test_files_are_private(tmp_path: Path) -> None:
    await write(tmp_path, 1)
    found = [p for part in ("audit", "keys") for p in (tmp_path / part).rglob("*")]
    assert len(found) == 3
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in found)
    assert all(stat.S_IMODE((tmp_path / part).stat().st_mode) == 0o700 for part in ("audit", "keys"))


@pytest.mark.parametrize(
    "rest",
    ids=["short", "shorter", "zeros", "no record"],
    argvalues=[b'{"n":9', b'{"n":4,"t":"', b"\x00" * 500, b'x\n{"n":5}\n'],
)
async def test_what_a_crash_cut_short_is_set_aside_and_told(tmp_path: Path, rest: bytes) -> None:
    await write(tmp_path, 2)
    path = last_segment(tmp_path)
    path.write_bytes(path.read_bytes() + rest)
    assert verify(tmp_path).ok
    assert "cut short by a crash" in verify(tmp_path).notes[0]

    await write(tmp_path, 1)

    repair = records(tmp_path)[3]
    assert (repair["k"], repair["d"]["bytes"]) == ("repair", len(rest))
    assert (tmp_path / "audit" / repair["d"]["file"]).read_bytes() == rest
    assert verify(tmp_path).ok
    assert verify(tmp_path).notes == []


@pytest.mark.parametrize("size", [0, 5, 100])
async def test_a_segment_that_a_crash_left_begun_is_set_aside(tmp_path: Path, size: int) -> None:
    await write(tmp_path, 1)
    (tmp_path / "audit" / "000002-2030-01-01.jsonl").write_bytes(b"x" * size)

    await write(tmp_path, 1)

    assert verify(tmp_path).ok
    assert [r["k"] for r in records(tmp_path)] == ["segment", "order.state", "repair", "order.state"]


async def test_a_value_that_cannot_be_written_is_told_and_not_raised(tmp_path: Path) -> None:
    async with audit_log(tmp_path) as log:
        log.append("odd", {"x": object()})
        assert "odd cannot be written" in log.healthy()


async def test_the_queue_is_bounded(tmp_path: Path) -> None:
    async with audit_log(tmp_path) as log:
        for _ in range(QUEUE_MAX + 1):
            log.append("x", {})
        assert "too many wait" in log.healthy()


async def test_a_closed_log_is_not_healthy_and_append_does_not_raise(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, ManualClock(), None)  # type: ignore[arg-type]
    log.append("x", {})
    assert log.healthy() == "the audit log is not open"


async def test_a_file_changed_while_it_is_open_breaks_the_chain(tmp_path: Path) -> None:
    async with audit_log(tmp_path) as log:
        log.append("x", {})
        await log.flush()
        path = last_segment(tmp_path)
        path.write_bytes(path.read_bytes()[:-3])
        log.append("y", {})
        await until(log.broken)
        assert "changed while it was open" in log.broken()


async def test_a_file_removed_while_it_is_open_breaks_the_chain(tmp_path: Path) -> None:
    async with audit_log(tmp_path) as log:
        log.append("x", {})
        await log.flush()
        last_segment(tmp_path).unlink()
        log.append("y", {})
        await until(log.broken)
        assert "removed while it was open" in log.broken()


class Failing(Disk):
    """Fails one call, counted from the start; `calls` counts all. A failed write leaves half of it behind."""

    def __init__(self, fail_at: int) -> None:
        self.calls, self.fail_at = 0, fail_at

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError(5, "Input/output error")

    def create(self, path):
        self._step()
        return super().create(path)

    def open(self, path):
        self._step()
        return super().open(path)

    def write(self, handle, data, at):
        if self.calls + 1 == self.fail_at:
            super().write(handle, data[: len(data) // 2], at)
        self._step()
        super().write(handle, data, at)

    def measure(self, handle):
        self._step()
        return super().measure(handle)

    def cut(self, handle, size):
        self._step()
        super().cut(handle, size)

    def sync(self, handle):
        self._step()
        super().sync(handle)

    def sync_folder(self, folder):
        self._step()
        super().sync_folder(folder)

    def remove(self, path):
        self._step()
        super().remove(path)

    def close(self, handle):
        super().close(handle)


async def life(home: Path, disk: Disk) -> None:
    """Take up a torn end, write, roll a day, write again."""
    await write(home, 2)
    path = last_segment(home)
    path.write_bytes(path.read_bytes() + b'{"torn')
    clock = ManualClock(path.stat().st_mtime_ns)
    async with audit_log(home, disk, clock=clock) as log:
        for n in range(3):
            log.append("x", {"n": n})
            clock.move(90_000)
            async with asyncio.timeout(5):
                while log.waiting():
                    clock.move(2)
                    await asyncio.sleep(0.001)


async def test_each_call_of_the_disk_failed_in_turn_leaves_a_whole_log(tmp_path: Path) -> None:
    """Told while it lasts, written when the disk takes it again, never twice, never a broken chain."""
    counting = Failing(0)
    await life(tmp_path / "plain", counting)
    assert counting.calls > 25
    for n in range(1, counting.calls + 1):
        home = tmp_path / str(n)
        await life(home, Failing(n))
        report = verify(home)
        assert (report.ok, report.notes) == (True, []), (n, report)
        assert [r["d"]["n"] for r in records(home) if r["k"] == "x"] == [0, 1, 2], n


async def test_a_full_disk_is_told_until_it_takes_records_again(tmp_path: Path) -> None:
    class Full(Disk):
        full = False

        def write(self, handle: int, data: bytes, at: int) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            super().write(handle, data, at)

    disk, clock = Full(), ManualClock()
    async with audit_log(tmp_path, disk, clock=clock) as log:
        disk.full = True
        log.append("x", {})
        clock.move(1)
        async with asyncio.timeout(5):
            while not log.healthy():
                clock.move(0.05)
                await asyncio.sleep(0.001)
        assert log.healthy() == "the audit log cannot be written: No space left on device"
        assert log.broken() == ""
        with pytest.raises(StoreFailed, match="No space left"):
            await log.flush()
        disk.full = False
        await drain(log, clock)
        assert log.healthy() == ""
    assert records(tmp_path)[-1]["k"] == "x"
