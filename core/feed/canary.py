"""Whether prices that stand still are a quiet market or a broken feed: found by asking another way what the canary (an
index) trades at."""

from collections.abc import Awaitable, Callable

from core.clock import NS_PER_MS, NS_PER_S, Clock
from core.domain import InstrumentKey
from core.market.quotes import QuoteBoard
from core.views import Freshness

Ask = Callable[[], Awaitable[int | None]]
_LOOK_S = 1.0
_STILL_NS = 5 * NS_PER_S
_ASK_EVERY_NS = 3 * NS_PER_S
_DIFFERENT_MIN = 2
"""One different answer may be a race with the next tick; two, three seconds apart, are not."""
_MOVES_MIN = 2
"""A frozen feed is believed again after so many prices: the first of a new connection is its greeting."""
_RENEW_EVERY = 6
"""After so many different answers more, some 18 s, another connection is tried."""
_QUIET_NS = 8 * NS_PER_S
"""How long an equal answer speaks for a silent market; without a new one silence is a fault again."""


class Canary:
    """`ask` gives the canary's last price by another way (1/10,000 rupee), None when it could not be had.

    Frames that repeat while the price moves are a frozen feed: `on_verdict(frozen)` is told of each change, and again
    when another connection should be tried. No frames while the price moves are a mute one: `on_mute()`. No frames and
    the same price are a quiet market: `quiet`.
    """

    def __init__(
        self,
        board: QuoteBoard,
        key: InstrumentKey,
        ask: Ask,
        clock: Clock,
        in_session: Callable[[], bool],
        on_verdict: Callable[[bool], None],
        on_mute: Callable[[], None] = lambda: None,
    ) -> None:
        self._board, self._key, self._ask, self._clock = board, key, ask, clock
        self._in_session, self._on_verdict, self._on_mute = in_session, on_verdict, on_mute
        self._price_e4 = 0
        self._since_ns = clock.mono_ns()
        self._asked_ns = 0
        self._different = self._moves = 0
        self._equal_ns: int | None = None
        self.frozen = False

    @property
    def quiet(self) -> bool:
        """Whether silence is the market's own: the last answer was the price we hold, a moment ago."""
        return self._equal_ns is not None and self._clock.mono_ns() - self._equal_ns <= _QUIET_NS

    async def run(self) -> None:
        """For ever; once a second."""
        while True:
            await self._clock.sleep(_LOOK_S)
            await self.look()

    async def look(self) -> None:
        """One look; asks when the price stood still for 5 s over a connection that stands."""
        now_ns, price_e4 = self._clock.mono_ns(), self._now_e4()
        if price_e4 != self._price_e4:
            self._price_e4, self._since_ns, self._equal_ns = price_e4, now_ns, None
            self._moved()
            return
        still = now_ns - self._since_ns >= _STILL_NS and now_ns - self._asked_ns >= _ASK_EVERY_NS
        if not (price_e4 and still and self._in_session() and (self.frozen or self._stands())):
            return
        self._asked_ns = now_ns
        said_e4 = await self._ask()
        if said_e4 is None or self._now_e4() != price_e4:
            return
        if self._is_coming() or self.frozen:
            self._equal_ns = None
            self._judge_repeats(different=said_e4 != price_e4)
        else:
            self._judge_silence(different=said_e4 != price_e4)

    def _judge_silence(self, *, different: bool) -> None:
        self._equal_ns = None if different else self._clock.mono_ns()
        self._different = self._different + 1 if different else 0
        if self._different >= _DIFFERENT_MIN:
            self._different = 0
            self._on_mute()

    def _moved(self) -> None:
        self._different, self._moves = 0, self._moves + 1
        if self.frozen and self._moves >= _MOVES_MIN:
            self._say(False)

    def _judge_repeats(self, *, different: bool) -> None:
        self._different = self._different + 1 if different else 0
        if not different:
            self._say(False)
        elif self._different == _DIFFERENT_MIN and not self.frozen:
            self._say(True)
        elif self.frozen and self._different % _RENEW_EVERY == 0:
            self._on_verdict(True)

    def _say(self, frozen: bool) -> None:
        self._moves = 0
        if frozen != self.frozen:
            self.frozen = frozen
            self._on_verdict(frozen)

    def _now_e4(self) -> int:
        slot = self._board.slot(self._key)
        return 0 if slot is None else self._board.quote(slot).ltp_e4

    def _freshness(self) -> Freshness:
        slot = self._board.slot(self._key)
        return Freshness.NEVER if slot is None else self._board.freshness(slot)

    def _is_coming(self) -> bool:
        """Whether frames came of late: not what a row calls fresh, which goes by its own measure."""
        slot = self._board.slot(self._key)
        age_ms = None if slot is None else self._board.age_ms(slot)
        return age_ms is not None and age_ms * NS_PER_MS < _STILL_NS

    def _stands(self) -> bool:
        """Whether the connection that now stands has touched the canary."""
        return self._freshness() in (Freshness.FRESH, Freshness.STALE)
