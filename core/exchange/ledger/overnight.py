"""What a trading day leaves to the next: cash, carried positions, settled shares. Pure; 1/10,000 rupee.

DELIVERY becomes holdings, which settle a trading day later. CARRYFORWARD and MARGIN carry at the value they were taken
on at. INTRADAY that is still open, contracts that expired, and what is listed no more, end in cash. Charges of the
day's executed orders are taken.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from core.domain import InstrumentKey, Kind, Product, Side
from core.exchange.account import Account, Carried, LastPrice, Position, Slot
from core.exchange.ledger.demat import Demat, Held
from core.exchange.ledger.margins import intrinsic_e4
from core.exchange.listing import Listing
from core.exchange.orders import OwnTrade
from core.tariff import segment_of, tariff

Listings = Mapping[InstrumentKey, Listing]


class Evening(msgspec.Struct, frozen=True):
    """What the account is after the day."""

    cash_e4: int
    charges_e4: int
    carried: list[Carried]
    holdings: list[Held]


def overnight(account: Account, trades: Iterable[OwnTrade], listings: Listings, last: LastPrice, day: date) -> Evening:
    """Close the books of a day."""
    demat = Demat(msgspec.structs.replace(row) for row in account.demat.rows())
    demat.settle()
    sold = {
        slot.key for slot, position in account.slots.items() if slot.product is Product.DELIVERY and position.net < 0
    }
    charges_e4 = charges_of(trades, listings, day) + len(sold) * tariff().depository_e4(day)
    cash_e4, carried = account.cash_e4 - charges_e4, list[Carried]()
    for slot, position in account.slots.items():
        if slot.product is Product.DELIVERY:
            cash_e4 += _deliver(slot, position, demat)
        elif _carries(slot, listings.get(slot.key), day):
            cash_e4 += position.realised_e4
            if position.net:
                key = slot.key
                cost_e4 = position.open_cost_e4
                carried.append(Carried(key.exchange, key.token, position.symbol, slot.product, position.net, cost_e4))
        else:
            cash_e4 += position.profit_e4(settlement_e4(slot.key, listings, last, day))
    return Evening(cash_e4, charges_e4, carried, demat.rows())


def charges_of(trades: Iterable[OwnTrade], listings: Listings, day: date) -> int:
    """Charges of the executed orders: of each order once."""
    orders: dict[str, tuple[OwnTrade, int]] = {}
    for trade in trades:
        value_e4 = orders[trade.order_id][1] if trade.order_id in orders else 0
        orders[trade.order_id] = (trade, value_e4 + trade.price_e4 * trade.quantity)
    total_e4 = 0
    for trade, value_e4 in orders.values():
        listing = listings.get(trade.key)
        if listing is not None:
            segment = segment_of(listing.instrument, trade.product)
            total_e4 += tariff().charges(day, trade.exchange, segment, Side(trade.side), value_e4).total_e4
    return total_e4


def settlement_e4(key: InstrumentKey, listings: Listings, last: LastPrice, day: date) -> int:
    """The price at which what does not carry ends: an expired contract by its underlying, anything else at the last."""
    listing = listings.get(key)
    if listing is None or not _expired(listing, day):
        return last(key)
    if listing.instrument.kind is Kind.OPTION:
        return intrinsic_e4(listing, last(_spot(listing, listings)))
    return last(_spot(listing, listings))


def _spot(listing: Listing, listings: Listings) -> InstrumentKey:
    """What a contract is measured against at its end: for an option, not its future but what that follows."""
    while listing.members and listing.instrument.kind in (Kind.OPTION, Kind.FUTURE):
        above = listings.get(listing.members[0])
        if above is None:
            break
        listing = above
    return listing.key


def _deliver(slot: Slot, position: Position, demat: Demat) -> int:
    """Turn a day's delivery into holdings; gives what cash gains."""
    cost_e4 = position.open_cost_e4
    if position.net > 0:
        demat.bought(slot.key, position.symbol, position.net, cost_e4)
        return position.realised_e4 - cost_e4
    if position.net < 0:
        demat.sold(slot.key, -position.net)
    return position.realised_e4 + cost_e4


def _carries(slot: Slot, listing: Listing | None, day: date) -> bool:
    kept = slot.product in (Product.CARRYFORWARD, Product.MARGIN)
    return kept and listing is not None and not _expired(listing, day)


def _expired(listing: Listing, day: date) -> bool:
    expiry = listing.instrument.expiry
    return bool(expiry) and date.fromisoformat(expiry) <= day
