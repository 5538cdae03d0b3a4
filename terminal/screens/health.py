"""The Health screen: every circuit, stream and machine part by its last evidence; what a person may do to a circuit."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from core.clock import NS_PER_S, hms
from core.domain import Instrument
from core.views import Desk, Submitted
from terminal.actions import Scope
from terminal.screens.table_screen import TableScreen
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.health import HealthGrid
from widgets.ink import Ink


class HealthScreen(TableScreen):
    """Screen 7."""

    NUMBER = 7
    TABLES = (("parts", "Parts"),)
    SCOPES = (Scope.TABLES, Scope.HEALTH)
    BINDINGS: ClassVar[list[BindingType]] = TableScreen.keys(*SCOPES)

    def compose(self) -> ComposeResult:
        yield from self.head()
        yield HealthGrid(id="parts")
        yield DrawnPane(cause_lines, id="notes")
        yield self.feet()

    def subject(self) -> Instrument | None:
        return self._subject

    def action_retry(self) -> None:
        self._ask(self.desk.retry_circuit)

    def action_force(self) -> None:
        self._ask(self.desk.force_circuit)

    def _ask(self, about: Callable[[str], Submitted]) -> None:
        name = self.query_one(HealthGrid).circuit()
        if not name:
            self.tezi.say("put the cursor on a circuit first")
            return
        answer = about(name)
        self.tezi.say(answer.refused or f"{name}: {answer.tag}", bad=bool(answer.refused))


def cause_lines(desk: Desk, width: int, height: int) -> tuple[Line, ...]:
    """Every cause of the mode, the worst first, with since when and the next test."""
    status, now_ns = desk.status(), desk.clock.mono_ns()
    head = f" {status.ladder.word}" + ("" if status.causes else "   nothing forbids anything")
    lines: list[Line] = [(Cell(fit(head, width), Ink.STRONG),)]
    for cause in status.causes[: max(0, height - 1)]:
        left_s = None if cause.next_try_ns is None else max(0, -((now_ns - cause.next_try_ns) // NS_PER_S))
        tries = "" if left_s is None else f"  next test {left_s} s"
        text = f" {cause.mode.word:<12} {cause.code:<10} since {hms(cause.since_ns)}{tries}  {cause.text}"
        lines.append((Cell(fit(text, width), Ink.WARN),))
    return tuple(lines)
