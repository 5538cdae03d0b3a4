"""Runs the app without a terminal and without its paint timer, and reads what stands on the screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual import events
from textual.keys import _character_to_key, key_to_character
from textual.pilot import Pilot
from textual.widgets import Input

from core.views import Desk
from terminal.app import TeziApp
from terminal.screens.ticket import TicketScreen

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
        await self.pilot.pause()
        await self.frame()

    async def frame(self) -> None:
        """One frame, as the timer would make it, and whatever follows from it."""
        self.app.paint()
        await self.pilot.pause()

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
        return [n.message for n in self.app._notifications]


@asynccontextmanager
async def running(desk: Desk, size: tuple[int, int] = WIDE) -> AsyncIterator[Driver]:
    app = TeziApp(desk, paint_hz=0)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.frame()
        await driver.frame()
        yield driver
