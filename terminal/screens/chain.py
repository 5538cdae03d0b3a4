"""Screen 4: the option chain of an underlying and expiry."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from core.domain import Instrument, Side
from core.views import Desk, Status
from terminal.actions import SCREENS, Scope, action, bindings, hints, keys_of
from terminal.screens.desk_screen import DeskScreen
from terminal.screens.numbers import show
from widgets.cells import Cell, Line
from widgets.chain import ChainGrid, chain_head
from widgets.drawn import DrawnPane
from widgets.header import HeaderPane
from widgets.hints import Hint, HintsPane
from widgets.ink import Ink
from widgets.pane import Pane


class ChainScreen(DeskScreen):
    """Opens the chain that an instrument belongs to; its contracts are subscribed while the screen is there."""

    AUTO_FOCUS = "#chain"
    SCOPES = (Scope.CHAIN,)
    BINDINGS: ClassVar[list[BindingType]] = [b for scope in (Scope.SCREENS, *SCOPES) for b in bindings(scope)]

    def __init__(self, near: Instrument | None) -> None:
        super().__init__()
        self._near = near

    def compose(self) -> ComposeResult:
        yield HeaderPane(SCREENS, at=4, id="header")
        yield DrawnPane(self._head, id="chain-head")
        yield ChainGrid(id="chain")
        kill = action("panic")
        wanted = hints(Scope.CHAIN, Scope.SCREENS)
        yield HintsPane(wanted, Hint(keys_of(kill.id).replace(" ", "/"), kill.hint, 0), id="hints")

    def on_mount(self) -> None:
        self.grid.border_title = Content("Chain")
        self.use(self.desk)

    def on_unmount(self) -> None:
        self.desk.chains.close()

    @property
    def grid(self) -> ChainGrid:
        return self.query_one(ChainGrid)

    def subject(self) -> Instrument | None:
        return self.grid.current() or self._near

    def use(self, desk: Desk) -> None:
        for pane in self.query(Pane):
            pane.use(desk)
        self._say(desk.chains.open(self._near))

    def paint(self, status: Status | None) -> None:
        if not self.is_mounted:
            return
        for pane in self.query(Pane):
            pane.status = status
            pane.paint()

    def _head(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        table = desk.chains.table()
        return chain_head(table, width) if table else ((Cell(" no chain", Ink.DIM),),)

    def _say(self, refused: str) -> None:
        if refused:
            self.tezi.say(refused, bad=True)

    def action_move(self, rows: int) -> None:
        self.grid.move(rows)

    def action_page(self, pages: int) -> None:
        self.grid.move_pages(pages)

    def action_side(self, side: int) -> None:
        self.grid.choose(side)

    def action_atm(self) -> None:
        self.grid.to_money()

    def action_expiry(self, by: int) -> None:
        self.desk.chains.step_expiry(by)

    def action_underlying(self, by: int) -> None:
        self._say(self.desk.chains.step_underlying(by))

    def action_add(self) -> None:
        option = self.grid.current()
        if option is not None:
            refused = self.desk.lists.add(option)
            self.tezi.say(refused or f"{option.label} is on the list {self.desk.lists.chosen}", bad=bool(refused))

    async def action_chart(self) -> None:
        await show(self.tezi, 5, self.subject())

    async def action_ticket(self, side: int) -> None:
        option = self.grid.current()
        if option is None:
            self.tezi.say("no option under the cursor")
            return
        from terminal.screens.modals import TicketScreen, new_terms

        terms = new_terms(self.tezi.new_intent_id(), option, Side(side), self.desk)
        await self.app.push_screen(TicketScreen(terms))
