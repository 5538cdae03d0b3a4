"""Named lists of instruments: adding, moving, grouping, sorting, importing, keeping. Values and pure functions.

A list keeps symbols beside keys, so that one whose contract has expired still says what it was.
"""

import csv
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.domain import Exchange, Instrument, InstrumentKey
from core.errors import UserError
from core.text import plain

LISTS_MAX = 100
ENTRIES_MAX = 1_000
NAME_MAX = 24
FILE = "watchlists.json"
_NAME = re.compile(r"\S(.*\S)?")


class Entry(msgspec.Struct, frozen=True):
    """One row: what it is, and the group it stands in (empty for none)."""

    exchange: Exchange
    token: str
    symbol: str
    group: str = ""

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)


class Watchlist(msgspec.Struct, frozen=True):
    """`sort` is a column and `-` before it for falling order, empty for the order made by hand; `filter` an expression
    (`core.market.rowfilter`)."""

    name: str
    entries: tuple[Entry, ...] = ()
    sort: str = ""
    filter: str = ""


class Watchlists(msgspec.Struct, frozen=True):
    """All lists, the chosen one, and the index pins. Every change gives a new value."""

    lists: tuple[Watchlist, ...] = ()
    chosen: str = ""
    pins: tuple[Entry, ...] = ()

    def get(self, name: str) -> Watchlist:
        """Raises UserError when there is none of that name."""
        for one in self.lists:
            if one.name == name:
                return one
        raise UserError(f"no watchlist is named {name!r}; there are {', '.join(w.name for w in self.lists) or 'none'}.")

    def put(self, changed: Watchlist) -> "Watchlists":
        """Replace the list of that name, or add it at the end. Raises UserError for a bad name or too many."""
        if not _NAME.fullmatch(changed.name) or len(changed.name) > NAME_MAX or plain(changed.name) != changed.name:
            raise UserError(f"watchlist name {changed.name!r}: use 1 to {NAME_MAX} plain characters.")
        if any(w.name == changed.name for w in self.lists):
            lists = tuple(changed if w.name == changed.name else w for w in self.lists)
            return msgspec.structs.replace(self, lists=lists)
        if len(self.lists) >= LISTS_MAX:
            raise UserError(f"there are {LISTS_MAX} watchlists already; remove one first.")
        return msgspec.structs.replace(self, lists=(*self.lists, changed), chosen=self.chosen or changed.name)

    def without(self, name: str) -> "Watchlists":
        """Remove a list; the next one is chosen when it was the chosen one."""
        at = self.lists.index(self.get(name))
        lists = self.lists[:at] + self.lists[at + 1 :]
        chosen = self.chosen if self.chosen != name else (lists[min(at, len(lists) - 1)].name if lists else "")
        return msgspec.structs.replace(self, lists=lists, chosen=chosen)

    def renamed(self, name: str, new: str) -> "Watchlists":
        """The list under a new name, in its place. Raises UserError when that is taken."""
        if any(w.name == new for w in self.lists):
            raise UserError(f"a watchlist named {new!r} is there already.")
        one = self.get(name)
        Watchlists().put(msgspec.structs.replace(one, name=new))
        lists = tuple(msgspec.structs.replace(w, name=new) if w is one else w for w in self.lists)
        return msgspec.structs.replace(self, lists=lists, chosen=new if self.chosen == name else self.chosen)

    def stepped(self, by: int) -> "Watchlists":
        """Choose the next or previous list, round and round."""
        names = [w.name for w in self.lists]
        if not names:
            return self
        at = names.index(self.chosen) if self.chosen in names else 0
        return msgspec.structs.replace(self, chosen=names[(at + by) % len(names)])


def entry(instrument: Instrument, group: str = "") -> Entry:
    return Entry(instrument.exchange, instrument.token, instrument.symbol, group)


def add(one: Watchlist, new: Entry, at: int | None = None) -> Watchlist:
    """The entry at a place (the end when left out); unchanged when it is there already. Raises UserError when full."""
    if any(e.key == new.key for e in one.entries):
        return one
    if len(one.entries) >= ENTRIES_MAX:
        raise UserError(f"watchlist {one.name!r} holds {ENTRIES_MAX} instruments already; start another list.")
    place = len(one.entries) if at is None else max(0, min(at, len(one.entries)))
    return msgspec.structs.replace(one, entries=(*one.entries[:place], new, *one.entries[place:]))


