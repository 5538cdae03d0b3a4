"""A tape on a disk that fails in the middle of a block: what was whole stays, what follows is read, the gap is told."""

import asyncio
import os
import random
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.store import tape_writer
from core.store.tape import Kind, Run, TapeFile
from core.store.tape_writer import TapeWriter


@contextmanager
def room_for(path: Path, more: int) -> Iterator[None]:
    """No file of this process may grow past the size of this one and so many bytes: the kernel then takes a part of a
    write and refuses the rest, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _noise(seed: int) -> bytes:
    """A text that does not compress, so that a block of it is longer than the room."""
    return random.Random(seed).randbytes(4_000)


@pytest.mark.parametrize("orderly", [True, False])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_block_that_was_half_written_hides_nothing_that_follows(
    tmp_path: Path, times: int, orderly: bool
) -> None:
    path = tmp_path / "a.tape"
    writer = TapeWriter(path, ManualClock())
    writer.add(Kind.MODE, b"before")
    await writer.flush()
    for n in range(times):
        writer.add(Kind.TEXT, _noise(n))
        writer.add(Kind.TEXT, b"lost too")
        with room_for(path, 700), pytest.raises(OSError):
            await writer.flush()
    assert writer.left_out == 2 * times
    assert TapeFile(path).verify() == []
    writer.add(Kind.MODE, b"after")
    await (writer.close() if orderly else writer.flush())

    tape = TapeFile(path)
    assert tape.verify() == []
    said = b'{"left_out": %d}' % (2 * times)
    found = [(r.kind, r.body) for r in tape.records()]
    assert found == [(Kind.MODE, b"before"), (Kind.GAP, said), (Kind.MODE, b"after")]


async def test_the_end_of_a_tape_owns_up_to_what_was_lost_last(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    writer = TapeWriter(path, ManualClock())
    writer.add(Kind.TEXT, _noise(1))
    with room_for(path, 700), pytest.raises(OSError):
        await writer.flush()
    await writer.close()

    assert [(r.kind, r.body) for r in TapeFile(path).records()] == [(Kind.GAP, b'{"left_out": 1}')]


async def test_an_index_for_which_there_is_no_room_leaves_a_whole_tape(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    writer = TapeWriter(path, ManualClock())
    writer.add(Kind.MODE, b"before")
    await writer.flush()
    with room_for(path, 20), pytest.raises(OSError):
        await writer.close()

    tape = TapeFile(path)
    assert tape.verify() == [] and [r.body for r in tape.records()] == [b"before"]


async def test_what_the_disk_did_not_confirm_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fdatasync nobody knows what of the block is on the disk."""
    path = tmp_path / "a.tape"
    writer = TapeWriter(path, ManualClock())
    writer.add(Kind.MODE, b"doubtful")
    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(os, "fdatasync", _refuses)
        await writer.flush()
    writer.add(Kind.MODE, b"after")
    await writer.close()

    tape = TapeFile(path)
    assert tape.verify() == [] and writer.left_out == 1
    assert [r.body for r in tape.records()] == [b'{"left_out": 1}', b"after"]


async def test_a_tail_that_could_not_be_cut_off_is_cut_before_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tape"
    writer = TapeWriter(path, ManualClock())
    writer.add(Kind.TEXT, _noise(1))
    with monkeypatch.context() as patch, room_for(path, 700), pytest.raises(OSError):
        patch.setattr(os, "ftruncate", _refuses)
        await writer.flush()
    writer.add(Kind.MODE, b"after")
    await writer.flush()

    tape = TapeFile(path)
    assert tape.verify() == [] and [r.body for r in tape.records()] == [b'{"left_out": 1}', b"after"]


async def test_a_writer_that_is_stopped_while_the_disk_is_busy_ends_its_block_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, busy, free = tmp_path / "a.tape", threading.Event(), threading.Event()
    real = tape_writer.tape.encode_runs

    def slow(runs: list[Run]) -> bytes:
        if not busy.is_set():
            busy.set()
            assert free.wait(20)
        return real(runs)

    writer = TapeWriter(path, ManualClock())
    writer.add(Kind.MODE, b"first")
    monkeypatch.setattr(tape_writer.tape, "encode_runs", slow)
    writing = asyncio.ensure_future(writer.flush())
    await asyncio.to_thread(busy.wait, 20)
    writing.cancel()
    writer.add(Kind.MODE, b"second")
    closing = asyncio.ensure_future(writer.close())
    await asyncio.wait([closing], timeout=0.2)  # time for a second thread to overtake, were there one
    free.set()
    await closing

    tape = TapeFile(path)
    assert tape.verify() == [] and [r.body for r in tape.records()] == [b"first", b"second"]
    assert writing.cancelled() and writer.left_out == 0


def _refuses(*_: object) -> None:
    raise OSError(5, "Input/output error")
