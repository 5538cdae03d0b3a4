"""Which instruments the screen starts with: the configured, the kept, or a choice from the day's master."""

from pathlib import Path

from msgspec.structs import replace

from core.domain import Exchange, Instrument, Kind
from core.errors import UserError
from core.market.instruments import Catalogue
from core.market.watchlists import ENTRIES_MAX, FILE, Watchlist, entry, load, save

PIN_NAMES = ("NIFTY", "BANKNIFTY", "SENSEX", "INDIA VIX")
FIRST = "RELIANCE-EQ"
LIST_MAX = 200
MAIN = "Main"
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


def starting(catalogue: Catalogue, symbols: tuple[str, ...], home: Path) -> tuple[Instrument, ...]:
    """The configured symbols; else the list that was shown last, as far as it can be had today; else the default.

    Raises UserError for a file of lists that cannot be read.
    """
    if not symbols:
        kept = load(home / FILE)
        if kept.chosen:
            entries = kept.get(kept.chosen).entries
            rows = [catalogue.get(e.key) or catalogue.by_symbol(e.exchange, e.symbol) for e in entries]
            found = tuple(dict.fromkeys(i for i in rows if i is not None))
            if found:
                return found
    return watchlist(catalogue, symbols)


def remember(home: Path, shown: tuple[Instrument, ...]) -> None:
    """Keep what the list shows, under its name, and leave every other list as it is. Entries that could not be had
    today stay at the end. Raises UserError or OSError."""
    kept = load(home / FILE)
    name = kept.chosen or MAIN
    before = kept.get(name).entries if kept.chosen else ()
    groups = {e.key: e.group for e in before}
    entries = tuple(entry(i, groups.get(i.key, "")) for i in shown)
    symbols = {(e.exchange, e.symbol) for e in entries}
    rest = tuple(e for e in before if (e.exchange, e.symbol) not in symbols)
    changed = replace(kept.get(name) if kept.chosen else Watchlist(name), entries=(*entries, *rest)[:ENTRIES_MAX])
    save(home / FILE, kept.put(changed))


def _named(catalogue: Catalogue, symbol: str) -> Instrument:
    for exchange in (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO, Exchange.MCX, Exchange.CDS):
        found = catalogue.by_symbol(exchange, symbol) or catalogue.by_symbol(exchange, f"{symbol}-EQ")
        if found is not None:
            return found
    raise UserError(
        f"screen.watchlist names {symbol!r}, which today's instrument master does not hold. "
        "Use a trading symbol such as SBIN-EQ, or remove it."
    )
