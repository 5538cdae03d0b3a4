"""The Textual app: it knows a desk, paints at a fixed rate, and holds the keys that work everywhere."""

import asyncio
import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.driver import Driver

from core.facts import Event
from core.hiding import hide
from core.text import plain
from core.views import Desk, Status
from terminal.actions import ACTIONS, Scope, bindings, key_of
from terminal.hangup import surviving
from terminal.keymap import complaints
from terminal.repeats import Repeats
from terminal.screens.desk_screen import Paintable
from terminal.screens.trade import TradeScreen
from terminal.themes import DARK, THEMES, VARIABLES

log = logging.getLogger("tezi.screen")
LOUD_MAX = 20
"""Events looked at for a toast in one frame; a flood of facts must not become a flood of toasts."""


class TeziApp(App[int]):
    """Give it a desk; `attach` another at any time, from any task of the loop. Returns with code 0 when left."""

    CSS_PATH = Path(__file__).with_name("terminal.tcss")
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.EVERYWHERE))
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (80, "-narrow"), (110, "-normal")]  # noqa: RUF012  Textual's own shape
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-low"), (34, "-tall")]  # noqa: RUF012

    def __init__(self, desk: Desk, *, paint_hz: int = 10) -> None:
        """`paint_hz` frames a second; 0 starts no timer, for tests that call `paint` themselves."""
        self._own_loop: asyncio.AbstractEventLoop | None = None
        super().__init__()
        wrong = complaints(ACTIONS)
        if wrong:
            raise ValueError("; ".join(wrong))
        self._desk = desk
        self._generation = 0
        self._painted_generation = 0
        self._paint_hz = paint_hz
        self._frames = 0
        self._intents = 0
        self._loud_revision: int | None = None
        self._last_event: Event | None = None
        self._covered = False
        self.repeats = Repeats()
        self.first_paint = asyncio.Event()
        self.animation_level = "none"

    def get_driver_class(self) -> type[Driver]:
        return surviving(super().get_driver_class(), self._terminal_gone)

    def _terminal_gone(self) -> None:
        """From the writing thread: nobody sees the screen any more, so leave as if asked to."""
        if self._own_loop is not None:
            self._own_loop.call_soon_threadsafe(self.exit, 0)

    @property
    def desk(self) -> Desk:
        """The desk that is shown now."""
        return self._desk

    def attach(self, desk: Desk) -> None:
        """Show another desk from the next frame on. Only sets a value: callable from any task of the loop."""
        self._desk = desk
        self._generation += 1

    def new_intent_id(self) -> str:
        """An id for a ticket: unique over restarts, because it holds the computer's time."""
        self._intents += 1
        return f"{self._desk.clock.real_ns():x}-{self._intents}"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def get_default_screen(self) -> TradeScreen:
        return TradeScreen()

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self._own_loop = asyncio.get_running_loop()
        self.theme = DARK.name
        if self._paint_hz:
            self.set_interval(1 / self._paint_hz, self.paint, name="paint")
        self.call_after_refresh(self._first)

    def _first(self) -> None:
        self.paint()
        self.call_after_refresh(self.first_paint.set)

    def paint(self) -> None:
        """One frame: every screen on the stack paints what moved. Never raises for what a desk does."""
        if not self.is_running:  # the timer may beat once more while the screens are being taken down
            return
        swapped = self._painted_generation != self._generation
        self._painted_generation = self._generation
        status = self._status()
        self._frames += 1
        self._cover()
        for screen in self.screen_stack:
            if isinstance(screen, Paintable):
                if swapped:
                    screen.use(self._desk)
                if screen is self.screen or (self._is_slow_frame() and not self._covered):
                    screen.paint(status)
        self._ring(swapped=swapped)

    def _cover(self) -> None:
        """Put the locked screen over everything once the desk is locked, whatever is open."""
        if self._locked() and not self._covered:
            from terminal.screens.modals import LockScreen

            self._covered = True
            self.clear_notifications()
            self.push_screen(LockScreen(), self._uncover)

    def _uncover(self, _: None) -> None:
        self._covered = False

    def _locked(self) -> bool:
        try:
            return self._desk.guard().locked
        except Exception as e:  # border: a broken view or action must not end the program
            log.error("the desk cannot say whether it is locked", exc_info=e)
            return False

    def _is_slow_frame(self) -> bool:
        """Whether what lies under a modal is painted too: once a second, because Textual then draws the whole
        terminal again (15 ms measured) and not only the rows that moved."""
        return not self._paint_hz or self._frames % self._paint_hz == 0

    def _status(self) -> Status | None:
        try:
            return self._desk.status()
        except Exception as e:  # border: a broken view or action must not end the program
            log.error("the desk gave no status", exc_info=e)
            return None

    def _ring(self, *, swapped: bool) -> None:
        """A bell for the loud events since the last frame; what a new desk brings along is not news."""
        try:
            self._ring_for(swapped=swapped)
        except Exception as e:  # border: a broken view or action must not end the program
            log.error("events could not be read", exc_info=e)

    def _ring_for(self, *, swapped: bool) -> None:
        view = self._desk.events
        if view.revision == self._loud_revision and not swapped:
            return
        known = self._loud_revision is not None and not swapped
        self._loud_revision = view.revision
        latest = view.latest(LOUD_MAX)
        new = latest[: latest.index(self._last_event)] if self._last_event in latest else latest
        self._last_event = latest[0] if latest else None
        loud = [e for e in new if e.loud] if known else []
        if loud:
            self.bell()
        if len(self.screen_stack) > 1 and not self._covered:  # a modal covers the event pane, which says it otherwise
            for event in reversed(loud):
                self.say(event.text, bad=True)

    def say(self, text: str, *, bad: bool = False) -> None:
        """A toast. The text is foreign: never markup."""
        self.notify(plain(hide(text)), severity="error" if bad else "information", markup=False, timeout=4)

    # Keys that work everywhere.

    # Pushes are awaited: a key that follows at once must find the new screen ready, not fall between the two.

    async def action_panic(self) -> None:
        from terminal.screens.modals import PanicScreen

        if not isinstance(self.screen, PanicScreen):
            await self.push_screen(PanicScreen())

    def action_reconcile(self) -> None:
        self._desk.reconcile()
        self.say("comparing with the broker's books; nothing opens until they agree")

    async def action_lock(self) -> None:
        from terminal.screens.modals import NotLockedScreen

        answer = self._desk.lock()
        if not answer.refused:
            self._cover()
        elif not isinstance(self.screen, NotLockedScreen):
            await self.push_screen(NotLockedScreen(answer.refused, has_vault=self._desk.guard().has_vault))

    async def action_limits(self) -> None:
        from terminal.screens.modals import LimitsScreen

        guard = self._desk.guard()
        if not guard.loosened:
            self.say("no looser limit waits")
        elif not guard.locked and not isinstance(self.screen, LimitsScreen):
            await self.push_screen(LimitsScreen(has_vault=guard.has_vault))

    async def action_leave(self) -> None:
        from terminal.screens.modals import QuestionScreen

        if isinstance(self.screen, QuestionScreen):
            return
        question = self._open_orders()
        if not question:
            self._leave(sure=True)
            return
        meaning = f"{key_of('dialog.yes')} leaves, open orders stay at the broker"
        await self.push_screen(QuestionScreen(question, meaning), lambda yes: self._leave(sure=bool(yes)))

    def _open_orders(self) -> str:
        """What to ask before leaving; empty when there is nothing to ask. One can always leave."""
        if self._covered:
            return "The screen is locked. Leave?"
        try:
            live = sum(1 for o in self._desk.orders.orders() if o.state.live)
            held = sum(1 for p in self._desk.positions.positions() if p.net)
        except Exception as e:  # border: a broken view must not lock anybody in
            log.error("orders could not be read", exc_info=e)
            return "The orders cannot be read. Leave?"
        if not live:
            return ""
        orders = f"{live} order is open" if live == 1 else f"{live} orders are open"
        positions = "" if not held else ", 1 position is held" if held == 1 else f", {held} positions are held"
        return f"{orders}{positions}. Leave?"

    def _leave(self, *, sure: bool) -> None:
        if sure:
            self.exit(0, return_code=0)

    def action_help_quit(self) -> None:
        """Ctrl+C never ends a trading terminal: it only says how to."""
        self.say(f"{key_of('leave')} leaves")

    # Borders.

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.repeats.note(event.key, self._desk.clock.mono_ns())
            self._desk.touched()
            if await self._key_in_order(event):
                return
        await super().on_event(event)

    async def _key_in_order(self, event: events.Key) -> bool:
        """Handle a key wholly before the next one is looked at.

        Textual puts a key that is no priority binding into the queue of the focused widget and looks at the next key
        at once: after a stall, Enter would send a ticket before the digit typed in front of it had arrived.
        """
        if await self._check_bindings(event.key, priority=True):
            return True
        from terminal.screens.modals import Input

        if isinstance(self.focused, Input) and event.is_printable:
            await self.focused._on_key(event)
            return True
        return await self._check_bindings(event.key)

    async def run_action(
        self,
        action: Any,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Border: an action that fails is logged and said; the screen stays."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as e:  # border: a broken view or action must not end the program
            log.error("action %s failed", action, exc_info=e)
            self.say(f"that failed and is in the log: {type(e).__name__}: {e}", bad=True)
            return True

    def _fatal_error(self) -> None:
        """A crash prints where and what, never local variables and no secret that stands in its message."""
        from rich.segment import Segments
        from rich.text import Text

        from core.telemetry.redact import redact  # its patterns would cost the first frame some milliseconds

        trace = Text(redact(traceback.format_exc()))
        self._exit_renderables.append(Segments(self.console.render(trace, self.console.options)))
        self._close_messages_no_wait()
