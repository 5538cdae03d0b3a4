"""The locked screen: nothing of the market, the orders or the money is seen; PANIC and leaving still work."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.secret import Secret
from core.views import Desk, GuardStatus, Status
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from terminal.screens.password_field import password_field
from terminal.screens.said import said_lines
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink


class LockScreen(DeskModal[None]):
    """Goes away by itself once the desk says that it is unlocked."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.LOCKED))
    AUTO_FOCUS = "#lock-password"
    covers = True

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="lock-box") as box:
            box.border_title = Content("LOCKED")
            box.border_subtitle = Content(f"{key_of('lock.open')} unlock  {key_of('panic')} PANIC")
            yield DrawnPane(self._draw, id="lock-lines")
            yield password_field("lock-password", "password of the vault")

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return lock_lines(desk.guard(), desk.status().mode_word, width)

    def paint(self, status: Status | None) -> None:
        if self.is_current and not self.desk.guard().locked:
            self.dismiss(None)
            return
        super().paint(status)

    def action_unlock(self) -> None:
        field = self.query_one("#lock-password", Input)
        typed, field.value = Secret(field.value), ""
        if typed:
            self.desk.unlock(typed)
        self.paint(None)


def lock_lines(guard: GuardStatus, mode_word: str, width: int) -> tuple[Line, ...]:
    """What stands on the locked screen: no number of the market, of orders or of money."""
    panic = key_of("panic")
    lines: list[Line] = [
        (Cell(fit(f"  {mode_word} locked. Nothing new can leave; orders stay at the broker.", width), Ink.STRONG),),
        (Cell(fit(f"  {panic} still cancels all orders and halts. {key_of('leave')} leaves.", width), Ink.DIM),),
        (),
    ]
    if guard.busy:
        lines.append((Cell(fit("  trying the password", width), Ink.WARN),))
    elif guard.wait_s > 0:
        lines.append((Cell(fit(f"  wrong password; next try in {guard.wait_s:.0f} s", width), Ink.ALARM),))
    elif guard.said:
        lines += said_lines(guard.said, width)
    return tuple(lines)
