"""The largest quantity that passes, exactly. Pure: it asks a judge about quantities and keeps what it said.

A quantity is in one of two stretches: up to the reducing headroom the order only closes and is judged as such, beyond
it opens. Within a stretch every check that fails for a quantity fails for each larger one, but for the twin (G27),
which forbids single quantities. So each stretch is searched by halving, and twins are stepped over.
"""

from collections.abc import Callable, Iterable

from core.orders.checks.catalogue import CATALOGUE
from core.orders.checks.codes import G27
from core.orders.checks.facts import UNITS_MAX
from core.views import Headroom

Judge = Callable[[int], int]
"""The checks that deny a quantity, as bits."""
MINDING = tuple(row for row in CATALOGUE if row.number in (12, 19, 22, 23, 24, 25, 28, 37))
"""Checks whose answer depends on the quantity, beside those that look at whether the order reduces."""


class Sizing:
    """One search. `least` and `most` are lots; `closing` is how many lots only reduce."""

    def __init__(self, judge: Judge, lot: int, least: int, closing: int) -> None:
        self._judge = judge
        self._lot = lot
        self._least = max(1, least)
        self._most = UNITS_MAX // lot
        self._closing = min(max(0, closing), self._most)
        self._known: dict[int, int] = {}

    def headroom(self) -> Headroom:
        largest = self.largest(~0)
        by_check = {}
        for row in MINDING:
            most = self.largest(row.bit)
            if most < self._most:
                by_check[row.code] = most * self._lot
        return Headroom(largest * self._lot, by_check, self._binding(largest))

    def largest(self, checks: int) -> int:
        """The most lots that none of `checks` denies; 0 when there is none."""
        for low, high in self._stretches():
            found = self._search(low, high, checks & ~G27)
            while found >= low and checks & G27 and self._denied(found) & G27:
                found -= 1
            if found >= low:
                return found
        return 0

    def _stretches(self) -> Iterable[tuple[int, int]]:
        """The opening stretch first: its quantities are the larger ones."""
        opening = max(self._least, self._closing + 1)
        if opening <= self._most:
            yield opening, self._most
        if self._least <= self._closing:
            yield self._least, self._closing

    def _search(self, low: int, high: int, checks: int) -> int:
        """The largest of `low` to `high` that passes; `low - 1` when the first does not."""
        good, bad = low - 1, high + 1
        step = 1
        while good + step < bad:  # small numbers are what people trade: gallop up, then halve
            if self._denied(good + step) & checks:
                bad = good + step
            else:
                good += step
                step *= 2
        while bad - good > 1:
            middle = (good + bad) // 2
            if self._denied(middle) & checks:
                bad = middle
            else:
                good = middle
        return good

    def _denied(self, lots: int) -> int:
        found = self._known.get(lots)
        if found is None:
            found = self._known[lots] = self._judge(lots * self._lot)
        return found

    def _binding(self, largest: int) -> str:
        """The check that forbids one lot more."""
        denied = self._denied(largest + 1 if largest else self._least) if largest < self._most else 0
        return next((row.code for row in CATALOGUE if row.bit & denied), "")
