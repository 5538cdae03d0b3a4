"""PANIC: stop first, think later. A key arms a row, Enter runs it; works over inputs and modals."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.domain import Order, OrderState
from core.money import group, show_price
from core.text import plain
from core.views import Desk, PanicPlan
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink

LISTED_MAX = 3
SECOND_MAX, SECOND_S = 9, 1.05
"""The broker's limit on order messages, and the span we count it in."""
RESUME = "RESUME"


@dataclass(frozen=True, slots=True)
class PanicRow:
    """One row: the action that arms it, what it is called, what it would do now."""

    name: str
    action_id: str
    label: str


ROWS = (
    PanicRow("cancel", "panic.cancel", "Cancel all orders"),
    PanicRow("halt", "panic.halt", "HALT"),
    PanicRow("undo", "panic.undo", "Undo halt"),
)


class PanicScreen(DeskModal[None]):
    """The overlay. It stays until Esc, whatever was done: the next key must never fall on the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.PANIC))
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._armed = ""
        self._said: tuple[str, bool] | None = None
        self._tried = ""
        self._legs: tuple[Order, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="panic-box") as box:
            box.border_title = Content("PANIC")
            box.border_subtitle = Content(f"{key_of('panic.close')} nothing happens")
            yield DrawnPane(self._draw, id="panic-rows")
            field = Input(
                placeholder=f"type {RESUME}, then Enter",
                max_length=20,
                restrict=r"[ -~]*",
                id="panic-typed",
                compact=True,
            )
            field.cursor_blink = False
            field.display = False
            yield field

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        hidden = desk.guard().locked
        lines = panic_lines(desk.panic_plan(), self._armed, self._said, width, hidden=hidden)
        if self._legs and not hidden:
            now = {o.tag: o for o in desk.orders.orders()}
            lines += leg_lines(tuple(now.get(o.tag, o) for o in self._legs), width, height - len(lines))
        return lines

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something stands in the typed field its letters are letters."""
        return not (action == "arm" and self._typed.display and self._typed.value)

    @property
    def _typed(self) -> Input:
        return self.query_one("#panic-typed", Input)

    def action_arm(self, name: str) -> None:
        if name == "undo" and not self.desk.panic_plan().halted:
            self._say("nothing is halted", bad=False)
            return
        self._armed, self._said = name, None
        self._typed.display = name == "undo"
        if name == "undo":
            self.set_focus(self._typed)
        else:
            self.set_focus(None)
        self.paint(None)

    def action_run(self) -> None:
        if self._armed and not self.tezi.repeats.repeated:
            {"cancel": self._cancel_all, "halt": self._halt, "undo": self._undo}[self._armed]()

    def _halt(self) -> None:
        self.desk.halt("PANIC key")
        self._done("HALTED: nothing new leaves; cancels still do")

    def _cancel_all(self) -> None:
        self._legs = self.desk.panic_plan().cancels
        self.query_one("#panic-box").set_class(bool(self._legs), "-legs")
        asked = self.desk.cancel_all()
        noun = "order" if asked == 1 else "orders"
        self._done(f"asked to cancel {group(asked)} {noun}" if asked else "no live orders: nothing to cancel")

    def _undo(self) -> None:
        self._tried = self._typed.value
        if not self._tried:
            self._say(f"type {RESUME}, then {key_of('panic.run')}", bad=False)
            return
        answer = self.desk.resume(self._tried)
        if answer.refused:
            self._typed.value = self._tried = ""
            self._say(answer.refused, bad=True)
        else:
            self._done("halt undone")

    def _done(self, text: str) -> None:
        self._armed = ""
        self._typed.display = False
        self.set_focus(None)
        self._say(text, bad=False)

    def _say(self, text: str, *, bad: bool) -> None:
        self._said = (plain(text), bad)
        self.paint(None)

    @on(Input.Changed)
    def _typing(self) -> None:
        if self._typed.value != self._tried:
            self._said = None

    def action_close(self) -> None:
        self.dismiss(None)


def panic_lines(
    plan: PanicPlan, armed: str, said: tuple[str, bool] | None, width: int, *, hidden: bool = False
) -> tuple[Line, ...]:
    """The rows with what each would do now, the armed one reversed, and what was done. `hidden` names no order."""
    lines: list[Line] = [(Cell(fit("     What                     Will do now", width), Ink.HEAD),), ()]
    for row in ROWS:
        on = row.name == armed
        text = f" {'▸' if on else ' '} {key_of(row.action_id)}  {row.label:<22} {_effect(row.name, plan, hidden)}"
        dead = row.name == "undo" and not plan.halted
        lines.append((Cell(fit(text, width), Ink.ALARM if on else Ink.DIM if dead else Ink.TEXT),))
    lines.append(())
    if said is not None:
        lines.append((Cell(fit(f"  {said[0]}", width), Ink.ALARM if said[1] else Ink.BADGE_CALM),))
        lines.append((Cell(f"  {key_of('panic.close')} closes this.", Ink.DIM),))
    else:
        enter = key_of("panic.run")
        text = f"  {enter} runs the armed row." if armed else f"  A key arms the row, {enter} runs it."
        lines.append((Cell(text, Ink.WARN if armed else Ink.DIM),))
    return tuple(lines)


def _effect(name: str, plan: PanicPlan, hidden: bool) -> str:
    if name == "halt":
        return "already halted" if plan.halted else "nothing new leaves; cancels still do"
    if name == "undo":
        return f"needs {RESUME} typed" if plan.halted else "nothing is halted"
    if not plan.cancels:
        return "no live orders"
    if hidden:
        return f"{len(plan.cancels)}, not named while the screen is locked"
    each = [f"{o.side.letter} {group(o.leaves)} {o.symbol.removesuffix('-EQ')}" for o in plan.cancels]
    more = f", and {len(each) - LISTED_MAX} more" if len(each) > LISTED_MAX else ""
    return f"{len(each)}, free, {cancel_time(len(each))}: {', '.join(each[:LISTED_MAX])}{more}"


def cancel_time(count: int) -> str:
    """How long so many cancels take at the most messages that the broker allows."""
    seconds = (count - 1) // SECOND_MAX * SECOND_S
    return f"{seconds:.0f} s at least" if seconds >= 1 else "at once"


def leg_lines(legs: tuple[Order, ...], width: int, height: int) -> tuple[Line, ...]:
    """What became of each order so far: counts, then every leg, those that still trade first."""
    left = sorted(legs, key=lambda o: (not o.state.live, o.change == "cancel"))
    alive = [o for o in legs if o.state.live]
    asked = sum(o.change == "cancel" for o in alive)
    gone = sum(o.state is OrderState.CANCELLED for o in legs)
    other = len(legs) - len(alive) - gone
    counts = f"  cancelled {gone}, asked {asked}, left {len(alive) - asked}" + (
        f", ended otherwise {other}" if other else ""
    )
    lines: list[Line] = [(Cell(fit(counts, width), Ink.WARN if alive else Ink.BADGE_CALM),)]
    room = max(0, height - 1)
    shown = left if len(left) <= room else left[: max(0, room - 1)]
    for o in shown:
        word = f"{o.state.word}, cancel asked" if o.state.live and o.change == "cancel" else o.state.word
        text = (
            f"    {o.side.letter} {group(o.quantity)} {o.symbol.removesuffix('-EQ')} {show_price(o.price_e4)}  {word}"
        )
        lines.append((Cell(fit(text, width), Ink.TEXT if o.state.live else Ink.DIM),))
    if len(shown) < len(left):
        lines.append((Cell(fit(f"    and {len(left) - len(shown)} more", width), Ink.DIM),))
    return tuple(lines)
