"""Going on after the day-loss limit: says what was lost, and wants the whole phrase."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.money import show_price
from core.text import plain
from core.views import Desk
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from widgets.cells import Cell, Line
from widgets.drawn import DrawnPane
from widgets.ink import Ink

PHRASE = "ALLOW MORE LOSS"


class UnlatchScreen(DeskModal[None]):
    """Enter takes the phrase; anything else is refused with what was typed."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.UNLATCH))
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="unlatch-box") as box:
            box.border_title = Content("Day-loss limit")
            box.border_subtitle = Content(f"{key_of('unlatch.take')} take  {key_of('unlatch.close')} close")
            yield DrawnPane(self._draw, id="unlatch-lines")
            field = Input(placeholder=f"type {PHRASE}", id="unlatch-typed", max_length=30, restrict=r"[ -~]*")
            field.cursor_blink = False
            yield field

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Input))
        super().on_mount()

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        loss = desk.account.day_loss()
        again_e4 = loss.limit_e4 + loss.loss_e4
        return (
            (Cell(f" {loss.latched}", Ink.LOSS),),
            (Cell(f" Lost today, charges counted: {show_price(loss.loss_e4)}. It latches again at", Ink.TEXT),),
            (Cell(f" {show_price(again_e4)}. Closing orders are allowed without this.", Ink.TEXT),),
            (Cell(f" {self._said}", Ink.LOSS),),
        )

    def action_take(self) -> None:
        field = self.query_one(Input)
        answer = self.desk.account.unlatch(field.value)
        if answer.refused:
            self._said, field.value = plain(answer.refused), ""
            self.paint(None)
        else:
            self.dismiss(None)

    def action_close(self) -> None:
        self.dismiss(None)
