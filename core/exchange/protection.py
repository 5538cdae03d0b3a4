"""Market-price protection: a MARKET order works as a limit order a little beyond the touch (official notice, 2026)."""

from core.domain import Kind, Side
from core.exchange.listing import Listing

_PER_MILLE = {Kind.EQUITY: 5, Kind.FUTURE: 5}
"""Shares and index futures 0.5 %."""


def protected_e4(listing: Listing, side: Side, reference_e4: int) -> int:
    """The working limit, on a tick and inside the circuit band; `reference_e4` is the touch or the last price."""
    tick_e4 = listing.instrument.tick_e4
    margin_e4 = reference_e4 * _PER_MILLE.get(listing.instrument.kind, 10) // 1_000
    limit_e4 = (reference_e4 + side * margin_e4) // tick_e4 * tick_e4
    return min(max(limit_e4, listing.lower_e4), listing.upper_e4)
