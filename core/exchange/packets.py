"""Market-stream packets, WebSocket 2.0: little endian, all signed, one packet a frame. Pure.

Layout from the official streaming page: 51 bytes (mode 1), 123 (mode 2), 379 (mode 3).
"""

import struct

from core.clock import NS_PER_MS, NS_PER_S
from core.domain import Exchange
from core.exchange.book import LevelView
from core.exchange.snapshot import Snapshot

LTP, QUOTE, SNAP = 1, 2, 3
_HEAD = struct.Struct("<BB25sqqq")
_QUOTE = struct.Struct("<qqqddqqqq")
_MIDDLE = struct.Struct("<qqd")
_LEVEL = struct.Struct("<hqqh")
_TAIL = struct.Struct("<qqqq")
_ORDERS_MAX = 32_767
_CURRENCY_PER_E4 = 1_000
_PAISA_E4 = 100


def encode(mode: int, quote: Snapshot) -> bytes:
    """One packet; prices in paise, in 1/10,000,000 rupee for the currency segment."""
    currency = quote.listing.instrument.exchange is Exchange.CDS
    packet = _head(mode, quote, currency)
    if mode == LTP:
        return packet
    packet += _QUOTE.pack(
        quote.last_quantity,
        _wire(quote.average_e4, currency),
        quote.volume,
        float(quote.total_buy),
        float(quote.total_sell),
        *(_wire(p, currency) for p in (quote.open_e4, quote.high_e4, quote.low_e4, quote.close_e4)),
    )
    return packet if mode == QUOTE else packet + _depth(quote, currency)


def _head(mode: int, quote: Snapshot, currency: bool) -> bytes:
    row = quote.listing
    return _HEAD.pack(
        mode,
        row.segment,
        row.instrument.token.encode("ascii"),
        quote.sequence,
        quote.time_ns // NS_PER_MS,
        _wire(quote.last_e4, currency),
    )


def _depth(quote: Snapshot, currency: bool) -> bytes:
    row = quote.listing
    ends = (row.upper_e4, row.lower_e4, row.high_52w_e4, row.low_52w_e4)
    return b"".join(
        (
            _MIDDLE.pack(quote.last_ns // NS_PER_S, quote.open_interest, 0.0),
            _side(1, quote.bids, currency),
            _side(0, quote.asks, currency),
            _TAIL.pack(*(_wire(p, currency) for p in ends)),
        )
    )


def _side(flag: int, levels: tuple[LevelView, ...], currency: bool) -> bytes:
    """Five entries; a missing level is zeros with the side's flag."""
    filled = [
        _LEVEL.pack(flag, level.quantity, _wire(level.price_e4, currency), min(level.orders, _ORDERS_MAX))
        for level in levels[:5]
    ]
    return b"".join(filled) + _LEVEL.pack(flag, 0, 0, 0) * (5 - len(filled))


def _wire(price_e4: int, currency: bool) -> int:
    return price_e4 * _CURRENCY_PER_E4 if currency else price_e4 // _PAISA_E4
