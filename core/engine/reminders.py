"""Told once a day for each position: the broker's square-off of intraday positions comes near, then begins."""

from collections.abc import Iterable

from core.domain import Position, PositionKey
from core.engine.guardbook import Report
from core.facts import EventKind
from core.market.facts import Facts
from core.money import group
from core.orders.cautions import At, square_off_s

STEPS_S = (15 * 60, 5 * 60, 0)


class Reminders:
    """`look` at each beat. Keeps which steps were told; another day begins anew."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report
        self._told: dict[PositionKey, int] = {}
        self._day = ""

    def look(self, positions: Iterable[Position], at: At) -> None:
        if at.day != self._day:
            self._day, self._told = at.day, {}
        for p in positions:
            left_s = square_off_s(self._facts, p.exchange, p.product, at) if p.net else None
            step = next((s for s in reversed(STEPS_S) if left_s is not None and left_s <= s), None)
            if step is not None and self._told.get(p.key, STEPS_S[0] + 1) > step:
                self._told[p.key] = step
                self._tell(p, left_s or 0)

    def _tell(self, p: Position, left_s: int) -> None:
        clock = self._facts.square_off_at(p.exchange, self._day)
        what = f"{p.symbol.removesuffix('-EQ')} MIS {group(p.net)} is open"
        when = f"in {-(-left_s // 60)} min, at about {clock}" if left_s else f"from now on (about {clock})"
        self._report(EventKind.RISK, f"{what}: the broker closes it {when}, at market and for a fee", True)
