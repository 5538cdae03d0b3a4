"""Sampled prices for sparklines: few numbers that cover the whole session. Pure.

Every instrument keeps at most `SAMPLES_MAX` prices at equal distances; when they are full every second one goes and the
distance doubles, so that a line is there after seconds and still spans the day at its end.
"""

from collections.abc import Iterable

from core.domain import InstrumentKey

SAMPLES_MAX = 16
_NOTHING: tuple[int, ...] = ()


class Trends:
    """One sampler for all instruments: `sample` is called at a steady beat with the prices of that moment."""

    def __init__(self) -> None:
        self._prices: dict[InstrumentKey, tuple[int, ...]] = {}
        self._every = 1
        self._beat = 0
        self._kept = 0

    def sample(self, prices: Iterable[tuple[InstrumentKey, int]]) -> None:
        """Prices in 1/10,000 rupee; 0 is "none" and leaves the line as it is."""
        self._beat += 1
        if self._beat % self._every:
            return
        for key, price_e4 in prices:
            if price_e4:
                self._prices[key] = (*self._prices.get(key, _NOTHING), price_e4)
        self._kept += 1
        if self._kept >= SAMPLES_MAX:
            self._prices = {key: line[::-1][::2][::-1] for key, line in self._prices.items()}
            self._every, self._kept = self._every * 2, self._kept // 2

    def clear(self) -> None:
        """A new trading day begins."""
        self.__init__()  # type: ignore[misc]

    def of(self, key: InstrumentKey) -> tuple[int, ...]:
        """The line of an instrument, oldest first; empty while it has fewer than two prices."""
        line = self._prices.get(key, _NOTHING)
        return line if len(line) > 1 else _NOTHING
