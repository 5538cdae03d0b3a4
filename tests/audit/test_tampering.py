"""Whatever is done to the files of an audit log is found, and the first bad record named."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.store.audit.codes import code_of, matches
from core.store.audit.places import AnchorFile
from core.store.audit.segments import segments
from core.store.audit.verify import CLEAN, KEYS_MISSING, NO_LOG, TAIL_MISSING, TAMPERED, verify
from tests.audit.conftest import audit_log, last_segment, write

SPREAD = 17
"""Every so many bytes one is changed here; every one in tests/soak/store.py."""


def first_bad(raw: bytes, at: int) -> int:
    """Line (from 0) that holds the byte at `at`."""
    return raw[:at].count(b"\n")


def flips(home: Path, every: int) -> int:
    """Change single bytes of every segment; gives how many changes were made. Fails at the first that is not found."""
    done = before = 0
    for path in segments(home):
        raw = path.read_bytes()
        for at in range(0, len(raw), every):
            for mask in (0x01, 0x20, 0x80):
                path.write_bytes(raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :])
                report = verify(home)
                assert not report.ok, (path.name, at)
                assert report.bad_record == before + first_bad(raw, at) + 1, (path.name, at, report)
                assert report.file == path.name
                done += 1
        path.write_bytes(raw)
        before += raw.count(b"\n")
    return done


def cuts(home: Path, every: int) -> int:
    """Cut the last segment at bytes; gives how many cuts were made."""
    path = last_segment(home)
    raw, before = path.read_bytes(), sum(p.read_bytes().count(b"\n") for p in segments(home)[:-1])
    places = range(0, len(raw), every)
    for at in places:
        path.write_bytes(raw[:at])
        report = verify(home)
        assert report.word == TAIL_MISSING, (at, report)
        assert report.bad_record == before + raw[:at].count(b"\n") + 1
    path.write_bytes(raw)
    return len(places)


def line_changes(home: Path) -> int:
    """Delete, swap and double each line of each segment."""
    done = before = 0
    for path in segments(home):
        raw = path.read_bytes()
        lines = raw.splitlines(keepends=True)
        for n in range(len(lines)):
            doubled = [*lines[: n + 1], *lines[n:]]
            for changed, bad in ((lines[:n] + lines[n + 1 :], n), (doubled, n + 1)):
                path.write_bytes(b"".join(changed))
                report = verify(home)
                assert not report.ok, (path.name, n)
                assert report.bad_record == before + bad + 1, (path.name, n, report)
                done += 1
        for n in range(len(lines) - 1):
            path.write_bytes(b"".join([*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]]))
            assert verify(home).bad_record == before + n + 1
            done += 1
        path.write_bytes(raw)
        before += len(lines)
    return done


def test_a_clean_log_is_clean_and_says_what_it_saw(home: Path) -> None:
    report = verify(home)

    assert report.word == CLEAN
    assert report.segments == 3
    assert report.records == sum(p.read_bytes().count(b"\n") for p in segments(home)) > 20
    assert report.anchors == [f"store at {report.records}", f"file at {report.records}"]
    assert report.first_at < report.last_at
    assert not report.in_vault


def test_F55_every_changed_byte_is_found(home: Path) -> None:
    assert flips(home, SPREAD) > 500


def test_F55_every_cut_is_found(home: Path) -> None:
    assert cuts(home, SPREAD) > 50


def test_F55_deleted_swapped_and_doubled_lines_are_found(home: Path) -> None:
    assert line_changes(home) > 50


def test_F55_a_line_added_at_the_end_is_found(home: Path) -> None:
    path = last_segment(home)
    records = verify(home).records
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])

    report = verify(home)
    assert (report.word, report.bad_record) == (TAMPERED, records + 1)


def test_F55_a_segment_that_is_absent_swapped_or_renamed_is_found(home: Path) -> None:
    first, second, third = segments(home)
    counts = [p.read_bytes().count(b"\n") for p in (first, second, third)]
    for gone, bad in ((first, 1), (second, counts[0] + 1), (third, counts[0] + counts[1] + 1)):
        aside = gone.rename(gone.with_suffix(".aside"))
        assert verify(home).bad_record == bad
        aside.rename(gone)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two), second.write_bytes(one)
    assert verify(home).bad_record == 1


async def test_F55_an_older_copy_put_back_is_found(home: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(home / "audit", old)
    records = verify(home).records
    await write(home, 3)
    assert verify(home).ok

    shutil.rmtree(home / "audit")
    shutil.copytree(old, home / "audit")

    report = verify(home)
    assert (report.word, report.bad_record) == (TAIL_MISSING, records + 1)


@pytest.mark.parametrize("gone", ["store", "file"])
async def test_F55_one_anchor_is_enough(home: Path, gone: str) -> None:
    records = verify(home).records
    if gone == "store":
        (home / "tezi.db").unlink()
    else:
        (home / "keys" / "audit-anchor.json").unlink()
    assert verify(home).ok
    path = last_segment(home)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    report = verify(home)
    assert (report.word, report.bad_record) == (TAIL_MISSING, records)


def test_F55_a_changed_anchor_is_found(home: Path) -> None:
    place = AnchorFile(home)
    anchor = place.load()
    assert anchor is not None
    place.store(anchor._replace(mac="0" * 64))
    assert (verify(home).word, verify(home).bad_record) == (TAMPERED, anchor.record)
    place.store(anchor)
    with closing(sqlite3.connect(home / "tezi.db")) as link, link:
        link.execute("UPDATE audit_anchor SET record = record + 1")
    assert (verify(home).word, verify(home).bad_record) == (TAIL_MISSING, anchor.record + 1)


@pytest.mark.parametrize("body", [None, b"", b"00\n", b"zz" * 32])
def test_missing_keys_are_told(home: Path, body: bytes | None) -> None:
    path = home / "keys" / "audit.key"
    path.unlink()
    if body is not None:
        path.write_bytes(body)

    assert verify(home).word == KEYS_MISSING


def test_another_key_finds_the_first_record_bad(home: Path) -> None:
    (home / "keys" / "audit.key").write_text("11" * 32)
    assert (verify(home).word, verify(home).bad_record) == (TAMPERED, 1)


def test_everything_gone_but_the_anchor_is_a_missing_tail(home: Path) -> None:
    shutil.rmtree(home / "audit")
    assert (verify(home).word, verify(home).bad_record) == (TAIL_MISSING, 1)


def test_a_home_without_a_log_says_so(tmp_path: Path) -> None:
    assert verify(tmp_path).word == NO_LOG


def test_the_outside_code_names_its_record(home: Path) -> None:
    report = verify(home)
    code = code_of(report.mac, "2026-11-24")
    assert code.startswith("AUD-261124-")
    assert len(code) == len("AUD-YYMMDD-XXXX-XXXX-XXXX")
    assert matches(code.lower().replace("0", "o").replace("1", "l"), report.mac)

    assert verify(home, code=code).anchors[-1] == f"code at {report.records}"
    other = code_of("f" * 64, "2026-11-24")
    assert verify(home, code=other).word == TAIL_MISSING


async def test_the_code_of_an_earlier_day_is_found_later(home: Path) -> None:
    code, records = code_of(verify(home).mac, "2026-11-24"), verify(home).records
    await write(home, 3)
    assert verify(home, code=code).anchors[-1] == f"code at {records}"


@pytest.mark.parametrize("segment", [0, 1, 2])
async def test_F55_a_broken_chain_is_broken_at_the_start_and_takes_no_record(home: Path, segment: int) -> None:
    path = segments(home)[segment]
    path.write_bytes(path.read_bytes().replace(b"WORKING", b"FILLED!"))
    before = bodies(segments(home))

    async with audit_log(home) as log:
        await log.check_all()
        assert "audit verify" in log.broken()
        log.append("late", {})
        assert log.healthy() == log.broken()

    assert bodies(segments(home)) == before == bodies(evidence(home))


def evidence(home: Path) -> list[Path]:
    return sorted(home.glob("audit-evidence-*/*.jsonl"))


def bodies(paths: list[Path]) -> list[bytes]:
    return [p.read_bytes() for p in paths]
