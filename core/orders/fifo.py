"""Booked profit when what was entered first is closed first: what a tax return asks for. Pure but for its own lots."""

from collections import deque


class Lots:
    """Open lots of one instrument and product, oldest first, all on one side; exact, because nothing is averaged."""

    def __init__(self) -> None:
        self._open: deque[tuple[int, int]] = deque()
        self.realised_e4 = 0

    @property
    def net(self) -> int:
        """Signed units that are open."""
        return sum(units for units, _ in self._open)

    @property
    def cost_e4(self) -> int:
        """Signed cost of what is open, 1/10,000 rupee."""
        return sum(units * price_e4 for units, price_e4 in self._open)

    def take(self, units: int, price_e4: int) -> None:
        """One fill: signed units at a price. It closes the oldest lots first; what is left over opens."""
        while units and self._open and self._open[0][0] * units < 0:
            held, entry_e4 = self._open[0]
            closing = min(abs(held), abs(units)) * (1 if units > 0 else -1)
            self.realised_e4 += closing * (entry_e4 - price_e4)
            units -= closing
            if held + closing:
                self._open[0] = (held + closing, entry_e4)
            else:
                self._open.popleft()
        if units:
            self._open.append((units, price_e4))
