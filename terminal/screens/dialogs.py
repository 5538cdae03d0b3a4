"""Small modals: a question, the details of a row, the keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from core.text import plain
from core.views import Desk
from terminal.actions import ACTIONS, Scope, bindings, keys_of
from terminal.screens.desk_screen import DeskModal
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink


class LinesScreen(DeskModal[bool]):
    """Shows lines until a key; Enter gives True, Esc False."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.DIALOG))

    def __init__(self, title: str, lines: tuple[Line, ...], foot: str) -> None:
        super().__init__()
        self._title, self._lines, self._foot = title, lines, foot

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(self._foot)
            pane = DrawnPane(self._draw)
            pane.styles.height = len(self._lines)
            with VerticalScroll(classes="lines"):
                yield pane

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return self._lines

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


class QuestionScreen(LinesScreen):
    """One question that Enter answers with yes."""

    def __init__(self, question: str, meaning: str, title: str = "Leave") -> None:
        super().__init__(title, ((Cell(f"  {question}", Ink.STRONG),),), f"{meaning}  Esc stays")


class NotLockedScreen(LinesScreen):
    """Says that the screen is not locked. A person who did not see it types the password now: letters go nowhere."""

    def __init__(self, refused: str, *, has_vault: bool) -> None:
        lines: list[Line] = [(Cell(plain(f"  Not locked: {refused}."), Ink.ALARM),)]
        if not has_vault:
            lines.append((Cell("  `tezi secrets set NAME` makes a vault; then the screen can be locked.", Ink.TEXT),))
        super().__init__("NOT LOCKED", tuple(lines), "Enter or Esc close")


class KeysScreen(LinesScreen):
    """Every key, from the table of actions."""

    def __init__(self, width: int, height: int, scopes: tuple[Scope, ...]) -> None:
        super().__init__("Keys", key_lines(width - 2, height - 2, scopes), "Esc close")
        self.add_class("-whole")


ALWAYS = (Scope.EVERYWHERE, Scope.SCREENS)
TICKET = (Scope.TICKET, Scope.PRICE, Scope.QUANTITY, Scope.PANIC)
"""Whose keys the overlay lists beside those of the screen; dialogues say theirs themselves."""


COLUMN_MIN = 52


def key_lines(width: int, height: int, scopes: tuple[Scope, ...]) -> tuple[Line, ...]:
    """All actions by scope, in as many columns as leave each entry readable; longer than `height` it is scrolled."""
    entries: list[tuple[str, str]] = []
    for scope in (*ALWAYS, *scopes, *TICKET):
        entries.append(("", scope.value))
        entries += [(keys_of(a.id), a.label) for a in ACTIONS if a.scope is scope and not a.id.startswith("screen.")]
    count = max(1, width // COLUMN_MIN)
    height = max(1, height, -(-len(entries) // count))
    columns = [entries[i : i + height] for i in range(0, len(entries), height)]
    each = max(8, width // len(columns))
    rows = max(len(c) for c in columns)
    return tuple(_key_line(columns, row, each) for row in range(rows))


def _key_line(columns: list[list[tuple[str, str]]], row: int, width: int) -> Line:
    line: list[Cell] = []
    for column in columns:
        key, label = column[row] if row < len(column) else ("", "")
        if key:
            line += [Cell(fit(f" {key}", 13), Ink.KEY), Cell(fit(" " + label, width - 13), Ink.DIM)]
        else:
            line.append(Cell(fit(f" {label}", width), Ink.HEAD))
    return tuple(line)
