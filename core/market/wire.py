"""The byte layouts of the market stream, and the cheap questions that decide whether bytes are a packet at all.

All little endian and without padding: WebSocket Streaming 2.0 documentation, the official Python SDK 1.5.5
(`SmartWebSocketV2._parse_binary_data`) and the Java SDK. The layout of mode 1 begins that of mode 2, which begins that
of mode 3; one row of 379 bytes therefore holds whatever came.
"""

import struct

from core.market.packet import DEPTH_20, EXCHANGE_TYPES, LTP, QUOTE, SNAP_QUOTE, RawLevel

LTP_PACKET = struct.Struct("<BB25sqqq")
QUOTE_PACKET = struct.Struct("<BB25sqqqqqqddqqqq")
SNAP_PACKET = struct.Struct("<BB25sqqqqqqddqqqqqqd" + "hqqh" * 10 + "qqqq")
DEPTH_PACKET = struct.Struct("<BB25sqq" + "iih" * 40)

ROW = SNAP_PACKET.size
LENGTHS = {LTP: LTP_PACKET.size, QUOTE: QUOTE_PACKET.size, SNAP_QUOTE: ROW, DEPTH_20: DEPTH_PACKET.size}
MODES = {LTP_PACKET.size: LTP, QUOTE_PACKET.size: QUOTE, ROW: SNAP_QUOTE}
"""The mode that a frame of this size must have; mode 4 was withdrawn by the broker."""
SEQUENCE_AT, EXCHANGE_MS_AT, LTP_AT, CLOSE_AT = 27, 35, 43, 115
LEVELS_AT, TAIL_AT = 18, 58
"""Where in the unpacked fields of `SNAP_PACKET` the ten levels begin and end, four fields each."""

_KNOWN_EXCHANGES = frozenset(EXCHANGE_TYPES.values())
_USUAL_FLAGS = (1,) * 5 + (0,) * 5


def fault(frame: bytes) -> str:
    """Why these bytes are no packet; empty when they are one. Whatever the bytes, this does not raise.

    `empty`, `filler`, `1 byte`, `mode 9`, `50 bytes for mode 1`, `exchange 99`, `token`. A filler is the single NUL
    byte seen between messages: a sign of life and no fault.
    """
    if len(frame) < 2:
        return ("filler" if frame == b"\0" else "1 byte") if frame else "empty"
    expected = LENGTHS.get(frame[0])
    if expected is None:
        return f"mode {frame[0]}"
    if len(frame) != expected:
        return f"{len(frame)} bytes for mode {frame[0]}"
    if frame[1] not in _KNOWN_EXCHANGES:
        return f"exchange {frame[1]}"
    token = token_of(frame)
    return "" if token and token.isascii() and token.isprintable() else "token"


def token_of(frame: bytes) -> str:
    """The token: up to the first NUL or all 25 bytes."""
    return frame[2:27].partition(b"\0")[0].decode("latin-1")


def sides(flat: tuple[int, ...]) -> tuple[tuple[RawLevel, ...], tuple[RawLevel, ...]]:
    """Bids and asks of the ten levels. Flag 1 is a bid, 0 an ask; when all flags are equal the first five are bids."""
    flags = flat[::4]
    levels: tuple[RawLevel, ...] = tuple(zip(flat[1::4], flat[2::4], flat[3::4], strict=True))
    if flags == _USUAL_FLAGS or len(set(flags)) == 1:
        return levels[:5], levels[5:]
    bids = tuple(level for flag, level in zip(flags, levels, strict=True) if flag != 0)
    asks = tuple(level for flag, level in zip(flags, levels, strict=True) if flag == 0)
    return bids, asks
