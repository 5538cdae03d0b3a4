"""The day's figures of one instrument, folded from its trades. Pure."""

import msgspec

from core.clock import NS_PER_S
from core.exchange.snapshot import Bar
from core.money import divide_rounded

BARS_MAX = 900
"""More minutes than the longest session has."""
MINUTE_S = 60


class DayFigures(msgspec.Struct):
    """Open, high, low, last in 1/10,000 rupee (0 before the first trade); volume in units; value in 1/10,000 rupee."""

    open_e4: int = 0
    high_e4: int = 0
    low_e4: int = 0
    last_e4: int = 0
    last_quantity: int = 0
    last_ns: int = 0
    volume: int = 0
    value_e4: int = 0
    bars: list[list[int]] = msgspec.field(default_factory=list)

    @property
    def average_e4(self) -> int:
        return divide_rounded(self.value_e4, self.volume) if self.volume else 0

    def trade(self, price_e4: int, quantity: int, now_ns: int) -> None:
        """Fold one trade in; an index value is a trade of 0 units."""
        if not self.open_e4:
            self.open_e4 = self.high_e4 = self.low_e4 = price_e4
        self.high_e4 = max(self.high_e4, price_e4)
        self.low_e4 = min(self.low_e4, price_e4)
        self.last_e4, self.last_quantity, self.last_ns = price_e4, quantity, now_ns
        self.volume += quantity
        self.value_e4 += price_e4 * quantity
        self._bar(price_e4, quantity, now_ns // NS_PER_S // MINUTE_S * MINUTE_S)

    def rows(self) -> list[Bar]:
        return [(b[0], b[1], b[2], b[3], b[4], b[5]) for b in self.bars]

    def _bar(self, price_e4: int, quantity: int, start_s: int) -> None:
        if not self.bars or self.bars[-1][0] != start_s:
            self.bars.append([start_s, price_e4, price_e4, price_e4, price_e4, quantity])
            del self.bars[:-BARS_MAX]
            return
        bar = self.bars[-1]
        bar[2], bar[3] = max(bar[2], price_e4), min(bar[3], price_e4)
        bar[4] = price_e4
        bar[5] += quantity
