"""The event log: one line a fact, newest on top."""

from collections.abc import Hashable

from core.clock import hms
from core.facts import Event, EventKind
from core.views import Desk
from widgets.cells import Cell, Line, fit
from widgets.ink import Ink
from widgets.pane import LinePane

KIND_INK = {
    EventKind.ORDER: Ink.BUY,
    EventKind.RISK: Ink.WARN,
    EventKind.FEED: Ink.TEXT,
    EventKind.RECONCILE: Ink.TEXT,
    EventKind.MODE: Ink.LOSS,
    EventKind.SYSTEM: Ink.DIM,
}


class EventsPane(LinePane):
    """As many of the last events as there is room for."""

    def fingerprint(self, desk: Desk) -> Hashable:
        return (desk.events.revision, self.size)

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return tuple(event_line(e, width) for e in desk.events.latest(height))


def event_line(event: Event, width: int) -> Line:
    """`14:32:05 ORD  text`."""
    head = (Cell(f" {hms(event.at_ns)} ", Ink.DIM), Cell(f"{event.kind.value:<4} ", KIND_INK[event.kind]))
    room = max(0, width - 15)
    return (*head, Cell(fit(event.text, room).rstrip(), Ink.STRONG if event.loud else Ink.TEXT))
