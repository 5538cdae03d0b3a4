"""The watchlist."""

from collections.abc import Hashable, Mapping, Sequence

from core.domain import Instrument, InstrumentKey
from core.views import Desk
from widgets import cells
from widgets.cells import Cell
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink
from widgets.quotes import pulse, seen


class WatchGrid(LineGrid):
    """One row an instrument: symbol with what is held, last price, change, touch, age."""

    COLUMNS = (
        Column("symbol", "Symbol", 13, grow=True),
        Column("ex", "Ex", 3, rank=3),
        Column("ltp", "LTP", 10, right=True),
        Column("change", "Chg%", 6, right=True, rank=2),
        Column("range", "Day L-H", 8, rank=4),
        Column("age", "Age", 4, right=True, rank=1),
    )
    EMPTY = "no instruments yet: / finds one"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Instrument] = {}
        self._held: dict[InstrumentKey, int] = {}
        self._held_revision = -1

    def forget(self) -> None:
        super().forget()
        self._held_revision = -1

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        self._rows = {i.key: i for i in desk.watchlist()}
        self._take_positions(desk)
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        instrument = self._rows[key]
        return (pulse(desk.quotes, instrument.key), self._held.get(instrument.key, 0))

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        instrument = self._rows[key]
        now = seen(desk.quotes, instrument.key)
        held = self._held.get(instrument.key, 0)
        width = self.column_width("symbol")
        name = _named(cells.short_name(instrument, width), held, width)
        age_ink = Ink.DIM if now.freshness.mark == " " else Ink.WARN
        return {
            "mark": cells.mark(now.freshness),
            "symbol": Cell(name, Ink.STRONG if held else Ink.TEXT),
            "ex": Cell(instrument.exchange.value, Ink.DIM),
            "ltp": cells.last_price(now.quote, now.freshness, cells.decimals(instrument)),
            "change": cells.change(now.quote.change_bps, now.freshness),
            "range": Cell(_day_range(now.quote.low_e4, now.quote.high_e4, now.quote.ltp_e4), Ink.DIM),
            "age": Cell(cells.age(now.age_ms), age_ink),
        }

    def current(self) -> Instrument | None:
        """The instrument under the cursor."""
        return self._rows.get(self.cursor_key)

    def _take_positions(self, desk: Desk) -> None:
        if desk.positions.revision == self._held_revision:
            return
        self._held_revision = desk.positions.revision
        self._held = {}
        for p in desk.positions.positions():
            key = InstrumentKey(p.exchange, p.token)
            self._held[key] = self._held.get(key, 0) + p.net


def _named(name: str, held: int, width: int) -> str:
    """The name, and what is held of it when there is room for both."""
    both = f"{name}  {cells.signed_quantity(held).text}"
    return both if held and len(both) <= width else name


def _day_range(low_e4: int, high_e4: int, last_e4: int) -> str:
    """Where the last price stands between the day's low and high, as a track of eight cells."""
    if not 0 < low_e4 < high_e4:
        return ""
    return cells.track((last_e4 - low_e4) / (high_e4 - low_e4), 8)
