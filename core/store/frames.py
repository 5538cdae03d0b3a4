"""Market packets of one size as compact bytes and back, exactly: pure.

Packets of one instrument stand together; each number is written as its difference to the one before, prices of the
book as distances from each other, small numbers in few bytes, and byte planes that are all zero not at all. What
remains is left to zlib. The layouts are those of the market stream (WebSocket Streaming 2.0): 51, 123 and 379 bytes.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

HEAD = 27
"""Mode, exchange and token: kept once for each instrument of a block."""
SIZES = (51, 123, 379)
_Words = npt.NDArray[np.int64]
_FLOATS = (6, 7)
"""Where the total quantities stand: doubles that hold whole numbers."""
_LEVELS = 15
_LTP = 2


def _fields(size: int) -> list[tuple[str, int]]:
    words = [("<i8", at) for at in range(HEAD, min(size, 147), 8)]
    if size < 379:
        return words
    levels = [("<i8", 147 + 20 * n + 2 + 8 * part) for part in (1, 0) for n in range(10)]
    small = [("<i2", 147 + 20 * n + at) for at in (0, 18) for n in range(10)]
    return words + levels + small + [("<i8", at) for at in range(347, 379, 8)]


_LAYOUTS = {
    size: np.dtype(
        {
            "names": [str(n) for n in range(len(_fields(size)))],
            "formats": [f for f, _ in _fields(size)],
            "offsets": [at for _, at in _fields(size)],
            "itemsize": size,
        }
    )
    for size in SIZES
}


def pack(rows: npt.NDArray[np.uint8], starts: npt.NDArray[np.bool_]) -> bytes:
    """`rows` (n, size) in the order of their instruments; `starts` marks each instrument's first row."""
    size = rows.shape[1]
    packets = np.ascontiguousarray(rows).view(_LAYOUTS[size])[:, 0]
    words = np.stack([packets[name].astype(np.int64) for name in packets.dtype.names or ()])
    whole = size > 51 and _to_whole(words)
    if size == 379:
        _book(words, np.subtract)
    change = words.copy()
    change[:, 1:] -= words[:, :-1]
    change[:, starts] = words[:, starts]
    folded = ((change << 1) ^ (change >> 63)).view(np.uint64)
    planes = folded.view(np.uint8).reshape(len(words), -1, 8)
    used = np.bitwise_or.reduce(folded, axis=1).view(np.uint8).reshape(-1, 8).T.reshape(-1) != 0
    kept = [planes[n % len(words), :, n // len(words)].tobytes() for n in np.flatnonzero(used).tolist()]
    return bytes([whole]) + np.packbits(used).tobytes() + b"".join(kept)


def unpack(packed: bytes, heads: npt.NDArray[np.uint8], starts: npt.NDArray[np.bool_], size: int) -> Any:
    """The rows again; `heads` (n, 27) stand before them. ValueError when the bytes do not fit."""
    count, layout = len(heads), _LAYOUTS[size]
    fields = len(layout.names or ())
    whole, flags = packed[0], np.frombuffer(packed, np.uint8, fields, 1)
    used = np.unpackbits(flags).astype(np.bool_)
    folded = np.zeros((fields, count), np.uint64)
    planes, kept = folded.view(np.uint8).reshape(fields, count, 8), np.frombuffer(packed, np.uint8, offset=1 + fields)
    for n, plane in zip(np.flatnonzero(used).tolist(), kept.reshape(-1, count), strict=True):
        planes[n % fields, :, n // fields] = plane
    change = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
    sums = np.cumsum(change, axis=1)
    first = np.flatnonzero(starts)
    before = np.where(first > 0, sums[:, first - 1], 0)
    words = sums - np.repeat(before, np.diff(np.append(first, count)), axis=1)
    if size == 379:
        _book(words, np.add)
    if whole:
        for n in _FLOATS:
            words[n] = words[n].astype(np.float64).view(np.int64)
    packets = np.zeros((count,), layout)
    for n, name in enumerate(layout.names or ()):
        packets[name] = words[n]
    rows = packets.view(np.uint8).reshape(count, size)
    rows[:, :HEAD] = heads
    return rows


def _to_whole(words: _Words) -> bool:
    """Doubles to whole numbers in place, when that loses nothing; else as they are."""
    made = []
    for n in _FLOATS:
        floats = words[n].view(np.float64)
        with np.errstate(invalid="ignore"):
            numbers = floats.astype(np.int64)
        if not (numbers.astype(np.float64).view(np.int64) == words[n]).all():
            return False
        made.append(numbers)
    for n, numbers in zip(_FLOATS, made, strict=True):
        words[n] = numbers
    return True


def _book(words: _Words, step: Any) -> None:
    """Prices of the book to distances (`np.subtract`) and back (`np.add`): the best from the last, others in turn."""
    for side in (_LEVELS, _LEVELS + 5):
        turns = range(4, -1, -1) if step is np.subtract else range(5)
        for n in turns:
            base = words[side + n - 1] if n else words[_LTP]
            words[side + n] = step(words[side + n], base)
