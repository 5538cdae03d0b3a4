"""A recorded session through the same servers: its prices at its times, and an account that trades against it."""

import random
from datetime import date
from pathlib import Path
from typing import cast

from core.clock import NS_PER_S, Clock, ist
from core.domain import Exchange, InstrumentKey
from core.exchange.dayfigures import DayFigures
from core.exchange.floor import Floor
from core.exchange.practice import Practice
from core.exchange.recording import Recording
from core.exchange.tape import TapeFloor


class Playback(Practice):
    """The clock is the recording's, from its first tick to its last, where it stands still. Nothing is remembered.

    Orders are taken whenever the recording plays, also outside ordinary hours.
    """

    shows_each = True

    def __init__(self, base: Clock, path: Path) -> None:
        """UserError when the path holds no recording."""
        self._tape = TapeFloor(Recording(path))
        super().__init__(base, 1, now_ns=self._tape.start_ns)
        self.day: date = ist(self._tape.start_ns).date()
        self._tape.step(self.start_ns)

    def step(self, most: int | None = None) -> bool:
        """Show what is due; the clock stands still at the last tick."""
        now_ns = self.now_ns()
        if not self._tape.step(now_ns, most=most):
            self._desk.settle_news(now_ns)
            return False
        self._desk.settle_news(now_ns)
        self._desk.flush(now_ns)
        if self._tape.ended and now_ns > self._tape.last_ns:
            self.clock.anchor(self._tape.last_ns, 0.0)
        return True

    def seek(self, wall_ns: int) -> None:
        """Go to a time of the recording; going back plays it anew up to there, own orders cancelled first."""
        speed = self.clock.speed or 1.0
        if wall_ns < self.now_ns():
            self._desk.close(self.now_ns())
            self._tape.rewind()
        wall_ns = max(wall_ns, self._tape.start_ns)
        while (coming := self._tape.next_ns) is not None and coming <= wall_ns:
            self._tape.step(wall_ns)
        self.clock.anchor(wall_ns, speed)

    def _open(self, exchange: Exchange) -> bool:
        return True

    def _open_floor(self, rng: random.Random, figures: dict[InstrumentKey, DayFigures]) -> Floor:
        return cast(Floor, self._tape)

    def _warm_up(self, until_ns: int) -> None:
        """A recording begins where it begins."""

    def save(self, bars: bool = True) -> None:
        """Nothing is remembered."""
        self._saved_mono_ns = self.clock.mono_ns() + NS_PER_S
