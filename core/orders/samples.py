"""Short price history of one instrument: the touch of ten seconds ago, the average of the last thirty."""

from collections import deque
from dataclasses import dataclass, field

from core.clock import NS_PER_S

AVERAGE_NS = 30 * NS_PER_S
BEFORE_NS = 10 * NS_PER_S
EVERY_NS = NS_PER_S


@dataclass(slots=True)
class Samples:
    """At most one sample a second: (time, bid, ask, last), monotonic ns and 1/10,000 rupee."""

    rows: deque[tuple[int, int, int, int]] = field(default_factory=lambda: deque(maxlen=32))

    def add(self, now_ns: int, bid_e4: int, ask_e4: int, last_e4: int) -> None:
        if not self.rows or now_ns - self.rows[-1][0] >= EVERY_NS:
            self.rows.append((now_ns, bid_e4, ask_e4, last_e4))

    def before(self, now_ns: int) -> tuple[int, int]:
        """Bid and ask of ten seconds ago: the newest sample that is that old and no older than 30 s; zeros without."""
        bid = ask = 0
        for at_ns, b, a, _ in self.rows:
            if at_ns > now_ns - BEFORE_NS:
                break
            if at_ns >= now_ns - AVERAGE_NS:
                bid, ask = b, a
        return bid, ask

    def average_e4(self, now_ns: int, last_e4: int) -> int:
        """The average of the sampled last prices of 30 s; the last price itself when there is none."""
        lasts = [last for at_ns, _, _, last in self.rows if at_ns >= now_ns - AVERAGE_NS]
        return sum(lasts) // len(lasts) if lasts else last_e4
