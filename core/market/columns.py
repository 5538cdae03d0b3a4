"""The memory of the quote board: one row per slot, as columns of numpy that are written in place.

`raw` holds each slot's last packet as the wire wrote it (the layouts of the modes begin alike), the other columns what
decides whether the next one may replace it. Only `core.market.quotes` and `core.market.batch` write here.
"""

import numpy as np
import numpy.typing as npt

from core.domain import Instrument, Kind
from core.market.packet import EXCHANGE_TYPES
from core.market.rows import Scale
from core.market.wire import MODES, ROW

Ints = npt.NDArray[np.int64]
SCALES = {number: Scale(number) for number in EXCHANGE_TYPES.values()}
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)
"""An odd number, so that two tokens of one exchange never share a key."""
_START = 256


class Last:
    """What one mode last said of each slot: sequence, exchange time (ms), and the connection it came over."""

    def __init__(self, capacity: int) -> None:
        self.sequence = np.zeros(capacity, np.int64)
        self.exchange_ms = np.zeros(capacity, np.int64)
        self.epoch = np.zeros(capacity, np.int64)


class Columns:
    """All columns, at least `count` long. `revision` rises by one with each packet; 0 is "never".

    `lowest`, `highest` and `close` are wire prices: the bounds of a last price and the last good previous close.
    `usual_ns` is how far apart the packets of a slot usually come, a running mean.
    """

    def __init__(self, usual_ns: int = 0) -> None:
        self.count = 0
        self.usual_first_ns = usual_ns
        self.raw = np.zeros((_START, ROW), np.uint8)
        self.revision, self.received_ns, self.epoch = (np.zeros(_START, np.int64) for _ in range(3))
        self.exchange_ms, self.close = np.zeros(_START, np.int64), np.zeros(_START, np.int64)
        self.lowest, self.highest = np.zeros(_START, np.int64), np.zeros(_START, np.int64)
        self.exchange_type, self.shard = np.zeros(_START, np.int64), np.zeros(_START, np.int64)
        self.usual_ns = np.zeros(_START, np.int64)
        self.is_index, self.is_option, self.mark = (np.zeros(_START, np.bool_) for _ in range(3))
        self.last = {mode: Last(_START) for mode in MODES.values()}
        self.keys = np.empty(0, np.uint64)
        self.slots = np.empty(0, np.int64)
        self.by_wire: dict[tuple[int, str], int] = {}
        self._stale = False
        self._view()

    def add(self, instrument: Instrument) -> int:
        """A new slot for an instrument."""
        slot = self.count
        if slot == len(self.raw):
            self._grow()
        number = EXCHANGE_TYPES[instrument.exchange]
        self.exchange_type[slot], self.usual_ns[slot] = number, self.usual_first_ns
        self.lowest[slot], self.highest[slot] = SCALES[number].lowest, SCALES[number].highest
        self.is_index[slot], self.is_option[slot] = instrument.kind is Kind.INDEX, instrument.kind is Kind.OPTION
        token = instrument.token.encode("ascii", "replace").ljust(25, b"\0")
        self.raw[slot, 1:27] = np.frombuffer(bytes([number]) + token, np.uint8)
        self.by_wire[number, instrument.token] = slot
        self.count, self._stale = slot + 1, True
        return slot

    def index(self) -> tuple[npt.NDArray[np.uint64], Ints]:
        """Sorted keys of the slots whose token fits in eight characters, and those slots; one key never means two."""
        if self._stale:
            used = self.raw[: self.count]
            short = np.flatnonzero(~used[:, 10:27].any(axis=1))
            keys = key(np.ascontiguousarray(used[short, 2:10]).view(np.uint64)[:, 0], used[short, 1])
            unique, first, times = np.unique(keys, return_index=True, return_counts=True)
            alone = times == 1
            self.keys, self.slots, self._stale = unique[alone], short[first[alone]], False
        return self.keys, self.slots

    def _grow(self) -> None:
        for name, column in vars(self).items():
            if isinstance(column, np.ndarray) and name not in ("keys", "slots"):
                setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        for last in self.last.values():
            for name, column in vars(last).items():
                setattr(last, name, np.concatenate([column, np.zeros_like(column)]))
        self._view()

    def _view(self) -> None:
        """The rows again: as flat bytes, and as the beginning that each size of packet fills."""
        self.memory = self.raw.data.cast("B")
        self.starts = {size: np.ndarray((len(self.raw),), f"V{size}", self.raw.data, 0, (ROW,)) for size in MODES}


def key(tokens: npt.NDArray[np.uint64], exchange_types: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """One number for the first eight characters of a token and its exchange."""
    keys: npt.NDArray[np.uint64] = tokens * _ODD + exchange_types
    return keys
