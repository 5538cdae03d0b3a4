"""Prices by another way while the stream cannot give them: read within a budget, marked as read, never called live."""

from collections.abc import Callable, Mapping

from core.clock import NS_PER_S, Clock
from core.domain import InstrumentKey
from core.market.quotes import QuoteBoard
from core.outcome import Ok
from core.ports import QUOTES_MAX, AskQuotes, RestQuote

_EVERY_S = 1.0
"""At most one read a second: the quote page's own limit, and 3,600 of the 5,000 an hour of the limits table."""
_GAP_NS = 2 * NS_PER_S
"""A shorter outage is over before an answer is here."""
_AGAIN_NS, _AGAIN_CLOSED_NS = 5 * NS_PER_S, 60 * NS_PER_S
_CLOSER_NS = 10 * NS_PER_S
"""Between two reads of rows that are live and suspect: 360 of the hour's 5,000."""
_WAIT_MAX_S = 30.0


class QuoteRefresh:
    """Reads what is wanted and not live, longest unread first; `take` gets what came.

    A wanted row counts as live when the connection that now stands has touched it, however long ago. Live ones that
    the board suspects (a gap in the sequence, many drops) are read when nothing is dark: at most one read in 10 s, the
    same row again after 5 s when it is dropped, after a minute when packets may be missing. After a failed read the
    next one waits twice as long, 30 s at most.
    """

    def __init__(
        self,
        board: QuoteBoard,
        clock: Clock,
        ask: AskQuotes,
        take: Callable[[Mapping[InstrumentKey, RestQuote]], None],
        data_due: Callable[[], bool],
    ) -> None:
        self._board, self._clock, self._ask, self._take, self._data_due = board, clock, ask, take, data_due
        self._wanted: dict[InstrumentKey, int] = {}
        self._dark_ns: int | None = None
        self._closer_ns: int | None = None
        self._wait_s = _EVERY_S
        self.reads = 0

    def want(self, keys: tuple[InstrumentKey, ...]) -> None:
        """From now on exactly these; the first ones are read first."""
        self._wanted = {key: self._wanted.get(key, 0) for key in keys}

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(self._wait_s)
            await self.look()

    async def look(self) -> None:
        """One look, and one read when something has been dark for over 2 s."""
        now_ns = self._clock.mono_ns()
        dark = [key for key in self._wanted if self._is_dark(key)]
        if not dark:
            self._dark_ns = None
            await self._look_closer(now_ns)
            return
        self._dark_ns = self._dark_ns or now_ns
        again_ns = _AGAIN_NS if self._data_due() else _AGAIN_CLOSED_NS
        due = [key for key in dark if not self._wanted[key] or now_ns - self._wanted[key] >= again_ns]
        if not due or now_ns - self._dark_ns < _GAP_NS:
            return
        await self._read(due, now_ns)

    async def _look_closer(self, now_ns: int) -> None:
        """One read of what is suspect, if there is any."""
        if self._closer_ns is not None and now_ns - self._closer_ns < _CLOSER_NS:
            return
        again_ns = {True: _AGAIN_NS, False: _AGAIN_CLOSED_NS}
        due = [
            key
            for key, rewound in self._board.suspects().items()
            if key in self._wanted and (not self._wanted[key] or now_ns - self._wanted[key] >= again_ns[rewound])
        ]
        if due:
            self._closer_ns = now_ns
            await self._read(due, now_ns)
        else:
            self._wait_s = _EVERY_S

    async def _read(self, due: list[InstrumentKey], now_ns: int) -> None:
        batch = tuple(sorted(due, key=self._wanted.__getitem__)[:QUOTES_MAX])
        self._wanted |= dict.fromkeys(batch, now_ns)
        self.reads += 1
        answer = await self._ask(batch)
        if isinstance(answer, Ok):
            self._wait_s = _EVERY_S
            self._take(answer.value)
        else:
            self._wait_s = min(2 * self._wait_s, _WAIT_MAX_S)

    def _is_dark(self, key: InstrumentKey) -> bool:
        slot = self._board.slot(key)
        return slot is not None and not self._board.is_live(slot)
