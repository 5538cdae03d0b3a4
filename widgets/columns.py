"""Columns of a grid: fixed widths, and which leave first when there is no room. Pure functions."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `rank` 0 never leaves; of the others the highest leaves first. `grow` takes what is left over."""

    id: str
    title: str
    width: int
    right: bool = False
    rank: int = 0
    grow: bool = False


class Placed(NamedTuple):
    """A column that is shown, with the width it has."""

    column: Column
    width: int


def place(columns: tuple[Column, ...], width: int, gap: int = 1) -> tuple[Placed, ...]:
    """The columns that fit into `width` cells, in order, with `gap` cells between them.

    When not even those of rank 0 fit they are all given, and the right edge is cut.
    """
    kept = list(columns)
    while _needed(kept, gap) > width:
        loose = [c for c in kept if c.rank]
        if not loose:
            break
        kept.remove(max(loose, key=lambda c: c.rank))
    spare = max(0, width - _needed(kept, gap))
    growing = next((c for c in kept if c.grow), None)
    return tuple(Placed(c, c.width + (spare if c is growing else 0)) for c in kept)


def _needed(columns: list[Column], gap: int) -> int:
    return sum(c.width for c in columns) + gap * max(0, len(columns) - 1)
