"""One connection of the market stream: a kept link whose frames become quotes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import msgspec

from core.clock import NS_PER_S, Clock
from core.feed import subscriptions
from core.feed.recorder import FeedTape
from core.feed.subscriptions import Topic
from core.links.link import Link, Send, Target, Timing
from core.market.quotes import QuoteBoard
from core.ports import StreamLogin
from core.text import plain
from core.views import StreamStatus

_SAME_EVENT_S = 10
_MALFORMED_MAX = 20
"""So many frames in a minute that are no packets, and the connection is made anew."""
_SILENT_MS = 15_000
_SILENT_PERCENT = 60
_TICKED_MIN = 10
"""Below so many rows that ticked in the last minute, silence of most of them is no evidence."""


async def _no_renewal(_: int) -> None:
    """For streams whose login nobody can renew."""


class MarketStream:
    """Runs until cancelled and keeps the wanted set subscribed, whatever the sockets do.

    `url` and `login` are asked at each attempt; `renew(epoch)` is awaited when that login was refused (401).
    `data_due` says whether silence is a fault now. `on_event` gets safe one-line texts. `malformed` counts frames
    that were no packet; they are dropped and the connection stays, unless there are 20 in a minute. `tape` sees every
    run of frames before the board. `plain` takes the library's own receive path, one frame at a time.
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
        data_due: Callable[[], bool] = lambda: True,
        timing: Timing | None = None,
        shard: int = 0,
        name: str = "feed",
        tape: FeedTape | None = None,
        plain: bool = False,
    ) -> None:
        self._url = url
        self._login = login
        self._board = board
        self._clock = clock
        self._on_event = on_event
        self._data_due = data_due
        self._shard = shard
        self._name = name
        self._tape = tape
        self._link = Link(
            name, self._target, self, clock, random, renew, timing or Timing(), on_run=self._on_run, plain=plain
        )
        self._wanted: tuple[Topic, ...] = ()
        self._subscribed: tuple[Topic, ...] = ()
        self._changed = asyncio.Event()
        self._messages = 0
        self._last_event = ("", 0)
        self._malformed_ns: deque[int] = deque(maxlen=_MALFORMED_MAX)
        self._needed = asyncio.Event()
        if shard == 0:
            self._needed.set()
        self._doubted = False
        self.malformed = 0

    async def run(self) -> None:
        """The first connection stands always, the others once anything is wanted of them."""
        await self._needed.wait()
        await self._link.run()

    def want(self, topics: tuple[Topic, ...]) -> None:
        """From now on exactly these, at most as many as one connection may carry."""
        self._wanted = topics[: subscriptions.WANTED_MAX]
        if topics:
            self._needed.set()
        self._changed.set()

    @property
    def idle(self) -> bool:
        """Whether nothing was ever wanted of it, so that it never connected."""
        return not self._needed.is_set()

    def doubt(self, doubted: bool, why: str) -> None:
        """What comes is not to be believed (frozen prices): its quotes are down and a new connection is made."""
        if doubted:
            self._link.end(why)
        if self._tape is not None:
            self._tape.doubted(self._shard, doubted)
        self._doubted = doubted
        self._board.set_down(doubted or self._link.mute_ms() is None, self._shard)

    def give_up(self, why: str) -> None:
        """What should come does not: make a new connection."""
        self._link.end(why)

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
        if self._tape is not None:
            self._tape.opened(self._shard)
        self._board.new_epoch(self._shard)
        self._board.set_down(self._doubted, self._shard)
        self._malformed_ns.clear()
        self._tell(f"{self._name} connected")

    def on_down(self, why: str) -> None:
        if self._tape is not None:
            self._tape.lost(self._shard)
        self._board.set_down(True, self._shard)
        self._tell(f"{self._name} down: {why}")

    def on_binary(self, frame: bytes) -> None:
        self._on_run(frame, 0, len(frame), len(frame) or 1, 1)

    def _on_run(self, data: bytes, at: int, size: int, stride: int, count: int) -> None:
        if self._tape is not None:
            self._tape.frames(self._shard, data, at, size, stride, count)
        before = self._board.malformed
        self._board.take_run(data, at, size, stride, count, self._shard)
        if self._board.malformed != before:
            self._count_malformed(self._board.malformed - before)

    def _count_malformed(self, count: int) -> None:
        self.malformed += count
        now_ns = self._clock.mono_ns()
        self._malformed_ns.extend([now_ns] * min(count, _MALFORMED_MAX))
        if len(self._malformed_ns) == _MALFORMED_MAX and now_ns - self._malformed_ns[0] <= 60 * NS_PER_S:
            self._link.end(f"{_MALFORMED_MAX} malformed frames within a minute")

    def on_text(self, text: str) -> None:
        if self._tape is not None:
            self._tape.text(self._shard, text)
        if text.strip() == "pong":
            return
        self._tell(_error_text(text))

    def expects_data(self) -> bool:
        return bool(self._wanted) and self._data_due()

    def look(self) -> None:
        """Once a second: whether most of what moved lately has fallen silent while something still comes."""
        if not self.expects_data():
            return
        silent, ticked = self._board.silent_share(self._shard, _SILENT_MS)
        if ticked >= _TICKED_MIN and silent * 100 >= ticked * _SILENT_PERCENT:
            self._link.end(f"{silent} of {ticked} prices that moved within a minute are silent")

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
