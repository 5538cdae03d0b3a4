"""Looser limits that the configuration file asks for: shown beside the old ones, taken only by a person."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.secret import Secret
from core.text import plain
from core.views import Desk, GuardStatus
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from terminal.screens.password_field import password_field
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink

LISTED_MAX = 6
WORD = "LOOSEN"


class LimitsScreen(DeskModal[None]):
    """Stays until Esc, whatever was done."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.LIMITS))
    AUTO_FOCUS = "#limits-typed"

    def __init__(self, *, has_vault: bool) -> None:
        super().__init__()
        self._has_vault = has_vault
        self._said: tuple[str, bool] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="limits-box") as box:
            box.border_title = Content("Looser limits")
            words = (("limits.take", "accept"), ("limits.keep", "keep the old"), ("limits.close", "close"))
            box.border_subtitle = Content("  ".join(f"{key_of(name)} {word}" for name, word in words))
            yield DrawnPane(self._draw, id="limits-lines")
            placeholder = "password of the vault" if self._has_vault else f"type {WORD}"
            yield password_field("limits-typed", placeholder, hidden=self._has_vault)

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return limit_lines(desk.guard(), self._said, width)

    def action_take(self) -> None:
        field = self.query_one("#limits-typed", Input)
        typed, field.value = Secret(field.value), ""
        if typed:
            answer = self.desk.confirm_limits(typed)
            self._said = (plain(answer.refused), True) if answer.refused else None
        self.paint(None)

    def action_keep(self) -> None:
        self.desk.keep_limits()
        self._said = ("the old limits hold", False)
        self.paint(None)

    def action_close(self) -> None:
        self.dismiss(None)


def limit_lines(guard: GuardStatus, said: tuple[str, bool] | None, width: int) -> tuple[Line, ...]:
    """Each loosened limit with both values, what accepting takes, and what was said."""
    if not guard.loosened:
        return ((Cell(fit("  No looser limit waits: what the file says is in force.", width), Ink.BADGE_CALM),),)
    lines: list[Line] = [(Cell(fit("  The file allows more than what is in force:", width), Ink.HEAD),)]
    lines += [(Cell(fit(f"    {text}", width), Ink.TEXT),) for text in guard.loosened[:LISTED_MAX]]
    if len(guard.loosened) > LISTED_MAX:
        lines.append((Cell(fit(f"    and {len(guard.loosened) - LISTED_MAX} more", width), Ink.DIM),))
    how = "the vault's password, then 60 s" if guard.has_vault else f"the word {WORD}"
    lines += [(), (Cell(fit(f"  It takes {how}; until then the old limits hold.", width), Ink.DIM),)]
    if guard.busy:
        lines.append((Cell(fit("  trying the password", width), Ink.WARN),))
    elif guard.due_s is not None:
        keep = key_of("limits.keep")
        lines.append((Cell(fit(f"  In force in {guard.due_s:.0f} s; {keep} keeps the old ones.", width), Ink.WARN),))
    elif said is not None or guard.said:
        text, bad = said or (guard.said, True)
        lines.append((Cell(fit(f"  {text}", width), Ink.ALARM if bad else Ink.BADGE_CALM),))
    return tuple(lines)
