"""Market-stream packets, WebSocket 2.0: little endian, all signed, one packet a frame. Pure.

Layout from the official streaming page: 51 bytes (mode 1), 123 (mode 2), 379 (mode 3); 443 in the retired mode 4.
"""

import struct

from core.clock import NS_PER_MS, NS_PER_S
from core.domain import Exchange
from core.exchange.book import LevelView
from core.exchange.snapshot import Snapshot

LTP, QUOTE, SNAP, DEPTH20 = 1, 2, 3, 4
_HEAD = "<BB25sqqq"
_DAY = "qqqddqqqq"
_LTP = struct.Struct(_HEAD)
_QUOTE = struct.Struct(_HEAD + _DAY)
_SNAP = struct.Struct(_HEAD + _DAY + "qqd" + "hqqh" * 10 + "qqqq")
_DEPTH20 = struct.Struct("<BB25sqq" + "iih" * 40)
_ORDERS_MAX, _INT_MAX = 32_767, 2_147_483_647
_CURRENCY_PER_E4 = 1_000
_PAISA_E4 = 100
_BEST, _DEEP = 5, 20
LEVELS = {LTP: 0, QUOTE: 0, SNAP: _BEST, DEPTH20: _DEEP}
"""The levels a side that a mode shows."""
_NO_BID, _NO_ASK = (1, 0, 0, 0), (0, 0, 0, 0)


def encode(mode: int, quote: Snapshot) -> bytes:
    """One packet; prices in paise, in 1/10,000,000 rupee for the currency segment."""
    row = quote.listing
    instrument = row.instrument
    times, by = (_CURRENCY_PER_E4, 1) if instrument.exchange is Exchange.CDS else (1, _PAISA_E4)
    token = instrument.token.encode("ascii")
    time_ms = quote.time_ns // NS_PER_MS
    if mode == DEPTH20:
        return _DEPTH20.pack(4, row.segment, token, time_ms, time_ms, *_deep(quote.bids), *_deep(quote.asks))
    head = (mode, row.segment, token, quote.sequence, time_ms, quote.last_e4 * times // by)
    if mode == LTP:
        return _LTP.pack(*head)
    day = (
        quote.last_quantity,
        quote.average_e4 * times // by,
        quote.volume,
        quote.total_buy,
        quote.total_sell,
        quote.open_e4 * times // by,
        quote.high_e4 * times // by,
        quote.low_e4 * times // by,
        quote.close_e4 * times // by,
    )
    if mode == QUOTE:
        return _QUOTE.pack(*head, *day)
    return _SNAP.pack(
        *head,
        *day,
        quote.last_ns // NS_PER_S,
        quote.open_interest,
        0.0,
        *_side(1, quote.bids, times, by),
        *_side(0, quote.asks, times, by),
        row.upper_e4 * times // by,
        row.lower_e4 * times // by,
        row.high_52w_e4 * times // by,
        row.low_52w_e4 * times // by,
    )


def _side(flag: int, levels: tuple[LevelView, ...], times: int, by: int) -> list[int]:
    """Five entries of flag, quantity, price, orders; a missing level is zeros with the side's flag."""
    fields: list[int] = []
    for price_e4, quantity, orders in levels[:_BEST]:
        fields += (flag, quantity, price_e4 * times // by, orders if orders < _ORDERS_MAX else _ORDERS_MAX)
    if len(levels) < _BEST:
        fields += (_NO_BID if flag else _NO_ASK) * (_BEST - len(levels))
    return fields


def _deep(levels: tuple[LevelView, ...]) -> list[int]:
    """Twenty entries of quantity, price, orders (mode 4, shares only)."""
    fields: list[int] = []
    for price_e4, quantity, orders in levels[:_DEEP]:
        fields += (min(quantity, _INT_MAX), price_e4 // _PAISA_E4, min(orders, _ORDERS_MAX))
    return fields + [0] * (3 * _DEEP - len(fields))
