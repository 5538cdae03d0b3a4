"""The Risk screen: limits and what is left of them, what protects each position, what will bite. Reads only."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from core.domain import Instrument
from core.views import Desk
from terminal.actions import Scope
from terminal.screens.table_screen import TableScreen
from widgets.cells import Line
from widgets.drawn import DrawnPane
from widgets.notes import funds_line
from widgets.risk import CautionsGrid, GaugesGrid, GuardsGrid


class RiskScreen(TableScreen):
    """Screen 6."""

    NUMBER = 6
    TABLES = (("gauges", "Limits"), ("guards", "Stops and targets"), ("cautions", "To mind"))
    SCOPES = (Scope.TABLES, Scope.RISK)
    BINDINGS: ClassVar[list[BindingType]] = TableScreen.keys(*SCOPES)

    def compose(self) -> ComposeResult:
        yield from self.head()
        yield GaugesGrid(id="gauges")
        yield GuardsGrid(id="guards")
        yield CautionsGrid(id="cautions")
        yield DrawnPane(self._funds, id="funds")
        yield self.feet()

    def _funds(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return (funds_line(desk.account.purse(), desk.account.day_loss(), width),)

    def counts(self, desk: Desk) -> dict[str, int]:
        bites = sum(len(desk.account.cautions(p.key)) for p in desk.positions.positions() if p.net)
        return {"guards": len(desk.account.guards()), "cautions": bites}

    def words(self) -> str:
        return "kept by Tezi, not by the broker" if self.shown == "guards" else ""

    def subject(self) -> Instrument | None:
        if self.shown == "guards":
            key = self.query_one(GuardsGrid).current()
            return self.desk.instrument(key) if key is not None else self._subject
        return super().subject() if self.shown == "cautions" else self._subject

    async def action_unlatch(self) -> None:
        if not self.desk.account.day_loss().latched:
            self.tezi.say("the day-loss limit is not latched")
            return
        from terminal.screens.unlatch import UnlatchScreen

        await self.app.push_screen(UnlatchScreen())
