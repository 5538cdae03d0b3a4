"""Market frames to packets: pure, exact, and silent about nothing.

Layouts, all little endian and without padding: WebSocket Streaming 2.0 documentation, the official Python SDK 1.5.5
(`SmartWebSocketV2._parse_binary_data`) and the Java SDK. Flag 1 of a best-five entry is a bid, 0 an ask; when all ten
flags are equal the first five are bids (the Java SDK's reading).
"""

import struct
from typing import Any

import msgspec

from core.market.packet import DEPTH_20, EXCHANGE_TYPES, LTP, QUOTE, SNAP_QUOTE, Packet, RawLevel

_LTP = struct.Struct("<BB25sqqq")
_QUOTE = struct.Struct("<BB25sqqqqqqddqqqq")
_SNAP = struct.Struct("<BB25sqqqqqqddqqqqqqd" + "hqqh" * 10 + "qqqq")
_DEPTH_20 = struct.Struct("<BB25sqq" + "iih" * 40)

LENGTHS = {LTP: _LTP.size, QUOTE: _QUOTE.size, SNAP_QUOTE: _SNAP.size, DEPTH_20: _DEPTH_20.size}
_LEVELS_AT = 18
_TAIL_AT = _LEVELS_AT + 40
_KNOWN_EXCHANGES = frozenset(EXCHANGE_TYPES.values())


class Malformed(msgspec.Struct, frozen=True):
    """A frame that is no packet, and why: `empty`, `filler`, `mode 9`, `50 bytes for mode 1`, `exchange 99`, `token`.

    `filler` is the single NUL byte seen between messages: a sign of life and no fault.
    """

    why: str


FILLER = Malformed("filler")


def decode(frame: bytes) -> Packet | Malformed:
    """The packet in one binary frame. Never raises, whatever the bytes."""
    if len(frame) < 2:
        return FILLER if frame == b"\0" else Malformed("empty" if not frame else "1 byte")
    mode = frame[0]
    expected = LENGTHS.get(mode)
    if expected is None:
        return Malformed(f"mode {mode}")
    if len(frame) != expected:
        return Malformed(f"{len(frame)} bytes for mode {mode}")
    if frame[1] not in _KNOWN_EXCHANGES:
        return Malformed(f"exchange {frame[1]}")
    token = frame[2:27].partition(b"\0")[0].decode("latin-1")
    if not (token and token.isascii() and token.isprintable()):
        return Malformed("token")
    return _DECODERS[mode](frame, token)


def _ltp(frame: bytes, token: str) -> Packet:
    mode, exchange, _, sequence, exchange_ms, ltp = _LTP.unpack(frame)
    return Packet(mode, exchange, token, sequence, exchange_ms, ltp)


def _quote(frame: bytes, token: str) -> Packet:
    mode, exchange, _, *rest = _QUOTE.unpack(frame)
    return Packet(mode, exchange, token, *rest)


def _snap(frame: bytes, token: str) -> Packet:
    f = _SNAP.unpack(frame)
    bids, asks = _sides(f[_LEVELS_AT:_TAIL_AT])
    fields: list[Any] = [f[0], f[1], token, *f[3:_LEVELS_AT], bids, asks, *f[_TAIL_AT:]]
    return Packet(*fields)


def _sides(flat: tuple[int, ...]) -> tuple[tuple[RawLevel, ...], tuple[RawLevel, ...]]:
    flags = flat[::4]
    levels: tuple[RawLevel, ...] = tuple(zip(flat[1::4], flat[2::4], flat[3::4], strict=True))
    if flags == _USUAL_FLAGS or len(set(flags)) == 1:
        return levels[:5], levels[5:]
    bids = tuple(level for flag, level in zip(flags, levels, strict=True) if flag != 0)
    asks = tuple(level for flag, level in zip(flags, levels, strict=True) if flag == 0)
    return bids, asks


_USUAL_FLAGS = (1,) * 5 + (0,) * 5


def _depth_20(frame: bytes, token: str) -> Packet:
    mode, exchange, _, exchange_ms, received_ms, *flat = _DEPTH_20.unpack(frame)
    levels: tuple[RawLevel, ...] = tuple(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    return Packet(mode, exchange, token, 0, exchange_ms, 0, bids=levels[:20], asks=levels[20:], received_ms=received_ms)


_DECODERS = {LTP: _ltp, QUOTE: _quote, SNAP_QUOTE: _snap, DEPTH_20: _depth_20}
