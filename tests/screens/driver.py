"""Runs the app without a terminal and without its paint timer, and reads what stands on the screen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual import events
from textual.keys import _character_to_key, key_to_character
from textual.pilot import Pilot
from textual.widgets import Input

from core.clock import NS_PER_S, ManualClock
from core.views import Desk
from terminal.app import TeziApp
from terminal.screens.ticket import READ_NS, TicketScreen

WIDE = (120, 40)
NARROW = (80, 24)


class Driver:
    """A running app: press keys, paint a frame, read the text."""

    def __init__(self, app: TeziApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """All keys at once, as a fast typist or a paste into the terminal brings them: none may be lost."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key if len(key) == 1 else key_to_character(key)))
        before = self.app.screen
        await self.settle()
        await self.frame()
        self._read(before)

    def _read(self, before: object) -> None:
        """A ticket that has just opened is read before the next key: it takes no Enter sooner."""
        clock = self.app.desk.clock
        if (
            self.app.screen is not before
            and isinstance(self.app.screen, TicketScreen)
            and isinstance(clock, ManualClock)
        ):
            clock.move(READ_NS / NS_PER_S)

    async def frame(self) -> None:
        """One frame, as the timer would make it, and whatever follows from it."""
        self.app.paint()
        await self.settle()

    async def settle(self) -> None:
        """Until every message was handled and the layout is made (`pilot.pause` guesses from the processor's load)."""
        for _ in range(2):
            handled = asyncio.Event()
            self.app.call_later(handled.set)
            await self._until(handled.is_set)
            if not self.app._exit:
                await self.pilot._wait_for_screen()
        await self._until(lambda: not self._busy())

    async def _until(self, done: Callable[[], bool]) -> None:
        """Wait for a condition, or for the app to be on its way out."""
        async with asyncio.timeout(10):
            while not (done() or self.app._exit):  # noqa: ASYNC110  Textual has no event for "all quiet"
                await asyncio.sleep(0.001)

    def _busy(self) -> bool:
        screen = self.app.screen
        return bool(screen._layout_required or screen._repaint_required or screen._callbacks)

    @property
    def text(self) -> str:
        """The top screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(s.text for s in strip) for strip in strips)

    def line(self, part: str) -> str:
        """The first line that holds `part`; a failed test shows the screen."""
        found = [line for line in self.text.splitlines() if part in line]
        assert found, f"{part!r} is not on the screen:\n{self.text}"
        return found[0]

    @property
    def ticket(self) -> TicketScreen:
        screen = self.app.screen
        assert isinstance(screen, TicketScreen), f"no ticket but {screen!r}"
        return screen

    def field(self, name: str) -> str:
        return self.app.screen.query_one(f"#{name}", Input).value

    async def type_into(self, name: str, text: str) -> None:
        """Put a text into a field as if all of it were pasted past the restriction."""
        self.app.screen.query_one(f"#{name}", Input).value = text
        await self.frame()

    def toasts(self) -> list[str]:
        """The texts of all toasts; none may be read as markup."""
        assert not any(n.markup for n in self.app._notifications)
        return [n.message for n in self.app._notifications]


@asynccontextmanager
async def running(desk: Desk, size: tuple[int, int] = WIDE) -> AsyncIterator[Driver]:
    app = TeziApp(desk, paint_hz=0)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.frame()
        await driver.frame()
        yield driver