def remove(one: Watchlist, key: InstrumentKey) -> Watchlist:
    return msgspec.structs.replace(one, entries=tuple(e for e in one.entries if e.key != key))


def move(one: Watchlist, key: InstrumentKey, by: int) -> Watchlist:
    """The entry some places up (negative) or down, not beyond the ends."""
    entries = list(one.entries)
    at = next((n for n, e in enumerate(entries) if e.key == key), None)
    if at is None:
        return one
    moved = entries.pop(at)
    entries.insert(max(0, min(at + by, len(entries))), moved)
    return msgspec.structs.replace(one, entries=tuple(entries))


def regroup(one: Watchlist, key: InstrumentKey, group: str) -> Watchlist:
    """Put an entry into a group; groups stand in the order in which they first appear."""
    safe = plain(group, NAME_MAX).strip()
    entries = tuple(msgspec.structs.replace(e, group=safe) if e.key == key else e for e in one.entries)
    return msgspec.structs.replace(one, entries=entries)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line to show: a group's heading (`entry` None) or an entry."""

    group: str
    entry: Entry | None = None


def arrange(
    one: Watchlist, value: Callable[[Entry, str], float | str | None], keep: Callable[[Entry], bool] = lambda e: True
) -> tuple[Shown, ...]:
    """The lines of a list: filtered, sorted inside its groups, headed by group names when there are groups.

    `value` gives the column that is sorted by; entries without one stand last in both directions. Sorting is stable.
    """
    kept = [e for e in one.entries if keep(e)]
    groups: dict[str, list[Entry]] = {}
    for e in kept:
        groups.setdefault(e.group, []).append(e)
    lines: list[Shown] = []
    for name, entries in groups.items():
        if len(groups) > 1 or name:
            lines.append(Shown(name or "other"))
        lines += [Shown(name, e) for e in _sorted(entries, one.sort, value)]
    return tuple(lines)


def _sorted(entries: list[Entry], sort: str, value: Callable[[Entry, str], float | str | None]) -> list[Entry]:
    column, falling = sort.removeprefix("-"), sort.startswith("-")
    if not column:
        return entries
    pairs = [(value(e, column), e) for e in entries]
    have = [(v, e) for v, e in pairs if v is not None]
    have.sort(key=lambda pair: (isinstance(pair[0], str), pair[0]), reverse=falling)
    return [e for _, e in have] + [e for v, e in pairs if v is None]


def from_csv(text: str, find: Callable[[str, str], Instrument | None]) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Entries of a CSV, and the lines that named nothing known (`line 3: XYZ`).

    Columns by a heading line with `symbol` (and `exchange`, `group`), else symbol, exchange, group in this order;
    `NSE:SBIN` works too. `find` gets exchange (may be empty) and symbol.
    """
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")))]
    order = {"symbol": 0, "exchange": 1, "group": 2}
    start = 0
    if rows and "symbol" in (head := [cell.lower() for cell in rows[0]]):
        order = {name: head.index(name) for name in order if name in head}
        start = 1
    found: dict[InstrumentKey, Entry] = {}
    unknown: list[str] = []
    for number, row in enumerate(rows[start:], start + 1):
        cells = {name: plain(row[n], 40) for name, n in order.items() if n < len(row)}
        symbol, exchange = cells.get("symbol", ""), cells.get("exchange", "").upper()
        if ":" in symbol:
            exchange, _, symbol = symbol.partition(":")
        if not symbol:
            continue
        instrument = find(exchange.upper(), symbol)
        if instrument is None:
            unknown.append(f"line {number}: {symbol}")
        elif len(found) < ENTRIES_MAX:
            found.setdefault(instrument.key, entry(instrument, cells.get("group", "")))
    return tuple(found.values()), tuple(unknown)


def load(path: Path) -> Watchlists:
    """The lists of a file; none when it is absent. Raises UserError naming the file when it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Watchlists)
    except FileNotFoundError:
        return Watchlists()
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise UserError(f"{path}: cannot be read ({e}). Mend it, or move it away to start with empty lists.") from e


def save(path: Path, lists: Watchlists) -> None:
    """Replace the file whole and durably. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(lists)))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
