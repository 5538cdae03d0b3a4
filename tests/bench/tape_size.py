"""What a recorded frame costs on the tape: the depth-5 recordings, as the exchange would send them."""

import os
import time
from pathlib import Path

from core.exchange.packets import SNAP, encode
from core.exchange.recording import Recording
from core.exchange.tape import TapeFloor
from core.store import tape
from core.store.tape import Kind, Record
from tests.bench.result import Result, bench

GOAL = 60
BLOCK = 16_384
FRAMES_MAX = 60_000


def recordings() -> Path | None:
    shared = Path(os.environ.get("TEZI_SHARED", Path(__file__).parents[2] / ".." / "shared"))
    found = sorted((shared / "data" / "ticks").glob("depth5_*"))
    return found[0] if found else None


def frames(path: Path, count: int) -> list[Record]:
    """The first frames of a recorded session, in time order, over one connection."""
    floor = TapeFloor(Recording(path))
    made: list[Record] = []
    while (at_ns := floor.next_ns) is not None and len(made) < count:
        floor.step(at_ns)
        for key in floor.take_changed():
            made.append(Record(at_ns, Kind.FRAME, 0, encode(SNAP, floor.snapshot(key))))
    return made[:count]


@bench("tape_bytes")
def tape_bytes() -> Result:
    """Every block is decoded again and compared."""
    path = recordings()
    if path is None:
        raise SystemExit("tape_bytes needs the depth-5 recordings: set TEZI_SHARED")
    records = frames(path, FRAMES_MAX)
    started = time.process_time()
    blocks = [tape.encode(records[i : i + BLOCK]) for i in range(0, len(records), BLOCK)]
    cpu_us = (time.process_time() - started) / len(records) * 1e6
    size = sum(map(len, blocks)) / len(records)
    header = 36
    back = [r for b in blocks for r in tape.decode(b[:header], b[header:])]
    assert [r.body for r in back] == [r.body for r in records]
    return Result(
        "tape_bytes", round(size, 1), "bytes", "379 bytes raw", f"<= {GOAL}", size <= GOAL,
        f"{len(records):,} frames, blocks of {BLOCK:,}, {cpu_us:.1f} us CPU a frame to encode",
    )  # fmt: skip
