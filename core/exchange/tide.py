"""What moves the whole market: its common walk, and the events of a scenario. Deterministic in market time."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.clock import NS_PER_MS, NS_PER_S
from core.domain import InstrumentKey

GRID_NS = 250 * NS_PER_MS
WALK_E6 = 45
"""The market's own walk, in millionths for the root of a second: about 0.7 % a day."""
_STEP_E6 = WALK_E6 * math.sqrt(GRID_NS / NS_PER_S)
_PULL = 0.99996
_GRIDS_MAX = 4_000
_OPEN, _OPEN_S = 1.3, 1_500.0
_CLOSE, _CLOSE_S = 3.4, 1_000.0
"""How much busier the opening and the close are than noon, and how fast that fades. A round's size follows it as well
as the pace: a share trades about 22 per cent of its day in its last half hour (docs/exchange-realism.md)."""


@dataclass(frozen=True, slots=True)
class Push:
    """A move of `move_e6` millionths spread over a stretch of market time; `keys` None is everything."""

    from_ns: int
    until_ns: int
    move_e6: float
    keys: frozenset[InstrumentKey] | None = None

    def done(self, now_ns: int) -> float:
        """How much of it has happened, 0 to 1."""
        if now_ns <= self.from_ns:
            return 0.0
        return min(1.0, (now_ns - self.from_ns) / max(1, self.until_ns - self.from_ns))


@dataclass(frozen=True, slots=True)
class Halt:
    """No participant acts in an instrument for a stretch of market time: its last picture stands."""

    key: InstrumentKey
    from_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Events:
    """What a scenario does to the market. `gap` is the opening move (0.02 is 2 %)."""

    gap: float = 0.0
    pushes: Sequence[Push] = ()
    halts: Sequence[Halt] = ()
    gap_keys: frozenset[InstrumentKey] | None = None
    notes: Sequence[str] = field(default=())


class Tide:
    """The common factor on a grid of market time, the same whoever asks and when."""

    def __init__(self, rng: random.Random, events: Events | None = None) -> None:
        self._rng, self._events = rng, events or Events()
        self._at_ns = 0
        self._level_e6 = 0.0
        self._seen: dict[InstrumentKey, float] = {}

    def gap_of(self, key: InstrumentKey, ordinary: float) -> float:
        """The opening move of an instrument: its own small one plus the scenario's."""
        keys = self._events.gap_keys
        return ordinary + (self._events.gap if keys is None or key in keys else 0.0)

    def since(self, key: InstrumentKey, now_ns: int) -> float:
        """What the market did to an instrument since it was last asked for, in millionths."""
        level_e6 = self._level(now_ns)
        if self._events.pushes:
            level_e6 += self._pushed(key, now_ns)
        moved_e6 = level_e6 - self._seen.get(key, level_e6)
        self._seen[key] = level_e6
        return moved_e6

    def halted(self, key: InstrumentKey, now_ns: int) -> bool:
        halts = self._events.halts
        return bool(halts) and any(h.key == key and h.from_ns <= now_ns < h.until_ns for h in halts)

    def _pushed(self, key: InstrumentKey, now_ns: int) -> float:
        return sum(p.move_e6 * p.done(now_ns) for p in self._events.pushes if p.keys is None or key in p.keys)

    def _level(self, now_ns: int) -> float:
        """Walk the grid up to now; a long stretch at once is one long step."""
        if not self._at_ns:
            self._at_ns = now_ns // GRID_NS * GRID_NS
        steps = (now_ns - self._at_ns) // GRID_NS
        if steps > _GRIDS_MAX:
            self._level_e6 += self._rng.gauss(0.0, _STEP_E6 * math.sqrt(steps))
            self._at_ns += steps * GRID_NS
            return self._level_e6
        for _ in range(steps):
            self._level_e6 = self._level_e6 * _PULL + self._rng.gauss(0.0, _STEP_E6)
        self._at_ns += max(0, steps) * GRID_NS
        return self._level_e6


def activity(now_ns: int, opens_ns: int, closes_ns: int) -> float:
    """How busy a session is, 1 about noon: more after its opening and before its close, each 0 where not known."""
    if not opens_ns:
        return 1.0
    opened_s = max(0.0, (now_ns - opens_ns) / NS_PER_S)
    left_s = max(0.0, (closes_ns - now_ns) / NS_PER_S)
    close = _CLOSE * math.exp(-left_s / _CLOSE_S) if closes_ns else 0.0
    return 1.0 + _OPEN * math.exp(-opened_s / _OPEN_S) + close
