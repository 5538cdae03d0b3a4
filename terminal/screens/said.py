"""A refusal on a small screen: whole, over as many lines as it takes, because the remedy stands at its end."""

from textwrap import wrap

from core.text import plain
from widgets.cells import Cell, Line
from widgets.ink import Ink

LINES_MAX = 4


def said_lines(text: str, width: int, ink: Ink = Ink.ALARM) -> list[Line]:
    """At most LINES_MAX lines of foreign text, indented."""
    return [(Cell(f"  {part}", ink),) for part in wrap(plain(text, 600), max(20, width - 4))[:LINES_MAX]]
