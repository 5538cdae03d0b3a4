"""The catalogue: every instrument by key and by symbol, and found by the words a trader types.

It stands on an instrument file (`core.market.index`), on disk or in memory; what is asked for often is remembered.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.domain import Exchange, Instrument, InstrumentKey
from core.market import index
from core.market.master import Master, parse
from core.market.search import Search
from core.market.subjects import Subjects, squeeze

_REMEMBERED_MAX = 8_192
_BY_KEY = f"SELECT {index.COLUMNS} FROM instrument WHERE token = ? AND exchange = ?"  # noqa: S608
_BY_SYMBOL = f"SELECT {index.COLUMNS} FROM instrument WHERE symbol = ? COLLATE NOCASE AND exchange = ? ORDER BY rowid"  # noqa: S608
_CONTRACTS = (
    f"SELECT {index.COLUMNS} FROM instrument INDEXED BY by_subject WHERE subject = ? AND exchange = ?"  # noqa: S608
    f" AND place BETWEEN {index.FUTURES} AND {index.OUTDATED - 1} ORDER BY expiry, strike_e4, symbol"
)
_ALL = f"SELECT {index.COLUMNS} FROM instrument ORDER BY rowid"  # noqa: S608


class Catalogue:
    """All instruments of one master, fixed once made. Any thread may ask."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        index.build(connection, instruments, {})
        self._attach(connection)

    @classmethod
    def read(cls, raw: bytes) -> tuple["Catalogue", Master]:
        """The catalogue of a master file, and what the file held."""
        master = parse(raw)
        return cls(master.instruments), master

    @classmethod
    def open(cls, path: Path) -> "Catalogue":
        """The catalogue of an instrument file. Raises sqlite3.DatabaseError when it is none or another version's."""
        catalogue = cls.__new__(cls)
        catalogue._attach(index.open_read_only(path))
        return catalogue

    def _attach(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        parts = dict(connection.execute("SELECT what, value FROM terms").fetchall())
        self._subjects = Subjects(parts["texts"], parts["subjects"], parts["weights"])
        self._search = Search(connection, self._subjects)
        self._known: dict[InstrumentKey, Instrument | None] = {}
        self._all: tuple[Instrument, ...] | None = None

    def close(self) -> None:
        self._connection.close()

    @property
    def facts(self) -> dict[str, str]:
        """What was noted when the file was made: see `core.market.masterfile`."""
        return dict(self._connection.execute("SELECT key, value FROM meta").fetchall())

    def get(self, key: InstrumentKey) -> Instrument | None:
        if key not in self._known:
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[key] = self._one(_BY_KEY, (key.token, key.exchange.value))
        return self._known[key]

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        """The instrument with exactly this trading symbol, the first when a segment repeats one."""
        rows = self._connection.execute(_BY_SYMBOL, (symbol, exchange.value))
        return next((i for i in map(index.to_instrument, rows) if i.symbol == symbol), None)

    def all(self) -> tuple[Instrument, ...]:
        """Every row, in the master's order. Some 40 MB for a whole master: for the small ones of an exchange."""
        if self._all is None:
            self._all = tuple(self.stream())
        return self._all

    def stream(self) -> Iterator[Instrument]:
        """Every row, one after the other, nothing kept."""
        return map(index.to_instrument, self._connection.execute(_ALL))

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM instrument").fetchone()[0])

    def contracts(self, exchange: Exchange, name: str) -> tuple[Instrument, ...]:
        """Futures and options of an underlying on one exchange, by expiry and strike."""
        rows: list[Instrument] = []
        for subject in self._subjects.exact(squeeze(name)):
            rows += map(index.to_instrument, self._connection.execute(_CONTRACTS, (subject, exchange.value)))
        return tuple(i for i in rows if squeeze(i.name) == squeeze(name))

    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]:
        """The best `limit` matches for words like `nifty 26 nov 24800 ce`, best first.

        Words name a subject (also by another name, in part, or misspelled) and narrow: CE, PE, FUT, a month, a day, a
        year, a strike, an exchange. `on` (`YYYY-MM-DD`) hides what has expired by that day. Test instruments are never
        found.
        """
        return self._search.find(text, limit, on)

    def _one(self, sql: str, values: tuple[str, ...]) -> Instrument | None:
        row = self._connection.execute(sql, values).fetchone()
        return index.to_instrument(row) if row else None
