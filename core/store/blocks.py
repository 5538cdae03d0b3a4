"""The blocks of a tape: runs of records as compressed bytes and back, exactly. Pure.

Market frames are kept by instrument as `core.store.frames` has them; everything else as it is.
"""

import enum
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import TeziError
from core.store import frames

NS_PER_US = 1_000
HEADER = struct.Struct("<4sIIIqqI")
"""Mark, body bytes, plain bytes, records, first and last time in us, CRC-32 of all before and of the body."""
BLOCK = b"BLK1"
BODY_MAX = 64 * 1024 * 1024
LEVEL = 1
_OTHER = struct.Struct("<BBI")
_PARTS = struct.Struct("<IIIIIII")
_NONE = 0xFFFF
_INSTRUMENTS_MAX = 60_000
_WIDTH = 3 + frames.HEAD
"""Of a row of the table of instruments: channel, size, head."""
_ODD = np.array([0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x27D4_EB2F_1656_67C5], np.uint64)
_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]


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


class Run(NamedTuple):
    """Records of one kind, moment and size that came together: `many` bodies of `size` bytes, `stride` apart in
    `data` from its beginning on."""

    at_ns: int
    kind: Kind
    channel: int
    data: bytes
    size: int
    stride: int
    many: int

    def bodies(self) -> Iterator[bytes]:
        return (self.data[n * self.stride : n * self.stride + self.size] for n in range(self.many))

    @property
    def packs(self) -> bool:
        """Whether its bodies have the size of a market packet."""
        return self.kind is Kind.FRAME and self.size in frames.SIZES

    def rows(self) -> _Bytes:
        """The bodies as rows, without a copy."""
        return np.ndarray((self.many, self.size), np.uint8, self.data, 0, (self.stride, 1))


class Damaged(TeziError):
    """A file that is no tape, or a block that does not hold what it says."""


def encode(records: Sequence[Record]) -> bytes:
    """One block of single records. Raises ValueError for no records."""
    return encode_runs([Run(r.at_ns, r.kind, r.channel, r.body, len(r.body), len(r.body), 1) for r in records])


