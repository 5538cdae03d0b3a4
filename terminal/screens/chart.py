"""Screen 5: candles of one instrument."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from core.domain import Instrument, Side
from core.views import Desk, Status
from terminal.actions import SCREENS, Scope, action, bindings, hints, keys_of
from terminal.screens.desk_screen import DeskScreen
from widgets.cells import Cell, Line
from widgets.chart import ChartPane, View, chart_head
from widgets.drawn import DrawnPane
from widgets.header import HeaderPane
from widgets.hints import Hint, HintsPane
from widgets.ink import Ink
from widgets.pane import Pane
from widgets.quotes import seen

FIRST = "5m"
STEP_MAX = 4


class ChartScreen(DeskScreen):
    """Opens the chart of an instrument, of the first of the list without one; history is asked while it is there."""

    AUTO_FOCUS = "#chart"
    SCOPES = (Scope.CHART,)
    BINDINGS: ClassVar[list[BindingType]] = [b for scope in (Scope.SCREENS, *SCOPES) for b in bindings(scope)]

    def __init__(self, instrument: Instrument | None) -> None:
        super().__init__()
        self._instrument = instrument
        self._interval = FIRST

    def compose(self) -> ComposeResult:
        yield HeaderPane(SCREENS, at=5, id="header")
        yield DrawnPane(self._head, id="chart-head")
        yield ChartPane(id="chart")
        kill = action("panic")
        wanted = hints(Scope.CHART, Scope.SCREENS)
        yield HintsPane(wanted, Hint(keys_of(kill.id).replace(" ", "/"), kill.hint, 0), id="hints")

    def on_mount(self) -> None:
        self.use(self.desk)

    def on_unmount(self) -> None:
        self.desk.charts.close()

    @property
    def pane(self) -> ChartPane:
        return self.query_one(ChartPane)

    def subject(self) -> Instrument | None:
        return self._instrument

    def use(self, desk: Desk) -> None:
        for pane in self.query(Pane):
            pane.use(desk)
        self._open(desk)

    def paint(self, status: Status | None) -> None:
        if not self.is_mounted:
            return
        for pane in self.query(Pane):
            pane.status = status
            pane.paint()

    def _open(self, desk: Desk) -> None:
        """Show the instrument at the interval, beginning with the newest."""
        names = desk.charts.intervals()
        if self._instrument is None:
            self._instrument = next(iter(desk.watchlist()), None)
        if self._instrument is not None:
            at = self._interval if self._interval in names else names[0]
            desk.charts.open(self._instrument, at)
        ways = "  ".join(f"[{name}]" if name == self._interval else name for name in names)
        self.pane.border_title = Content(ways)
        self.pane.view = replace(self.pane.view, back=0)

    def _head(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        series = desk.charts.series()
        if series is None:
            return ((Cell(" no chart", Ink.DIM),),)
        return chart_head(series, seen(desk.quotes, series.instrument.key), self.pane.view, width)

    def action_interval(self, by: int) -> None:
        names = self.desk.charts.intervals()
        at = names.index(self._interval) if self._interval in names else 0
        self.action_interval_named(names[max(0, min(at + by, len(names) - 1))])

    def action_interval_named(self, name: str) -> None:
        self._interval = name
        self._open(self.desk)
        self.pane.show(View(0, self.pane.view.step))

    def action_pan(self, slots: int) -> None:
        series = self.desk.charts.series()
        most = max(0, len(series.slots) - 10) if series else 0
        view = self.pane.view
        self.pane.show(View(max(0, min(view.back + slots, most)), view.step))

    def action_newest(self) -> None:
        self.pane.show(View(0, self.pane.view.step))

    def action_zoom(self, by: int) -> None:
        view = self.pane.view
        self.pane.show(View(view.back, max(1, min(view.step + by, STEP_MAX))))

    def action_next(self, by: int) -> None:
        """The next or previous instrument of the list."""
        listed = self.desk.watchlist()
        if listed:
            at = listed.index(self._instrument) if self._instrument in listed else -by
            self._instrument = listed[(at + by) % len(listed)]
            self._open(self.desk)
            self.pane.show(self.pane.view)

    async def action_ticket(self, side: int) -> None:
        if self._instrument is None or not self._instrument.tick_e4:
            self.tezi.say("an index cannot be traded" if self._instrument else "no instrument")
            return
        from terminal.screens.modals import TicketScreen, new_terms

        terms = new_terms(self.tezi.new_intent_id(), self._instrument, Side(side), self.desk)
        await self.app.push_screen(TicketScreen(terms))
