"""The tape: everything that came in, every intent that went out, every change of mode, in one file, in order.

A file is a magic line, then blocks, then (after an orderly end) an index of the blocks by time. A block has a header
with lengths, times, count and a CRC-32 over header and body, and a zlib body that needs nothing before it. So a torn
tail costs the last block, and a reader may begin anywhere. Times are market time in whole microseconds.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.store.blocks import (
    BLOCK,
    HEADER,
    NS_PER_US,
    Damaged,
    Kind,
    Record,
    Run,
    decode,
    decode_runs,
    encode,
    encode_runs,
)
from core.store.blocks import checked as _checked
from core.store.blocks import sealed as _sealed

__all__ = [
    "MAGIC",
    "SUFFIX",
    "Damaged",
    "Kind",
    "Record",
    "Run",
    "Span",
    "TapeFile",
    "decode",
    "encode",
    "encode_runs",
    "index",
    "span_of",
    "tail",
]

MAGIC = b"TEZITAPE1\n"
SUFFIX = ".tape"
_INDEX, _END = b"IDX1", b"TZIX"
_ENTRY = struct.Struct("<QqqI")
_TAIL = struct.Struct("<Q4s")


class Span(NamedTuple):
    """One block: where its header stands, its first and last time (epoch us), how many records."""

    offset: int
    first_us: int
    last_us: int
    records: int


class TapeFile:
    """A tape for reading. `torn` says how many bytes at its end are no whole block. Raises Damaged, OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise Damaged(f"{path} is no tape")
            self.size = file.seek(0, 2)
        self.torn = 0
        self.spans = self._indexed() or self._scanned()

    def block(self, span: Span) -> list[Run]:
        """The records of one block, in runs. Raises Damaged."""
        with self.path.open("rb") as file:
            file.seek(span.offset)
            header = file.read(HEADER.size)
            return decode_runs(header, file.read(HEADER.unpack(header)[1]))

    def runs(self, since_ns: int = 0) -> Iterator[Run]:
        """From the block that holds this time on, in order. Raises Damaged."""
        for span in self.spans:
            if span.last_us * NS_PER_US >= since_ns:
                yield from self.block(span)

    def records(self, since_ns: int = 0) -> Iterator[Record]:
        """As `runs`, one by one."""
        return (Record(r.at_ns, r.kind, r.channel, b) for r in self.runs(since_ns) for b in r.bodies())

    def verify(self) -> list[str]:
        """Every block is read; gives a line for each thing that is wrong."""
        found = [f"{self.torn} bytes at the end are no whole block"] if self.torn else []
        for number, span in enumerate(self.spans, 1):
            try:
                self.block(span)
            except Damaged as e:
                found.append(f"block {number} of {len(self.spans)} at byte {span.offset}: {e}")
        return found

    def _indexed(self) -> list[Span]:
        """The index at the end; empty when there is none that fits."""
        if self.size < len(MAGIC) + _TAIL.size:
            return []
        with self.path.open("rb") as file:
            file.seek(-_TAIL.size, 2)
            offset, mark = _TAIL.unpack(file.read(_TAIL.size))
            if mark != _END or offset >= self.size:
                return []
            file.seek(offset)
            header = file.read(HEADER.size)
            try:
                body = file.read(HEADER.unpack(header)[1])
                _checked(header, body)
                return [Span(*entry) for entry in _ENTRY.iter_unpack(zlib.decompress(body))]
            except (struct.error, zlib.error, Damaged):
                return []

    def _scanned(self) -> list[Span]:
        """Block by block; what does not look like a whole block ends the tape."""
        spans, offset = [], len(MAGIC)
        with self.path.open("rb") as file:
            while True:
                file.seek(offset)
                header = file.read(HEADER.size)
                if len(header) < HEADER.size:
                    break
                mark, size, _, count, first_us, last_us, _ = HEADER.unpack(header)
                if mark != BLOCK or offset + HEADER.size + size > self.size:
                    break
                spans.append(Span(offset, first_us, last_us, count))
                offset += HEADER.size + size
        self.torn = self.size - offset
        return spans


def index(spans: Sequence[Span]) -> bytes:
    """What an orderly end writes after the last block: readers need not scan."""
    body = zlib.compress(b"".join(_ENTRY.pack(*span) for span in spans))
    first, last = (spans[0].first_us, spans[-1].last_us) if spans else (0, 0)
    return _sealed((_INDEX, len(body), len(spans) * _ENTRY.size, len(spans), first, last), body)


def tail(index_offset: int) -> bytes:
    return _TAIL.pack(index_offset, _END)


def span_of(block: bytes, offset: int) -> Span:
    """The span of a block that was encoded here."""
    _, _, _, count, first_us, last_us, _ = HEADER.unpack_from(block)
    return Span(offset, first_us, last_us, count)
