"""Many packets of one size into the board at once.

Whatever is not plainly good is left to the plain path, and with it every other packet of that slot, so that the order
within a slot is kept and both paths end in the same state.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from core.clock import NS_PER_S
from core.market.columns import GAP, Columns, Ints, Last, key
from core.market.packet import LTP
from core.market.wire import CLOSE_AT, EXCHANGE_MS_AT, LTP_AT, MODES, SEQUENCE_AT, token_of

MANY = 56
"""From here on numpy is cheaper than one packet at a time (measured: 75 us a batch, 1.4 us a packet)."""
CHUNK = 1_024
"""So that a batch and the rows it touches stay in the cache."""
OLDEST_MS = 946_684_800_000
"""2000-01-01: an exchange time before it is no time."""
LEARN_SHIFT = 3
"""The usual gap moves an eighth of the way to each new one."""
JUMP = 1_000
"""A sequence that rises by more may have left packets out (reliability 5.6). Not proof: in recordings of the broker's
stream a number counts more than one token, and 1 to 38 % of the packets of a share or future rise by more. Within one
batch, all of a slot's packets are compared with the one before the batch."""
GAP_MAX_NS = 60 * NS_PER_S
_Flags = npt.NDArray[np.bool_]


def _layout(size: int) -> np.dtype[Any]:
    names = ["mode", "exchange", "token", "long", "sequence", "ms", "ltp"]
    formats = ["u1", "u1", "<u8", "<u8", "<i8", "<i8", "<i8"]
    offsets = [0, 1, 2, 10, SEQUENCE_AT, EXCHANGE_MS_AT, LTP_AT]
    if size > CLOSE_AT:
        names, formats, offsets = [*names, "close"], [*formats, "<i8"], [*offsets, CLOSE_AT]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


_LAYOUTS = {size: _layout(size) for size in MODES}


def take(
    columns: Columns, data: bytes, at: int, size: int, stride: int, count: int, *, shard: int, epoch: int,
    now_ns: int, newest_ms: int,
) -> list[int]:  # fmt: skip
    """Write what is plainly good; gives the positions of the rest, in order, for the plain path.

    `data` holds `count` packets of `size` bytes, the first at `at`, `stride` apart. Bounds of an exchange time:
    `OLDEST_MS` and `newest_ms`.
    """
    frames = np.ndarray((count,), _LAYOUTS[size], data, at, (stride,))
    slots, found = _slots(columns, frames, MODES[size], shard)
    if slots is None:
        return list(range(count))
    last = columns.last[MODES[size]]
    sequence, ms, ltp = frames["sequence"], frames["ms"], frames["ltp"]
    close = columns.close[slots] if MODES[size] == LTP else frames["close"]
    odd = ~found | (ms < OLDEST_MS) | (ms > newest_ms)
    odd |= _older(columns, last, slots, sequence, ms, epoch) | _implausible(columns, slots, ltp, close)
    odd |= close < (0 if MODES[size] == LTP else 1)  # the plain path keeps the last good one
    odd |= _repeats(columns, np.where(found, slots, -1), sequence, ms)
    rest: list[int] = []
    payloads = np.ndarray((count,), f"V{size}", data, at, (stride,))
    if odd.any():
        odd = _whole_slots(columns, slots, odd, found, payloads)
        good = ~odd
        rest = np.flatnonzero(odd).tolist()
        slots, payloads = slots[good], payloads[good]
        sequence, ms, close = sequence[good], ms[good], close[good]
    columns.starts[size][slots] = payloads
    jumped = (last.epoch[slots] == epoch) & ~columns.is_index[slots] & (sequence - last.sequence[slots] > JUMP)
    if jumped.any():
        columns.suspect[slots[jumped]] = np.maximum(columns.suspect[slots[jumped]], GAP)
    note_gap(columns, slots, now_ns, epoch)
    columns.received_ns[slots], columns.epoch[slots] = now_ns, epoch
    columns.exchange_ms[slots], columns.close[slots] = ms, close
    last.sequence[slots], last.exchange_ms[slots], last.epoch[slots] = sequence, ms, epoch
    np.add.at(columns.revision, slots, 1)
    return rest


def note_gap(columns: Columns, slots: Ints, now_ns: int, epoch: int) -> None:
    """Learn how far apart the packets of these slots come; of one connection only, before the new time is written."""
    usual_ns = columns.usual_ns[slots]
    gap_ns = np.minimum(now_ns - columns.received_ns[slots], GAP_MAX_NS)
    learnt = usual_ns + (gap_ns - usual_ns >> LEARN_SHIFT)
    known = (columns.epoch[slots] == epoch) & (columns.revision[slots] > 0)
    columns.usual_ns[slots] = np.where(known, learnt, usual_ns)


def _slots(columns: Columns, frames: Any, mode: int, shard: int) -> tuple[Ints | None, _Flags]:
    """The slot of each packet, and whether it surely is this packet's and may be written from this shard."""
    keys, slots = columns.index()
    if not len(keys):
        return None, np.zeros(0, np.bool_)
    wanted = key(frames["token"], frames["exchange"])
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found_slots: Ints = slots[at]
    found: _Flags = (keys[at] == wanted) & (columns.exchange_type[found_slots] == frames["exchange"])
    found &= (frames["long"] == 0) & (frames["mode"] == mode) & (columns.shard[found_slots] == shard)
    return found_slots, found


def _older(columns: Columns, last: Last, slots: Ints, sequence: Ints, ms: Ints, epoch: int) -> _Flags:
    held = (last.epoch[slots] == epoch) & ~columns.is_index[slots]
    older: _Flags = held & (sequence <= last.sequence[slots]) & (ms < last.exchange_ms[slots])
    return older


def _implausible(columns: Columns, slots: Ints, ltp: Ints, close: Ints) -> _Flags:
    """Out of bounds, or beyond half and twice the previous close."""
    highest = columns.highest[slots]
    odd: _Flags = (ltp < columns.lowest[slots]) | (ltp > highest) | (close > highest)
    near = (close > 0) & (ltp > 0) & ~columns.is_option[slots]
    return odd | (near & ((close > 2 * ltp) | (ltp > 2 * close)))


def _repeats(columns: Columns, slots: Ints, sequence: Ints, ms: Ints) -> _Flags:
    """Of packets of one slot in one batch: those that are older than the one before them."""
    odd = np.zeros(len(slots), np.bool_)
    order = np.argsort(slots, kind="stable")
    sorted_slots = slots[order]
    same = sorted_slots[1:] == sorted_slots[:-1]
    if same.any():
        sorted_sequence, sorted_ms = sequence[order], ms[order]
        same &= (sorted_sequence[1:] <= sorted_sequence[:-1]) & (sorted_ms[1:] < sorted_ms[:-1])
        odd[order[1:][same & ~columns.is_index[sorted_slots[1:]]]] = True
    return odd


def _whole_slots(columns: Columns, slots: Ints, odd: _Flags, found: _Flags, payloads: Any) -> _Flags:
    """Everything of a slot that has anything odd, and everything that was not found: the plain path may know it."""
    touched = slots[odd & found].tolist()
    for n in np.flatnonzero(~found).tolist():
        frame = payloads[n].tobytes()
        slot = columns.by_wire.get((frame[1], token_of(frame)))
        if slot is not None:
            touched.append(slot)
    columns.mark[touched] = True
    whole: _Flags = columns.mark[slots] | ~found
    columns.mark[touched] = False
    return whole
