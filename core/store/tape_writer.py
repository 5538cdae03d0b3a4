"""Writing a tape while the market runs: the loop only keeps what came, a thread packs and writes."""

import asyncio
import json
import os
from collections.abc import Iterator
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

    The file must not exist. `left_out` counts records for which there was no room. Raises OSError.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        os.write(self._file, tape.MAGIC)
        self._clock = clock
        self._offset = len(tape.MAGIC)
        self._pieces: list[Run] = []
        self._waiting = 0
        self._spans: list[Span] = []
        self._wake = Wake(clock)
        self._writing = asyncio.Lock()
        self._unsaid = 0
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
        """Write what waits. Raises OSError; what could not be written is left out."""
        async with self._writing:
            pieces, self._pieces, self._waiting = self._pieces, [], 0
            if pieces:
                await asyncio.to_thread(self._write, pieces)

    async def close(self) -> None:
        """The rest, and the index. Nothing may be added afterwards."""
        try:
            await self.flush()
            os.write(self._file, tape.index(self._spans) + tape.tail(self._offset))
            await asyncio.to_thread(os.fsync, self._file)
        finally:
            os.close(self._file)

    def _keep(self, kind: Kind, channel: int, data: bytes, size: int, stride: int, count: int) -> None:
        now_ns = self._clock.wall_ns()
        if self._waiting + count > WAITING_MAX:
            self.left_out += count
            self._unsaid += count
            return
        if self._unsaid:
            said = json.dumps({"left_out": self._unsaid}).encode()
            self._pieces.append(Run(now_ns, Kind.GAP, 0, said, len(said), len(said), 1))
            self._unsaid = 0
        self._pieces.append(Run(now_ns, kind, channel, data, size, stride, count))
        self._waiting += count
        if self._waiting >= BLOCK_RECORDS:
            self._wake.set()

    def _write(self, pieces: list[Run]) -> None:
        """In a thread."""
        for runs in _blocks(pieces):
            block = tape.encode_runs(runs)
            view = memoryview(block)
            while view:
                view = view[os.write(self._file, view) :]
            self._spans.append(tape.span_of(block, self._offset))
            self._offset += len(block)
        os.fdatasync(self._file)


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
