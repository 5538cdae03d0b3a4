"""Whether configured watchlist symbols can be had: in the practice universe, or in the loaded instrument master."""

import difflib
import re
from pathlib import Path

from core.domain import Exchange
from terminal.catalogues import held_master
from terminal.options import home_folder

SAID_MAX = 3
_CONTRACT = re.compile(r"([A-Z&-]+)\d{2}[A-Z]{3}\d{2}(?:FUT|\d+(?:CE|PE))")
_EXCHANGES = (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO, Exchange.MCX, Exchange.CDS)


def complaint(symbols: tuple[str, ...], home: Path | None) -> str:
    """What is wrong with `screen.watchlist`, with the nearest known symbol; empty when every symbol is known.

    Known are the shares, indices and contracts of the practice exchange and every row of the data folder's master.
    """
    practice = practice_symbols()
    master = held_master(home_folder(home))
    try:
        unknown = [
            symbol
            for symbol in symbols
            if symbol not in practice
            and not is_contract(symbol)
            and not (
                master is not None
                and any(master.by_symbol(e, name) for e in _EXCHANGES for name in (symbol, f"{symbol}-EQ"))
            )
        ]
    finally:
        if master is not None:
            master.close()
    if not unknown:
        return ""
    said = ", ".join(f"{symbol!r}{_nearest(symbol, practice)}" for symbol in unknown[:SAID_MAX])
    more = f" and {len(unknown) - SAID_MAX} more" if len(unknown) > SAID_MAX else ""
    where = "the practice exchange" if master is None else "the practice exchange or the loaded instrument master"
    load = "" if master is not None else " Other symbols are known once a master is loaded: tezi instruments update."
    return f"screen.watchlist names {said}{more}, not known to {where}. Use a symbol such as SBIN-EQ.{load}"


def practice_symbols() -> frozenset[str]:
    """Symbols and names of everything the practice exchange lists that does not change with the day."""
    from core.exchange.universe import universe_file

    universe = universe_file()
    return frozenset(
        (*(row.symbol for row in universe.cash), *(row.symbol.removesuffix("-EQ") for row in universe.cash),
         *(row.symbol for row in universe.indices))
    )  # fmt: skip


def is_contract(symbol: str) -> bool:
    """Whether a symbol is a contract on something the practice exchange has contracts on: which of them are listed
    depends on its day, which is known at the start only."""
    from core.exchange.universe import universe_file

    universe = universe_file()
    names = {f.name for f in universe.futures} | {o.name for o in universe.outrights}
    names |= {c.name for c in universe.chains}
    found = _CONTRACT.fullmatch(symbol)
    return found is not None and found[1] in names


def _nearest(symbol: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(symbol.upper(), sorted(known), 1, 0.7)
    return f" (meant {near[0]}?)" if near else ""
