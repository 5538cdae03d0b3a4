"""The tape: everything that came in, every intent that went out, every change of mode, in one file, in order.

A file is a magic line, then blocks, then (after an orderly end) an index of the blocks by time. A block has a header
with lengths, times, count and a CRC-32 over header and body, and a zlib body that needs nothing before it. So a torn
tail costs the last block, and a reader may begin anywhere. Times are market time in whole microseconds.
"""

import enum
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.errors import TeziError
from core.store import frames

MAGIC = b"TEZITAPE1\n"
SUFFIX = ".tape"
NS_PER_US = 1_000
_HEADER = struct.Struct("<4sIIIqqI")
"""Mark, body bytes, plain bytes, records, first and last time in us, CRC-32 of all before and of the body."""
_BLOCK, _INDEX, _END = b"BLK1", b"IDX1", b"TZIX"
_ENTRY = struct.Struct("<QqqI")
_TAIL = struct.Struct("<Q4s")
_OTHER = struct.Struct("<BBI")
_PARTS = struct.Struct("<IIIIIII")
_NONE = 0xFFFF
_INSTRUMENTS_MAX = 60_000
BODY_MAX = 64 * 1024 * 1024
LEVEL = 1


class Kind(enum.IntEnum):
    """What a record is. The channel is the number of the connection for frames, else 0.

    FRAME: a market frame. READ: a quote that was read, as a frame. ORDER_FRAME: a frame of the order socket as it came.
    TEXT: a text frame of the market stream. INTENT: an order with what was asked of it last (to place, change, cancel),
    as it left. UPDATE: an order after any other change. GAP: so many records were left out.
    """

    FRAME = 0
    UPDATE = 1
    INTENT = 2
    MODE = 3
    EVENT = 4
    WANTED = 5
    GAP = 6
    READ = 7
    ORDER_FRAME = 8
    TEXT = 9


class Record(NamedTuple):
    """One line of the tape. `body` is a binary market frame or UTF-8 text."""

    at_ns: int
    kind: Kind
    channel: int
    body: bytes


class Span(NamedTuple):
    """One block: where its header stands, its first and last time (epoch us), how many records."""

    offset: int
    first_us: int
    last_us: int
    records: int


class Damaged(TeziError):
    """A file that is no tape, or a block that does not hold what it says."""


