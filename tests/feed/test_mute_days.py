"""F08 and S13 in virtual time: the watch over silence for twenty days, closed hours and halted markets included."""

import random
from collections.abc import Coroutine
from typing import Any

from core.clock import ManualClock, iso_to_ns
from core.domain import Exchange
from core.feed.canary import Canary
from core.links.vigil import Vigil
from core.market.quotes import QuoteBoard
from core.market.sessions import session
from tests.feed.frames import ltp_frame
from tests.feed.rig import NIFTY

MUTE_S = 12.0
DAYS = 20


class _Watched:
    """Vigil and canary as `MarketFeed` joins them, over an index that ticks every 1 to 8 s while its session is open.

    `halted` and `mute` say whether at a second nothing trades, or what trades does not come.
    """

    def __init__(self, start: str) -> None:
        self.clock = ManualClock(iso_to_ns(start))
        self.board = QuoteBoard(self.clock)
        self.board.add(NIFTY)
        self.board.new_epoch()
        self.board.set_down(False)
        self.vigil = Vigil(self.clock, MUTE_S)
        self.dice = random.Random(3)
        self.price, self.sequence, self.next_s = 2_480_000, 0, 0
        self.alarms: list[str] = []
        self.open = False
        self.asked = 0
        self.canary = Canary(
            self.board, NIFTY.key, self._ask, self.clock, lambda: self.open, self._verdict, lambda: self._alarm("mute")
        )

    async def _ask(self) -> int | None:
        self.asked += 1
        return self.price * 100

    def _verdict(self, frozen: bool) -> None:
        if frozen:
            self._alarm("frozen")

    def _alarm(self, what: str) -> None:
        self.alarms.append(what)

    def second(self, *, halted: bool = False, mute: bool = False) -> None:
        second = self.clock.wall_ns() // 1_000_000_000
        if second % 60 == 0 or not self.sequence:  # sessions begin and end on whole minutes
            self.open = session(Exchange.NSE, self.clock.wall_ns()).open
        if self.open and not halted and second >= self.next_s:
            self.price += self.dice.randint(-20, 20)
            self.next_s = second + self.dice.randint(1, 8)
            self.sequence += 1
            if not mute:
                self.board.take(ltp_frame(NIFTY.token, self.price, self.sequence))
                self.vigil.data()
        _finish(self.canary.look())
        if self.vigil.look(due=self.open and not self.canary.quiet):
            self._alarm("silent")
            self.vigil.data()  # a new connection stands
        self.clock.move(1.0)


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Run what never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")


def test_S13_no_false_alarm_in_twenty_days_closed_hours_and_a_halt_included() -> None:
    watched, opened = _Watched("2025-11-24T00:00:00+05:30"), 0
    for day in range(DAYS):
        second = 0
        while second < 86_400:
            watched.second(halted=day % 5 == 2 and 40_000 <= second < 42_700)
            opened += watched.open
            step = 1 if watched.open else 60
            if step > 1:
                watched.clock.move(step - 1.0)
            second += step
    assert watched.alarms == []
    assert opened == DAYS // 7 * 5 * 22_500 + min(DAYS % 7, 5) * 22_500
    assert watched.asked > 200, "the halts were asked about"


def test_F08_a_mute_feed_is_found_within_fifteen_seconds_at_any_hour_of_the_session() -> None:
    for start in ("09:15:20", "09:16:00", "12:00:00", "15:29:00"):
        watched = _Watched(f"2025-11-27T{start}+05:30")
        for _ in range(30 if start != "15:29:00" else 20):
            watched.second()
        waited_s = 0
        while not watched.alarms:
            watched.second(mute=True)
            waited_s += 1
            assert waited_s <= 15, start
