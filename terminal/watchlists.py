"""Which lists the screen starts with (the configured, the kept, or a choice from the master), and their keeping."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from core.clock import Clock
from core.domain import Exchange, Instrument, Kind
from core.errors import UserError
from core.market.instruments import Catalogue
from core.market.watchlists import FILE, Watchlist, Watchlists, entry, save
from core.supervise import Wake

PIN_NAMES = ("NIFTY", "BANKNIFTY", "SENSEX", "INDIA VIX")
FIRST = "RELIANCE-EQ"
LIST_MAX = 200
MAIN = "Main"
CONFIGURED = "Config"
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


def starting(catalogue: Catalogue, symbols: tuple[str, ...], kept: Watchlists) -> Watchlists:
    """The lists to start with. Configured symbols are a list of their own that is shown first and never kept. The kept
    lists come as they are; when nothing of them can be had today, or there are none, a choice from the master stands
    before them."""
    if symbols:
        rows = tuple(entry(i) for i in watchlist(catalogue, symbols))
        rest = tuple(one for one in kept.lists if one.name != CONFIGURED)
        return replace(kept, lists=(Watchlist(CONFIGURED, rows), *rest), chosen=CONFIGURED)
    if any(_today(catalogue, one) for one in kept.lists):
        return kept if any(one.name == kept.chosen for one in kept.lists) else replace(kept, chosen=kept.lists[0].name)
    taken = {one.name for one in kept.lists}
    made = [one for one in _default(catalogue) if one.name not in taken] or [_default(catalogue)[0]]
    lists = (*made, *(one for one in kept.lists if one.name != made[0].name))
    return replace(kept, lists=lists, chosen=made[0].name)


def recorded(catalogue: Catalogue) -> Watchlists:
    """One list of everything in a recording."""
    rows = tuple(entry(i) for i in catalogue.all() if i.kind is not Kind.INDEX)[:LIST_MAX]
    rows = rows or tuple(entry(i) for i in catalogue.all())[:LIST_MAX]
    return Watchlists().put(Watchlist("Recording", rows))


class ListKeeper:
    """Writes each new state of the lists to the file of a data folder, the newest only, off the loop."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._path = home / FILE
        self._wake = Wake(clock)
        self._waiting: Watchlists | None = None

    def keep(self, lists: Watchlists) -> None:
        """Remember it for the file; returns at once."""
        rest = tuple(one for one in lists.lists if one.name != CONFIGURED)
        chosen = lists.chosen if lists.chosen != CONFIGURED else (rest[0].name if rest else "")
        self._waiting = replace(lists, lists=rest, chosen=chosen)
        self._wake.set()

    async def run(self) -> None:
        """Write for ever; a disk that refuses is a fault of this task, and the state is tried again."""
        while True:
            await self._wake.wait(3_600)
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write what waits. Raises OSError; what was not written still waits then."""
        lists = self._waiting
        if lists is not None:
            save(self._path, lists)
            if self._waiting is lists:
                self._waiting = None


def _default(catalogue: Catalogue) -> list[Watchlist]:
    """Shares and the near futures, then all futures."""
    rows = watchlist(catalogue, ())
    shares = [i for i in rows if i.kind is Kind.EQUITY]
    futures = [i for i in rows if i.kind is Kind.FUTURE]
    first = (*shares, *futures) or rows
    lists = [Watchlist(MAIN, tuple(entry(i) for i in first[:LIST_MAX]))]
    if shares and futures:
        lists.append(Watchlist("Futures", tuple(entry(i) for i in futures)))
    return lists


def _today(catalogue: Catalogue, one: Watchlist) -> bool:
    """Whether anything of a list can be had today."""
    return any(catalogue.get(e.key) or catalogue.by_symbol(e.exchange, e.symbol) for e in one.entries)


def _named(catalogue: Catalogue, symbol: str) -> Instrument:
    for exchange in (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO, Exchange.MCX, Exchange.CDS):
        found = catalogue.by_symbol(exchange, symbol) or catalogue.by_symbol(exchange, f"{symbol}-EQ")
        if found is not None:
            return found
    raise UserError(
        f"screen.watchlist names {symbol!r}, which today's instrument master does not hold. "
        "Use a trading symbol such as SBIN-EQ, or remove it."
    )
