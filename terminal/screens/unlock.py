"""The vault's password at the start, before there is an engine."""

import asyncio
from typing import ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.clock import Clock
from core.secret import Secret
from core.vault import lock as locks
from core.vault.errors import VaultError, WrongPassword
from core.views import Desk
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from terminal.screens.password_field import password_field
from terminal.screens.said import said_lines
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink


class Opener(Protocol):
    """Opens the vault; blocks, and raises VaultError."""

    @property
    def clock(self) -> Clock: ...
    def open(self, password: Secret) -> None: ...


class UnlockScreen(DeskModal[bool]):
    """Gives True once the vault is open. Only leaving the program leaves it otherwise."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.LOCKED))
    AUTO_FOCUS = "#unlock-password"
    covers = True

    def __init__(self, opener: Opener, why: str) -> None:
        super().__init__()
        self._opener, self._why = opener, why
        self._lock = locks.locked(locks.right(locks.moment(opener.clock)))
        self._busy, self._said = False, ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="unlock-box") as box:
            box.border_title = Content("Vault")
            box.border_subtitle = Content(f"{key_of('lock.open')} open  {key_of('leave')} leave")
            yield DrawnPane(self._draw, id="unlock-lines")
            yield password_field("unlock-password", "password of the vault")

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        said = said_lines("opening", width, Ink.WARN) if self._busy else said_lines(self._said, width)
        return ((Cell(fit(f"  {self._why}", width)),), (), *said)

    async def action_unlock(self) -> None:
        field = self.query_one("#unlock-password", Input)
        wait_s = locks.wait_s(self._lock, locks.moment(self._opener.clock))
        if self._busy or not field.value:
            return
        typed, field.value = Secret(field.value), ""
        if wait_s > 0:
            self._said = f"wait {wait_s:.0f} s before the next try"
            self.paint(None)
            return
        self._busy = True
        self.paint(None)
        try:
            await asyncio.to_thread(self._opener.open, typed)
        except WrongPassword:
            self._lock = locks.wrong(self._lock, locks.moment(self._opener.clock))
            self._said = "the password is wrong, or the vault was altered"
        except VaultError as e:
            self._said = str(e)
        else:
            self.dismiss(True)
        self._busy = False
        self.paint(None)
