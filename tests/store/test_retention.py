"""Old tapes and candle files go as configured: whole files of Tezi's own naming, never today's or those in use."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock, iso_to_ns, ist
from core.config import Keep
from core.store import retention
from core.store.retention import delete_old, old_files
from terminal.records import keep_tidy
from tests.waiting import until

NOW_NS = iso_to_ns("2025-11-27T10:00:00+05:30")


def _file(path: Path, days_ago: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    at_ns = NOW_NS - days_ago * 86_400 * 1_000_000_000
    os.utime(path, ns=(at_ns, at_ns))
    return path


def _tape(home: Path, days_ago: int, changed: int | None = None) -> Path:
    named = (ist(NOW_NS) - timedelta(days=days_ago)).strftime("%Y%m%d-%H%M%S.tape")
    return _file(home / "tapes" / named, days_ago if changed is None else changed)


def test_a_tape_is_kept_its_days_and_then_deleted(tmp_path: Path) -> None:
    kept = [_tape(tmp_path, 0), _tape(tmp_path, 1), _tape(tmp_path, 7)]
    old = _tape(tmp_path, 8)
    assert delete_old(tmp_path, NOW_NS, Keep(tape_days=7)) == [old]
    assert all(p.exists() for p in kept) and not old.exists()


def test_what_was_written_to_lately_is_not_old_whatever_its_name_says(tmp_path: Path) -> None:
    _tape(tmp_path, 400, changed=0)
    _tape(tmp_path, 0, changed=400)
    assert old_files(tmp_path, NOW_NS, Keep(tape_days=1)) == []


def test_files_that_tezi_did_not_name_are_not_its_to_delete(tmp_path: Path) -> None:
    for name in ("my-best-day.tape", "20240101-093000.tape.bak", "notes.txt", "x20240101-093000.tape"):
        _file(tmp_path / "tapes" / name, 400)
    (tmp_path / "tapes" / "20240101-093001.tape").mkdir()
    _file(tmp_path / "candles" / "readme", 400)
    _file(tmp_path / "audit" / "000001-20240101.audit", 400)
    assert old_files(tmp_path, NOW_NS, Keep(tape_days=1, candle_days=1)) == []


def test_candles_of_a_run_go_with_their_log_once_nobody_used_them_for_long(tmp_path: Path) -> None:
    gone = [_file(tmp_path / "candles" / f"practice-a.db{end}", 31) for end in ("", "-wal", "-shm")]
    used = _file(tmp_path / "candles" / "practice-b.db", 31)
    _file(tmp_path / "candles" / "practice-b.db-wal", 2)
    mine = _file(tmp_path / "candles" / "practice-c.db", 31)
    assert delete_old(tmp_path, NOW_NS, Keep(candle_days=30), [mine]) == gone[:1]
    assert not any(p.exists() for p in gone) and used.exists() and mine.exists()


def test_zero_days_keep_for_ever_and_no_folder_is_no_error(tmp_path: Path) -> None:
    assert old_files(tmp_path, NOW_NS, Keep(tape_days=1, candle_days=1)) == []
    _tape(tmp_path, 4_000)
    _file(tmp_path / "candles" / "practice-a.db", 4_000)
    assert old_files(tmp_path, NOW_NS, Keep(tape_days=0, candle_days=0)) == []
    assert len(old_files(tmp_path, NOW_NS, Keep())) == 2


@given(days=st.integers(0, 36_500), keep=st.integers(1, 36_500), seconds=st.integers(0, 86_399))
def test_no_moment_of_the_day_makes_a_kept_day_old(days: int, keep: int, seconds: int) -> None:
    """By whole Indian days: a file of `days` ago is old exactly when that is more than is kept."""
    midnight_ns = iso_to_ns("2025-11-27T00:00:00+05:30")
    named = (ist(midnight_ns) - timedelta(days=days)).strftime("%Y-%m-%d")
    assert (named < retention._day_before(midnight_ns + seconds * 1_000_000_000, keep)) == (days > keep)


class Told:
    def __init__(self) -> None:
        self.records: list[tuple[str, str]] = []

    def append(self, kind: str, told: dict[str, object]) -> None:
        self.records.append((kind, json.dumps(told)))


async def test_what_is_deleted_stands_in_the_audit_log_and_a_refusal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, clock, old = Told(), ManualClock(NOW_NS), _tape(tmp_path, 91)
    tidying = asyncio.ensure_future(keep_tidy(tmp_path, clock, told, Keep(), ()))  # type: ignore[arg-type]
    await until(lambda: told.records)
    assert told.records == [("files.deleted", json.dumps({"files": [f"tapes/{old.name}"]}))] and not old.exists()

    monkeypatch.setattr("terminal.records.delete_old", _refuses)
    while len(told.records) < 2:
        clock.move(3_600)
        await asyncio.sleep(0.001)
    tidying.cancel()
    assert told.records[1][0] == "files.delete_failed" and "Read-only" in told.records[1][1]


def _refuses(*_: object) -> list[Path]:
    raise OSError(30, "Read-only file system")
