"""The watchlists of a session: which there are, what the chosen one shows now, and what is kept of every change."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from core.clock import Clock
from core.domain import Exchange, Instrument, InstrumentKey, Position
from core.engine.parts import Board, Instruments
from core.errors import UserError
from core.market import watchlists as w
from core.market.rowfilter import Row, Test, compile_filter
from core.market.trends import Trends
from core.marketviews import ListRow

COLUMNS = ("symbol", "exch", "kind", "ltp", "chg", "vol", "oi", "age", "held", "spread", "expiry", "strike")
ARRANGED_NS = 1_000_000_000
"""How often rows that depend on prices are put in order again: rows that jump at every tick cannot be read."""
SUBSCRIBED_MAX = 2_000
CSV_BYTES_MAX = 1_000_000
_SEARCHED = (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO, Exchange.MCX, Exchange.CDS)


class Held(Protocol):
    @property
    def revision(self) -> int: ...
    def positions(self) -> tuple[Position, ...]: ...


class ListDesk:
    """Implements `core.marketviews.Lists`. `keep` gets every new state of the lists; `changed` is called when other
    instruments are wanted. Instruments that the catalogue lacks are refused, `elsewhere` says why."""

    def __init__(
        self,
        clock: Clock,
        board: Board,
        known: Instruments,
        held: Held,
        start: w.Watchlists,
        pins: tuple[Instrument, ...],
        trends: Trends,
        keep: Callable[[w.Watchlists], None],
        changed: Callable[[], None],
        elsewhere: str,
    ) -> None:
        self._clock, self._board, self._known, self._held = clock, board, known, held
        self._found: dict[InstrumentKey, Instrument | None] = {}
        self._lists, self._default_pins, self._trends = self._todays(start), pins, trends
        self._keep, self._changed, self._elsewhere = keep, changed, elsewhere
        self._rows: tuple[ListRow, ...] | None = None
        self._arranged_ns = 0
        self._test: Test = lambda row: True
        self._compile()
        self.revision = 1

    # What is shown.

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self._lists.lists)

    @property
    def chosen(self) -> str:
        return self._lists.chosen

    @property
    def sort(self) -> str:
        return self._one.sort

    @property
    def filter(self) -> str:
        return self._one.filter

    def rows(self) -> tuple[ListRow, ...]:
        late = self._clock.mono_ns() - self._arranged_ns >= ARRANGED_NS
        if self._rows is None or (late and (self._one.sort or self._one.filter)):
            self._arranged_ns = self._clock.mono_ns()
            rows = self._arrange()
            if rows != self._rows:
                self._rows = rows
                self.revision += 1
        return self._rows or ()

    def pins(self) -> tuple[Instrument, ...]:
        pinned = tuple(i for e in self._lists.pins if (i := self._instrument(e)) is not None)
        return pinned or self._default_pins

    def trend(self, key: InstrumentKey) -> tuple[int, ...]:
        return self._trends.of(key)

    def columns(self) -> tuple[str, ...]:
        return COLUMNS

    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e.group for e in self._one.entries if e.group))

    def shown(self) -> tuple[Instrument, ...]:
        """Every instrument of the chosen list, in the order made by hand."""
        return self._instruments(self._one)

    def wanted(self) -> tuple[Instrument, ...]:
        """What to subscribe: the chosen list first, then the others."""
        order = sorted(self._lists.lists, key=lambda one: one.name != self._lists.chosen)
        rows = dict.fromkeys(i for one in order for i in self._instruments(one))
        return tuple(rows)[:SUBSCRIBED_MAX]

    def forget_unknown(self) -> None:
        """The catalogue grew: what it did not know may be there now."""
        self._found = {key: i for key, i in self._found.items() if i is not None}
        self._rows = None

    # What is asked.

    def step(self, by: int) -> None:
        self._put(self._lists.stepped(by))

    def choose(self, name: str) -> str:
        return self._try(lambda: msgspec.structs.replace(self._lists, chosen=self._lists.get(name).name))

    def create(self, name: str) -> str:
        if name in self.names:
            return f"a watchlist named {name!r} is there already"
        made = self._try(lambda: self._lists.put(w.Watchlist(name)))
        return made or self.choose(name)

    def rename(self, name: str) -> str:
        if name == self.chosen:
            return ""
        return self._try(lambda: self._lists.renamed(self.chosen, name))

    def delete(self) -> str:
        if len(self._lists.lists) < 2:
            return "this is the only list; make another one first"
        return self._try(lambda: self._lists.without(self.chosen))

    def add(self, instrument: Instrument) -> str:
        if self._known.get(instrument.key) is None:
            return f"{instrument.label} is {self._elsewhere} and was not added"
        return self._change(lambda one: w.add(one, w.entry(instrument)))

    def remove(self, key: InstrumentKey) -> str:
        return self._change(lambda one: w.remove(one, key))

    def move(self, key: InstrumentKey, by: int) -> str:
        if self._one.sort:
            return f"the list is sorted by {self._one.sort.removeprefix('-')}; clear the sorting to move rows"
        return self._change(lambda one: w.move(one, key, by))

    def regroup(self, key: InstrumentKey, group: str) -> str:
        return self._change(lambda one: w.regroup(one, key, group))

    def sort_by(self, column: str) -> str:
        if column and column.removeprefix("-") not in COLUMNS:
            return f"{column} is no column; there are {', '.join(COLUMNS)}"
        return self._change(lambda one: msgspec.structs.replace(one, sort=column))

    def filter_by(self, text: str) -> str:
        return self._change(lambda one: _filtered(one, text.strip()))

    def pin(self, instrument: Instrument) -> str:
        if self._known.get(instrument.key) is None:
            return f"{instrument.label} is {self._elsewhere} and was not pinned"
        now = [w.entry(i) for i in self.pins()]
        pinned = [e for e in now if e.key != instrument.key]
        if len(pinned) == len(now):
            pinned.append(w.entry(instrument))
        self._put(msgspec.structs.replace(self._lists, pins=tuple(pinned)))
        return ""

    def take_csv(self, path: Path) -> str:
        try:
            if path.stat().st_size > CSV_BYTES_MAX:
                return f"{path.name}: over {CSV_BYTES_MAX // 1000} kB, which is no watchlist"
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            return f"{path.name}: cannot be read ({getattr(e, 'strerror', None) or 'not UTF-8 text'})"
        entries, unknown = w.from_csv(text, self._named)
        if unknown:
            more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
            return f"{path.name}: {self._elsewhere}: {', '.join(unknown[:3])}{more}. Nothing was added; mend the file"
        if not entries:
            return f"{path.name}: holds no symbol. Write one on each line, or a heading line with symbol, exchange"
        before = len(self._one.entries)
        why = self._change(lambda one: _with_all(one, entries))
        return why or f"added {len(self._one.entries) - before} of {len(entries)} from {path.name}"

    # Behind it.

    @property
    def _one(self) -> w.Watchlist:
        return self._lists.get(self._lists.chosen)

    def _change(self, change: Callable[[w.Watchlist], w.Watchlist]) -> str:
        return self._try(lambda: self._lists.put(change(self._one)))

    def _try(self, make: Callable[[], w.Watchlists]) -> str:
        try:
            self._put(make())
        except UserError as e:
            return str(e)
        return ""

    def _put(self, lists: w.Watchlists) -> None:
        if lists == self._lists:
            return
        self._lists = lists
        self._compile()
        self._rows = None
        self.revision += 1
        self._keep(lists)
        self._changed()

    def _compile(self) -> None:
        """A filter of a kept file that no longer reads shows everything rather than nothing."""
        try:
            self._test = compile_filter(self._one.filter, frozenset(COLUMNS))
        except UserError:
            self._test = lambda row: True

    def _arrange(self) -> tuple[ListRow, ...]:
        one = self._one
        values: dict[InstrumentKey, Row] = {}
        if one.sort or one.filter:
            held = self._held_units()
            values = {e.key: self._values(e, held) for e in one.entries}
        lines = w.arrange(one, lambda e, column: _sortable(values[e.key].get(column)), lambda e: self._fits(e, values))
        counts: dict[str, int] = {}
        for line in lines:
            if line.entry is not None:
                counts[line.entry.group] = counts.get(line.entry.group, 0) + 1
        return tuple(self._row(line, counts) for line in lines)

    def _fits(self, e: w.Entry, values: dict[InstrumentKey, Row]) -> bool:
        return self._test(values.get(e.key, {})) if self._one.filter else True

    def _row(self, line: w.Shown, counts: dict[str, int]) -> ListRow:
        e = line.entry
        if e is None:
            group = "" if line.group == "other" and "other" not in counts else line.group
            return ListRow(("group", line.group), line.group, group, heading=True, count=counts.get(group, 0))
        instrument = self._instrument(e)
        return ListRow(e.key, e.symbol, e.group, instrument)

    def _instruments(self, one: w.Watchlist) -> tuple[Instrument, ...]:
        return tuple(dict.fromkeys(i for e in one.entries if (i := self._instrument(e)) is not None))

    def _instrument(self, e: w.Entry) -> Instrument | None:
        if e.key not in self._found:
            self._found[e.key] = self._known.get(e.key)
        return self._found[e.key]

    def _todays(self, lists: w.Watchlists) -> w.Watchlists:
        """The lists with today's tokens: they are given anew from time to time, the symbol stays."""
        made = tuple(
            msgspec.structs.replace(
                one, entries=tuple({(e := self._today(old)).key: e for old in one.entries}.values())
            )
            for one in lists.lists
        )
        return msgspec.structs.replace(lists, lists=made, pins=tuple(map(self._today, lists.pins)))

    def _today(self, e: w.Entry) -> w.Entry:
        if self._known.get(e.key) is not None:
            return e
        found = self._known.by_symbol(e.exchange, e.symbol)
        return e if found is None else msgspec.structs.replace(e, token=found.token)

    def _named(self, exchange: str, symbol: str) -> Instrument | None:
        if exchange and exchange not in list(Exchange):
            return None
        for each in (Exchange(exchange),) if exchange else _SEARCHED:
            for name in (symbol.upper(), f"{symbol.upper()}-EQ", symbol):
                found = self._known.by_symbol(each, name)
                if found is not None:
                    return found
        return None

    def _held_units(self) -> dict[InstrumentKey, int]:
        units: dict[InstrumentKey, int] = {}
        for p in self._held.positions():
            key = InstrumentKey(p.exchange, p.token)
            units[key] = units.get(key, 0) + p.net
        return units

    def _values(self, e: w.Entry, held: dict[InstrumentKey, int]) -> Row:
        """What the row may be compared by; rupees, units, percent, seconds. None is "no value"."""
        i = self._instrument(e)
        slot = self._board.slot(i.key) if i is not None else None
        if i is None:
            return {"symbol": e.symbol, "exch": str(e.exchange)}
        about: dict[str, float | int | str | None] = {
            "symbol": i.label,
            "exch": str(i.exchange),
            "kind": str(i.kind),
            "held": held.get(i.key, 0),
            "expiry": i.expiry or None,
            "strike": i.strike_e4 / 10_000 if i.strike_e4 else None,
        }
        if slot is None or (age_ms := self._board.age_ms(slot)) is None:
            return about
        q = self._board.quote(slot)
        return about | {
            "ltp": q.ltp_e4 / 10_000 if q.has_ltp else None,
            "chg": q.change_bps / 100 if q.change_bps is not None else None,
            "vol": q.volume,
            "oi": q.open_interest,
            "age": age_ms / 1_000,
            "spread": (q.ask_e4 - q.bid_e4) / 10_000 if q.bid_e4 and q.ask_e4 else None,
        }


def _filtered(one: w.Watchlist, text: str) -> w.Watchlist:
    compile_filter(text, frozenset(COLUMNS))
    return msgspec.structs.replace(one, filter=text)


def _with_all(one: w.Watchlist, entries: tuple[w.Entry, ...]) -> w.Watchlist:
    for e in entries:
        one = w.add(one, e)
    return one


def _sortable(value: float | int | str | None) -> float | str | None:
    return value
