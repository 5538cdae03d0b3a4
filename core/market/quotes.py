"""The quote board: what the market last said of each wanted instrument, written in place, read only when looked at.

What may become a price: a value within ±999,999,999 rupees; negative only where contracts may trade below zero (MCX,
NCDEX); a last price of anything but an option within half to twice the previous close. A packet whose last price fails
is dropped whole and counted in `garbage`; any other field that fails reads as 0, "no value".

Frames come over connections, numbered `shard`. A quote is DOWN only when its own connection is, or has not yet touched
it; packets of one connection are dropped when they are older than what that mode last said of the slot over it.
"""

import hashlib
import struct

import numpy as np

from core.clock import NS_PER_MS, Clock
from core.domain import Instrument, InstrumentKey
from core.errors import TeziError
from core.market import batch
from core.market.columns import SCALES, Columns, Ints
from core.market.packet import CURRENCY
from core.market.wire import CLOSE_AT, MODES, ROW, SEQUENCE_AT, fault, token_of
from core.views import SLOW_TIMES, Freshness, Quote

_DAY_MS = 86_400_000
_HEAD = struct.Struct("<qqq")
_CLOSE = struct.Struct("<q")
SHARDS_MAX = 3
USUAL_TIMES = 8
_LEAST = 3 / 5
"""Bounds of that time in terms of `stale_ms`: this, and `SLOW_TIMES`; 3 s and 30 s for 5 s (reliability 3.2, G14)."""
_REST_EPOCH = -1


class BoardFull(TeziError):
    """More instruments were wanted in one run than the board may hold."""


