"""The real app under Pilot, the real engine, a real exchange process: one object for the tests that need all of it."""

import asyncio
import json
import os
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from textual.pilot import Pilot

from core.clock import AnchoredClock, SystemClock
from core.config import Config
from core.domain import Order
from core.engine.engine import Engine
from core.facts import LadderMode
from terminal.app import TeziApp
from terminal.boot import Boot
from terminal.empty_desk import EmptyDesk
from terminal.options import Options
from terminal.screens.ticket import TicketScreen
from tests.private_files import wide

READY_S = 20.0


class Control:
    """The exchange's control door: the truth, and faults."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    async def truth(self) -> dict[str, Any]:
        return await asyncio.to_thread(self._call, "/state", None)

    async def fault(self, **fields: Any) -> None:
        await asyncio.to_thread(self._call, "/faults", {"add": fields})

    async def speed(self, times: float) -> None:
        """How fast the market's clock runs; near 0 it stands still while our orders still match."""
        await asyncio.to_thread(self._call, "/clock", {"speed": times})

    async def clear_faults(self) -> None:
        await asyncio.to_thread(self._call, "/faults", {"clear": True})

    async def order_calls(self) -> list[str]:
        """The last path segment of each mutating request the exchange received, in order."""
        paths = [r["path"].rstrip("/").rsplit("/", 1)[-1] for r in (await self.truth())["requests"]]
        return [p for p in paths if p in ("placeOrder", "modifyOrder", "cancelOrder")]

    def _call(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url() + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


class Terminal:
    """`async with Terminal(home) as t`: started, reconciled, prices on screen."""

    pilot: Pilot[int]
    control: Control
    engine: Engine

    def __init__(
        self,
        home: Path,
        size: tuple[int, int] = (120, 40),
        replay: Path | None = None,
        speed: float = 1.0,
        record: bool = False,
    ):
        self._home = home
        os.umask(0o077)  # as the entry point does first of all
        self.clock = AnchoredClock(SystemClock())
        word = "REPLAY" if replay else "PRACTICE"
        self.app = TeziApp(EmptyDesk("starting", word, self.clock))
        options = Options("practice", Config(), home, replay=replay, speed=speed, record=record)
        self.boot = Boot(options, self.clock, word, lambda text: None)
        self._run = self.app.run_test(size=size)

    async def __aenter__(self) -> Self:
        self.pilot = await self._run.__aenter__()
        try:
            self.desk = await self.boot.run()
            assert self.boot.engine is not None
            self.engine = self.boot.engine
            self.control = Control(lambda: self.boot.link.address.control)
            self.app.attach(self.desk)
            await self.until(lambda: self.mode is LadderMode.NORMAL and self.prices_live(), READY_S, "ready")
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._run.__aexit__(kind, error, trace)
        finally:
            await self.boot.stop()
        assert wide(self._home) == [], "files that others may read"

    @property
    def mode(self) -> LadderMode:
        return self.desk.status().ladder

    def prices_live(self) -> bool:
        status = self.desk.status()
        return status.fresh >= min(20, status.wanted)

    async def until(self, condition: Callable[[], bool], limit_s: float, what: str) -> None:
        """Let the app run until the condition holds; fails, naming `what` and the last events, at the limit."""
        deadline = asyncio.get_running_loop().time() + limit_s
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                events = "\n".join(e.text for e in self.desk.events.latest(12))
                raise AssertionError(f"{what} did not come within {limit_s} s. {self.desk.status()}\n{events}")
            await asyncio.sleep(0.02)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def read_ticket(self) -> None:
        """Until a ticket stands and has stood long enough to take Enter."""
        await self.until(
            lambda: isinstance(self.app.screen, TicketScreen) and self.app.screen.readable, 5, "a ticket to read"
        )

    async def order(self, key: str) -> Order:
        """Open the ticket with `b` or `s` on the focused row, send it with Enter, give the new order.

        The market is held still meanwhile, so that the touch on the screen is the touch of the book.
        """
        before = {o.tag for o in self.desk.orders.orders()}
        await self.control.speed(0.001)
        await self._quiet(0.4)
        await self.press(key)
        await self.read_ticket()
        await self.press("enter")
        await self.until(lambda: len(self.desk.orders.orders()) > len(before), 3, "a new order row")
        await self.control.speed(1)
        return next(o for o in self.desk.orders.orders() if o.tag not in before)

    async def _quiet(self, seconds: float) -> None:
        """Until no quote has changed for this long."""
        loop, seen = asyncio.get_running_loop(), -1
        since = loop.time()
        while loop.time() - since < seconds:
            now = sum(self.desk.quotes.revision(n) for n in range(self.desk.status().wanted))
            if now != seen:
                seen, since = now, loop.time()
            await asyncio.sleep(0.02)

    async def shows(self, text: str) -> None:
        """Wait until the text stands on the screen."""
        await self.until(lambda: text in self.screen(), 3, f"{text!r} on the screen")

    def now(self, order: Order) -> Order:
        found = self.engine.blotter.get(order.tag)
        assert found is not None
        return found

    def screen(self) -> str:
        """What is on the screen, as text."""
        self.app.paint()
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)
