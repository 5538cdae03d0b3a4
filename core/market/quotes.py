"""The quote board: what the market last said of each wanted instrument, in integer columns written in place.

One row of int64 per slot. Readers see rows only through `quote`, `revision`, `age_ms` and `freshness`, so that a later
path may scatter whole batches of frames into the same rows.

What may become a price (`_Limits` below): a value within ±999,999,999 rupees; negative only where contracts may trade
below zero (MCX, NCDEX); a last price of anything but an option within half to twice the previous close. A packet whose
last price fails is dropped whole and counted in `garbage`; any other field that fails becomes 0, "no value".
"""

import struct

import numpy as np
import numpy.typing as npt

from core.clock import NS_PER_MS, Clock
from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.errors import TeziError
from core.market import rows
from core.market.packet import DEPTH_20, EXCHANGE_TYPES, LTP, QUOTE, SNAP_QUOTE, Packet
from core.views import Freshness, Quote

_DAY_MS = 86_400_000
_OLDEST_MS = 946_684_800_000
"""2000-01-01: an exchange time before it is no time."""
_PACKERS = {
    LTP: struct.Struct(f"={rows.QUOTE_AT}q"),
    QUOTE: struct.Struct(f"={rows.SNAP_AT}q"),
    SNAP_QUOTE: struct.Struct(f"={rows.WIDTH}q"),
}
"""How much of a row each mode writes: always from its start."""
_BELOW_ZERO = frozenset({EXCHANGE_TYPES[Exchange.MCX], EXCHANGE_TYPES[Exchange.NCDEX]})


class BoardFull(TeziError):
    """More instruments were wanted in one run than the board may hold."""


