"""The line that stands over everything while something is wrong or not yet there."""

from core.clock import NS_PER_S, hms
from core.facts import LadderMode
from core.views import Desk, Status
from widgets.cells import Cell, Line, fit
from widgets.ink import Ink
from widgets.pane import LinePane


class BannerPane(LinePane):
    """At most two lines: what the terminal waits for, and the mode of the ladder. Its height is 0 when all is well."""

    def __init__(self, undo_halt: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._undo_halt = undo_halt

    def wanted_height(self) -> int:
        """Lines it needs now; the screen gives it that height."""
        if self.status is None or self.desk is None:
            return 0
        return len(banner_lines(self.status, self.desk.clock.mono_ns(), self._undo_halt, 80))

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        if self.status is None:
            return ()
        return banner_lines(self.status, desk.clock.mono_ns(), self._undo_halt, width)


def banner_lines(status: Status, mono_ns: int, undo_halt: str, width: int) -> tuple[Line, ...]:
    """`READ-ONLY - orders failing since 09:31:07, next test 4 s: HTTP 503`, in the ink of how bad it is."""
    lines: list[Line] = []
    if status.waiting and status.ladder is LadderMode.NORMAL:
        lines.append((Cell(fit(f" {status.waiting}", width), Ink.BADGE_WARN),))
    if status.ladder is not LadderMode.NORMAL:
        ink = Ink.BADGE_WARN if status.ladder is LadderMode.DATA_STALE else Ink.BADGE_LIVE
        lines.append((Cell(fit(f" {_mode(status, mono_ns, undo_halt)}", width), ink),))
    elif status.probation:
        text = " PROBATION - the broker is back; one order at a time until three had a definite answer"
        lines.append((Cell(fit(text, width), Ink.BADGE_WARN),))
    return tuple(lines)


def _mode(status: Status, mono_ns: int, undo_halt: str) -> str:
    word = status.ladder.word
    more = f", {undo_halt}" if status.ladder is LadderMode.HALTED else ""
    if not status.causes:
        return f"{word}{more} - stepping up again"
    cause = status.causes[0]
    what, _, detail = cause.text.partition(": ")
    text = f"{word} - {what} since {hms(cause.since_ns)}"
    if cause.next_try_ns is not None:
        left_s = max(0, -((mono_ns - cause.next_try_ns) // NS_PER_S))
        text += f", next test {left_s} s"
    others = len(status.causes) - 1
    return text + more + (f" (and {others} more)" if others else "") + (f": {detail}" if detail else "")
