"""The day's loss against its limit: once reached only closing is allowed, until the day ends or a person types it away.

A cause of the ladder, like every other: the gate denies what the mode forbids, and its epoch rises with it, so that
approvals on their way are taken back. Kept in the store; a restart does not forget it.
"""

from collections.abc import Awaitable, Callable

import msgspec

from core.account import DayLoss, Totals
from core.clock import NS_PER_S, Clock, ist_day
from core.errors import StoreFailed
from core.facts import EventKind, LadderMode
from core.money import show_price
from core.resilience.ladder import Ladder
from core.views import Submitted

UNLATCH = "ALLOW MORE LOSS"
CODE, BLIND = "LOSS", "LOSS-BLIND"
BLIND_NS = 30 * NS_PER_S
"""How long open positions may go without a price before the loss counts as not known."""
Report = Callable[[EventKind, str, bool], None]


class _Kept(msgspec.Struct):
    run: str
    day: str
    latched: str
    accepted_e4: int


class DayLossLatch:
    """`look(totals, blind)` at each beat; `unlatch(typed)` by a person. The only writer of the latch.

    `limit_e4()` is what may be lost in a day, asked each time.
    """

    def __init__(
        self,
        clock: Clock,
        run: str,
        limit_e4: Callable[[], int],
        ladder: Ladder,
        save: Callable[[str], Awaitable[None]],
        report: Report,
    ) -> None:
        self._clock = clock
        self._run = run
        self._limit_e4 = limit_e4
        self._ladder = ladder
        self._save = save
        self._report = report
        self._day = ist_day(clock.wall_ns())
        self._latched = ""
        self._accepted_e4 = 0
        self._loss_e4 = 0
        self._unpriced = 0
        self._blind_ns: int | None = None
        self._wanted = self._stored = 0
        self._failing = False

    def state(self) -> DayLoss:
        return DayLoss(self._loss_e4, self._limit_e4(), self._accepted_e4, self._latched, self._unpriced)

    def restore(self, text: str) -> None:
        """Take up the latch of this run and day. One that cannot be read latches: unknown is no permission."""
        if not text:
            return
        try:
            kept = msgspec.json.decode(text, type=_Kept)
        except (msgspec.MsgspecError, ValueError) as e:
            self._latch(f"the kept day-loss latch could not be read: {e}")
            return
        if (kept.run, kept.day) != (self._run, self._day):
            return
        self._accepted_e4 = kept.accepted_e4
        if kept.latched:
            self._latch(kept.latched)

    def look(self, totals: Totals, blind: int) -> None:
        """Judge what the day made so far, net of charges. `blind` open positions have no live price."""
        self._roll()
        self._unpriced = max(blind, totals.unpriced)
        self._loss_e4 = max(0, totals.charges_e4 - totals.day_e4)
        self._blind(self._unpriced)
        allowed_e4 = self._limit_e4() + self._accepted_e4
        if not self._latched and self._loss_e4 >= allowed_e4:
            self._latch(f"day loss {show_price(self._loss_e4)} reached the limit {show_price(allowed_e4)}")

    async def keep(self) -> None:
        """Save what is not in the store yet. A failure is said once and tried again at the next beat; the latch holds
        in memory all the same."""
        wanted = self._wanted
        if self._stored == wanted:
            return
        kept = _Kept(self._run, self._day, self._latched, self._accepted_e4)
        try:
            await self._save(msgspec.json.encode(kept).decode())
        except StoreFailed as e:
            if not self._failing:
                self._report(EventKind.RISK, f"the day-loss latch could not be saved: {e}", True)
            self._failing = True
            return
        self._stored, self._failing = wanted, False

    def unlatch(self, typed: str) -> Submitted:
        """Allow as much loss again, from here on; only by the whole phrase."""
        if not self._latched:
            return Submitted(refused="the day-loss limit is not latched")
        if typed != UNLATCH:
            return Submitted(refused=f"type {UNLATCH} to go on after the day-loss limit; {typed!r} was typed")
        self._accepted_e4 = self._loss_e4
        self._latched = ""
        self._wanted += 1
        self._ladder.clear(CODE)
        again = show_price(self._limit_e4() + self._accepted_e4)
        self._report(EventKind.RISK, f"day-loss limit lifted by hand; it latches again at a loss of {again}", True)
        return Submitted(tag="unlatched")

    def _latch(self, why: str) -> None:
        self._latched = why
        self._wanted += 1
        self._ladder.raise_cause(CODE, LadderMode.REDUCE_ONLY, f"{why}: only closing orders until tomorrow", linger_s=0)
        self._report(EventKind.RISK, f"DAY LOSS LIMIT: {why}. Only closing orders until tomorrow.", True)

    def _blind(self, unpriced: int) -> None:
        now_ns = self._clock.mono_ns()
        self._blind_ns = (self._blind_ns or now_ns) if unpriced else None
        if self._blind_ns is not None and now_ns - self._blind_ns > BLIND_NS:
            text = f"{unpriced} positions have no live price: the day's loss is not known"
            self._ladder.raise_cause(BLIND, LadderMode.REDUCE_ONLY, text)
        else:
            self._ladder.clear(BLIND)

    def _roll(self) -> None:
        day = ist_day(self._clock.wall_ns())
        if day != self._day:
            self._day, self._latched, self._accepted_e4 = day, "", 0
            self._wanted += 1
            self._ladder.clear(CODE)
