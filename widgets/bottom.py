"""The bottom pane: one table at a time, with all of them named and counted in the border."""

import logging

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from core.views import Desk, Status
from widgets.blotter import OrdersGrid, TradesGrid
from widgets.grid import LineGrid
from widgets.health import HealthGrid
from widgets.legs import PositionsGrid

log = logging.getLogger("tezi.screen")
TABLES = ("positions", "orders", "trades", "health")


class BottomPane(Vertical):
    """Positions, Orders, Trades, Health. `show` changes the table; `subtitles` are the keys of each."""

    def __init__(self, subtitles: dict[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._subtitles = subtitles
        self._title: tuple[object, ...] = ()
        self.shown = TABLES[0]

    def compose(self) -> ComposeResult:
        yield PositionsGrid(id="positions")
        yield OrdersGrid(id="orders")
        yield TradesGrid(id="trades")
        yield HealthGrid(id="health")

    def on_mount(self) -> None:
        self.show(self.shown)

    @property
    def grid(self) -> LineGrid:
        """The table that is shown."""
        return self.query_one(f"#{self.shown}", LineGrid)

    def grids(self) -> tuple[LineGrid, ...]:
        return tuple(self.query(LineGrid))

    def show(self, table: str) -> None:
        """Show another table; the focus goes with it when it was in this pane."""
        focused = self.has_focus_within
        another = table != self.shown
        self.shown = table
        for grid in self.grids():
            grid.display = grid.id == table
        self.grid.load()
        if another:
            self.grid.move_to_row(0)
        self.border_subtitle = Content(self._subtitles[table])
        if focused:
            self.screen.set_focus(self.grid)

    def step(self, by: int) -> None:
        """Show the next or the previous table, round and round."""
        self.show(TABLES[(TABLES.index(self.shown) + by) % len(TABLES)])

    def paint(self, desk: Desk, status: Status | None, *, narrow: bool) -> None:
        """Paint the table that is shown, and the counts in the border when they changed."""
        try:
            numbers = counts(desk)
        except Exception as e:  # border: the tables say themselves what is broken
            log.debug("no counts", exc_info=e)
            numbers = None
        title = (self.shown, narrow, numbers)
        if title != self._title:
            self._title = title
            self.border_title = _title(self.shown, numbers, narrow=narrow)
        grid = self.grid
        grid.status = status
        grid.paint()


def counts(desk: Desk) -> tuple[int, int, int]:
    """Open positions, live orders, trades."""
    positions = sum(1 for p in desk.positions.positions() if p.net)
    orders = sum(1 for o in desk.orders.orders() if o.state.live)
    return positions, orders, len(desk.orders.fills())


def _title(shown: str, numbers: tuple[int, int, int] | None, *, narrow: bool) -> Content:
    words = ("Pos", "Ord", "Trd", "Health") if narrow else ("Positions", "Orders", "Trades", "Health")
    positions, orders, trades = numbers if numbers else ("?", "?", "?")
    tails = (f" {positions}", f" {orders}{'' if narrow else ' open'}", f" {trades}", "")
    parts: list[Content] = []
    for table, word, tail in zip(TABLES, words, tails, strict=True):
        on = table == shown
        text = f"[{word}{tail}]" if on else f"{word}{tail}"
        parts.append(Content.styled(text, "bold") if on else Content(text))
    return Content(" · ").join(parts)
