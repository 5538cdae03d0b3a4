"""The key hints at the foot of the screen: dropped by rank when there is no room, PANIC never."""

from collections.abc import Hashable
from dataclasses import dataclass

from core.views import Desk
from widgets.cells import Cell, Line, spread, width_of
from widgets.ink import Ink
from widgets.pane import LinePane
from widgets.shed import Part, shed

SMALLEST = (40, 10)
"""Columns and lines below which tables cannot be read; the kill key still works."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does; a higher rank leaves first."""

    key: str
    text: str
    rank: int


class HintsPane(LinePane):
    """The hints of the screen at the left, the kill key at the right."""

    def __init__(self, hints: tuple[Hint, ...], kill: Hint, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints, self._kill = hints, kill

    def fingerprint(self, desk: Desk) -> Hashable:
        return (self.app.size, self.status.ladder if self.status else None)

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        if width < SMALLEST[0] or self.app.size.height < SMALLEST[1]:
            return (spread((Cell(" too small", Ink.WARN),), (Cell(f"{self._kill.key} ", Ink.KEY),), width),)
        return (hint_line(self._hints, self._kill, width),)


def hint_line(hints: tuple[Hint, ...], kill: Hint, width: int) -> Line:
    """One line of hints in `width` cells."""
    right = (Cell(f"{kill.key} ", Ink.KEY), Cell(kill.text, Ink.LOSS), Cell(" "))
    parts = tuple(Part((Cell(h.key, Ink.KEY), Cell(f" {h.text}", Ink.DIM)), rank=h.rank) for h in hints)
    left = shed(parts, width - width_of(right) - 3, Cell("  "))
    return spread((Cell(" "), *left), right, width)
