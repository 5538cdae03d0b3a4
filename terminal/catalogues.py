"""Instruments of the exchange that is traded on, and beside them the rows of a loaded master, to be searched only."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

from core.domain import Exchange, Instrument, InstrumentKey
from core.market.instruments import Catalogue
from core.market.masterfile import NAME
from core.text import plain
from terminal.building import REFUSED


class WithOthers:
    """`core.engine.parts.Instruments`: everything of `tradable`, and in a search the rows of `others` after it.

    `get` knows only what is tradable, so that the gate denies the rest by itself and the screen can mark it.
    """

    def __init__(self, tradable: Catalogue, others: "HeldMaster | None") -> None:
        self._tradable = tradable
        self._others = others

    @property
    def note(self) -> str:
        """What a search still waits for; empty when it covers everything there is."""
        return self._others.note if self._others is not None else ""

    def get(self, key: InstrumentKey) -> Instrument | None:
        return self._tradable.get(key)

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        return self._tradable.by_symbol(exchange, symbol)

    def all(self) -> tuple[Instrument, ...]:
        return self._tradable.all()

    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]:
        found = self._tradable.search(text, limit, on)
        others = self._others.catalogue() if self._others is not None else None
        if others is None or len(found) >= limit:
            return found
        have = {(i.exchange, i.symbol) for i in found} | {i.key for i in found}
        more = [
            i for i in others.search(text, limit, on)
            if i.key not in have and (i.exchange, i.symbol) not in have and self._tradable.get(i.key) is None
        ]  # fmt: skip
        return (*found, *more)[:limit]


class HeldMaster:
    """The instrument master of a data folder, opened in a worker thread when it is first asked for.

    `source` is a master file to build it from first, in a process of its own: the parser would hold this one up. Its
    refusal leaves what is held and stands in `note`.
    """

    def __init__(self, home: Path, source: Path | None = None) -> None:
        self._home, self._source = home, source
        self._worker: threading.Thread | None = None
        self._catalogue: Catalogue | None = None
        self.note = ""
        if source is not None:
            self._begin()

    def catalogue(self) -> Catalogue | None:
        """The instruments once they are there; the first call begins to open them."""
        if self._worker is None and (self._home / NAME).exists():
            self._begin()
        return self._catalogue

    def wait(self, seconds: float) -> Catalogue | None:
        """The same, after waiting for the worker."""
        self.catalogue()
        if self._worker is not None:
            self._worker.join(seconds)
        return self._catalogue

    def _begin(self) -> None:
        self.note = "opening the instrument master"
        self._worker = threading.Thread(target=self._work, name="instrument master", daemon=True)
        self._worker.start()

    def _work(self) -> None:
        said = self._build(self._source) if self._source is not None else ""
        self._catalogue = held_master(self._home)
        damaged = "the instrument master cannot be read; load it again: tezi instruments update --from PATH"
        self.note = said or ("" if self._catalogue is not None else damaged)

    def _build(self, source: Path) -> str:
        """Empty when the master was taken over, else why not."""
        command = [sys.executable, "-P", "-m", "terminal.building", str(source), str(self._home)]
        with subprocess.Popen(  # noqa: S603  our own module
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            last = ""
            for line in process.stdout:
                last = plain(line.strip(), 200)
                self.note = f"building the instrument index: {last}"
        if process.returncode == 0:
            return ""
        return last if process.returncode == REFUSED and last else f"the instrument index was not built from {source}"


def held_master(home: Path) -> Catalogue | None:
    """The instruments of a data folder; None when there are none or they cannot be read (`tezi doctor` says so)."""
    try:
        return Catalogue.open(home / NAME) if (home / NAME).exists() else None
    except (sqlite3.Error, KeyError):
        return None
