"""Parts of a line that shorten, then leave, when there is no room. Pure functions."""

from dataclasses import dataclass

from widgets.cells import Cell, Line, width_of


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line. `short` is the form it takes first; a higher `rank` gives way earlier.

    Rank 0 never leaves; nor does what is `keep`, which only shortens.
    """

    full: Line
    short: Line | None = None
    rank: int = 0
    keep: bool = False


def shed(parts: tuple[Part, ...], width: int, between: Cell) -> Line:
    """The parts joined by `between` in at most `width` cells: first all shorten by rank, then they leave by rank."""
    kept = list(parts)
    by_rank = sorted(range(len(kept)), key=lambda i: -kept[i].rank)
    for i in by_rank:
        if _width(kept, between) <= width:
            break
        short = kept[i].short
        if short is not None:
            kept[i] = Part(short, None, kept[i].rank, kept[i].keep)
    while _width(kept, between) > width:
        loose = [p for p in kept if p.rank and not p.keep]
        if not loose:
            break
        kept.remove(max(loose, key=lambda p: p.rank))
    return _join(kept, between)


def _width(parts: list[Part], between: Cell) -> int:
    return sum(width_of(p.full) for p in parts) + width_of((between,)) * max(0, len(parts) - 1)


def _join(parts: list[Part], between: Cell) -> Line:
    line: list[Cell] = []
    for part in parts:
        if line:
            line.append(between)
        line += part.full
    return tuple(line)
