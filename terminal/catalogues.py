"""Instruments of the exchange that is traded on, and beside them the rows of a loaded master, to be searched only."""

import sqlite3
from pathlib import Path

from core.domain import Exchange, Instrument, InstrumentKey
from core.market.instruments import Catalogue
from core.market.masterfile import NAME


class WithOthers:
    """`core.engine.parts.Instruments`: everything of `tradable`, and in a search the rows of `others` after it.

    `get` knows only what is tradable, so that the gate denies the rest by itself and the screen can mark it.
    """

    def __init__(self, tradable: Catalogue, others: Catalogue | None) -> None:
        self._tradable = tradable
        self._others = others

    def get(self, key: InstrumentKey) -> Instrument | None:
        return self._tradable.get(key)

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        return self._tradable.by_symbol(exchange, symbol)

    def all(self) -> tuple[Instrument, ...]:
        return self._tradable.all()

    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]:
        found = self._tradable.search(text, limit, on)
        if self._others is None or len(found) >= limit:
            return found
        have = {(i.exchange, i.symbol) for i in found} | {i.key for i in found}
        more = [
            i for i in self._others.search(text, limit, on)
            if i.key not in have and (i.exchange, i.symbol) not in have and self._tradable.get(i.key) is None
        ]  # fmt: skip
        return (*found, *more)[:limit]


def held_master(home: Path) -> Catalogue | None:
    """The instruments of a data folder; None when there are none or they cannot be read (`tezi doctor` says so)."""
    try:
        return Catalogue.open(home / NAME) if (home / NAME).exists() else None
    except (sqlite3.Error, KeyError):
        return None
