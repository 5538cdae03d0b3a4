"""Search as one types: subjects from words, then the few rows of each that fit, best first."""

import sqlite3

from core.domain import Instrument, Kind
from core.market import index
from core.market.subjects import Subjects, squeeze
from core.market.words import Wanted, pieces, read, split

_SUBJECTS_MAX = 24
_NARROWED_MAX = 6
_MISSPELLED_MAX = 6
_OWN_ROWS = 5
"""Rows of the subject that was meant exactly, when only its name was typed; every other subject shows its first."""
_SELECT = f"SELECT {index.COLUMNS} FROM instrument INDEXED BY by_subject WHERE subject = ?"  # noqa: S608
_LIVE = " AND expiry >= CASE expiry WHEN '' THEN '' ELSE ? END"
_ORDER = " ORDER BY place, expiry, strike_e4, right LIMIT ?"
_TOKEN = f"SELECT {index.COLUMNS} FROM instrument WHERE token = ? AND subject IS NOT NULL ORDER BY place"  # noqa: S608
_SYMBOL = (
    f"SELECT {index.COLUMNS} FROM instrument INDEXED BY by_symbol"  # noqa: S608
    " WHERE symbol >= ? COLLATE NOCASE AND symbol < ? COLLATE NOCASE AND subject IS NOT NULL"
    + _LIVE
    + " ORDER BY symbol COLLATE NOCASE, place LIMIT ?"
)
_KIND_PLACES = {
    Kind.FUTURE: (index.FUTURES, index.OPTIONS - 1),
    Kind.OPTION: (index.OPTIONS, index.OUTDATED - 1),
    Kind.EQUITY: (0, index.FUTURES - 1),
    Kind.INDEX: (0, index.FUTURES - 1),
}


Found = dict[tuple[str, str], Instrument]


