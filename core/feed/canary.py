"""Prices that come and never change: found by asking another way what the canary (an index) trades at."""

from collections.abc import Awaitable, Callable

from core.clock import NS_PER_S, Clock
from core.domain import InstrumentKey
from core.market.quotes import QuoteBoard
from core.views import Freshness

Ask = Callable[[], Awaitable[int | None]]
_LOOK_S = 1.0
_STILL_NS = 5 * NS_PER_S
_ASK_EVERY_NS = 3 * NS_PER_S
_DIFFERENT_MIN = 2
"""One different answer may be a race with the next tick; two, three seconds apart, are not."""


class Canary:
    """`ask` gives the canary's last price by another way (1/10,000 rupee), None when it could not be had.

    `on_verdict(frozen)` is told of each change. Frames that do not come at all are another watch's business.
    """

    def __init__(
        self,
        board: QuoteBoard,
        key: InstrumentKey,
        ask: Ask,
        clock: Clock,
        in_session: Callable[[], bool],
        on_verdict: Callable[[bool], None],
    ) -> None:
        self._board, self._key, self._ask, self._clock = board, key, ask, clock
        self._in_session, self._on_verdict = in_session, on_verdict
        self._price_e4 = 0
        self._since_ns = clock.mono_ns()
        self._asked_ns = 0
        self._different = 0
        self.frozen = False

    async def run(self) -> None:
        """For ever; once a second."""
        while True:
            await self._clock.sleep(_LOOK_S)
            await self.look()

    async def look(self) -> None:
        """One look; asks when the price stood still for 5 s while frames came."""
        now_ns, price_e4 = self._clock.mono_ns(), self._now_e4()
        if price_e4 != self._price_e4:
            self._price_e4, self._since_ns = price_e4, now_ns
            self._settle(different=False)
            return
        still = now_ns - self._since_ns >= _STILL_NS and now_ns - self._asked_ns >= _ASK_EVERY_NS
        if not (price_e4 and still and self._in_session() and (self.frozen or self._is_coming())):
            return
        self._asked_ns = now_ns
        said_e4 = await self._ask()
        if said_e4 is not None and self._now_e4() == price_e4:
            self._settle(different=said_e4 != price_e4)

    def _settle(self, *, different: bool) -> None:
        self._different = self._different + 1 if different else 0
        frozen = self._different >= _DIFFERENT_MIN
        if frozen != self.frozen:
            self.frozen = frozen
            self._on_verdict(frozen)

    def _now_e4(self) -> int:
        slot = self._board.slot(self._key)
        return 0 if slot is None else self._board.quote(slot).ltp_e4

    def _is_coming(self) -> bool:
        slot = self._board.slot(self._key)
        return slot is not None and self._board.freshness(slot) is Freshness.FRESH
