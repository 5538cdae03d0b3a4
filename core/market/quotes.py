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

from core.clock import NS_PER_MS, NS_PER_S, Clock
from core.config import Limits
from core.domain import Instrument, InstrumentKey
from core.errors import TeziError
from core.market import batch, live
from core.market.columns import GAP, REWOUND, SCALES, Columns, Ints
from core.market.live import on_index
from core.market.packet import CURRENCY
from core.market.wire import CLOSE_AT, MODES, ROW, SEQUENCE_AT, fault, token_of
from core.views import Freshness, Quote

_DAY_MS = 86_400_000
_HEAD = struct.Struct("<qqq")
_CLOSE = struct.Struct("<q")
SHARDS_MAX = 3
_USUAL_NS = 625 * NS_PER_MS
"""How far apart packets come while nothing is known of a slot: fresh for 5 s."""
_REST_EPOCH = -1
_SEQUENCE_MAX = (1 << 63) - 1
_DROPS_MAX = 5


class BoardFull(TeziError):
    """More instruments were wanted in one run than the board may hold."""


class QuoteBoard:
    """Implements `core.views.QuoteView`; the feed is its one writer.

    `limits` hold the oldest price that may call itself fresh. `slots_max` bounds the memory (about 0.6 KB a slot).
    Counts since start: `applied`, `dropped` (older), `garbage`, `unknown` (nobody's, or of another connection),
    `malformed` (no packet), `odd_times`, `read` (quotes of another way taken).
    """

    def __init__(self, clock: Clock, limits: Limits | None = None, slots_max: int = 20_000) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._slots_max = slots_max
        self._by_key: dict[InstrumentKey, int] = {}
        self._keys: list[InstrumentKey] = []
        self._drops: dict[int, tuple[int, int]] = {}
        self._columns = Columns(_USUAL_NS)
        self._quotes: dict[int, tuple[int, Quote]] = {}
        self._epochs = np.zeros(SHARDS_MAX, np.int64)
        self._down = np.ones(SHARDS_MAX, np.bool_)
        self._last_epoch = 0
        self.applied = self.dropped = self.garbage = self.unknown = self.malformed = self.odd_times = 0
        self.read = 0

    def add(self, instrument: Instrument) -> int:
        """The slot of an instrument, made on first sight and fixed for the life of the board. Raises BoardFull."""
        known = self._by_key.get(instrument.key)
        if known is not None:
            return known
        if self._columns.count >= self._slots_max:
            raise BoardFull(f"{self._slots_max} instruments were watched in this run; restart to watch others")
        slot = self._by_key[instrument.key] = self._columns.add(instrument)
        self._keys.append(instrument.key)
        self._columns.on_index[slot] = on_index(instrument)
        return slot

    def use(self, limits: Limits) -> None:
        """Judge ages by these limits from now on."""
        self._limits = limits

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
        if self._clock.mono_ns() - int(columns.received_ns[slot]) > self.fresh_ns(slot):
            return Freshness.STALE
        return Freshness.FRESH if self._is_sound(slot) else Freshness.STALE

    def is_live(self, slot: int) -> bool:
        """Whether the connection that now stands has touched it, however long ago."""
        columns = self._columns
        shard = columns.shard[slot]
        return bool(columns.revision[slot] and not self._down[shard] and columns.epoch[slot] == self._epochs[shard])

    def fresh_ns(self, slot: int) -> int:
        """How long a price of this slot may call itself fresh: how often it usually comes, and what the gate takes."""
        oldest = live.oldest_ms(self._limits, on_index=bool(self._columns.on_index[slot]))
        return live.late_ms(int(self._columns.usual_ns[slot]) // NS_PER_MS, oldest) * NS_PER_MS

    def fresh_count(self) -> int:
        """How many slots are fresh now."""
        columns, used = self._columns, slice(self._columns.count)
        oldest_ms = np.where(
            columns.on_index[used],
            live.oldest_ms(self._limits, on_index=True),
            live.oldest_ms(self._limits, on_index=False),
        )
        late_ns = live.late_each_ms(columns.usual_ns[used] // NS_PER_MS, oldest_ms) * NS_PER_MS
        recent = self._live() & (columns.received_ns[used] >= self._clock.mono_ns() - late_ns)
        doubtful = recent & columns.doubtful()
        unsound = sum(not self._is_sound(int(slot)) for slot in np.flatnonzero(doubtful))
        return int(np.count_nonzero(recent)) - unsound

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

    def take_rest(self, frame: bytes, *, recorded: bool = False) -> bool:
        """Take over a quote that was read (`core.market.restframe`); only where nothing live stands, else False.

        It is held to the same bounds as a packet. Packets of the stream take its place, whatever their sequence. Of a
        suspect slot it replaces a live quote as well: after a gap when it is newer, and after many drops also when the
        quote is stale; then only packets that are not older than it follow. `recorded`: it was taken once, and is
        again. Either way the slot is no longer suspect.
        """
        slot = None if fault(frame) else self._columns.by_wire.get((frame[1], token_of(frame)))
        if slot is None or MODES.get(len(frame)) is None:
            self.unknown += 1
            return False
        _, sent_ms, ltp = _HEAD.unpack_from(frame, SEQUENCE_AT)
        exchange_ms, close = self._exchange_ms(sent_ms), self._close(slot, frame)
        stands = self.is_live(slot)
        if stands and not recorded and not self._overrules(slot, exchange_ms):
            self._columns.suspect[slot] = 0
            return False
        if not self._plausible(slot, close, ltp):
            self.garbage += 1
            return False
        self._columns.suspect[slot] = 0
        if stands:
            for last in self._columns.last.values():
                last.sequence[slot], last.exchange_ms[slot] = _SEQUENCE_MAX, exchange_ms
        self._put(slot, frame, close, exchange_ms, _REST_EPOCH)
        self.read += 1
        return True

    def suspects(self) -> dict[InstrumentKey, bool]:
        """What should be read by another way although its connection stands; True for what is dropped again and again,
        False where packets may be missing."""
        found = np.flatnonzero(self._columns.suspect[: self._columns.count])
        return {self._keys[slot]: bool(self._columns.suspect[slot] == REWOUND) for slot in found}

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

    def _overrules(self, slot: int, exchange_ms: int) -> bool:
        suspect = self._columns.suspect[slot]
        if suspect and exchange_ms > self._columns.exchange_ms[slot]:
            return True
        return bool(suspect == REWOUND) and self.freshness(slot) is Freshness.STALE

    def _note_drop(self, slot: int) -> None:
        """Five within a second are no disorder on the way: the numbers, or the clock behind them, began anew."""
        now_ns = self._clock.mono_ns()
        since_ns, count = self._drops.get(slot, (now_ns, 0))
        if now_ns - since_ns >= NS_PER_S:
            since_ns, count = now_ns, 0
        self._drops[slot] = since_ns, count + 1
        if count + 1 >= _DROPS_MAX:
            self._columns.suspect[slot] = REWOUND

    def _is_sound(self, slot: int) -> bool:
        quote = self.quote(slot)
        return live.sound(quote.ltp_e4, quote.bid_e4, quote.ask_e4)

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
            self._note_drop(slot)
            return False
        close = self._close(slot, frame)
        if not self._plausible(slot, close, ltp):
            self.garbage += 1
            return False
        if columns.epoch[slot] == epoch and columns.revision[slot]:
            self._note_gap(slot)
        if ordered and sequence - int(last.sequence[slot]) > batch.JUMP:
            columns.suspect[slot] = max(columns.suspect[slot], GAP)
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
