"""What was on screen when an order was asked for, as lines: the book, its age, the gate's words. Pure functions."""

from core.account import Traced
from core.clock import hms
from core.money import group, show_price
from widgets.cells import Cell, Line
from widgets.ink import Ink


def traced_lines(seen: Traced | None) -> tuple[Line, ...]:
    """Nothing was kept for orders of other devices; the store is read while this says so."""
    if seen is None:
        return ((Cell(" What I saw: reading the store", Ink.DIM),),)
    if seen.failed:
        return ((Cell(f" What I saw: {seen.failed}", Ink.WARN),),)
    age = "no price" if seen.age_ms is None else f"{seen.quote}, {seen.age_ms / 1000:.1f} s old"
    last = "-" if seen.last_e4 is None else show_price(seen.last_e4)
    lines: list[Line] = [
        (Cell(f" What I saw at {hms(seen.at_ns)}", Ink.HEAD),),
        (Cell(" Last         ", Ink.DIM), Cell(f"{last}  {age}")),
        (Cell(" Position     ", Ink.DIM), Cell(f"{group(seen.position)}   mode {seen.mode}")),
    ]
    for n in range(max(len(seen.bids), len(seen.asks))):
        lines.append(_level(seen, n))
    lines += [_check(code, text, denied=code in seen.denied) for code, text in seen.checks.items()]
    return tuple(lines)


def _level(seen: Traced, n: int) -> Line:
    def side(levels: tuple[tuple[int, int, int], ...]) -> str:
        if n >= len(levels) or not levels[n][1]:
            return ""
        price_e4, units, _ = levels[n]
        return f"{show_price(price_e4):>12} {group(units):>9}"

    return (
        Cell(" Bid / ask    " if n == 0 else " " * 14, Ink.DIM),
        Cell(f"{side(seen.bids):<24}", Ink.BUY),
        Cell(side(seen.asks), Ink.SELL),
    )


def _check(code: str, text: str, *, denied: bool) -> Line:
    ink = Ink.LOSS if denied else Ink.DIM
    return (Cell(f" {code:<5}{'DENIED' if denied else 'passed':<8}", ink), Cell(text, ink))
