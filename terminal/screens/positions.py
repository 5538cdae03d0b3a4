"""The Positions screen: what is held, what it made and cost, what protects it; trades, holdings and funds beside."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from core.account import Leg, MarkBy
from core.domain import InstrumentKey
from core.views import Desk
from terminal.actions import Scope
from terminal.screens.table_screen import TableScreen
from widgets.blotter import TradesGrid
from widgets.cells import Line
from widgets.drawn import DrawnPane
from widgets.holdings import HoldingsGrid
from widgets.legs import LegsGrid
from widgets.notes import funds_line, leg_details, leg_notes


class PositionsScreen(TableScreen):
    """Screen 3."""

    NUMBER = 3
    TABLES = (("legs", "Positions"), ("trades", "Trades"), ("holdings", "Holdings"))
    SCOPES = (Scope.TABLES, Scope.POSITIONS)
    BINDINGS: ClassVar[list[BindingType]] = TableScreen.keys(*SCOPES)

    def compose(self) -> ComposeResult:
        yield from self.head()
        yield LegsGrid(id="legs")
        yield TradesGrid(id="trades")
        yield HoldingsGrid(id="holdings")
        yield DrawnPane(self._notes, id="notes")
        yield DrawnPane(self._funds, id="funds")
        yield self.feet()

    def _notes(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return leg_notes(desk, self._leg(), width)

    def _funds(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return (funds_line(desk.account.purse(), desk.account.day_loss(), width),)

    def counts(self, desk: Desk) -> dict[str, int]:
        return {
            "legs": sum(1 for p in desk.positions.positions() if p.net),
            "trades": len(desk.orders.fills()),
            "holdings": len(desk.account.holdings()),
        }

    def words(self) -> str:
        if self.shown != "legs":
            return ""
        grid = self.query_one(LegsGrid)
        touch = "valued at the touch" if self.desk.account.mark_by() is MarkBy.TOUCH else ""
        return "  ".join(part for part in (grid.words(), touch) if part)

    def _leg(self) -> Leg | None:
        return self.query_one(LegsGrid).current() if self.shown == "legs" else None

    # Keys.

    async def action_exit(self) -> None:
        """A ticket that closes the position, filled in; it sends nothing by itself."""
        leg = self._leg()
        if leg is None or not leg.position.net:
            self.tezi.say("no open position under the cursor")
            return
        position = leg.position
        instrument = self.desk.instrument(InstrumentKey(position.exchange, position.token))
        if instrument is None:
            self.tezi.say(f"{position.symbol} is not in the instrument list", bad=True)
            return
        from terminal.screens.modals import exit_terms

        await self.open_ticket(exit_terms(self.tezi.new_intent_id(), instrument, position, self.desk))

    async def action_protect(self) -> None:
        leg = self._leg()
        if leg is None or not leg.position.net:
            self.tezi.say("no open position under the cursor: nothing to protect")
            return
        from terminal.screens.protect import ProtectScreen

        await self.app.push_screen(ProtectScreen(leg.position.key, leg.position.symbol))

    def action_mark(self) -> None:
        """Value at the last trade, or at what closing would bring."""
        account = self.desk.account
        account.set_mark(MarkBy.TOUCH if account.mark_by() is MarkBy.LAST else MarkBy.LAST)
        self._again()

    async def action_details(self) -> None:
        leg = self._leg()
        if leg is None:
            return
        from terminal.screens.modals import LinesScreen

        await self.app.push_screen(LinesScreen(f"Position {leg.position.symbol}", leg_details(leg), "Esc close"))