def encode(records: Sequence[Record]) -> bytes:
    """One block. Raises ValueError for no records."""
    if not records:
        raise ValueError("a block needs a record")
    ids, heads = _instruments(records)
    times = np.array([r.at_ns // NS_PER_US for r in records], np.int64)
    steps = np.diff(times, prepend=times[:1])
    packed = []
    for size in frames.SIZES:
        at = [n for n, r in enumerate(records) if ids[n] != _NONE and len(r.body) == size]
        packed.append(_pack(records, ids, at, size) if at else b"")
    others = b"".join(
        _OTHER.pack(r.kind, r.channel, len(r.body)) + r.body for n, r in enumerate(records) if ids[n] == _NONE
    )
    table = b"".join(heads)
    folded = ((steps << 1) ^ (steps >> 63)).view(np.uint64)
    stamps = _planes(folded, 8)
    order = _planes(np.array(ids, np.uint64), 2)
    parts = [table, order, stamps, *packed, others]
    plain = _PARTS.pack(*(len(p) for p in parts)) + b"".join(parts)
    body = zlib.compress(plain, LEVEL)
    fields = (_BLOCK, len(body), len(plain), len(records), int(times[0]), int(times.max()))
    return _sealed(fields, body)


def decode(header: bytes, body: bytes) -> list[Record]:
    """The records of one block. Raises Damaged."""
    _, _, plain_size, count, first_us, _ = _checked(header, body)
    if plain_size > BODY_MAX:
        raise Damaged("a block says it is larger than any is")
    try:
        plain = zlib.decompressobj().decompress(body, plain_size)
        sizes = _PARTS.unpack_from(plain)
        parts, at = [], _PARTS.size
        for size in sizes:
            parts.append(plain[at : at + size])
            at += size
        return _records(parts, count, first_us)
    except (zlib.error, struct.error, ValueError, IndexError) as e:
        raise Damaged(f"a block cannot be read: {e}") from e


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

    def block(self, span: Span) -> list[Record]:
        """The records of one block. Raises Damaged."""
        with self.path.open("rb") as file:
            file.seek(span.offset)
            header = file.read(_HEADER.size)
            return decode(header, file.read(_HEADER.unpack(header)[1]))

    def records(self, since_ns: int = 0) -> Iterator[Record]:
        """From the block that holds this time on, in order. Raises Damaged."""
        for span in self.spans:
            if span.last_us * NS_PER_US >= since_ns:
                yield from self.block(span)

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
            header = file.read(_HEADER.size)
            try:
                body = file.read(_HEADER.unpack(header)[1])
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
                header = file.read(_HEADER.size)
                if len(header) < _HEADER.size:
                    break
                mark, size, _, count, first_us, last_us, _ = _HEADER.unpack(header)
                if mark != _BLOCK or offset + _HEADER.size + size > self.size:
                    break
                spans.append(Span(offset, first_us, last_us, count))
                offset += _HEADER.size + size
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
    _, _, _, count, first_us, last_us, _ = _HEADER.unpack_from(block)
    return Span(offset, first_us, last_us, count)


def _sealed(fields: tuple[bytes, int, int, int, int, int], body: bytes) -> bytes:
    header = _HEADER.pack(*fields, 0)[:-4]
    return header + struct.pack("<I", zlib.crc32(body, zlib.crc32(header))) + body


def _checked(header: bytes, body: bytes) -> tuple[bytes, int, int, int, int, int]:
    if len(header) < _HEADER.size or zlib.crc32(body, zlib.crc32(header[:-4])) != struct.unpack("<I", header[-4:])[0]:
        raise Damaged("the checksum is wrong")
    mark, size, plain_size, count, first_us, last_us, _ = _HEADER.unpack(header)
    return mark, size, plain_size, count, first_us, last_us


def _instruments(records: Sequence[Record]) -> tuple[list[int], list[bytes]]:
    """For each record the number of its instrument (and channel) in the block, or none; and the table of them."""
    known: dict[bytes, int] = {}
    ids = []
    for r in records:
        if r.kind is not Kind.FRAME or len(r.body) not in frames.SIZES or len(known) >= _INSTRUMENTS_MAX:
            ids.append(_NONE)
            continue
        head = bytes([r.channel]) + len(r.body).to_bytes(2, "little") + r.body[: frames.HEAD]
        ids.append(known.setdefault(head, len(known)))
    return ids, list(known)


def _pack(records: Sequence[Record], ids: list[int], at: list[int], size: int) -> bytes:
    rows = np.frombuffer(b"".join(records[n].body for n in at), np.uint8).reshape(len(at), size)
    mine = np.array([ids[n] for n in at])
    order = np.argsort(mine, kind="stable")
    return frames.pack(rows[order], _starts(mine[order]))


def _records(parts: list[bytes], count: int, first_us: int) -> list[Record]:
    width = 3 + frames.HEAD
    heads = np.frombuffer(parts[0], np.uint8).reshape(-1, width)
    ids = _unplaned(parts[1], 2, count).astype(np.int64)
    folded = _unplaned(parts[2], 8, count)
    steps = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
    times = (first_us + np.cumsum(steps)).tolist()
    made: list[Record | None] = [None] * count
    sizes = heads[:, 1].astype(np.int64) + heads[:, 2].astype(np.int64) * 256
    for size, packed in zip(frames.SIZES, parts[3:6], strict=True):
        known = ids != _NONE
        known[known] = sizes[ids[known]] == size
        at = np.flatnonzero(known)
        if not len(at):
            continue
        order = at[np.argsort(ids[at], kind="stable")]
        mine = ids[order]
        rows = frames.unpack(packed, heads[mine, 3:], _starts(mine), size)
        channels = heads[mine, 0].tolist()
        for n, row, channel in zip(order.tolist(), rows, channels, strict=True):
            made[n] = Record(times[n] * NS_PER_US, Kind.FRAME, channel, row.tobytes())
    others, offset = parts[6], 0
    for n in np.flatnonzero(ids == _NONE).tolist():
        kind, channel, size = _OTHER.unpack_from(others, offset)
        offset += _OTHER.size + size
        made[n] = Record(times[n] * NS_PER_US, Kind(kind), channel, others[offset - size : offset])
    if any(r is None for r in made):
        raise ValueError("records are missing")
    return [r for r in made if r is not None]


def _starts(sorted_ids: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    starts = np.ones(len(sorted_ids), np.bool_)
    starts[1:] = sorted_ids[1:] != sorted_ids[:-1]
    return starts


def _planes(words: "np.ndarray[tuple[int], np.dtype[np.uint64]]", width: int) -> bytes:
    return words.view(np.uint8).reshape(-1, 8)[:, :width].T.tobytes()


def _unplaned(planes: bytes, width: int, count: int) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    words = np.zeros((count, 8), np.uint8)
    words[:, :width] = np.frombuffer(planes, np.uint8).reshape(width, count).T
    return words.view(np.uint64)[:, 0]
