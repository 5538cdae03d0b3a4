"""Which instruments the screen starts with, from the day's master. Pure."""

from core.domain import Exchange, Instrument, Kind
from core.errors import UserError
from core.market.instruments import Catalogue

PIN_NAMES = ("NIFTY", "BANKNIFTY", "SENSEX", "INDIA VIX")
FIRST = "RELIANCE-EQ"
LIST_MAX = 200
_ORDER = {Kind.EQUITY: 0, Kind.FUTURE: 1, Kind.OPTION: 2}


def pins(catalogue: Catalogue) -> tuple[Instrument, ...]:
    """The indices of the second line, in the order traders expect."""
    indices = [i for i in catalogue.all() if i.kind is Kind.INDEX]
    return tuple(sorted(indices, key=lambda i: (PIN_NAMES.index(i.name) if i.name in PIN_NAMES else 99, i.symbol)))


def watchlist(catalogue: Catalogue, symbols: tuple[str, ...]) -> tuple[Instrument, ...]:
    """The configured symbols, or without any everything tradable that is not too much: shares first, RELIANCE on top.

    A configured symbol that the master does not hold is a UserError.
    """
    if symbols:
        return tuple(_named(catalogue, symbol) for symbol in symbols)
    tradable = [i for i in catalogue.all() if i.kind is not Kind.INDEX]
    tradable.sort(key=lambda i: (i.symbol != FIRST, _ORDER[i.kind]))
    return tuple(tradable[:LIST_MAX])


def _named(catalogue: Catalogue, symbol: str) -> Instrument:
    for exchange in (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO, Exchange.MCX, Exchange.CDS):
        found = catalogue.by_symbol(exchange, symbol) or catalogue.by_symbol(exchange, f"{symbol}-EQ")
        if found is not None:
            return found
    raise UserError(
        f"screen.watchlist names {symbol!r}, which today's instrument master does not hold. "
        "Use a trading symbol such as SBIN-EQ, or remove it."
    )