class QuoteBoard:
    """Implements `core.views.QuoteView`; the feed is its one writer.

    `stale_ms` is how long a price may call itself fresh while nothing is known of its slot. `slots_max` bounds the
    memory (about 0.6 KB a slot). Counts since start: `applied`, `dropped` (older), `garbage`, `unknown` (nobody's, or
    of another connection), `malformed` (no packet), `odd_times`, `read` (quotes of another way taken).
    """

    def __init__(self, clock: Clock, stale_ms: int = 5_000, slots_max: int = 20_000) -> None:
        self._clock = clock
        self._slots_max = slots_max
        self._by_key: dict[InstrumentKey, int] = {}
        self._columns = Columns()
        self.use(stale_ms)
        self._quotes: dict[int, tuple[int, Quote]] = {}
        self._epochs = np.zeros(SHARDS_MAX, np.int64)
        self._down = np.ones(SHARDS_MAX, np.bool_)
        self._last_epoch = 0
        self.applied = self.dropped = self.garbage = self.unknown = self.malformed = self.odd_times = 0
        self.read = 0

    def use(self, stale_ms: int) -> None:
        """Bound by this age from now on; what was learnt of a slot's pace stays."""
        self._least_ns = round(stale_ms * NS_PER_MS * _LEAST)
        self._most_ns = round(stale_ms * NS_PER_MS * SLOW_TIMES)
        columns, first_ns = self._columns, stale_ms * NS_PER_MS // USUAL_TIMES
        columns.usual_ns[columns.usual_ns == columns.usual_first_ns] = first_ns  # of these nothing was learnt
        columns.usual_first_ns = first_ns

    def add(self, instrument: Instrument) -> int:
        """The slot of an instrument, made on first sight and fixed for the life of the board. Raises BoardFull."""
        known = self._by_key.get(instrument.key)
        if known is not None:
            return known
        if self._columns.count >= self._slots_max:
            raise BoardFull(f"{self._slots_max} instruments were watched in this run; restart to watch others")
        slot = self._by_key[instrument.key] = self._columns.add(instrument)
        return slot

    def slot(self, key: InstrumentKey) -> int | None:
        return self._by_key.get(key)

    def revision(self, slot: int) -> int:
        return int(self._columns.revision[slot])

    def quote(self, slot: int) -> Quote:
        """The quote in this slot, made at most once for each packet."""
        revision = int(self._columns.revision[slot])
        made = self._quotes.get(slot)
        if made is not None and made[0] == revision:
            return made[1]
        columns = self._columns
        scale = SCALES[int(columns.exchange_type[slot])]
        quote = scale.quote(
            columns.memory, slot * ROW, int(columns.exchange_ms[slot]), bounded=not columns.is_option[slot]
        )
        self._quotes[slot] = revision, quote
        return quote

    def age_ms(self, slot: int) -> int | None:
        if not self._columns.revision[slot]:
            return None
        return (self._clock.mono_ns() - int(self._columns.received_ns[slot])) // NS_PER_MS

    def freshness(self, slot: int) -> Freshness:
        columns = self._columns
        if not columns.revision[slot]:
            return Freshness.NEVER
        shard = columns.shard[slot]
        if columns.epoch[slot] == _REST_EPOCH:
            return Freshness.REST
        if self._down[shard] or columns.epoch[slot] != self._epochs[shard]:
            return Freshness.DOWN
        late = self._clock.mono_ns() - int(columns.received_ns[slot]) > self.fresh_ns(slot)
        return Freshness.STALE if late else Freshness.FRESH

    def fresh_ns(self, slot: int) -> int:
        """How long a price of this slot may call itself fresh: by how often it usually comes."""
        return min(max(int(self._columns.usual_ns[slot]) * USUAL_TIMES, self._least_ns), self._most_ns)

    def fresh_count(self) -> int:
        """How many slots are fresh now."""
        columns, used = self._columns, slice(self._columns.count)
        fresh_ns = np.clip(columns.usual_ns[used] * USUAL_TIMES, self._least_ns, self._most_ns)
        recent = columns.received_ns[used] >= self._clock.mono_ns() - fresh_ns
        return int(np.count_nonzero(self._live() & recent))

    def live_count(self) -> int:
        """How many slots were touched over the connection that now stands: the coverage of the wanted set."""
        return int(np.count_nonzero(self._live()))

    def silent_share(self, shard: int, silent_ms: int, window_ms: int = 60_000) -> tuple[int, int]:
        """Of the slots that ticked within the window before the last `silent_ms`: how many were silent since, and all.

        Only what came over the connection that now stands counts.
        """
        columns, now_ns = self._columns, self._clock.mono_ns()
        used = slice(columns.count)
        mine = self._live() & (columns.shard[used] == shard)
        received = columns.received_ns[used][mine]
        ticked = received >= now_ns - (window_ms + silent_ms) * NS_PER_MS
        silent = ticked & (received < now_ns - silent_ms * NS_PER_MS)
        return int(np.count_nonzero(silent)), int(np.count_nonzero(ticked))

    def new_epoch(self, shard: int = 0) -> None:
        """A new connection: none of its quotes counts as live until touched again, and any sequence is accepted."""
        self._last_epoch += 1
        self._epochs[shard] = self._last_epoch

    def set_down(self, down: bool, shard: int = 0) -> None:
        """Tell the board whether this connection stands and may be believed; what it still says replaces no quote that
        was read."""
        self._down[shard] = down

    def assign(self, slot: int, shard: int) -> None:
        """From now on this slot is written by this connection only."""
        self._columns.shard[slot] = shard

    def take(self, frame: bytes, shard: int = 0) -> bool:
        """Take one frame over; False when it was dropped (and counted).

        Dropped: what is no packet, an instrument nobody added, the withdrawn mode 4, a last price out of bounds, and a
        packet that is older than what is held (same connection and mode, sequence not higher and exchange time older;
        never for an index, whose sequence means nothing).
        """
        why = fault(frame)
        if why:
            self.malformed += why != "filler"
            return False
        slot = self._columns.by_wire.get((frame[1], token_of(frame)))
        mode = MODES.get(len(frame))
        if slot is None or mode is None or self._columns.shard[slot] != shard:
            self.unknown += 1
            return False
        if self._down[shard] and self._columns.epoch[slot] == _REST_EPOCH:
            self.dropped += 1
            return False
        return self._write(slot, mode, frame, int(self._epochs[shard]))

    def take_run(self, data: bytes, at: int, size: int, stride: int, count: int, shard: int = 0) -> None:
        """Take over `count` frames of `size` bytes, the first at `at`, `stride` apart: as `take` of each, but fast."""
        if size not in MODES or count < batch.MANY or self._down[shard]:
            self._take_each(data, range(at, at + count * stride, stride), size, shard)
            return
        now_ns, newest_ms = self._clock.mono_ns(), self._newest_ms()
        epoch = int(self._epochs[shard])
        for start in range(0, count, batch.CHUNK):
            first, many = at + start * stride, min(batch.CHUNK, count - start)
            rest = batch.take(
                self._columns, data, first, size, stride, many,
                shard=shard, epoch=epoch, now_ns=now_ns, newest_ms=newest_ms,
            )  # fmt: skip
            self.applied += many - len(rest)
            self._take_each(data, [first + n * stride for n in rest], size, shard)

    def take_rest(self, frame: bytes) -> bool:
        """Take over a quote that was read (`core.market.restframe`); only where nothing live stands, else False.

        It is held to the same bounds as a packet. Packets of the stream take its place, whatever their sequence.
        """
        slot = None if fault(frame) else self._columns.by_wire.get((frame[1], token_of(frame)))
        if slot is None or MODES.get(len(frame)) is None:
            self.unknown += 1
            return False
        if self.freshness(slot) in (Freshness.FRESH, Freshness.STALE):
            return False
        _, sent_ms, ltp = _HEAD.unpack_from(frame, SEQUENCE_AT)
        close = self._close(slot, frame)
        if not self._plausible(slot, close, ltp):
            self.garbage += 1
            return False
        self._put(slot, frame, close, self._exchange_ms(sent_ms), _REST_EPOCH)
        self.read += 1
        return True

    def ltp_e4(self, slots: Ints) -> Ints:
        """Last prices of many slots at once, in 1/10,000 rupee; 0 where there is none."""
        columns = self._columns
        wire = np.ascontiguousarray(columns.raw[slots, 43:51]).view(np.int64)[:, 0]
        currency = columns.exchange_type[slots] == CURRENCY
        return np.where(currency, wire // 1_000, wire * 100)

    def fingerprint(self) -> str:
        """One text for everything the market said (not when it was received): equal states give equal texts."""
        columns, digest = self._columns, hashlib.sha256()
        keys = sorted(self._by_key)
        slots = [self._by_key[key] for key in keys]
        digest.update("\n".join(f"{key.exchange} {key.token}" for key in keys).encode())
        for column in (columns.raw, columns.exchange_ms, columns.close, columns.revision):
            digest.update(np.ascontiguousarray(column[slots]).tobytes())
        return digest.hexdigest()

    def _live(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        columns, used = self._columns, slice(self._columns.count)
        shard = columns.shard[used]
        live = (columns.revision[used] > 0) & ~self._down[shard] & (columns.epoch[used] == self._epochs[shard])
        return np.asarray(live, np.bool_)

    def _take_each(self, data: bytes, starts: "range | list[int]", size: int, shard: int) -> None:
        for at in starts:
            self.take(data[at : at + size], shard)

    def _write(self, slot: int, mode: int, frame: bytes, epoch: int) -> bool:
        columns = self._columns
        sequence, sent_ms, ltp = _HEAD.unpack_from(frame, SEQUENCE_AT)
        exchange_ms = self._exchange_ms(sent_ms)
        last = columns.last[mode]
        ordered = not columns.is_index[slot] and last.epoch[slot] == epoch
        if ordered and sequence <= last.sequence[slot] and 0 < exchange_ms < last.exchange_ms[slot]:
            self.dropped += 1
            return False
        close = self._close(slot, frame)
        if not self._plausible(slot, close, ltp):
            self.garbage += 1
            return False
        if columns.epoch[slot] == epoch and columns.revision[slot]:
            self._note_gap(slot)
        self._put(slot, frame, close, exchange_ms, epoch)
        last.sequence[slot], last.exchange_ms[slot], last.epoch[slot] = sequence, exchange_ms, epoch
        self.applied += 1
        return True

    def _close(self, slot: int, frame: bytes) -> int:
        """The previous close that the frame says, or the last good one, in wire units."""
        if len(frame) > CLOSE_AT:
            (sent,) = _CLOSE.unpack_from(frame, CLOSE_AT)
            if 0 < sent <= self._columns.highest[slot]:
                return int(sent)
        return int(self._columns.close[slot])

    def _plausible(self, slot: int, close: int, ltp: int) -> bool:
        columns = self._columns
        if not columns.lowest[slot] <= ltp <= columns.highest[slot]:
            return False
        bounded = close > 0 and ltp > 0 and not columns.is_option[slot]
        return not bounded or (close <= 2 * ltp and ltp <= 2 * close)

    def _put(self, slot: int, frame: bytes, close: int, exchange_ms: int, epoch: int) -> None:
        columns, at = self._columns, slot * ROW
        columns.memory[at : at + len(frame)] = frame
        columns.received_ns[slot], columns.epoch[slot], columns.close[slot] = self._clock.mono_ns(), epoch, close
        columns.exchange_ms[slot] = exchange_ms or columns.exchange_ms[slot]
        columns.revision[slot] += 1

    def _note_gap(self, slot: int) -> None:
        """As `batch.note_gap`, of one."""
        columns = self._columns
        usual_ns = int(columns.usual_ns[slot])
        gap_ns = min(self._clock.mono_ns() - int(columns.received_ns[slot]), batch.GAP_MAX_NS)
        columns.usual_ns[slot] = usual_ns + (gap_ns - usual_ns >> batch.LEARN_SHIFT)

    def _newest_ms(self) -> int:
        return self._clock.wall_ns() // NS_PER_MS + _DAY_MS

    def _exchange_ms(self, exchange_ms: int) -> int:
        """The exchange's time, or 0 (counted) when it is no time: before 2000 or over a day in the future."""
        if exchange_ms == 0:
            return 0
        if batch.OLDEST_MS <= exchange_ms <= self._newest_ms():
            return exchange_ms
        self.odd_times += 1
        return 0
