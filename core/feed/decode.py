"""Market frames to typed packets, for those who ask: tape readers, strategies, tests. The screen needs none of them."""

from typing import Any

import msgspec

from core.market.packet import DEPTH_20, LTP, QUOTE, SNAP_QUOTE, Packet, RawLevel
from core.market.wire import (
    DEPTH_PACKET,
    LENGTHS,
    LEVELS_AT,
    LTP_PACKET,
    QUOTE_PACKET,
    SNAP_PACKET,
    TAIL_AT,
    fault,
    sides,
    token_of,
)

__all__ = ["FILLER", "LENGTHS", "Malformed", "decode"]


class Malformed(msgspec.Struct, frozen=True):
    """A frame that is no packet, and why, in the words of `core.market.wire.fault`."""

    why: str


FILLER = Malformed("filler")


def decode(frame: bytes) -> Packet | Malformed:
    """The packet in one binary frame. Never raises, whatever the bytes."""
    why = fault(frame)
    if why:
        return FILLER if why == FILLER.why else Malformed(why)
    return _DECODERS[frame[0]](frame, token_of(frame))


def _ltp(frame: bytes, token: str) -> Packet:
    mode, exchange, _, sequence, exchange_ms, ltp = LTP_PACKET.unpack(frame)
    return Packet(mode, exchange, token, sequence, exchange_ms, ltp)


def _quote(frame: bytes, token: str) -> Packet:
    mode, exchange, _, *rest = QUOTE_PACKET.unpack(frame)
    return Packet(mode, exchange, token, *rest)


def _snap(frame: bytes, token: str) -> Packet:
    f = SNAP_PACKET.unpack(frame)
    bids, asks = sides(f[LEVELS_AT:TAIL_AT])
    fields: list[Any] = [f[0], f[1], token, *f[3:LEVELS_AT], bids, asks, *f[TAIL_AT:]]
    return Packet(*fields)


def _depth_20(frame: bytes, token: str) -> Packet:
    mode, exchange, _, exchange_ms, received_ms, *flat = DEPTH_PACKET.unpack(frame)
    levels: tuple[RawLevel, ...] = tuple(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    return Packet(mode, exchange, token, 0, exchange_ms, 0, bids=levels[:20], asks=levels[20:], received_ms=received_ms)


_DECODERS = {LTP: _ltp, QUOTE: _quote, SNAP_QUOTE: _snap, DEPTH_20: _depth_20}
