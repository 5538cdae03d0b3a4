"""The Trade screen: watchlist, depth, our orders and positions, events. It joins panes and holds no market state."""

import logging
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from core.domain import Instrument, InstrumentKey, Order, OrderIntent, OrderState, Side
from core.facts import LadderMode, Operation
from core.views import Desk, Status
from terminal.actions import SCREENS, Scope, action, bindings, hints, key_of, keys_of
from terminal.screens.replay_actions import ReplayActions
from terminal.screens.watch_actions import WatchActions
from widgets.banner import BannerPane
from widgets.blotter import OrdersGrid, TradesGrid
from widgets.bottom import BottomPane
from widgets.depth import DepthPane
from widgets.events import EventsPane
from widgets.grid import LineGrid
from widgets.header import HeaderPane
from widgets.hints import Hint, HintsPane
from widgets.legs import PositionsGrid
from widgets.pane import Pane
from widgets.replay import ReplayPane
from widgets.watch import WatchGrid, list_foot, list_title

if TYPE_CHECKING:
    from terminal.screens.ticket_form import Terms

log = logging.getLogger("tezi.screen")


def _keys(*pairs: tuple[str, str]) -> str:
    return "  ".join(f"{key_of(action_id)} {word}" for action_id, word in pairs)


SUBTITLES = {
    "positions": _keys(
        ("row.act", "exit"),
        ("row.protect", "stop/target"),
        ("order.buy", "buy"),
        ("order.sell", "sell"),
        ("row.depth", "depth"),
    ),
    "orders": _keys(
        ("row.act", "cancel"), ("order.again", "again"), ("row.details", "details"), ("row.depth", "depth")
    ),
    "trades": _keys(("order.buy", "buy"), ("order.sell", "sell"), ("row.depth", "depth")),
    "health": _keys(("tab.previous", ""), ("tab.next", "table")).replace("   ", " "),
}


NARROW_KEYS = _keys(("find", "find"), ("list.remove", "remove"))
LIST_KEYS = _keys(("find", "find"), ("list.remove", "remove"), ("list.sort", "sort"), ("list.filter", "filter"))


