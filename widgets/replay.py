"""The line that says where on the tape we are, how fast it plays, and with which keys."""

from core.clock import hms, ist
from core.marketviews import Replay
from core.views import Desk
from widgets import cells
from widgets.cells import Cell, Line
from widgets.ink import Ink
from widgets.pane import LinePane
from widgets.shed import Part, shed

KEYS = "Space play  . step  , back  < = speed  G go to"


class ReplayPane(LinePane):
    """One line; empty while no tape is played."""

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return () if desk.replay is None else (replay_line(desk.replay, width),)


def replay_line(tape: Replay, width: int) -> Line:
    """`Mon 15 Dec 2025 10:15:32  09:15 ├──●───┤ 15:30  paused  10x`."""
    moment = ist(tape.position_ns).strftime("%a %d %b %Y %H:%M:%S")
    short = ist(tape.position_ns).strftime("%d %b %H:%M:%S")
    word = f"{tape.word} {tape.speed:g}x"
    ink = Ink.BADGE_CALM if tape.word == "playing" else Ink.BADGE_WARN
    ends = (f"{hms(tape.first_ns)[:5]} ", f" {hms(tape.last_ns)[:5]}")
    room = width - len(moment) - len(word) - len(KEYS) - len(ends[0]) - len(ends[1]) - 12
    span = max(1, tape.last_ns - tape.first_ns)
    track = cells.track((tape.position_ns - tape.first_ns) / span, max(8, min(40, room)))
    parts = (
        Part((Cell(f" {word} ", ink),)),
        Part((Cell(moment, Ink.STRONG),), (Cell(short, Ink.STRONG),), rank=1),
        Part((Cell(ends[0] + track + ends[1], Ink.TEXT),), rank=2),
        Part((Cell(KEYS, Ink.DIM),), rank=3),
    )
    return (Cell(" "), *shed(parts, width - 1, Cell("  ")))
