"""The market-data lists: greeks, gainers and losers, put-call ratio, build-up, intraday and cautionary lists.

In wire shape. Pure. Enumerations: the official pages on these calls.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import msgspec

from core.clock import IST, ist
from core.domain import Exchange, Kind
from core.exchange.errorcodes import refusal
from core.exchange.greeks import YEAR_DAYS, greeks_of
from core.exchange.listing import Listing
from core.exchange.orders import Refusal
from core.exchange.rows import expiry_text
from core.exchange.snapshot import Market, Snapshot
from core.exchange.switches import Switches, lists
from core.money import E4

ROWS = 10
EXPIRIES = ("NEAR", "NEXT", "FAR")
GAINERS = ("PercPriceGainers", "PercPriceLosers", "PercOIGainers", "PercOILosers")
BUILDUPS = {
    "Long Built Up": (True, True),
    "Short Built Up": (False, True),
    "Short Covering": (True, False),
    "Long Unwinding": (False, False),
}
"""Whether price and open interest rose."""
_CLOSES = time(15, 30)
Text = str | int | float | None


class GreekBody(msgspec.Struct):
    name: Text = ""
    expirydate: Text = ""


class ListBody(msgspec.Struct):
    datatype: Text = ""
    expirytype: Text = ""


def greek_rows(body: GreekBody, market: Market, now_ns: int) -> list[dict[str, str]] | Refusal:
    """Greeks of the NSE options of a name and expiry; AB9019 without any, and before the first trade of the day."""
    wanted = [
        row
        for row in market.listings.values()
        if row.instrument.exchange is Exchange.NFO
        and row.instrument.kind is Kind.OPTION
        and row.instrument.name == str(body.name).upper()
        and expiry_text(row) == str(body.expirydate).upper()
    ]
    rows = [_greek_row(market.snapshot(row.key), _spot(market, row), now_ns) for row in wanted]
    found = [row for row in rows if row is not None]
    return found or refusal("AB9019")


def gainer_rows(body: ListBody, market: Market) -> list[dict[str, Any]] | Refusal:
    """The ten stock futures that moved most, by price or by open interest."""
    kind = str(body.datatype)
    if kind not in GAINERS or str(body.expirytype) not in EXPIRIES:
        return refusal("AB1004")
    stocks = [s for s in _futures(market, str(body.expirytype)) if s.listing.type_name == "FUTSTK"]
    measure = _price_percent if "Price" in kind else _oi_percent
    ranked = sorted(stocks, key=measure, reverse=kind.endswith("Gainers"))[:ROWS]
    return [
        {
            "tradingSymbol": s.listing.instrument.symbol,
            "percentChange": measure(s),
            "symbolToken": int(s.listing.instrument.token),
            "opnInterest": s.open_interest,
            "netChangeOpnInterest": float(_oi_change(s)),
        }
        for s in ranked
    ]


def buildup_rows(body: ListBody, market: Market) -> list[dict[str, str]] | Refusal:
    """Futures by how price and open interest moved together: all text."""
    wanted = BUILDUPS.get(str(body.datatype))
    if wanted is None or str(body.expirytype) not in EXPIRIES:
        return refusal("AB1004")
    return [
        {
            "symbolToken": s.listing.instrument.token,
            "ltp": str(s.last_e4 / E4),
            "netChange": str((s.last_e4 - s.close_e4) / E4),
            "percentChange": str(_price_percent(s)),
            "opnInterest": str(float(s.open_interest)),
            "netChangeOpnInterest": str(float(_oi_change(s))),
            "tradingSymbol": s.listing.instrument.symbol,
        }
        for s in _futures(market, str(body.expirytype))
        if (s.last_e4 >= s.close_e4, _oi_change(s) >= 0) == wanted
    ]


def ratio_rows(market: Market) -> list[dict[str, Any]]:
    """Open interest of puts over calls, for each underlying that has both."""
    sums: dict[str, list[int]] = {}
    for row in market.listings.values():
        if row.instrument.kind is Kind.OPTION and row.instrument.exchange is Exchange.NFO:
            pair = sums.setdefault(row.instrument.name, [0, 0])
            pair[row.instrument.symbol.endswith("CE")] += market.snapshot(row.key).open_interest
    near = {s.listing.instrument.name: s.listing.instrument.symbol for s in _futures(market, "NEAR")}
    return [
        {"pcr": round(puts / calls, 2), "tradingSymbol": near[name]}
        for name, (puts, calls) in sums.items()
        if calls and name in near
    ]


def intraday_rows(market: Market, exchange: Exchange, switches: Switches) -> list[dict[str, str]]:
    """Shares that INTRADAY is allowed in."""
    return [
        {"exchange": exchange.value, "SymbolName": row.instrument.name, "Multiplier": "5.0"}
        for row in market.listings.values()
        if row.instrument.exchange is exchange
        and row.instrument.kind is Kind.EQUITY
        and not lists(switches.no_intraday, exchange.value, row.instrument.token)
    ]


def cautionary_rows(market: Market, switches: Switches) -> list[dict[str, str]]:
    return [
        {
            "token": row.instrument.token,
            "symbol": row.instrument.label,
            "message": "On the cautionary list of this practice exchange",
        }
        for row in market.listings.values()
        if lists(switches.cautionary, row.instrument.exchange.value, row.instrument.token)
    ]


def _greek_row(quote: Snapshot, spot_e4: int, now_ns: int) -> dict[str, str] | None:
    instrument = quote.listing.instrument
    ends = datetime.combine(date.fromisoformat(instrument.expiry), _CLOSES, IST)
    years = (ends - ist(now_ns)).total_seconds() / 86_400 / YEAR_DAYS
    call = instrument.symbol.endswith("CE")
    found = greeks_of(quote.last_e4 / E4, spot_e4 / E4, instrument.strike_e4 / E4, years, call)
    if found is None or not quote.last_ns:
        return None
    return {
        "name": instrument.name,
        "expiry": expiry_text(quote.listing),
        "strikePrice": f"{instrument.strike_e4 / E4:.6f}",
        "optionType": "CE" if call else "PE",
        "delta": f"{found.delta:.6f}",
        "gamma": f"{found.gamma:.6f}",
        "theta": f"{found.theta:.6f}",
        "vega": f"{found.vega:.6f}",
        "impliedVolatility": f"{found.volatility:.6f}",
        "tradeVolume": f"{quote.volume:.2f}",
    }


def _spot(market: Market, row: Listing) -> int:
    return market.snapshot(row.members[0]).last_e4 if row.members else row.instrument.strike_e4


def _futures(market: Market, expirytype: str) -> list[Snapshot]:
    """The NSE futures of one rank of expiry, of each name."""
    names: dict[str, list[Listing]] = {}
    for row in market.listings.values():
        if row.instrument.exchange is Exchange.NFO and row.instrument.kind is Kind.FUTURE:
            names.setdefault(row.instrument.name, []).append(row)
    rank = EXPIRIES.index(expirytype)
    return [market.snapshot(row.key) for rows in names.values() for row in _by_expiry(rows)[rank : rank + 1]]


def _by_expiry(rows: Iterable[Listing]) -> list[Listing]:
    return sorted(rows, key=lambda row: row.instrument.expiry)


def _price_percent(s: Snapshot) -> float:
    return round((s.last_e4 - s.close_e4) * 100 / s.close_e4, 2) if s.close_e4 else 0.0


def _oi_change(s: Snapshot) -> int:
    """Against what the day began with."""
    return s.open_interest - s.listing.open_interest


def _oi_percent(s: Snapshot) -> float:
    return round(_oi_change(s) * 100 / s.listing.open_interest, 2) if s.listing.open_interest else 0.0
