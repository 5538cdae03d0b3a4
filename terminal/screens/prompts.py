"""Modals that ask for one thing: a line of text, or one of some choices."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from core.views import Desk
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink

TEXT_MAX = 200
HINT_LINES_MAX = 3


class PromptScreen(DeskModal[bool]):
    """A text field. `take` gets what was typed and gives why it cannot be; empty closes with True. Esc gives False."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.PROMPT))
    AUTO_FOCUS = ""

    def __init__(self, title: str, hint: str, value: str, take: Callable[[str], str]) -> None:
        super().__init__()
        self._title, self._hint, self._value, self._take = title, hint, value, take
        self._refused = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="prompt-box") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(f"{key_of('prompt.take')} take  {key_of('prompt.close')} close")
            field = Input(self._value, id="prompt-text", max_length=TEXT_MAX)
            field.cursor_blink = False
            yield field
            yield DrawnPane(self._draw, id="prompt-note")

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Input))

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        text, ink = (self._refused, Ink.LOSS) if self._refused else (self._hint, Ink.DIM)
        return tuple((Cell(f" {part}", ink),) for part in wrapped(text, width - 2)[:height])

    def action_take(self) -> None:
        self._refused = self._take(self.query_one(Input).value)
        if self._refused:
            self.paint(None)
        else:
            self.dismiss(True)

    def action_close(self) -> None:
        self.dismiss(False)


class PickScreen(DeskModal[int | None]):
    """Some lines, one of which is chosen; gives its place, None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.PICK))

    def __init__(self, title: str, choices: tuple[str, ...], at: int = 0) -> None:
        super().__init__()
        self._title, self._choices = title, choices
        self._at = max(0, min(at, len(choices) - 1))

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="pick-box") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(f"{key_of('pick.take')} take  {key_of('pick.close')} close")
            pane = DrawnPane(self._draw)
            pane.styles.height = len(self._choices)
            with VerticalScroll(classes="lines", can_focus=False):
                yield pane

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return tuple(
            (Cell("▸ " if n == self._at else "  ", Ink.STRONG), Cell(fit(text, width - 2), self._ink(n)))
            for n, text in enumerate(self._choices)
        )

    def _ink(self, n: int) -> Ink:
        return Ink.BADGE_CALM if n == self._at else Ink.TEXT

    def action_move(self, by: int) -> None:
        self._at = (self._at + by) % len(self._choices)
        self.query_one(VerticalScroll).scroll_to(y=max(0, self._at - 5), animate=False)
        self.paint(None)

    def action_take(self) -> None:
        self.dismiss(self._at)

    def action_close(self) -> None:
        self.dismiss(None)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters, broken at blanks."""
    import textwrap

    return textwrap.wrap(text, max(10, width)) or [""]
