"""The market feed: up to three connections behind one wanted set. It implements `core.ports.Feed`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import Random

from core.clock import Clock
from core.domain import Exchange, Instrument, InstrumentKey
from core.feed import shards, subscriptions
from core.feed.canary import Canary
from core.feed.recorder import FeedTape
from core.feed.refresh import QuoteRefresh
from core.feed.stream import MarketStream
from core.feed.subscriptions import CONNECTIONS_MAX, WANTED_MAX, Topic
from core.links.link import Timing
from core.market import restframe
from core.market.quotes import QuoteBoard
from core.outcome import Ok
from core.ports import AskQuotes, RestQuote, StreamLogin
from core.views import StreamStatus

_WORST_FIRST = ("down", "connecting", "silent", "live")


async def _no_renewal(_: int) -> None:
    """For streams whose login nobody can renew."""


class MarketFeed:
    """Runs until cancelled and keeps the wanted set subscribed over as few connections as hold it.

    As `MarketStream`; further: `in_session(exchange)` says whether its prices should move now. `canary` (an index) is
    subscribed on every connection, so that each of them ticks through the whole session; without one, every wanted
    exchange in session makes silence a fault. `quotes` reads prices by another way. With it a feed that repeats itself
    while the canary moves is frozen, its quotes are down, and connections are made anew until it moves; one that is
    silent meanwhile is mute, and a market in which nothing moves is quiet, which is no fault; and what has been down
    for over 2 s is read, marked as read (but for the canary, whose stream is what is judged).
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
        in_session: Callable[[Exchange], bool] = lambda _: True,
        timing: Timing | None = None,
        canary: Instrument | None = None,
        quotes: AskQuotes | None = None,
        tape: FeedTape | None = None,
        plain: bool = False,
    ) -> None:
        self._board = board
        self._clock = clock
        self._on_event = on_event
        self._in_session = in_session
        self._canary = canary
        self._tape = tape
        self._exchanges: frozenset[Exchange] = frozenset()
        self._placed: dict[Topic, int] = {}
        self._frozen = False
        self._streams = tuple(
            MarketStream(
                url, login, board, clock, random, on_event=on_event, renew=renew, data_due=self._data_due,
                timing=timing, shard=n, name="feed" if n == 0 else f"feed {n + 1}", tape=tape, plain=plain,
            )
            for n in range(CONNECTIONS_MAX)
        )  # fmt: skip
        self._watch = self._watcher(canary, quotes) if canary is not None and quotes is not None else None
        self._refresh = None if quotes is None else QuoteRefresh(board, clock, quotes, self.take_quotes, self._open)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for n, stream in enumerate(self._streams):
                tasks.create_task(stream.run(), name=f"feed {n + 1}")
            tasks.create_task(self._look(), name="feed watch")
            if self._watch is not None:
                tasks.create_task(self._watch.run(), name="feed canary")
            if self._refresh is not None:
                tasks.create_task(self._refresh.run(), name="feed refresh")

    def want(self, instruments: tuple[Instrument, ...]) -> None:
        """From now on exactly these; the first 3,000 (fewer with a canary) when there are more."""
        canary = None if self._canary is None else subscriptions.topic(self._canary)
        slots = {subscriptions.topic(i): self._board.add(i) for i in instruments}
        if self._canary is not None and canary is not None:
            slots.setdefault(canary, self._board.add(self._canary))
        capacity = WANTED_MAX - (canary is not None)
        wanted = [t for t in slots if t != canary]
        self._placed = shards.assign(self._placed, wanted, capacity, CONNECTIONS_MAX)
        if len(self._placed) < len(wanted):
            self._on_event(f"{len(wanted)} instruments wanted, the first {len(self._placed)} are subscribed")
        for topic, shard in self._placed.items():
            self._board.assign(slots[topic], shard)
        if self._tape is not None:
            rows = {i: self._placed.get(subscriptions.topic(i)) for i in instruments}
            self._tape.wanted({i: shard for i, shard in rows.items() if shard is not None} | self._canary_row())
        self._exchanges = frozenset(i.exchange for i in instruments)
        if self._refresh is not None:
            self._refresh.want(tuple(i.key for i in instruments if i != self._canary))
        for n, stream in enumerate(self._streams):
            mine = tuple(t for t, shard in self._placed.items() if shard == n)
            extra = (canary,) if canary is not None and (mine or n == 0) else ()
            stream.want((*extra, *mine))

    def status(self) -> StreamStatus:
        """The worst of the connections in use; the age is that of the longest silent one."""
        used = [s.status() for s in self._streams if not s.idle] or [self._streams[0].status()]
        if self._frozen:
            return StreamStatus("feed", "silent", _oldest(used), "prices repeat while the market moves")
        if self._is_quiet():
            return StreamStatus(
                "feed", "live", _oldest(used), "the market is quiet: quotes that are read stand as well"
            )
        worst = min(used, key=lambda s: _WORST_FIRST.index(s.word))
        where = f"{worst.name}: " if len(used) > 1 and worst.detail else ""
        return StreamStatus("feed", worst.word, _oldest(used), where + worst.detail)

    def take_quotes(self, found: Mapping[InstrumentKey, RestQuote]) -> None:
        """Put quotes that were read where nothing live stands, and on the tape."""
        for key, quote in found.items():
            frame = restframe.frame(key, quote)
            if self._board.take_rest(frame) and self._tape is not None:
                self._tape.read(frame)

    def mute_ms(self) -> int | None:
        """Milliseconds since a market frame came over the quietest connection; None when one does not stand."""
        ages = [s.mute_ms() for s in self._streams if not s.idle]
        known = [a for a in ages if a is not None]
        return max(known) if known and len(known) == len(ages) else None

    @property
    def malformed(self) -> int:
        """Frames that were no packet, since start."""
        return sum(s.malformed for s in self._streams)

    @property
    def connections(self) -> int:
        """How many connections were made so far."""
        return sum(s.connections for s in self._streams)

    async def _look(self) -> None:
        while True:
            await self._clock.sleep(1.0)
            for stream in self._streams:
                stream.look()

    def _data_due(self) -> bool:
        return self._open() and not self._is_quiet()

    def _open(self) -> bool:
        """Whether prices should move now."""
        if self._canary is not None:
            return self._in_session(self._canary.exchange)
        return any(self._in_session(e) for e in self._exchanges)

    def _is_quiet(self) -> bool:
        return self._watch is not None and self._watch.quiet

    def _canary_row(self) -> dict[Instrument, int]:
        return {} if self._canary is None else {self._canary: 0}

    def _watcher(self, canary: Instrument, quotes: AskQuotes) -> Canary:
        async def ask() -> int | None:
            answer = await quotes((canary.key,))
            found = answer.value.get(canary.key) if isinstance(answer, Ok) else None
            return None if found is None else found.ltp_e4

        return Canary(self._board, canary.key, ask, self._clock, self._open, self._canary_verdict, self._canary_mute)

    def _canary_mute(self) -> None:
        for stream in self._streams:
            stream.give_up("mute: the index moves, and nothing comes")

    def _canary_verdict(self, frozen: bool) -> None:
        self._frozen = frozen
        self._on_event("the feed is frozen: its prices repeat while the market moves" if frozen else "the feed moves")
        for stream in self._streams:
            if not stream.idle:
                stream.doubt(frozen, "frozen prices")


def _oldest(used: list[StreamStatus]) -> int | None:
    ages = [s.last_byte_ms for s in used]
    known = [a for a in ages if a is not None]
    return max(known) if len(known) == len(ages) else None
