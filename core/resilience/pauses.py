"""Rest after a rate refusal, for each end point apart: doubling waits, forgotten after a clean minute."""

from dataclasses import dataclass
from random import Random

from core.clock import NS_PER_S, Clock

CLEAN_NS = 60 * NS_PER_S
DOUBLINGS_MAX = 6


@dataclass(slots=True)
class _Pause:
    times: int = 0
    until_ns: int = 0
    last_ns: int = 0


class Pauses:
    """Ask `left_s` before a call, tell `note` after it. The k-th refusal in a row rests uniform(1, 2) x 2^k seconds."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock, self._random = clock, random
        self._of: dict[str, _Pause] = {}

    def left_s(self, name: str) -> float:
        """Seconds until the end point may be asked again; 0 when it may now."""
        pause = self._of.get(name)
        return 0.0 if pause is None else max(0.0, (pause.until_ns - self._clock.mono_ns()) / NS_PER_S)

    def note(self, name: str, *, limited: bool) -> None:
        """What a call met. Only a minute without a refusal makes the next rest short again."""
        now_ns = self._clock.mono_ns()
        pause = self._of.get(name)
        if not limited:
            if pause is not None and now_ns - pause.last_ns > CLEAN_NS:
                del self._of[name]
            return
        if pause is None or now_ns - pause.last_ns > CLEAN_NS:
            pause = self._of[name] = _Pause()
        wait_s = self._random.uniform(1.0, 2.0) * 2 ** min(pause.times, DOUBLINGS_MAX)
        pause.times, pause.last_ns = pause.times + 1, now_ns
        pause.until_ns = now_ns + round(wait_s * NS_PER_S)
