"""What only a person may decide: the fate of an order that nobody confirmed, and a cancel while the service fails."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.domain import Order, OrderIntent
from core.money import group
from core.text import plain
from core.views import Choice, Desk, Unanswered
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from widgets.cells import Cell, Line, fit, price
from widgets.drawn import DrawnPane
from widgets.ink import Ink

ROWS = (
    ("wait", "choice.wait", "Wait", "keep looking, every 30 s; it counts against your limits"),
    ("resend", "choice.resend", "Send a second", "a new ticket beside it"),
    ("not placed", "choice.not_placed", "Not placed", "frees its limits; an alarm if it still appears"),
)


def _field() -> Input:
    field = Input(max_length=20, restrict=r"[ -~]*", id="choice-typed", compact=True)
    field.cursor_blink = False
    field.display = False
    return field


class ChoiceScreen(DeskModal[OrderIntent | None]):
    """Wait is armed at the start; a letter arms a row, Enter runs it. Gives the intent of a second order, if any."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.CHOICE))
    AUTO_FOCUS = ""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag
        self._armed = "wait"
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box choice-box") as box:
            box.border_title = Content("No confirmed state")
            box.border_subtitle = Content(f"{key_of('choice.close')} decides nothing")
            yield DrawnPane(self._draw, id="choice-rows")
            yield _field()

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        asked = desk.unanswered(self._tag)
        if asked is None:
            found = "  The order has a confirmed state now. Nothing is left to decide."
            return ((Cell(fit(found, width), Ink.BADGE_CALM),), (Cell(f"  {key_of('choice.close')} closes this."),))
        return choice_lines(asked, self._armed, self._said, width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something stands in the typed field its letters are letters."""
        return not (action == "arm" and self._typed.display and self._typed.value)

    @property
    def _typed(self) -> Input:
        return self.query_one("#choice-typed", Input)

    def action_arm(self, name: str) -> None:
        self._armed, self._said = name, ""
        self._typed.display = name == "resend"
        self.set_focus(self._typed if name == "resend" else None)
        self.paint(None)

    def action_run(self) -> None:
        if self.tezi.repeats.repeated:
            return
        if self._armed == "resend":
            self._resend()
            return
        answer = self.desk.decide(self._tag, Choice(self._armed))
        if answer.refused:
            self._say(answer.refused)
        else:
            self.dismiss(None)

    def _resend(self) -> None:
        answer = self.desk.send_beside(self._tag, self._typed.value)
        if isinstance(answer, str):
            self._typed.value = ""
            self._say(answer)
        else:
            self.dismiss(answer)

    def _say(self, text: str) -> None:
        self._said = plain(text)
        self.paint(None)

    def action_close(self) -> None:
        self.dismiss(None)


class CancelScreen(DeskModal[None]):
    """A cancel while the order service fails: one at a time, after a typed word."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.TYPED))
    AUTO_FOCUS = "#choice-typed"
    WORD = "CANCEL"

    def __init__(self, order: Order, why: str) -> None:
        super().__init__()
        self._order, self._why, self._said = order, why, ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box choice-box") as box:
            box.border_title = Content("Cancel all the same?")
            box.border_subtitle = Content(f"{key_of('typed.close')} sends nothing")
            yield DrawnPane(self._draw, id="choice-rows")
            field = _field()
            field.placeholder = f"type {self.WORD}, then {key_of('typed.run')}"
            field.display = True
            yield field

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        worst = "If the answer is lost the order may still trade; it stays on screen until the broker's book tells."
        lines = [f"  {_name(self._order)}", "", f"  {self._why}", f"  {worst}", "", f"  {self._said}"]
        return tuple((Cell(fit(text, width), Ink.ALARM if n == 5 and text.strip() else Ink.TEXT),)
                     for n, text in enumerate(lines))  # fmt: skip

    def action_run(self) -> None:
        typed = self.query_one("#choice-typed", Input).value
        if self.tezi.repeats.repeated or not typed:
            return
        answer = self.desk.cancel(self._order.tag, typed)
        if answer.refused:
            self._said = plain(answer.refused)
            self.query_one("#choice-typed", Input).value = ""
            self.paint(None)
        else:
            self.dismiss(None)

    def action_close(self) -> None:
        self.dismiss(None)


def choice_lines(asked: Unanswered, armed: str, said: str, width: int) -> tuple[Line, ...]:
    """The order, what is known, and the three choices, the armed one reversed."""
    order = asked.order
    lines: list[Line] = [
        (Cell(fit(f"  {_name(order)}", width), Ink.STRONG),),
        (Cell(fit(f"  {order.state.word}: {order.reason or 'no answer'}", width), Ink.WARN),),
        (
            Cell(
                fit(
                    f"  You hold {_net(asked.net)}. If it and a second one both fill: {_net(asked.net_if_both)}.", width
                )
            ),
        ),
        (),
    ]
    for name, action_id, label, meaning in ROWS:
        text = f" {'▸' if name == armed else ' '} {key_of(action_id)}  {label:<15} {meaning}"
        lines.append((Cell(fit(text, width), Ink.ALARM if name == armed else Ink.TEXT),))
    lines.append(())
    enter = key_of("choice.run")
    need = f"  Type the quantity {order.leaves}, then {enter}." if armed == "resend" else f"  {enter} does it."
    lines.append((Cell(fit(f"  {said}" if said else need, width), Ink.ALARM if said else Ink.DIM),))
    return tuple(lines)


def _name(order: Order) -> str:
    cost = price(order.price_e4).text.strip()
    return (
        f"{order.side.name} {group(order.quantity)} {order.symbol.removesuffix('-EQ')} at {cost} {order.product.short}"
    )


def _net(units: int) -> str:
    return "nothing" if not units else f"{'+' if units > 0 else '-'}{group(abs(units))}"
