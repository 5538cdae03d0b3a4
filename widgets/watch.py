"""The watchlist."""

from collections.abc import Hashable, Mapping, Sequence

from core.domain import Instrument, InstrumentKey
from core.marketviews import ListRow
from core.views import Desk
from widgets import cells
from widgets.cells import Cell
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink
from widgets.quotes import pulse, seen

TREND = 8


class WatchGrid(LineGrid):
    """One row an instrument: symbol with what is held, last price, change, trend, age; headings of groups between."""

    COLUMNS = (
        Column("symbol", "Symbol", 15, grow=True),
        Column("ex", "Ex", 3, rank=3),
        Column("bid", "Bid", 10, right=True, rank=6),
        Column("ltp", "LTP", 10, right=True),
        Column("ask", "Ask", 10, right=True, rank=7),
        Column("change", "Chg%", 6, right=True, rank=2),
        Column("trend", "Trend", TREND, rank=4),
        Column("range", "Day L-H", 8, rank=5),
        Column("volume", "Vol", 7, right=True, rank=8),
        Column("interest", "OI", 7, right=True, rank=9),
        Column("age", "Age", 4, right=True, rank=1),
    )
    EMPTY = "no instruments yet: / finds one"
    FILTERED = "nothing passes the filter: f changes it"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[ListRow, ...] = ()
        self._rows: dict[Hashable, ListRow] = {}
        self._held: dict[InstrumentKey, int] = {}
        self._held_revision = -1

    def forget(self) -> None:
        super().forget()
        self._held_revision = -1

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        rows = desk.lists.rows()
        if rows is not self._shown:
            self._shown = rows
            self._rows = {row.key: row for row in rows}
        self._take_positions(desk)
        return tuple(self._rows)

    def rests_on(self, key: Hashable) -> bool:
        row = self._rows.get(key)
        return row is None or not row.heading

    def empty(self, desk: Desk) -> str:
        return self.FILTERED if desk.lists.filter else self.EMPTY

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        row = self._rows[key]
        if row.instrument is None:
            return (row.group, row.count)
        own = row.instrument.key
        return (pulse(desk.quotes, own), self._held.get(own, 0), row.instrument, desk.lists.trend(own))

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        row = self._rows[key]
        if row.heading:
            return {"symbol": Cell(f"{row.group or 'other'} ({row.count})", Ink.HEAD)}
        if row.instrument is None:
            return {"mark": Cell("×", Ink.DIM), "symbol": Cell(row.symbol, Ink.DIM), "ltp": Cell("not listed", Ink.DIM)}
        return self._cells(desk, row.instrument)

    def _cells(self, desk: Desk, instrument: Instrument) -> Mapping[str, Cell]:
        now = seen(desk.quotes, instrument.key)
        q, places = now.quote, cells.decimals(instrument)
        held = self._held.get(instrument.key, 0)
        width = self.column_width("symbol")
        name = _named(cells.short_name(instrument, width), held, width)
        age_ink = Ink.DIM if now.freshness.mark == " " else Ink.WARN
        trend = desk.lists.trend(instrument.key)
        return {
            "mark": cells.mark(now.freshness),
            "symbol": Cell(name, Ink.STRONG if held else Ink.TEXT),
            "ex": Cell(instrument.exchange.value, Ink.DIM),
            "bid": cells.price(q.bid_e4, places, cells.live_ink(now.freshness, Ink.BUY)),
            "ltp": cells.last_price(q, now.freshness, places),
            "ask": cells.price(q.ask_e4, places, cells.live_ink(now.freshness, Ink.SELL)),
            "change": cells.change(q.change_bps, now.freshness),
            "trend": Cell(cells.spark(trend, TREND), cells.live_ink(now.freshness, Ink.TEXT)),
            "range": Cell(_day_range(q.low_e4, q.high_e4, q.ltp_e4), Ink.DIM),
            "volume": Cell(cells.lakh(q.volume) if q.volume else "", Ink.DIM),
            "interest": Cell(cells.lakh(q.open_interest) if q.open_interest else "", Ink.DIM),
            "age": Cell(cells.age(now.age_ms), age_ink),
        }

    def current(self) -> Instrument | None:
        """The instrument under the cursor."""
        row = self.current_row()
        return row.instrument if row is not None else None

    def current_row(self) -> ListRow | None:
        """The row under the cursor, whether it is listed today or not."""
        return self._rows.get(self.cursor_key)

    def _take_positions(self, desk: Desk) -> None:
        if desk.positions.revision == self._held_revision:
            return
        self._held_revision = desk.positions.revision
        self._held = {}
        for p in desk.positions.positions():
            key = InstrumentKey(p.exchange, p.token)
            self._held[key] = self._held.get(key, 0) + p.net


def list_title(names: tuple[str, ...], chosen: str, *, narrow: bool, width: int = 44) -> str:
    """`Watch [Main] Banks F&O` as far as there is room, `Watch 1/3 Main` when it is narrow or does not fit."""
    if len(names) < 2:
        return f"Watch {chosen}".rstrip()
    whole = "Watch " + " ".join(f"[{name}]" if name == chosen else name for name in names)
    if narrow or len(whole) > width:
        at = names.index(chosen) + 1 if chosen in names else 0
        return f"Watch {at}/{len(names)} {chosen}"
    return whole


def list_foot(sort: str, filter: str) -> str:
    """What orders and hides rows: `sort chg falling   filter chg > 2`; empty for neither."""
    parts = [f"sort {sort.removeprefix('-')} {'falling' if sort.startswith('-') else 'rising'}"] if sort else []
    if filter:
        parts.append(f"filter {cells.fit(filter, 28).rstrip()}")
    return "   ".join(parts)


def _named(name: str, held: int, width: int) -> str:
    """The name, and what is held of it when there is room for both."""
    both = f"{name}  {cells.signed_quantity(held).text}"
    return both if held and len(both) <= width else name


def _day_range(low_e4: int, high_e4: int, last_e4: int) -> str:
    """Where the last price stands between the day's low and high, as a track of eight cells."""
    if not 0 < low_e4 < high_e4:
        return ""
    return cells.track((last_e4 - low_e4) / (high_e4 - low_e4), 8)
