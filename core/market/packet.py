"""One market packet as the wire gives it, and the numbers the wire gives to exchanges and modes.

Everything here is raw: prices are the wire's integers (paise; 1e-7 rupee for the currency segment). What they mean as
money is the quote board's business.
"""

import msgspec

from core.domain import Exchange

LTP, QUOTE, SNAP_QUOTE, DEPTH_20 = 1, 2, 3, 4
"""Subscription modes (WebSocket Streaming 2.0 documentation; equal to the official SDK's constants, by test)."""

EXCHANGE_TYPES: dict[Exchange, int] = {
    Exchange.NSE: 1,
    Exchange.NFO: 2,
    Exchange.BSE: 3,
    Exchange.BFO: 4,
    Exchange.MCX: 5,
    Exchange.NCDEX: 7,
    Exchange.CDS: 13,
}
"""The number of each exchange on the stream (same sources)."""

CURRENCY = EXCHANGE_TYPES[Exchange.CDS]
"""The one exchange type whose prices come in 1e-7 rupee instead of paise."""


RawLevel = tuple[int, int, int]
"""One price of the book as sent: units, wire price, number of orders. A plain tuple: ten are made per frame."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One decoded frame. Fields after `ltp` are zero or empty in the modes that do not carry them.

    `total_buy`, `total_sell` and `oi_change` are doubles on the wire and may be NaN. `oi_change` is a dummy, not for
    display. `received_ms` is filled by mode 4 only, which in turn has no sequence and no last price.
    """

    mode: int
    exchange_type: int
    token: str
    sequence: int
    exchange_ms: int
    ltp: int
    ltq: int = 0
    average: int = 0
    volume: int = 0
    total_buy: float = 0.0
    total_sell: float = 0.0
    open: int = 0
    high: int = 0
    low: int = 0
    close: int = 0
    last_trade_s: int = 0
    open_interest: int = 0
    oi_change: float = 0.0
    bids: tuple[RawLevel, ...] = ()
    asks: tuple[RawLevel, ...] = ()
    upper: int = 0
    lower: int = 0
    high_52w: int = 0
    low_52w: int = 0
    received_ms: int = 0