class QuoteBoard:
    """Implements `core.views.QuoteView`; the feed is its one writer.

    `stale_ms` is how long a price may call itself fresh. `slots_max` bounds the memory (about 0.5 KB a slot).
    """

    def __init__(self, clock: Clock, stale_ms: int = 5_000, slots_max: int = 20_000) -> None:
        self._clock = clock
        self._stale_ns = stale_ms * NS_PER_MS
        self._slots_max = slots_max
        self._by_key: dict[InstrumentKey, int] = {}
        self._by_wire: dict[tuple[int, str], int] = {}
        self._kinds: list[Kind] = []
        self._scales = {t: rows.Scale(t, below_zero=t in _BELOW_ZERO) for t in EXCHANGE_TYPES.values()}
        self._grow(np.zeros((256, rows.WIDTH), np.int64))
        self._epoch = 0
        self._down = True
        self.applied = 0
        self.dropped = 0
        self.garbage = 0
        self.unknown = 0
        self.odd_times = 0

    def add(self, instrument: Instrument) -> int:
        """The slot of an instrument, made on first sight and fixed for the life of the board. Raises BoardFull."""
        known = self._by_key.get(instrument.key)
        if known is not None:
            return known
        slot = len(self._kinds)
        if slot >= self._slots_max:
            raise BoardFull(f"{slot} instruments were watched in this run; restart to watch others")
        if slot == len(self._rows):
            self._grow(np.concatenate([self._rows, np.zeros_like(self._rows)]))
        self._by_key[instrument.key] = slot
        self._by_wire[EXCHANGE_TYPES[instrument.exchange], instrument.token] = slot
        self._kinds.append(instrument.kind)
        return slot

    def slot(self, key: InstrumentKey) -> int | None:
        return self._by_key.get(key)

    def revision(self, slot: int) -> int:
        return self._cells[slot * rows.WIDTH + rows.REVISION]

    def quote(self, slot: int) -> Quote:
        return rows.to_quote(self._rows[slot].tolist())

    def age_ms(self, slot: int) -> int | None:
        at = slot * rows.WIDTH
        if not self._cells[at + rows.REVISION]:
            return None
        return (self._clock.mono_ns() - self._cells[at + rows.RECEIVED_NS]) // NS_PER_MS

    def freshness(self, slot: int) -> Freshness:
        cells, at = self._cells, slot * rows.WIDTH
        if not cells[at + rows.REVISION]:
            return Freshness.NEVER
        if self._down or cells[at + rows.EPOCH] != self._epoch:
            return Freshness.DOWN
        late = self._clock.mono_ns() - cells[at + rows.RECEIVED_NS] > self._stale_ns
        return Freshness.STALE if late else Freshness.FRESH

    def fresh_count(self) -> int:
        """How many slots are fresh now."""
        if self._down:
            return 0
        used = self._rows[: len(self._kinds)]
        touched = (used[:, rows.REVISION] > 0) & (used[:, rows.EPOCH] == self._epoch)
        recent = used[:, rows.RECEIVED_NS] >= self._clock.mono_ns() - self._stale_ns
        return int(np.count_nonzero(touched & recent))

    def new_epoch(self) -> None:
        """A new connection: no quote counts as live until it was touched again, and any sequence is accepted."""
        self._epoch += 1

    def set_down(self, down: bool) -> None:
        """Tell the board whether the feed is connected."""
        self._down = down

    def apply(self, packet: Packet) -> bool:
        """Take one packet over; False when it was dropped (and counted).

        Dropped: an instrument nobody added, the withdrawn mode 4, a last price out of bounds, and a packet that is
        older than what is held (same connection, sequence not higher and exchange time older; never for an index,
        whose sequence means nothing).
        """
        slot = self._by_wire.get((packet.exchange_type, packet.token))
        if slot is None or packet.mode == DEPTH_20:
            self.unknown += 1
            return False
        at, kind = slot * rows.WIDTH, self._kinds[slot]
        exchange_ms = self._exchange_ms(packet.exchange_ms)
        if kind is not Kind.INDEX and self._is_older(at, packet.sequence, exchange_ms):
            self.dropped += 1
            return False
        cells, scale = self._cells, self._scales[packet.exchange_type]
        ltp_e4 = scale.price_e4(packet.ltp)
        close_e4 = cells[at + rows.CLOSE] if packet.mode == LTP else scale.price_e4(packet.close) or 0
        if ltp_e4 is None or not _plausible(ltp_e4, close_e4, kind):
            self.garbage += 1
            return False
        values = [
            cells[at + rows.REVISION] + 1,
            self._clock.mono_ns(),
            self._epoch,
            packet.sequence,
            exchange_ms or cells[at + rows.EXCHANGE_MS],
            ltp_e4,
        ]
        if packet.mode != LTP:
            values += scale.quote(packet)
        if packet.mode == SNAP_QUOTE:
            values += scale.snap(packet)
        _PACKERS[packet.mode].pack_into(cells, at * 8, *values)
        self.applied += 1
        return True

    def _grow(self, matrix: npt.NDArray[np.int64]) -> None:
        """Take a (larger) matrix; `_cells` is the same memory as flat Python integers, for single cells."""
        self._rows = matrix
        self._cells = matrix.data.cast("B").cast("q")

    def _is_older(self, at: int, sequence: int, exchange_ms: int) -> bool:
        cells = self._cells
        if not cells[at + rows.REVISION] or cells[at + rows.EPOCH] != self._epoch:
            return False
        return sequence <= cells[at + rows.SEQUENCE] and 0 < exchange_ms < cells[at + rows.EXCHANGE_MS]

    def _exchange_ms(self, exchange_ms: int) -> int:
        """The exchange's time, or 0 (counted) when it is no time: before 2000 or over a day in the future."""
        if exchange_ms == 0:
            return 0
        if _OLDEST_MS <= exchange_ms <= self._clock.wall_ns() // NS_PER_MS + _DAY_MS:
            return exchange_ms
        self.odd_times += 1
        return 0


def _plausible(ltp_e4: int, close_e4: int, kind: Kind) -> bool:
    if kind is Kind.OPTION or close_e4 <= 0 or ltp_e4 <= 0:
        return True
    return close_e4 <= 2 * ltp_e4 and ltp_e4 <= 2 * close_e4
