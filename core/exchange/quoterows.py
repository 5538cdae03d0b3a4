"""Quotes, search results and instrument-master rows in wire shape. Pure."""

from collections.abc import Iterable
from typing import Any

from core.domain import Exchange, Kind
from core.exchange.book import LevelView
from core.exchange.listing import Listing
from core.exchange.rows import Row, expiry_text, number, stamp
from core.exchange.snapshot import Snapshot
from core.money import E4, divide_rounded

_DEPTH = 5
_CURRENCY_PER_E4, _PAISA_E4 = 1_000, 100


def quote_row(mode: str, quote: Snapshot) -> Row:
    """One row of `fetched` for mode LTP, OHLC or FULL: JSON numbers, rupees, camel-case keys."""
    instrument = quote.listing.instrument
    row: Row = {
        "exchange": instrument.exchange.value,
        "tradingSymbol": instrument.symbol,
        "symbolToken": instrument.token,
        "ltp": number(quote.last_e4),
    }
    if mode == "LTP":
        return row
    row |= {
        "open": number(quote.open_e4),
        "high": number(quote.high_e4),
        "low": number(quote.low_e4),
        "close": number(quote.close_e4),
    }
    return row if mode == "OHLC" else row | _full(quote)


def ltp_row(quote: Snapshot) -> Row:
    """`data` of getLtpData; `close` is the previous close."""
    instrument = quote.listing.instrument
    return {
        "exchange": instrument.exchange.value,
        "tradingsymbol": instrument.symbol,
        "symboltoken": instrument.token,
        "open": number(quote.open_e4),
        "high": number(quote.high_e4),
        "low": number(quote.low_e4),
        "close": number(quote.close_e4),
        "ltp": number(quote.last_e4),
    }


def search_rows(listings: Iterable[Listing], exchange: str, text: str) -> list[Row]:
    """What searchScrip answers: symbols that contain the text."""
    wanted = text.strip().upper()
    return [
        {"exchange": exchange, "tradingsymbol": row.instrument.symbol, "symboltoken": row.instrument.token}
        for row in listings
        if wanted and row.instrument.exchange == exchange and wanted in row.instrument.symbol.upper()
    ]


def master_row(listing: Listing) -> Row:
    """One row of the instrument master in its shape of 2026; tick and strike in paise.

    In the currency segment they are written times 10,000,000 (instrument master of 17 September 2025).
    """
    instrument = listing.instrument
    is_index = instrument.kind is Kind.INDEX
    times, by = (_CURRENCY_PER_E4, 1) if instrument.exchange is Exchange.CDS else (1, _PAISA_E4)
    strike = instrument.strike_e4 * times // by if instrument.kind is Kind.OPTION else (0 if is_index else -1)
    return {
        "token": instrument.token,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "expiry": expiry_text(listing),
        "strike": f"{strike}.000000",
        "lotsize": str(instrument.lot),
        "instrumenttype": listing.type_name,
        "exch_seg": instrument.exchange.value,
        "tick_size": f"{instrument.tick_e4 * times // by}.000000",
        "freeze_qty": str(instrument.freeze_quantity or 0),
        "is_cas_enabled": False,
    }


def _full(quote: Snapshot) -> dict[str, Any]:
    row = quote.listing
    change_e4 = quote.last_e4 - quote.close_e4
    return {
        "lastTradeQty": quote.last_quantity,
        "exchFeedTime": stamp(quote.time_ns),
        "exchTradeTime": stamp(quote.last_ns),
        "netChange": number(change_e4),
        "percentChange": divide_rounded(change_e4 * E4, quote.close_e4) / 100 if quote.close_e4 else 0.0,
        "avgPrice": number(divide_rounded(quote.average_e4, 100) * 100),
        "tradeVolume": quote.volume,
        "opnInterest": quote.open_interest,
        "lowerCircuit": number(row.lower_e4),
        "upperCircuit": number(row.upper_e4),
        "totBuyQuan": quote.total_buy,
        "totSellQuan": quote.total_sell,
        "52WeekLow": number(row.low_52w_e4),
        "52WeekHigh": number(row.high_52w_e4),
        "depth": {"buy": _levels(quote.bids), "sell": _levels(quote.asks)},
    }


def _levels(levels: tuple[LevelView, ...]) -> list[Row]:
    """Five entries, zeros where there is no level."""
    rows = [{"price": number(v.price_e4), "quantity": v.quantity, "orders": v.orders} for v in levels[:_DEPTH]]
    return rows + [{"price": 0.0, "quantity": 0, "orders": 0}] * (_DEPTH - len(rows))
