"""The first run of live mode: what a login needs goes into the vault, typed here and nowhere else."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from core.errors import UserError
from core.secret import Secret
from core.text import plain
from core.vault import names
from core.views import Desk
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from terminal.screens.password_field import password_field
from terminal.screens.said import said_lines
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink

FIELDS = (
    ("password", "Vault password", True),
    ("again", "Once more", True),
    ("client_code", "Client code", False),
    ("pin", "PIN", True),
    ("api_key", "SmartAPI key", True),
    ("totp_seed", "TOTP seed", True),
)
"""Id, label, whether its letters are hidden."""
SEED = "totp_seed"


class Keeper(Protocol):
    """Keeps what was typed; blocks, and raises UserError."""

    @property
    def keyring_why(self) -> str: ...
    def has_keyring(self) -> bool: ...
    def save(self, password: Secret, items: Mapping[str, Secret], *, both_factors: bool, remember: bool) -> None: ...


class FirstRunScreen(DeskModal[bool]):
    """Gives True once everything is in the vault. Only leaving the program leaves it otherwise."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.FORM))
    AUTO_FOCUS = "#field-password"
    covers = True

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self._keeper = keeper
        self._remember = self._seed = self._busy = False
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="first-run-box") as box:
            box.border_title = Content("First run: credentials into the vault")
            keys = (("form.next", "next"), ("form.keyring", "keyring"), ("form.seed", "seed"), ("form.save", "save"))
            box.border_subtitle = Content("  ".join(f"{key_of(name)} {word}" for name, word in keys))
            yield DrawnPane(self._head, id="first-run-head")
            for name, label, hidden in FIELDS:
                with Horizontal(classes="field", id=f"row-{name}"):
                    yield Static(Content(label), classes="label")
                    yield password_field(f"field-{name}", "", hidden=hidden)
            yield DrawnPane(self._foot, id="first-run-foot")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(f"#row-{SEED}").display = False

    def _head(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return (
            (Cell(fit("  Live mode needs these once. They go into one encrypted file.", width)),),
            (Cell(fit("  The password cannot be recovered. Ten characters or more.", width), Ink.DIM),),
        )

    def _foot(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        return choice_lines(self._remember, self._seed, self._busy, self._said, width)

    async def action_keyring(self) -> None:
        """Choose between the password alone and this computer's keyring beside it."""
        if self._remember:
            self._remember = False
        elif await asyncio.to_thread(self._keeper.has_keyring):
            self._remember = True
        else:
            self._said = f"no keyring: {plain(self._keeper.keyring_why, 160)}"
        self.paint(None)

    def action_seed(self) -> None:
        """Keep the second factor beside the first, or not: an explicit choice, off until it is made."""
        self._seed = not self._seed
        self.query_one(f"#row-{SEED}").display = self._seed
        if not self._seed:
            self._field(SEED).value = ""
        self.paint(None)

    async def action_save(self) -> None:
        if self._busy:
            return
        self._said = self._complaint()
        if not self._said:
            self._busy = True
            self.paint(None)
            self._said = await self._save()
            self._busy = False
        if self._said:
            self.paint(None)
            return
        for name, _, _ in FIELDS:
            self._field(name).value = ""
        self.dismiss(True)

    def _complaint(self) -> str:
        password = Secret(self._field("password").value)
        try:
            names.check_password(password)
            for name in self._kept():
                names.check(name, Secret(self._field(name).value))
        except UserError as e:
            return str(e)
        return "" if password.reveal() == self._field("again").value else "the two passwords differ. Type them again."

    async def _save(self) -> str:
        """Empty, or why nothing was kept. The vault's key takes a second to make: off the loop."""
        items = {name: Secret(self._field(name).value) for name in self._kept()}
        password = Secret(self._field("password").value)
        try:
            await asyncio.to_thread(
                self._keeper.save, password, items, both_factors=self._seed, remember=self._remember
            )
        except UserError as e:
            return str(e)
        return ""

    def _kept(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in FIELDS[2:] if name != SEED or self._seed)

    def _field(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)


def choice_lines(remember: bool, seed: bool, busy: bool, said: str, width: int) -> tuple[Line, ...]:
    """The two choices, what the second one costs, and what was wrong."""
    opens = "the password, and this computer's keyring" if remember else "the password"
    kept = "KEPT: PIN and seed in one file are one factor" if seed else "not kept: six digits are asked at each login"
    lines: list[Line] = [
        (),
        (Cell(fit(f"  {key_of('form.keyring')}  the vault opens with {opens}", width)),),
        (Cell(fit(f"  {key_of('form.seed')}  TOTP seed {kept}", width), Ink.WARN if seed else Ink.TEXT),),
    ]
    if busy:
        lines.append((Cell(fit("  making the vault", width), Ink.WARN),))
    elif said:
        lines += said_lines(said, width)
    return tuple(lines)