class TradeScreen(WatchActions, ReplayActions):
    """Screen 1."""

    AUTO_FOCUS = "#watch"
    SCOPES = (Scope.TRADE, Scope.WATCH, Scope.REPLAY)
    BINDINGS: ClassVar[list[BindingType]] = [b for scope in (Scope.SCREENS, *SCOPES) for b in bindings(scope)]

    def __init__(self) -> None:
        super().__init__()
        self._panes: tuple[Pane, ...] = ()
        self._named: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield HeaderPane(SCREENS, id="header")
        yield BannerPane(f"{key_of('panic')} then {key_of('panic.undo')} undoes it", id="banner")
        yield ReplayPane(id="replay")
        with Horizontal(id="top"):
            yield WatchGrid(id="watch")
            yield DepthPane(id="depth")
        yield BottomPane(SUBTITLES, id="bottom")
        yield EventsPane(id="events")
        kill = action("panic")
        shown = (Scope.REPLAY,) if self.desk.replay is not None else (Scope.TRADE, Scope.SCREENS)
        yield HintsPane(hints(*shown), Hint(keys_of(kill.id).replace(" ", "/"), kill.hint, 0), id="hints")

    def on_mount(self) -> None:
        self.query_one("#depth").border_title = Content("Depth 5")
        self.query_one("#depth").border_subtitle = Content(_keys(("order.buy", "buy"), ("order.sell", "sell")))
        self.query_one("#events").border_title = Content("Events")
        self._panes = tuple(self.query("TradeScreen > Pane, #top > Pane").results(Pane))
        self._front("watch")
        self.use(self.desk)

    # The desk.

    def use(self, desk: Desk) -> None:
        """Show another desk."""
        for pane in self.query(Pane):
            pane.use(desk)

    def paint(self, status: Status | None) -> None:
        """One frame; nothing before the panes are there."""
        if not self._panes:
            return
        banner = self.query_one(BannerPane)
        for pane in self._panes:
            pane.status = status
        height = banner.wanted_height()
        if banner.styles.height is None or banner.styles.height.value != height:
            banner.styles.height = height
        for pane in self._panes:
            pane.paint()
        self._name_list()
        self.query_one(ReplayPane).display = self.desk.replay is not None
        self.query_one(BottomPane).paint(self.desk, status, narrow=self.size.width < 100)

    def _name_list(self) -> None:
        """The border of the watchlist: its lists, and what keeps rows out of sight or out of order."""
        lists, narrow = self.desk.lists, self.size.width < 100
        try:
            shown = (lists.names, lists.chosen, lists.sort, lists.filter, narrow)
        except Exception as e:  # border: a broken view must not take the screen away
            log.debug("no names of lists", exc_info=e)
            return
        if shown != self._named:
            self._named = shown
            self.grid.border_title = Content(list_title(lists.names, lists.chosen, narrow=narrow))
            self.grid.border_subtitle = Content(
                list_foot(lists.sort, lists.filter) or (NARROW_KEYS if narrow else LIST_KEYS)
            )

    # What has the focus.

    @property
    def _grid(self) -> LineGrid | None:
        return self.focused if isinstance(self.focused, LineGrid) else None

    def subject(self) -> Instrument | None:
        return self.focused_instrument() or self.query_one(DepthPane).instrument

    def focused_instrument(self) -> Instrument | None:
        """The instrument of the focused row: nothing acts on anything else."""
        focused = self.focused
        if isinstance(focused, WatchGrid):
            return focused.current()
        if isinstance(focused, DepthPane):
            return focused.instrument
        if isinstance(focused, OrdersGrid | TradesGrid | PositionsGrid):
            row = focused.position() if isinstance(focused, PositionsGrid) else focused.current()
            return self.desk.instrument(InstrumentKey(row.exchange, row.token)) if row else None
        return None

    @on(LineGrid.CursorMoved, "#watch")
    def _follow(self) -> None:
        """The depth pane shows the row of the list's cursor, unless another table's row was asked for."""
        depth = self.query_one(DepthPane)
        if depth.instrument is None or not isinstance(self.focused, OrdersGrid | TradesGrid | PositionsGrid):
            depth.show(self.query_one(WatchGrid).current())

    # Moving.

    def action_move(self, rows: int) -> None:
        if self._grid:
            self._grid.move(rows)
            self._follow()

    def action_page(self, pages: int) -> None:
        if self._grid:
            self._grid.move_pages(pages)
            self._follow()

    def action_first(self) -> None:
        if self._grid:
            self._grid.move_to_row(0)
            self._follow()

    def action_last(self) -> None:
        if self._grid:
            self._grid.move_to_last()
            self._follow()

    def action_pane(self, by: int) -> None:
        order = ("watch", "depth", "bottom")
        here = next((n for n, name in enumerate(order) if self.query_one(f"#{name}").has_focus_within), 0)
        self._go(order[(here + by) % len(order)])

    def action_bottom(self, table: str) -> None:
        self.query_one(BottomPane).show(table)
        self._go("bottom")

    def action_tab(self, by: int) -> None:
        """The next list in the watchlist, the next table everywhere else."""
        if self.focused is self.grid:
            self.desk.lists.step(by)
            self.grid.paint()
            self.grid.move_to_row(0)
            return
        self.query_one(BottomPane).step(by)
        self._go("bottom")

    def action_depth(self) -> None:
        instrument = self.focused_instrument()
        if instrument is not None:
            self.query_one(DepthPane).show(instrument)
            self._go("depth")

    def _go(self, name: str) -> None:
        self._front(name)
        target: Widget = self.query_one(BottomPane).grid if name == "bottom" else self.query_one(f"#{name}")
        self.set_focus(target)

    def _front(self, name: str) -> None:
        """On a terminal with room for one pane, this is the one."""
        for other in ("watch", "depth", "bottom"):
            self.query_one(f"#{other}").set_class(other == name, "-front")
        self.query_one("#top").set_class(name != "bottom", "-front")

    # Trading.

    async def action_ticket(self, side: int) -> None:
        instrument = self.focused_instrument()
        if instrument is None:
            self.tezi.say("no instrument under the cursor")
        elif not instrument.tick_e4:
            self.tezi.say(f"{instrument.label} is an index and cannot be traded")
        else:
            from terminal.screens.modals import new_terms

            self.query_one(DepthPane).show(instrument)
            await self._open_ticket(new_terms(self.tezi.new_intent_id(), instrument, Side(side), self.desk))

    async def _open_ticket(self, terms: "Terms") -> None:
        from terminal.screens.modals import TicketScreen

        await self.app.push_screen(TicketScreen(terms))

    async def action_act(self) -> None:
        """Cancel the order, or an exit ticket for the position, of the focused row."""
        if self.tezi.repeats.repeated:
            return
        if isinstance(self.focused, OrdersGrid):
            order = self.focused.current()
            if order is not None:
                await self._cancel(order)
        elif isinstance(self.focused, PositionsGrid):
            await self._exit(self.focused)

    async def _cancel(self, order: Order) -> None:
        if not order.state.live:
            self.tezi.say(f"{order.symbol} is {order.state.word}: nothing to cancel")
            return
        why = self.desk.forbidden(Operation.CANCEL)
        if why and self.desk.status().ladder is LadderMode.READ_ONLY:
            from terminal.screens.modals import CancelScreen

            await self.app.push_screen(CancelScreen(order, why))
            return
        answer = "" if why else self.desk.cancel(order.tag).refused
        if why or answer:
            self.tezi.say(f"not cancelled: {why or answer}", bad=True)

    async def _exit(self, grid: PositionsGrid) -> None:
        position = grid.position()
        if position is None or not position.net:
            self.tezi.say("no open position under the cursor")
            return
        instrument = self.desk.instrument(InstrumentKey(position.exchange, position.token))
        if instrument is None:
            self.tezi.say(f"{position.symbol} is not in the instrument list", bad=True)
            return
        from terminal.screens.modals import exit_terms

        await self._open_ticket(exit_terms(self.tezi.new_intent_id(), instrument, position, self.desk))

    async def action_protect(self) -> None:
        """Stop, target and trailing stop of the focused position."""
        position = self.focused.position() if isinstance(self.focused, PositionsGrid) else None
        if position is None or not position.net:
            self.tezi.say("no open position under the cursor: nothing to protect")
            return
        from terminal.screens.protect import ProtectScreen

        await self.app.push_screen(ProtectScreen(position.key, position.symbol))

    async def action_again(self) -> None:
        """The row offers it, a person decides: a ticket with the old terms, which sends nothing by itself."""
        order = self.focused.current() if isinstance(self.focused, OrdersGrid) else None
        if order is None:
            return
        intent = self.desk.send_again(order.tag)
        if intent is None:
            self.tezi.say(f"{order.symbol} is {order.state.word}: it cannot be sent again")
        else:
            from terminal.screens.modals import again_terms

            await self._open_ticket(again_terms(intent))

    async def _beside(self, intent: OrderIntent | None) -> None:
        """A second order beside a lost one is a ticket like any other."""
        if intent is not None:
            from terminal.screens.modals import again_terms

            await self._open_ticket(again_terms(intent))

    # Dialogues.

    async def action_details(self) -> None:
        if isinstance(self.focused, OrdersGrid):
            order = self.focused.current()
            if order is not None and order.state is OrderState.UNCONFIRMED:
                from terminal.screens.modals import ChoiceScreen

                await self.app.push_screen(ChoiceScreen(order.tag), self._beside)
            elif order is not None:
                from terminal.screens.trace import TraceScreen

                await self.app.push_screen(TraceScreen(order))
        elif isinstance(self.focused, WatchGrid):
            self.action_depth()

    async def action_find(self) -> None:
        from terminal.screens.modals import SearchScreen

        await self.app.push_screen(SearchScreen(), self._found)

    def _found(self, instrument: Instrument | None) -> None:
        if instrument is None:
            return
        if not self._told(self.desk.lists.add(instrument)):
            self.grid.move_to_key(instrument.key)
            self._go("watch")