def encode_runs(runs: Sequence[Run]) -> bytes:
    """One block, at most 60,000 records of it market packets. Raises ValueError for no runs."""
    if not runs:
        raise ValueError("a block needs a record")
    counts = np.array([r.many for r in runs], np.int64)
    first = np.cumsum(counts) - counts
    ids = np.full(int(counts.sum()), _NONE, np.int64)
    tables: list[_Bytes] = []
    packed = [_packed(size, runs, first, ids, tables) for size in frames.SIZES]
    others = b"".join(_OTHER.pack(r.kind, r.channel, r.size) + b for r in runs if not r.packs for b in r.bodies())
    times = np.array([r.at_ns // NS_PER_US for r in runs], np.int64)
    steps = np.repeat(times, counts)
    steps[1:] -= steps[:-1].copy()
    steps[0] = 0
    folded = ((steps << 1) ^ (steps >> 63)).view(np.uint64)
    table = b"".join(t.tobytes() for t in tables)
    parts = [table, _planes(ids.view(np.uint64), 2), _planes(folded, 8), *packed, others]
    plain = _PARTS.pack(*(len(p) for p in parts)) + b"".join(parts)
    body = zlib.compress(plain, LEVEL)
    return sealed((BLOCK, len(body), len(plain), len(ids), int(times[0]), int(times.max())), body)


def decode(header: bytes, body: bytes) -> list[Record]:
    """The records of one block. Raises Damaged."""
    return [Record(r.at_ns, r.kind, r.channel, b) for r in decode_runs(header, body) for b in r.bodies()]


def decode_runs(header: bytes, body: bytes) -> list[Run]:
    """The records of one block, those together that stand together and are alike. Raises Damaged."""
    _, _, plain_size, count, first_us, _ = checked(header, body)
    if plain_size > BODY_MAX:
        raise Damaged("a block says it is larger than any is")
    try:
        plain = zlib.decompressobj().decompress(body, plain_size)
        sizes = _PARTS.unpack_from(plain)
        parts, at = [], _PARTS.size
        for size in sizes:
            parts.append(plain[at : at + size])
            at += size
        return list(_runs(parts, count, first_us))
    except (zlib.error, struct.error, ValueError, IndexError) as e:
        raise Damaged(f"a block cannot be read: {e}") from e


def sealed(fields: tuple[bytes, int, int, int, int, int], body: bytes) -> bytes:
    header = HEADER.pack(*fields, 0)[:-4]
    return header + struct.pack("<I", zlib.crc32(body, zlib.crc32(header))) + body


def checked(header: bytes, body: bytes) -> tuple[bytes, int, int, int, int, int]:
    if len(header) < HEADER.size or zlib.crc32(body, zlib.crc32(header[:-4])) != struct.unpack("<I", header[-4:])[0]:
        raise Damaged("the checksum is wrong")
    mark, size, plain_size, count, first_us, last_us, _ = HEADER.unpack(header)
    return mark, size, plain_size, count, first_us, last_us


def _packed(size: int, runs: Sequence[Run], first: _Ints, ids: _Ints, tables: list[_Bytes]) -> bytes:
    """The packets of this size; their instruments join `tables`, the numbers of those go into `ids`."""
    mine = [n for n, r in enumerate(runs) if r.packs and r.size == size]
    if not mine:
        return b""
    rows = np.concatenate([runs[n].rows() for n in mine])
    places = np.concatenate([np.arange(first[n], first[n] + runs[n].many) for n in mine])
    heads = np.zeros((len(rows), 32), np.uint8)
    heads[:, 0] = np.repeat([runs[n].channel for n in mine], [runs[n].many for n in mine])
    heads[:, 1], heads[:, 2] = size & 0xFF, size >> 8
    heads[:, 3:_WIDTH] = rows[:, : frames.HEAD]
    numbers, at = _numbered(heads)
    known = sum(len(t) for t in tables)
    if known + len(at) > _INSTRUMENTS_MAX:
        raise ValueError("a block holds too many instruments")
    tables.append(heads[at, :_WIDTH])
    ids[places] = numbers + known
    order = np.argsort(numbers, kind="stable")
    return frames.pack(rows[order], _starts(numbers[order]))


def _numbered(heads: _Bytes) -> tuple[_Ints, _Ints]:
    """A number for each different row of 32 bytes, and where each of these first stands."""
    words = heads.view(np.uint64)
    keys = (words * _ODD).sum(axis=1, dtype=np.uint64)
    _, at, numbers = np.unique(keys, return_index=True, return_inverse=True)
    if not (words[at[numbers]] == words).all():  # two heads share a key
        _, at, numbers = np.unique(heads.view("V32")[:, 0], return_index=True, return_inverse=True)
    return numbers.reshape(-1), at


def _runs(parts: list[bytes], count: int, first_us: int) -> Iterator[Run]:
    heads = np.frombuffer(parts[0], np.uint8).reshape(-1, _WIDTH)
    ids = _unplaned(parts[1], 2, count).astype(np.int64)
    folded = _unplaned(parts[2], 8, count)
    steps = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
    times = first_us + np.cumsum(steps)
    known = ids != _NONE
    sizes, channels = np.zeros(count, np.int64), np.zeros(count, np.int64)
    sizes[known] = heads[ids[known], 1].astype(np.int64) + heads[ids[known], 2].astype(np.int64) * 256
    channels[known] = heads[ids[known], 0]
    bodies = [_bodies(parts[3 + n], heads, ids, sizes == size, size) for n, size in enumerate(frames.SIZES)]
    alike = known[1:] & known[:-1] & (np.diff(times) == 0) & (np.diff(sizes) == 0) & (np.diff(channels) == 0)
    edges = [0, *(np.flatnonzero(~alike) + 1).tolist(), count]
    others, taken = _others(parts[6]), dict.fromkeys(frames.SIZES, 0)
    for start, end in pairwise(edges):
        at_ns, size = int(times[start]) * NS_PER_US, int(sizes[start])
        if not known[start]:
            kind, channel, body = next(others, (None, 0, b""))
            if kind is None:
                raise ValueError("records are missing")
            yield Run(at_ns, kind, channel, body, len(body), len(body), 1)
            continue
        first, many = taken[size], end - start
        taken[size] = first + many
        data = bodies[frames.SIZES.index(size)][first * size : (first + many) * size]
        yield Run(at_ns, Kind.FRAME, int(channels[start]), data, size, size, many)


def _bodies(packed: bytes, heads: _Bytes, ids: _Ints, mine: npt.NDArray[np.bool_], size: int) -> bytes:
    """The packets of this size in the order of the records."""
    at = np.flatnonzero(mine)
    if not len(at):
        return b""
    order = np.argsort(ids[at], kind="stable")
    sorted_ids = ids[at][order]
    rows = frames.unpack(packed, heads[sorted_ids, 3:], _starts(sorted_ids), size)
    placed = np.empty_like(rows)
    placed[order] = rows
    return bytes(placed.tobytes())


def _others(data: bytes) -> Iterator[tuple[Kind, int, bytes]]:
    offset = 0
    while offset < len(data):
        kind, channel, size = _OTHER.unpack_from(data, offset)
        offset += _OTHER.size + size
        yield Kind(kind), channel, data[offset - size : offset]


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
