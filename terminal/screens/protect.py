"""Stop, target and trailing stop of one position: three fields, Enter watches them. Kept by us, and says so."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from core.account import Leg
from core.domain import PositionKey
from core.money import parse_price_e4, rupees, show_price
from core.text import plain
from core.views import Desk
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from widgets import cells
from widgets.cells import Cell, Line
from widgets.drawn import DrawnPane
from widgets.ink import Ink
from widgets.notes import OURS, guard_line

FIELDS = (("stop", "Stop"), ("target", "Target"), ("trail", "Trail by"))


class ProtectScreen(DeskModal[None]):
    """Empty fields mean "none"; all empty takes the protection away."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.PROTECT))
    AUTO_FOCUS = ""

    def __init__(self, key: PositionKey, symbol: str) -> None:
        super().__init__()
        self._key, self._symbol = key, symbol
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="protect-box") as box:
            box.border_title = Content(f"Protect {self._symbol.removesuffix('-EQ')} {self._key.product.short}")
            keys = (("protect.take", "watch"), ("protect.next", "next"), ("protect.close", "close"))
            box.border_subtitle = Content("  ".join(f"{key_of(name)} {word}" for name, word in keys))
            yield DrawnPane(self._head, id="protect-head")
            for name, label in FIELDS:
                with Horizontal(classes="field"):
                    yield Static(Content(f" {label}"), classes="label")
                    field = Input(
                        id=f"protect-{name}", classes="price", max_length=12, restrict=r"[0-9.]*", compact=True
                    )
                    field.cursor_blink = False
                    yield field
            yield DrawnPane(self._foot, id="protect-foot")

    def on_mount(self) -> None:
        guard = self.desk.account.guard(self._key)
        if guard is not None:
            for name, value_e4 in (("stop", guard.stop_e4), ("target", guard.target_e4), ("trail", guard.trail_e4)):
                self.query_one(f"#protect-{name}", Input).value = rupees(value_e4) if value_e4 else ""
        self.set_focus(self.query_one("#protect-stop", Input))
        super().on_mount()

    def _leg(self, desk: Desk) -> Leg | None:
        return next((leg for leg in desk.account.legs() if leg.position.key == self._key), None)

    def _head(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        leg = self._leg(desk)
        if leg is None or not leg.position.net:
            return ((Cell(" the position is closed", Ink.WARN),),)
        p = leg.position
        last = "no price" if leg.mark_e4 is None else show_price(leg.mark_e4)
        even = "-" if leg.break_even_e4 is None else show_price(leg.break_even_e4)
        return (
            (
                Cell(" "),
                cells.signed_quantity(p.net),
                Cell(f" at {show_price(p.average_e4)}  last {last}  break-even {even}", Ink.DIM),
            ),
            guard_line(desk.account.guard(self._key)),
        )

    def _foot(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        """What the levels would make of the position, or why the last try was refused."""
        if self._said:
            return ((Cell(f" {self._said}", Ink.LOSS),), (), (Cell(f" {OURS}", Ink.WARN),))
        leg, parts = self._leg(desk), []
        for name, label in FIELDS[:2]:
            level_e4 = parse_price_e4(self._value(name))
            if leg is not None and level_e4:
                parts += [Cell(f" at the {label.lower()} ", Ink.DIM), cells.profit(leg.position.open_e4(level_e4))]
        return (tuple(parts), (), (Cell(f" {OURS}", Ink.WARN),))

    def _value(self, name: str) -> str:
        return self.query_one(f"#protect-{name}", Input).value.strip()

    def on_input_changed(self) -> None:
        self._said = ""
        self.paint(None)

    def action_take(self) -> None:
        levels: list[int] = []
        for name, label in FIELDS:
            text = self._value(name)
            level_e4 = parse_price_e4(text) if text else 0
            if level_e4 is None:
                self._refuse(f"{label}: {text!r} is no price; digits with at most four decimals")
                return
            levels.append(level_e4)
        answer = self.desk.account.protect(self._key, *levels)
        if answer.refused:
            self._refuse(answer.refused)
        else:
            self.dismiss(None)

    def _refuse(self, why: str) -> None:
        self._said = plain(why)
        self.paint(None)

    def action_close(self) -> None:
        self.dismiss(None)
