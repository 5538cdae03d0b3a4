"""Recording and replaying: what a tape costs while the market runs, and how much faster than it a tape plays."""

import asyncio
import tempfile
import time
from pathlib import Path

from core.clock import NS_PER_S, ManualClock, SystemClock
from core.domain import Exchange, Instrument
from core.domain import Kind as What
from core.feed.player import TapePlayer
from core.feed.recorder import FeedRecorder
from core.store.tape import Record, TapeFile
from core.store.tape_writer import TapeWriter
from tests.bench.result import Result, bench
from tests.bench.tape_size import frames, recordings

RATE = 5_000
SECONDS = 12
RUN = 50
"""Frames of one read: what a busy socket gives 100 times a second."""
REPLAY_S = 120


def _recorded() -> list[Record]:
    path = recordings()
    if path is None:
        raise SystemExit("this benchmark needs the depth-5 recordings: set TEZI_SHARED")
    return frames(path, RATE * SECONDS)


def _shares(records: list[Record]) -> dict[Instrument, int]:
    tokens = {(r.body[1], r.body[2:27].rstrip(b"\0").decode()) for r in records}
    names = {1: Exchange.NSE, 2: Exchange.NFO}
    return {Instrument(names[n], token, token, token, What.OPTION): 0 for n, token in tokens if n in names}


@bench("tape_core_pct")
def tape_core_pct() -> Result:
    """Recorded frames at 5,000 a second of real time: CPU of the whole process, loop and writing thread, minus the same
    loop without a tape."""
    records = _recorded()
    blob = b"".join(r.body for r in records)
    with tempfile.TemporaryDirectory() as folder:
        idle = asyncio.run(_pace(blob, None))
        busy = asyncio.run(_pace(blob, Path(folder) / "a.tape"))
        left_out = sum(r.kind.name == "GAP" for r in TapeFile(Path(folder) / "a.tape").records())
    value = (busy - idle) / SECONDS * 100
    return Result(
        "tape_core_pct", round(value, 2), "% of a core", f"the same loop without a tape, {idle / SECONDS * 100:.2f} %",
        "<= 3", value <= 3 and not left_out, f"{RATE:,} frames/s for {SECONDS} s in runs of {RUN}, {left_out} left out",
    )  # fmt: skip


async def _pace(blob: bytes, path: Path | None) -> float:
    """CPU seconds of a paced run."""
    clock = SystemClock()
    writer = None if path is None else TapeWriter(path, clock)
    recorder = None if writer is None else FeedRecorder(writer)
    writing = None if writer is None else asyncio.get_running_loop().create_task(writer.run())
    used, started = time.process_time(), time.perf_counter()
    for n in range(len(blob) // (379 * RUN)):
        if recorder is not None:
            recorder.frames(0, blob, n * 379 * RUN, 379, 379, RUN)
        await asyncio.sleep(max(0.0, started + (n + 1) * RUN / RATE - time.perf_counter()))
    if writer is not None and writing is not None:
        writing.cancel()
        await writer.close()
    return time.process_time() - used


@bench("replay_speed")
def replay_speed() -> Result:
    """A tape of two minutes at 5,000 frames a second, through the board, as fast as it goes."""
    records = _recorded()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tape"
        asyncio.run(_write(path, records))
        started = time.perf_counter()
        player = TapePlayer(TapeFile(path), SystemClock(), None)
        asyncio.run(player.play())
        took_s = time.perf_counter() - started
    assert player.frames == RATE * REPLAY_S
    value = REPLAY_S / took_s
    return Result(
        "replay_speed", round(value, 1), "x real time", f"a market of {RATE:,} frames/s", ">= 20", value >= 20,
        f"{player.frames:,} frames in {took_s:.2f} s, {player.board.live_count()} prices live at the end",
    )  # fmt: skip


async def _write(path: Path, records: list[Record]) -> None:
    clock = ManualClock(records[0].at_ns)
    writer = TapeWriter(path, clock)
    recorder = FeedRecorder(writer)
    recorder.wanted(_shares(records))
    blob, whole = b"".join(r.body for r in records), len(records) // RUN * RUN
    for n in range(RATE * REPLAY_S // RUN):
        if n * RUN % whole == 0:
            recorder.opened(0)  # the recording begins again: a new connection takes older times
        recorder.frames(0, blob, n * RUN % whole * 379, 379, 379, RUN)
        clock.move(RUN / RATE)
        if n % 100 == 99:
            await writer.flush()
    await writer.close()
    assert not writer.left_out and clock.wall_ns() - records[0].at_ns >= (REPLAY_S - 1) * NS_PER_S
