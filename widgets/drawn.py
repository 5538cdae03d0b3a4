"""A pane whose lines come from a function of its owner: for the still parts of modals."""

from collections.abc import Callable

from core.views import Desk
from widgets.cells import Line
from widgets.pane import LinePane

Draw = Callable[[Desk, int, int], tuple[Line, ...]]
"""Desk, width and height in; lines out."""


class DrawnPane(LinePane):
    """Draws what `draw` gives, each time it is asked to paint."""

    def __init__(self, draw: Draw, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return self._draw(desk, width, height)
