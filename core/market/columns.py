"""The memory of the quote board: one row per slot, as columns of numpy that are written in place.

`raw` holds each slot's last packet as the wire wrote it (the layouts of the modes begin alike), the other columns what
decides whether the next one may replace it. Only `core.market.quotes` and `core.market.batch` write here.
"""

import numpy as np
import numpy.typing as npt

from core.domain import Instrument, Kind
from core.market.packet import EXCHANGE_TYPES
from core.market.rows import Scale
from core.market.wire import LTP_AT, MODES, ROW

Ints = npt.NDArray[np.int64]
SCALES = {number: Scale(number) for number in EXCHANGE_TYPES.values()}
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)
"""An odd number, so that two tokens of one exchange never share a key."""
_START = 256
GAP, REWOUND = 1, 2
"""Packets of this slot may be missing; or what comes is older than what is held, again and again."""
_BOOK_AT, _LEVEL = 147, 20
"""Where the ten levels begin in a row of mode 3, the best bid first, and their size; the best ask is the sixth."""
_TOUCH = np.dtype(
    {
        "names": ["ltp", "bid_flag", "bids", "bid", "ask_flag", "asks", "ask"],
        "formats": ["<i8", "<i2", "<i8", "<i8", "<i2", "<i8", "<i8"],
        "offsets": [LTP_AT, *(_BOOK_AT + n for n in (0, 2, 10, 5 * _LEVEL, 5 * _LEVEL + 2, 5 * _LEVEL + 10))],
        "itemsize": ROW,
    }
)


class Last:
    """What one mode last said of each slot: sequence, exchange time (ms), and the connection it came over."""

    def __init__(self, capacity: int) -> None:
        self.sequence = np.zeros(capacity, np.int64)
        self.exchange_ms = np.zeros(capacity, np.int64)
        self.epoch = np.zeros(capacity, np.int64)


class Columns:
    """All columns, at least `count` long. `revision` rises by one with each packet; 0 is "never".

    `lowest`, `highest` and `close` are wire prices: the bounds of a last price and the last good previous close.
    `suspect` says why a slot should be read by another way (`GAP`, `REWOUND`; 0 is "no reason").
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
        self.suspect = np.zeros(_START, np.int8)
        self.is_index, self.is_option, self.on_index, self.mark = (np.zeros(_START, np.bool_) for _ in range(4))
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

    def doubtful(self) -> npt.NDArray[np.bool_]:
        """Which used rows may hold no last price or a crossed book; a closer look decides. Never too few."""
        rows = np.ndarray((self.count,), _TOUCH, self.raw.data, 0, (ROW,))
        bids, asks = rows["bids"] > 0, rows["asks"] > 0
        odd = (bids | asks) & ((rows["bid_flag"] != 1) | (rows["ask_flag"] != 0))
        doubtful: npt.NDArray[np.bool_] = (bids & asks & (rows["bid"] >= rows["ask"])) | odd | (rows["ltp"] <= 0)
        return doubtful

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
