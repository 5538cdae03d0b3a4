"""What the Orders, Positions and Risk screens share: one table at a time, its keys, tickets for the focused row."""

import logging
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from core.domain import Instrument, InstrumentKey, Side
from core.views import Desk, Status
from terminal.actions import SCREENS, Scope, action, bindings, hints, key_of, keys_of
from terminal.screens.desk_screen import DeskScreen
from terminal.screens.ticket_form import Terms, new_terms
from widgets.banner import BannerPane
from widgets.grid import LineGrid
from widgets.header import HeaderPane
from widgets.hints import Hint, HintsPane
from widgets.pane import Pane

log = logging.getLogger("tezi.screen")


class TableScreen(DeskScreen):
    """`TABLES` are the ids of its grids and their names; the first is shown first. `NUMBER` is its screen number."""

    NUMBER: ClassVar[int] = 0
    TABLES: ClassVar[tuple[tuple[str, str], ...]] = ()
    AUTO_FOCUS = ""

    def __init__(self, subject: Instrument | None = None) -> None:
        super().__init__()
        self._subject = subject
        self._panes: tuple[Pane, ...] = ()
        self._named: object = None
        self.shown = self.TABLES[0][0]

    @classmethod
    def keys(cls, *scopes: Scope) -> list[BindingType]:
        return [b for scope in (Scope.SCREENS, *scopes) for b in bindings(scope)]

    def head(self) -> tuple[Pane, ...]:
        """The panes above the tables."""
        return (
            HeaderPane(SCREENS, at=self.NUMBER, id="header"),
            BannerPane(f"{key_of('panic')} then {key_of('panic.undo')} undoes it", id="banner"),
        )

    def feet(self) -> HintsPane:
        kill = action("panic")
        return HintsPane(hints(*self.SCOPES), Hint(keys_of(kill.id).replace(" ", "/"), kill.hint, 0), id="hints")

    def on_mount(self) -> None:
        self._panes = tuple(pane for pane in self.query(Pane) if not isinstance(pane, LineGrid))
        self.show(self.shown)
        self.use(self.desk)

    # The desk.

    def use(self, desk: Desk) -> None:
        for pane in self.query(Pane):
            pane.use(desk)

    def paint(self, status: Status | None) -> None:
        if not self._panes:
            return
        banner = self.query_one(BannerPane)
        for pane in (*self._panes, self.grid):
            pane.status = status
        height = banner.wanted_height()
        if banner.styles.height is None or banner.styles.height.value != height:
            banner.styles.height = height
        for pane in (*self._panes, self.grid):
            pane.paint()
        self._entitle()

    def _entitle(self) -> None:
        """The border of the table: all tables with their counts, and what the rows are kept by."""
        try:
            named = (self.shown, self.counts(self.desk), self.words())
        except Exception as e:  # border: the table says itself what is broken
            log.debug("no counts", exc_info=e)
            return
        if named == self._named:
            return
        self._named = named
        counts = named[1]
        parts = []
        for table, name in self.TABLES:
            text = f"{name} {counts[table]}" if table in counts else name
            parts.append(Content.styled(f"[{text}]", "bold") if table == self.shown else Content(text))
        self.grid.border_title = Content(" · ").join(parts)
        self.grid.border_subtitle = Content(self.words())

    def counts(self, desk: Desk) -> dict[str, int]:
        """How much stands in each table, by its id; a table without a count is not in it."""
        return {}

    def words(self) -> str:
        """What orders and hides rows, for the border of the table that is shown."""
        return ""

    # The tables.

    @property
    def grid(self) -> LineGrid:
        return self.query_one(f"#{self.shown}", LineGrid)

    def show(self, table: str) -> None:
        self.shown = table
        self._named = None
        for name, _ in self.TABLES:
            self.query_one(f"#{name}").display = name == table
        self.grid.load()
        self.set_focus(self.grid)

    def action_table(self, by: int) -> None:
        names = [name for name, _ in self.TABLES]
        self.show(names[(names.index(self.shown) + by) % len(names)])
        self.grid.paint()

    def action_move(self, rows: int) -> None:
        self.grid.move(rows)

    def action_page(self, pages: int) -> None:
        self.grid.move_pages(pages)

    def action_first(self) -> None:
        self.grid.move_to_row(0)

    def action_last(self) -> None:
        self.grid.move_to_last()

    def action_sort(self, by: int) -> None:
        self._arrange("step_sort", by)

    def action_filter(self, by: int) -> None:
        self._arrange("step_filter", by)

    def action_reverse(self) -> None:
        grid = self.grid
        if hasattr(grid, "reverse"):
            grid.reverse = not grid.reverse
            self._again()

    def _arrange(self, how: str, by: int) -> None:
        step = getattr(self.grid, how, None)
        if step is None:
            self.tezi.say("this table has one order and no filter")
            return
        step(by)
        self._again()

    def _again(self) -> None:
        self.grid.load()
        self.grid.paint()
        self._entitle()

    # The focused row.

    def subject(self) -> Instrument | None:
        """The instrument under the cursor; the one that was brought along while there is no row."""
        current = getattr(self.grid, "current", None)
        row = current() if current is not None else None
        row = getattr(row, "position", row)
        if row is None or not hasattr(row, "token"):
            return self._subject
        return self.desk.instrument(InstrumentKey(row.exchange, row.token))

    async def action_ticket(self, side: int) -> None:
        instrument = self.subject()
        if instrument is None:
            self.tezi.say("no instrument under the cursor")
        elif not instrument.tick_e4:
            self.tezi.say(f"{instrument.label} is an index and cannot be traded")
        else:
            await self.open_ticket(new_terms(self.tezi.new_intent_id(), instrument, Side(side), self.desk))

    async def open_ticket(self, terms: Terms) -> None:
        from terminal.screens.modals import TicketScreen

        await self.app.push_screen(TicketScreen(terms))
