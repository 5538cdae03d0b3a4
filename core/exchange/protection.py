"""Market-price protection: a MARKET order works as a limit order a little beyond the touch (official notice, 2026)."""

from core.domain import Exchange, Kind, Side
from core.exchange.listing import Listing
from core.money import E4

_BANDS_E4 = (10 * E4, 20 * E4, 50 * E4)
"""Premiums that part the four margins of options: below 10, to 20, to 50, above."""
_INDEX_OPTION, _STOCK_OPTION = (200, 100, 50, 25), (400, 200, 100, 50)
_CASH, _INDEX_FUTURE, _STOCK_FUTURE, _COMMODITY_FUTURE = 5, 5, 10, 10


def protected_e4(listing: Listing, side: Side, reference_e4: int) -> int:
    """The working limit, on a tick and inside the circuit band; `reference_e4` is the touch or the last price."""
    tick_e4 = listing.instrument.tick_e4
    margin_e4 = reference_e4 * margin_per_mille(listing, reference_e4) // 1_000
    limit_e4 = (reference_e4 + side * margin_e4) // tick_e4 * tick_e4
    return min(max(limit_e4, listing.lower_e4), listing.upper_e4)


def margin_per_mille(listing: Listing, reference_e4: int) -> int:
    """How far beyond the touch, in thousandths: by kind, and for options by premium."""
    kind, is_stock = listing.instrument.kind, listing.type_name.endswith("STK")
    if kind is Kind.OPTION:
        step = sum(reference_e4 > edge for edge in _BANDS_E4)
        return (_STOCK_OPTION if is_stock else _INDEX_OPTION)[step]
    if kind is not Kind.FUTURE:
        return _CASH
    if listing.instrument.exchange in (Exchange.MCX, Exchange.NCDEX):
        return _COMMODITY_FUTURE
    return _STOCK_FUTURE if is_stock else _INDEX_FUTURE
