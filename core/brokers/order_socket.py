"""The order-update stream, `core.ports.OrderSocket`. Frames may come twice or late: the blotter sorts them out."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from core.brokers.order_frames import OrderFrames
from core.clock import Clock
from core.links.link import Link, Send, Target, Timing
from core.ports import BrokerOrder, StreamLogin
from core.views import StreamStatus

_TIMING = Timing(pong_s=None, mute_s=None)
"""No text pong is promised here and silence is normal; control pings every 4 s find a dead peer."""


async def _no_renewal(_: int) -> None:
    """For sockets whose login nobody can renew."""


class AngelOrderSocket:
    """Runs until cancelled and reconnects by itself.

    `url` and `login` are asked at each attempt; `renew(epoch)` is awaited when that login was refused (401).
    `on_event` gets safe one-line texts. `on_frame` gets every frame as it came, before it is read.
    """

    def __init__(
        self,
        url: Callable[[], str],
        login: Callable[[], StreamLogin | None],
        clock: Clock,
        random: Random,
        *,
        on_event: Callable[[str], None] = lambda _: None,
        renew: Callable[[int], Awaitable[object]] = _no_renewal,
        timing: Timing = _TIMING,
        on_frame: Callable[[bytes], None] | None = None,
    ) -> None:
        self._url = url
        self._login = login
        self._on_event = on_event
        self._on_frame = on_frame
        self._link = Link("orders", self._target, self, clock, random, renew, timing)
        self._on_order: Callable[[BrokerOrder], None] = lambda _: None
        self._on_connected: Callable[[], None] = lambda: None
        self._greeted = False
        self._down_why = ""
        self._frames = OrderFrames(lambda order: self._on_order(order), self._greet)

    @property
    def malformed(self) -> int:
        """Frames that could not be read, since start."""
        return self._frames.malformed

    async def run(self, on_order: Callable[[BrokerOrder], None], on_connected: Callable[[], None]) -> None:
        self._on_order, self._on_connected = on_order, on_connected
        await self._link.run()

    def connected(self) -> bool:
        """Whether the broker greeted on this connection and bytes still come over it."""
        return self._greeted and self._link.is_open()

    def status(self) -> StreamStatus:
        """Live, connecting, silent or down, by the last byte."""
        return self._link.status()

    def on_open(self) -> None:
        self._greeted = False

    def on_down(self, why: str) -> None:
        if why != self._down_why:
            self._down_why = why
            self._on_event(f"order updates down: {why}")

    def on_binary(self, frame: bytes) -> None:
        if self._on_frame is not None:
            self._on_frame(frame)
        self._frames.take(frame)

    def on_text(self, text: str) -> None:
        self.on_binary(text.encode("utf-8", "replace"))

    def expects_data(self) -> bool:
        return False

    async def converse(self, send: Send) -> None:
        """Nothing is sent on this socket but pings."""
        await asyncio.Event().wait()

    def _greet(self) -> None:
        if self._greeted:
            return
        self._greeted = True
        self._down_why = ""
        self._on_event("order updates connected")
        self._on_connected()

    def _target(self) -> Target | None:
        login = self._login()
        if login is None:
            return None
        return Target(self._url(), {"Authorization": f"Bearer {login.jwt}"}, login.epoch)
