"""The instrument file: one SQLite database made from a master, small to open and quick to ask.

Rows belong to a *subject* (the name they share: NIFTY, SBIN) and stand in the order of use inside it, `place`: share
and index first, futures of the main exchange, then its options. Searching is finding subjects, then reading few rows.
"""

import re
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from core.domain import Exchange, Instrument, Kind
from core.market.subjects import squeeze

FORMAT = "1"
TEST_NAME = "NSETEST"
COLUMNS = "exchange, token, symbol, name, kind, lot, tick_e4, expiry, strike_e4, freeze"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE instrument (
  exchange TEXT, token TEXT, symbol TEXT, name TEXT, kind TEXT, lot INTEGER, tick_e4 INTEGER, expiry TEXT,
  strike_e4 INTEGER, freeze INTEGER, subject INTEGER, place INTEGER, right TEXT);
CREATE TABLE terms (what TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_INDICES = """
CREATE UNIQUE INDEX by_key ON instrument (token, exchange);
CREATE INDEX by_symbol ON instrument (symbol COLLATE NOCASE);
CREATE INDEX by_subject ON instrument (subject, place, expiry, strike_e4, right);
"""
_ORDER = {
    exchange: n
    for n, exchange in enumerate(
        (Exchange.NFO, Exchange.BFO, Exchange.MCX, Exchange.CDS, Exchange.NCDEX, Exchange.NSE, Exchange.BSE)
    )
}
FUTURES, OPTIONS, OUTDATED = 10, 20, 30
"""Places begin: 0 shares and indices, 10 futures, 20 options, 30 rows that are kept for old tokens only."""
_RIGHT = re.compile(r"\d(CE|PE)\d")
_WEIGHT = {Exchange.NFO: 1_000, Exchange.MCX: 600, Exchange.BFO: 20, Exchange.CDS: 100, Exchange.NCDEX: 50}

Progress = Callable[[int], None]
_STEP = 10_000


def build(
    connection: sqlite3.Connection,
    instruments: Iterable[Instrument],
    meta: dict[str, str],
    progress: Progress | None = None,
) -> int:
    """Fill an empty database; gives the number of rows. Later rows with a key that is there already are left out.

    `progress` is told the rows written so far, every few thousand.
    """
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
    subjects = _Subjects()
    seen: set[tuple[str, str]] = set()

    def rows() -> Iterator[tuple[object, ...]]:
        for i in instruments:
            if (i.token, i.exchange) in seen:
                continue
            seen.add((i.token, i.exchange))
            if progress is not None and len(seen) % _STEP == 0:
                progress(len(seen))
            yield _row(i, subjects.of(i))

    connection.executemany(f"INSERT INTO instrument VALUES ({','.join('?' * 13)})", rows())  # noqa: S608
    connection.executescript(_INDICES)
    _store_terms(connection, subjects.terms, subjects.weights)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", [("format", FORMAT), *meta.items()])
    connection.commit()
    return len(seen)


def open_read_only(path: Path) -> sqlite3.Connection:
    """A finished file, from any thread. Raises sqlite3.DatabaseError when it is none of ours."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    try:
        found = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if found != (FORMAT,):
            raise sqlite3.DatabaseError(f"made by another version (format {found and found[0]})")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def to_instrument(row: tuple[object, ...]) -> Instrument:
    """One row of `COLUMNS`."""
    exchange, token, symbol, name, kind, *numbers = row
    return Instrument(Exchange(exchange), token, symbol, name, Kind(kind), *numbers)  # type: ignore[arg-type]


class _Subjects:
    """Numbers for names, in order of appearance; the texts that find each, and how much it is traded."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        self.weights: dict[int, int] = defaultdict(int)
        self.terms: dict[str, set[int]] = defaultdict(set)

    def of(self, i: Instrument) -> int | None:
        """The subject of an instrument; None for a test instrument, which no search may find."""
        if TEST_NAME in i.symbol:
            return None
        number = self._by_name.get(i.name)
        if number is None:
            text = squeeze(i.name) or squeeze(i.label)
            number = self._numbers.setdefault(text, len(self._numbers))
            if i.name:
                self._by_name[i.name] = number
            self.terms[text].add(number)
        self.weights[number] += _weight(i)
        if i.kind is Kind.EQUITY or i.kind is Kind.INDEX:
            self.terms[squeeze(i.label)].add(number)
        return number


def _weight(i: Instrument) -> int:
    """How much a row says that its subject is traded: a subject with options on NSE stands before all others."""
    if i.kind is Kind.OPTION or i.kind is Kind.FUTURE:
        return _WEIGHT.get(i.exchange, 0)
    if i.kind is Kind.INDEX:
        return 200 if len(i.token) >= 8 else 0
    return 50 if i.symbol.endswith("-EQ") else 5 if i.exchange is Exchange.BSE else 1


def _row(i: Instrument, subject: int | None) -> tuple[object, ...]:
    right = ""
    if i.kind is Kind.OPTION:
        right = i.symbol[-2:]
        if right not in ("CE", "PE"):
            inside = _RIGHT.search(i.symbol)
            right = inside[1] if inside else ""
    return (
        str(i.exchange), i.token, i.symbol, i.name, str(i.kind), i.lot, i.tick_e4, i.expiry, i.strike_e4,
        i.freeze_quantity, subject, place(i), right,
    )  # fmt: skip


def place(i: Instrument) -> int:
    """Where a row stands inside its subject."""
    kind = i.kind
    if kind is Kind.OPTION:
        return OPTIONS + _ORDER[i.exchange]
    if kind is Kind.FUTURE:
        return FUTURES + _ORDER[i.exchange]
    if kind is Kind.INDEX:
        # an exchange's own index has eight digits since March 2024; the rest are old rows and bare underlyings
        return (0 if i.exchange is Exchange.NSE else 1) if len(i.token) == 8 and i.token.isdigit() else OUTDATED
    if i.exchange is Exchange.NSE:
        return 0 if i.symbol.endswith("-EQ") else 2 if i.symbol.endswith(("-BE", "-SM", "-ST", "-BZ")) else 4
    return 3


def _store_terms(connection: sqlite3.Connection, terms: dict[str, set[int]], weights: dict[int, int]) -> None:
    """Texts that find a subject, sorted, with the subject's number and weight, ready to be read in one piece."""
    pairs = sorted((term, number) for term, numbers in terms.items() for number in numbers if term)
    texts = "\n".join(term for term, _ in pairs).encode()
    numbers = array("i", [number for _, number in pairs])
    weight = array("i", [min(weights[number], 2**31 - 1) for _, number in pairs])
    connection.executemany(
        "INSERT INTO terms VALUES (?, ?)",
        [("texts", texts), ("subjects", numbers.tobytes()), ("weights", weight.tobytes())],
    )
