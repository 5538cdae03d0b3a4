"""What a trading day begins with: a first one with nothing but cash, any other with what the day before left. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

import msgspec

from core.domain import Exchange, InstrumentKey
from core.exchange.account import Account, Carried
from core.exchange.gtt import Rule
from core.exchange.ledger.demat import Demat, Held
from core.exchange.ledger.overnight import overnight
from core.exchange.listed import instruments_of
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, OwnTrade
from core.exchange.truth import Remembered

Listings = Mapping[InstrumentKey, Listing]


class Morning(msgspec.Struct, frozen=True):
    """Everything in 1/10,000 rupee. `closes` are previous closes, keyed `NSE:SBIN-EQ`; empty: those of the listing."""

    cash_e4: int
    charges_e4: int
    carried: list[Carried]
    holdings: list[Held]
    closes: dict[str, int]
    queued: list[OwnOrder]
    rules: list[Rule]


def first(cash_e4: int) -> Morning:
    return Morning(cash_e4, 0, [], [], {}, [], [])


def begun(
    day: date,
    account: Account,
    trades: Iterable[OwnTrade],
    listings: Listings,
    closes: Mapping[InstrumentKey, int],
    queued: list[OwnOrder],
    rules: list[Rule],
) -> Morning:
    """The morning after a day, from what stood at its end."""
    evening = overnight(account, trades, listings, lambda key: closes.get(key, 0), day)
    named = {_name(listings[key]): close_e4 for key, close_e4 in closes.items() if key in listings}
    return Morning(evening.cash_e4, evening.charges_e4, evening.carried, evening.holdings, named, queued, rules)


def after(saved: Remembered, listed: Callable[[date], Listings]) -> Morning:
    """The morning after a day that was read back; `listed` gives the listings of a day."""
    day, opened = date.fromisoformat(saved.day), saved.opened
    account = Account(opened.cash_e4, opened.carried, Demat(opened.holdings))
    for trade in saved.trades:
        account.add(trade)
    for move in saved.moves:
        account.move(move)
    listings = relisted(listed(day), opened.closes)
    closes = {key: listing.close_e4 for key, listing in listings.items()}
    closes |= {trade.key: trade.price_e4 for trade in saved.trades}
    closes |= {_key(name): figures.last_e4 for name, figures in saved.figures.items() if figures.last_e4}
    queued = [o for o in saved.orders if o.queued] if saved.orders else opened.queued
    return begun(day, account, saved.trades, listings, closes, queued, list(saved.rules.values()))


def relisted(listings: Listings, closes: Mapping[str, int]) -> Listings:
    """Listings with the closes of the day before, and circuit bands as wide around them as they were."""
    if not closes:
        return listings
    return {key: _closed_at(row, closes.get(_name(row), 0)) for key, row in listings.items()}


def _closed_at(row: Listing, close_e4: int) -> Listing:
    if not close_e4 or not row.close_e4 or close_e4 == row.close_e4:
        return row
    tick_e4 = row.instrument.tick_e4 or 1
    lower_e4 = -(-row.lower_e4 * close_e4 // row.close_e4 // tick_e4) * tick_e4
    upper_e4 = row.upper_e4 * close_e4 // row.close_e4 // tick_e4 * tick_e4
    return replace(
        row,
        close_e4=close_e4,
        lower_e4=lower_e4,
        upper_e4=upper_e4,
        low_52w_e4=min(row.low_52w_e4, close_e4) if row.low_52w_e4 else 0,
        high_52w_e4=max(row.high_52w_e4, close_e4) if row.high_52w_e4 else 0,
    )


def fitted(morning: Morning, listings: Listings) -> Morning:
    """The morning on a day's listings: tokens may have changed, symbols say what is what.

    Carried positions in what is listed no more end at their last price; orders and rules in it are dropped.
    """
    if not (morning.carried or morning.queued or morning.rules):
        return morning
    tokens = {f"{i.exchange}:{i.symbol}": i.token for _, i in instruments_of(listings)}
    cash_e4, carried = morning.cash_e4, list[Carried]()
    for row in morning.carried:
        name = f"{row.exchange}:{row.symbol}"
        if name in tokens:
            carried.append(msgspec.structs.replace(row, token=tokens[name]))
        else:
            signed_e4 = row.cost_e4 if row.net > 0 else -row.cost_e4
            cash_e4 += row.net * morning.closes.get(name, abs(row.cost_e4 // row.net)) - signed_e4
    return msgspec.structs.replace(
        morning,
        cash_e4=cash_e4,
        carried=carried,
        holdings=[msgspec.structs.replace(row) for row in morning.holdings],
        queued=[o for o in morning.queued if f"{o.exchange}:{o.symbol}" in tokens],
        rules=[r for r in morning.rules if f"{r.exchange}:{r.symbol}" in tokens],
    )


def _name(row: Listing) -> str:
    return f"{row.instrument.exchange}:{row.instrument.symbol}"


def _key(name: str) -> InstrumentKey:
    exchange, token = name.split(":", 1)
    return InstrumentKey(Exchange(exchange), token)