class Search:
    """Over one instrument file."""

    def __init__(self, connection: sqlite3.Connection, subjects: Subjects) -> None:
        self._rows = connection
        self._subjects = subjects

    def find(self, text: str, limit: int, on: str) -> tuple[Instrument, ...]:
        """See `Catalogue.search`."""
        words = split(text[:80])
        if not words or limit <= 0:
            return ()
        found: Found = {}
        self._as_name(words, limit, on, found)
        if len(found) < limit:
            self._as_symbol(words, limit, on, found)
        for way in (self._as_contract, self._as_unfinished, self._as_part, self._as_misspelled):
            if found:
                break
            way(words, limit, on, found)
        return tuple(found.values())[:limit]

    def _as_name(self, words: list[str], limit: int, on: str, found: Found) -> None:
        """Everything typed is a name: `nifty 50`, `india vix`, `m&m`; then those that begin so."""
        text = squeeze("".join(words).removesuffix("-EQ"))
        exact = self._subjects.exact(text)
        for subject in exact:
            self._add(found, self._some(subject, Wanted(), on, _OWN_ROWS))
        if exact:
            self._add_first(self._subjects.beginning(text, _SUBJECTS_MAX), limit, on, found)

    def _as_symbol(self, words: list[str], limit: int, on: str, found: Found) -> None:
        """Everything typed is a token or begins a trading symbol with figures in it: `2885`, `NIFTY23SEP25`."""
        if len(words) != 1:
            return
        word = words[0]
        if word.isdigit():
            self._add(found, list(map(index.to_instrument, self._rows.execute(_TOKEN, (word,)))))
        elif len(word) >= 5 and ("-" in word or any(c.isdigit() for c in word)):
            rows = self._rows.execute(_SYMBOL, (word, word + "~", on, limit))
            self._add(found, list(map(index.to_instrument, rows)))

    def _as_contract(self, words: list[str], limit: int, on: str, found: Found) -> None:
        self._add_wanted(read(words), limit, on, found)

    def _as_unfinished(self, words: list[str], limit: int, on: str, found: Found) -> None:
        """`banknifty f`, `nifty24800ce`: the last word is still being typed, or blanks were left out."""
        if len(words) > 1:
            self._add_wanted(read(words, unfinished=True), limit, on, found)
        apart = [piece for word in words for piece in pieces(word)]
        if not found and apart != words:
            self._add_wanted(read(apart, unfinished=True), limit, on, found)

    def _as_part(self, words: list[str], limit: int, on: str, found: Found) -> None:
        """The words stand somewhere inside a name: `midcap 150`, `bees gold`."""
        names = [squeeze(word) for word in words if squeeze(word)]
        if names:
            self._add_first(self._subjects.inside(names, _SUBJECTS_MAX), limit, on, found)

    def _as_misspelled(self, words: list[str], limit: int, on: str, found: Found) -> None:
        apart = [piece for word in words for piece in pieces(word)]
        for parts in (words,) if apart == words else (words, apart):
            wanted = read(parts, unfinished=parts is not words)
            for subject in self._subjects.misspelled(squeeze("".join(wanted.names)), _MISSPELLED_MAX):
                self._add(found, self._some(subject, wanted, on, 2 if wanted.plain else limit))
            if found:
                return

    def _add_wanted(self, wanted: Wanted, limit: int, on: str, found: Found) -> None:
        """The subject that is named exactly, or else each that begins so."""
        text = squeeze("".join(wanted.names))
        if not text:
            return
        for subject in self._subjects.exact(text):
            self._add(found, self._some(subject, wanted, on, limit))
        if found:
            return
        beginning = self._subjects.beginning(text, _SUBJECTS_MAX)
        if wanted.plain:
            self._add_first(beginning, limit, on, found)
            return
        for subject in beginning[:_NARROWED_MAX]:
            self._add(found, self._some(subject, wanted, on, limit))
            if len(found) >= limit:
                return

    def _add_first(self, subjects: list[int], limit: int, on: str, found: Found) -> None:
        """The first row of each subject."""
        for subject in dict.fromkeys(subjects):
            if len(found) >= limit:
                return
            self._add(found, self._some(subject, Wanted(), on, 1))

    def _add(self, found: Found, rows: list[Instrument]) -> None:
        for row in rows:
            found.setdefault(row.key, row)

    def _some(self, subject: int, wanted: Wanted, on: str, count: int) -> list[Instrument]:
        """The first rows of a subject that fit. A number may be a strike, the beginning of one, a day or a year."""
        where, values = _conditions(wanted)
        for meaning in _meanings(wanted.numbers):
            more = "".join(clause for clause, _ in meaning)
            args = (subject, on, *values, *(v for _, v in meaning))
            rows = self._rows.execute(_SELECT + _LIVE + where + more + _ORDER, (*args, count)).fetchall()
            if rows and wanted.kind is Kind.OPTION and not wanted.numbers:
                return self._around(rows[0], subject, wanted, on, count)
            if rows:
                return list(map(index.to_instrument, rows))
        return []

    def _around(self, first: tuple[object, ...], subject: int, wanted: Wanted, on: str, count: int) -> list[Instrument]:
        """Without a strike: the nearest expiry, from the middle of its strikes outwards."""
        where, values = _conditions(wanted)
        nearest = index.to_instrument(first)
        sql = _SELECT + _LIVE + where + " AND exchange = ? AND expiry = ?" + _ORDER
        rows = self._rows.execute(sql, (subject, on, *values, nearest.exchange.value, nearest.expiry, 1_000))
        strikes = list(map(index.to_instrument, rows))
        middle = strikes[len(strikes) // 2].strike_e4
        strikes.sort(key=lambda i: (abs(i.strike_e4 - middle), i.strike_e4, i.symbol))
        return strikes[:count]


def _conditions(wanted: Wanted) -> tuple[str, list[object]]:
    where, values = "", list[object]()
    if wanted.kind is not None:
        where += " AND place BETWEEN ? AND ? AND kind = ?"
        values += [*_KIND_PLACES[wanted.kind], wanted.kind.value]
    elif wanted.numbers or wanted.month:
        where += " AND expiry != ''"
    if wanted.right:
        where += " AND right = ?"
        values.append(wanted.right)
    for text, first in ((wanted.month, 6), (wanted.day, 9)):
        if text:
            where += f" AND substr(expiry, {first}, 2) = ?"
            values.append(text)
    if wanted.exchange is not None:
        where += " AND exchange = ?"
        values.append(wanted.exchange.value)
    return where, values


def _meanings(numbers: list[str]) -> list[list[tuple[str, object]]]:
    """What the numbers may mean, the likeliest first, as conditions; without numbers one empty meaning."""
    ways: list[list[tuple[str, object]]] = [[]]
    for number in numbers:
        ways = [[*way, one] for one in _readings(number) for way in ways]
    ways.sort(key=lambda way: sum(clause.startswith(" AND +strike") for clause, _ in way))
    return ways[:12]


def _readings(number: str) -> list[tuple[str, object]]:
    whole, _, part = number.partition(".")
    strike_e4 = int(whole[:12] or 0) * 10_000 + int(part[:4].ljust(4, "0") or 0)
    readings: list[tuple[str, object]] = [(" AND strike_e4 = ?", strike_e4)]
    if not part and len(whole) == 4:
        readings.append((" AND substr(expiry, 1, 4) = ?", whole))
    if not part and len(whole) <= 2:
        readings.append((" AND substr(expiry, 9, 2) = ?", whole.zfill(2)))
        readings.append((" AND substr(expiry, 3, 2) = ?", whole.zfill(2)))
    readings.append((" AND +strike_e4 > 0 AND (+strike_e4 / 10000) || '' LIKE ?", whole + "%"))
    return readings
