"""Writing a tape while the market runs: the loop only keeps what came, a thread packs and writes."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.clock import Clock
from core.store import tape
from core.store.tape import Kind, Run, Span
from core.supervise import Wake

BLOCK_RECORDS = 8_192
BLOCK_S = 5.0
WAITING_MAX = 6 * BLOCK_RECORDS
"""Records that may wait for the disk (some 20 MB); what comes beyond is left out, and a GAP record says how much."""


class TapeWriter:
    """Call `frames` and `add` from the loop; `run` writes until cancelled; `close` writes the rest and the index.

    The file must not exist. `left_out` counts records for which memory or disk had no room. Raises OSError.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        _write_all(self._file, tape.MAGIC, 0)
        self._clock = clock
        self._offset = len(tape.MAGIC)
        self._pieces: list[Run] = []
        self._waiting = 0
        self._spans: list[Span] = []
        self._wake = Wake(clock)
        self._writing = asyncio.Lock()
        self._unsaid = 0
        self._lost = 0
        self._ragged = False
        self.left_out = 0

    def frames(self, channel: int, data: bytes, at: int, size: int, stride: int, count: int) -> None:
        """A run of market frames as it came (see `core.links.connection.OnRun`)."""
        self._keep(Kind.FRAME, channel, data[at : at + (count - 1) * stride + size], size, stride, count)

    def add(self, kind: Kind, body: bytes, channel: int = 0) -> None:
        """Anything else. Nothing that holds a login may be given: no headers, no request bodies."""
        self._keep(kind, channel, body, len(body), len(body), 1)

    async def run(self) -> None:
        """Every 5 s, or as soon as a block is full."""
        while True:
            await self._wake.wait(BLOCK_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits. Raises OSError; what could not be written is left out, and a GAP record says so first
        of all as soon as writing works again."""
        async with self._writing:
            pieces, self._pieces, self._waiting = self._pieces, [], 0
            if self._lost:
                at_ns = pieces[0].at_ns if pieces else self._clock.wall_ns()
                pieces.insert(0, _gap(at_ns, self._lost))
            blocks = list(_blocks(pieces))
            try:
                await _in_thread(partial(self._write, blocks))
            finally:
                self._lost = _missing(blocks)
                self.left_out += sum(run.many for runs in blocks for run in runs if run.kind is not Kind.GAP)

    async def close(self) -> None:
        """The rest, and the index. Nothing may be added afterwards."""
        try:
            await self.flush()
            await _in_thread(self._write_index)
        finally:
            os.close(self._file)

    def _keep(self, kind: Kind, channel: int, data: bytes, size: int, stride: int, count: int) -> None:
        now_ns = self._clock.wall_ns()
        if self._waiting + count > WAITING_MAX:
            self.left_out += count
            self._unsaid += count
            return
        if self._unsaid:
            self._pieces.append(_gap(now_ns, self._unsaid))
            self._unsaid = 0
        self._pieces.append(Run(now_ns, kind, channel, data, size, stride, count))
        self._waiting += count
        if self._waiting >= BLOCK_RECORDS:
            self._wake.set()

    def _write(self, blocks: list[list[Run]]) -> None:
        """In a thread. Takes each block off the list once it is on the disk."""
        while blocks:
            block = tape.encode_runs(blocks[0])
            self._put(block)
            self._spans.append(tape.span_of(block, self._offset))
            self._offset += len(block)
            del blocks[0]

    def _write_index(self) -> None:
        """In a thread."""
        self._put(tape.index(self._spans) + tape.tail(self._offset))

    def _put(self, data: bytes) -> None:
        """All of it at the end of the last whole block, or none of it: half a block would hide all that follow."""
        if self._ragged:
            os.ftruncate(self._file, self._offset)
            self._ragged = False
        try:
            _write_all(self._file, data, self._offset)
            os.fdatasync(self._file)
        except OSError:
            self._ragged = True
            os.ftruncate(self._file, self._offset)
            self._ragged = False
            raise


async def _in_thread(call: Callable[[], None]) -> None:
    """To its end even when the caller is cancelled: two threads must not write to one file."""
    job = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        await asyncio.shield(job)
    except asyncio.CancelledError:
        await asyncio.wait([job])
        raise


def _write_all(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(file, view, at)
        view, at = view[done:], at + done


def _gap(at_ns: int, count: int) -> Run:
    said = json.dumps({"left_out": count}).encode()
    return Run(at_ns, Kind.GAP, 0, said, len(said), len(said), 1)


def _missing(blocks: list[list[Run]]) -> int:
    """Records that a GAP must own up to when these blocks are lost; a lost GAP counts as what it said."""
    runs = [run for block in blocks for run in block]
    return sum(json.loads(run.data)["left_out"] if run.kind is Kind.GAP else run.many for run in runs)


def _blocks(runs: list[Run]) -> Iterator[list[Run]]:
    """Runs for a block each: a full block's records, and at most one run more."""
    start = held = 0
    for n, run in enumerate(runs):
        held += run.many
        if held >= BLOCK_RECORDS:
            yield runs[start : n + 1]
            start, held = n + 1, 0
    if start < len(runs):
        yield runs[start:]
