"""The market stream: a kept link whose frames become quotes. It implements `core.ports.Feed`."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import msgspec

from core.clock import NS_PER_S, Clock
from core.domain import Instrument
from core.feed import subscriptions
from core.feed.decode import FILLER, Malformed, decode
from core.feed.subscriptions import Topic
from core.links.link import Link, Send, Target, Timing
from core.market.quotes import QuoteBoard
from core.ports import StreamLogin
from core.text import plain
from core.views import StreamStatus

_SAME_EVENT_S = 10


async def _no_renewal(_: int) -> None:
    """For streams whose login nobody can renew."""


class MarketStream:
    """Runs until cancelled and keeps the wanted set subscribed, whatever the sockets do.

    `url` and `login` are asked at each attempt; `renew(epoch)` is awaited when that login was refused (401).
    `in_session` says whether silence is a fault now. `on_event` gets safe one-line texts. `malformed` counts frames
    that were no packet; they are dropped and the connection stays.
    """

    def __init__(
        self,
        url: Callable[[], str],
        login: Callable[[], StreamLogin | None],
        board: QuoteBoard,
        clock: Clock,
        random: Random,
        *,
        on_event: Callable[[str], None] = lambda _: None,
        renew: Callable[[int], Awaitable[object]] = _no_renewal,
        in_session: Callable[[], bool] = lambda: True,
        timing: Timing | None = None,
    ) -> None:
        self._url = url
        self._login = login
        self._board = board
        self._clock = clock
        self._on_event = on_event
        self._in_session = in_session
        self._link = Link("feed", self._target, self, clock, random, renew, timing or Timing())
        self._wanted: tuple[Topic, ...] = ()
        self._subscribed: tuple[Topic, ...] = ()
        self._changed = asyncio.Event()
        self._messages = 0
        self._last_event = ("", 0)
        self.malformed = 0

    async def run(self) -> None:
        await self._link.run()

    def want(self, instruments: tuple[Instrument, ...]) -> None:
        """From now on exactly these; the first 1,000 when there are more."""
        for instrument in instruments[: subscriptions.WANTED_MAX]:
            self._board.add(instrument)
        if len(instruments) > subscriptions.WANTED_MAX:
            self._tell(f"{len(instruments)} instruments wanted, the first {subscriptions.WANTED_MAX} are subscribed")
        self._wanted = subscriptions.topics(instruments)
        self._changed.set()

    def status(self) -> StreamStatus:
        """Live, connecting, silent or down, by the last byte."""
        return self._link.status()

    def mute_ms(self) -> int | None:
        """Milliseconds since a market frame came over this connection; None without a connection."""
        return self._link.mute_ms()

    @property
    def connections(self) -> int:
        """How many connections were made so far."""
        return self._link.connections

    def on_open(self) -> None:
        self._subscribed = ()
        self._changed.set()
        self._board.new_epoch()
        self._board.set_down(False)
        self._tell("feed connected")

    def on_down(self, why: str) -> None:
        self._board.set_down(True)
        self._tell(f"feed down: {why}")

    def on_binary(self, frame: bytes) -> None:
        packet = decode(frame)
        if not isinstance(packet, Malformed):
            self._board.apply(packet)
        elif packet is not FILLER:
            self.malformed += 1

    def on_text(self, text: str) -> None:
        if text.strip() == "pong":
            return
        self._tell(_error_text(text))

    def expects_data(self) -> bool:
        return bool(self._wanted) and self._in_session()

    async def converse(self, send: Send) -> None:
        """Bring the subscriptions to the wanted set, again at each change."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = self._wanted
            messages = subscriptions.changes(self._subscribed, wanted, self._messages)
            self._messages += len(messages)
            for message in messages:
                await send(message)
            self._subscribed = wanted

    def _target(self) -> Target | None:
        login = self._login()
        if login is None:
            return None
        headers = {
            "Authorization": login.jwt,
            "x-api-key": login.api_key,
            "x-client-code": login.client_code,
            "x-feed-token": login.feed_token,
        }
        return Target(self._url(), headers, login.epoch)

    def _tell(self, text: str) -> None:
        """One event; the same one again only after a while, so that no peer can flood the log."""
        last, at_ns = self._last_event
        now_ns = self._clock.mono_ns()
        if text != last or now_ns - at_ns >= _SAME_EVENT_S * NS_PER_S:
            self._last_event = (text, now_ns)
            self._on_event(text)


def _error_text(text: str) -> str:
    """What a text frame says: an error of the stream (E1001, E1002), else its beginning."""
    try:
        value: Any = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        value = None
    if isinstance(value, dict) and "errorCode" in value:
        return f"feed error {plain(value.get('errorCode'), 16)}: {plain(value.get('errorMessage'), 160)}"
    return f"feed said: {plain(text, 80)}"
