"""The order ticket: quantity and price, the gate's word while typing, Enter sends once."""

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from core.domain import OrderIntent, Side
from core.text import plain
from core.views import Freshness, Headroom, Quote, Status, Verdict
from terminal.actions import ACTIONS, Scope, bindings
from terminal.screens.desk_screen import DeskModal
from terminal.screens.ticket_form import (
    Problem,
    Terms,
    followed,
    more_lots,
    named_price,
    next_product,
    nudged,
    operation_of,
    read,
    touch_text,
)
from terminal.screens.ticket_gate import phrase as typed_phrase
from terminal.screens.ticket_lines import (
    Shown,
    foot_lines,
    gate_lines,
    head_lines,
    price_note,
    quantity_note,
    typed_note,
)
from widgets.cells import Cell, Line
from widgets.drawn import DrawnPane
from widgets.ink import Ink
from widgets.quotes import seen

ROOM_NS = 500_000_000
READ_NS = 300_000_000
"""How long a ticket stands before Enter sends it: an Enter typed ahead of it was not meant for what it says."""


class NumberInput(Input):
    """A field for a number. Letters that are keys of the ticket act; everything else stands as it was typed, so that
    what is no number is said to be none and never becomes another one."""

    LETTERS: ClassVar[dict[str, str]] = {}

    def __init__(self, value: str, *, id: str) -> None:
        super().__init__(value, max_length=14, id=id, compact=True)
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        run = self.LETTERS.get(event.key)
        if run is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(f"screen.{run}")


class QuantityInput(NumberInput):
    BINDINGS: ClassVar[list[BindingType]] = [replace(b, action=f"screen.{b.action}") for b in bindings(Scope.QUANTITY)]


class PriceInput(NumberInput):
    BINDINGS: ClassVar[list[BindingType]] = [
        replace(b, action=f"screen.{b.action}") for b in bindings(Scope.PRICE) if len(b.key) > 1
    ]
    LETTERS: ClassVar[dict[str, str]] = {
        key: a.run for a in ACTIONS if a.scope is Scope.PRICE for key in a.keys if len(key) == 1
    }


class TicketScreen(DeskModal[str]):
    """One ticket is one intent id: it sends at most once. Gives the tag of the order, empty when closed."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.TICKET))
    AUTO_FOCUS = ""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._terms = terms
        self._prefilled = terms.price_text
        self._spent = False
        self._judged_once = False
        self._opened_ns = 0
        self._tried: tuple[object, ...] | None = None
        self._answer = ""
        self._phrase = ""
        self._verdict: Verdict | None = None
        self._room_of: OrderIntent | None = None
        self._room_ns = 0
        self._last_room = Headroom(0, {})

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="ticket-box"):
            yield DrawnPane(lambda _d, w, _h: head_lines(self._shown(), w), id="ticket-head")
            with Horizontal(classes="field"):
                yield DrawnPane(lambda _d, _w, _h: _label("Qty"), classes="label")
                yield QuantityInput(self._terms.quantity_text, id="quantity")
                yield DrawnPane(lambda _d, _w, _h: quantity_note(self._shown()), classes="note")
            with Horizontal(classes="field"):
                yield DrawnPane(lambda _d, _w, _h: _label("Price"), classes="label")
                yield PriceInput(self._terms.price_text, id="price")
                yield DrawnPane(lambda _d, _w, _h: price_note(self._shown()), classes="note")
            with Horizontal(classes="field", id="ticket-typed"):
                yield DrawnPane(lambda _d, _w, _h: _label("Confirm"), classes="label")
                yield NumberInput("", id="confirm")
                yield DrawnPane(lambda _d, _w, _h: typed_note(self._phrase), classes="note")
            yield DrawnPane(lambda _d, w, h: gate_lines(self._judged(), w, h), id="ticket-gate")
            yield DrawnPane(lambda _d, w, _h: foot_lines(self._terms.side, w), id="ticket-foot")

    def paint(self, status: Status | None) -> None:
        if self.is_mounted and status is not None:
            self._follow()
        super().paint(status)

    def _follow(self) -> None:
        """A price that nobody edited keeps to the touch, while the touch is live and near: `b` and Enter trade."""
        field = self.query_one("#price", Input)
        now = seen(self.desk.quotes, self._terms.instrument.key)
        self._ask_to_type()
        if field.value != self._prefilled or now.freshness is not Freshness.FRESH:
            return
        touch = touch_text(now.quote, self._terms.side)
        if not self._terms.price_text:  # opened before there was a price: the first one is where it starts
            self._terms = replace(self._terms, price_text=touch)
        text = followed(self._terms, field.value, touch)
        if text != field.value:
            self._prefilled = field.value = text

    def on_mount(self) -> None:
        self._opened_ns = self.desk.clock.mono_ns()
        self._retitle()
        self.set_focus(self.query_one("#quantity"))

    # What is typed, and what the gate says of it.

    def intent(self) -> OrderIntent | Problem:
        """The order that the fields mean now, or why they mean none."""
        quantity, price = self.query_one("#quantity", Input).value, self.query_one("#price", Input).value
        return read(self._terms, quantity, price)

    def _shown(self) -> Shown:
        """What the fields mean, without the gate: a gate that breaks must not take the prices away."""
        now = seen(self.desk.quotes, self._terms.instrument.key)
        intent = self.intent()
        cost = None if isinstance(intent, Problem) else self.desk.account.ticket_cost(intent)
        return Shown(self._terms, now, intent, None, "", self._answer, cost=cost)

    def _judged(self) -> Shown:
        """The same with what the gate and the mode say of it."""
        shown = self._shown()
        self._verdict = None
        if isinstance(shown.intent, Problem):
            return shown
        verdict, room = self.desk.check(shown.intent), self._room(shown.intent)
        self._verdict, self._judged_once = verdict, True
        return replace(shown, verdict=verdict, room=room, blocked=self._blocked(shown.intent))

    def _room(self, intent: OrderIntent) -> Headroom:
        """The largest quantity, searched anew for another order, and twice a second for the same."""
        now_ns, asked = self.desk.clock.mono_ns(), replace(intent, quantity=0, intent_id="")
        if self._room_of != asked or now_ns - self._room_ns >= ROOM_NS:
            self._room_of, self._room_ns, self._last_room = asked, now_ns, self.desk.headroom(intent)
        return self._last_room

    def _ask_to_type(self) -> None:
        """Show the field for a typed confirmation while, by what the gate pane last said, that is all that is missing;
        hide and empty it otherwise."""
        phrase = "" if self._verdict is None else typed_phrase(self._verdict)
        row, field = self.query_one("#ticket-typed"), self.query_one("#confirm", Input)
        if phrase != self._phrase:
            self._phrase, field.value = phrase, ""
            row.display = bool(phrase)
            if not phrase and field.has_focus:
                self.set_focus(self.query_one("#quantity"))

    def _confirmed(self, intent: OrderIntent) -> OrderIntent:
        """The intent with the checks that the typed phrase confirms."""
        if not self._phrase or self.query_one("#confirm", Input).value != self._phrase:
            return intent
        return replace(intent, confirmed=tuple(d.code for d in self.desk.check(intent).denials if d.typed))

    def _blocked(self, intent: OrderIntent) -> str:
        return self.desk.forbidden(operation_of(intent, self.desk.positions.positions()))

    @on(Input.Changed)
    def _edited(self) -> None:
        if self._content() != self._tried:
            self._answer = ""
        self.paint(None)
        self._ask_to_type()

    def _content(self) -> tuple[object, ...]:
        """What would be sent, as typed and chosen."""
        quantity, price = self.query_one("#quantity", Input).value, self.query_one("#price", Input).value
        return (quantity, price, self._terms.side, self._terms.product, self.query_one("#confirm", Input).value)

    def _retitle(self) -> None:
        box = self.query_one("#ticket-box")
        box.border_title = Content(f"{self._terms.side.name} · {self._terms.product.short} · LIMIT")
        box.set_class(self._terms.side is Side.SELL, "-sell")

    # Keys.

    def action_send(self) -> None:
        """Send once. After a refusal the same content is not sent again; an edit makes another order of it."""
        content = self._content()
        if self._spent or content == self._tried or self.tezi.repeats.repeated:
            return
        intent = self.intent()
        if isinstance(intent, Problem):
            self._say(intent.text)
            return
        if not self.readable:
            self._say("not sent: the key came before this ticket could be read; press it again")
            return
        intent = self._confirmed(intent)
        blocked = self._blocked(intent)
        self.desk.check(intent)  # a gate that cannot answer ends here, at the border of actions
        if blocked:
            self._say(blocked)
        else:
            self._submit(intent, content)  # what the gate denies is put on record as DENIED and comes back refused

    @property
    def readable(self) -> bool:
        """Whether somebody can have read the ticket: a verdict was painted, and it did not open a moment ago."""
        return self._judged_once and self.desk.clock.mono_ns() - self._opened_ns >= READ_NS

    def _submit(self, intent: OrderIntent, content: tuple[object, ...]) -> None:
        # Spent before the call: when it raises nobody knows whether the order was taken, so it is never tried again.
        self._spent = True
        answer = self.desk.submit(intent)
        if answer.tag:
            self.dismiss(answer.tag)
            return
        self._spent, self._tried = False, content
        self._terms = replace(self._terms, intent_id=self.tezi.new_intent_id())
        self._say(f"refused: {answer.refused}")

    def _say(self, text: str) -> None:
        self._answer = plain(text)
        self.paint(None)

    def action_flip(self, side: int) -> None:
        self._terms = replace(self._terms, side=Side(side))
        field = self.query_one("#price", Input)
        if field.value == self._prefilled:
            self._prefilled = touch_text(self._quote(), self._terms.side)
            self._terms = replace(self._terms, price_text=self._prefilled)
            field.value = self._prefilled
        self._retitle()
        self._edited()

    def action_product(self) -> None:
        self._terms = next_product(self._terms)
        self._retitle()
        self._edited()

    def action_nudge(self, ticks: int) -> None:
        start = touch_text(self._quote(), self._terms.side)
        field = self.query_one("#price", Input)
        self._hold()
        self._put("#price", nudged(self._terms.instrument, field.value, ticks, start))

    def action_lots(self, lots: int) -> None:
        self._put("#quantity", more_lots(self._terms.instrument, self.query_one("#quantity", Input).value, lots))

    def action_largest(self) -> None:
        """The largest quantity that passes, as the gate has it now."""
        intent = self._largest_of()
        if intent is None:
            return
        most = self.desk.headroom(intent)
        if most.largest:
            self._put("#quantity", str(most.largest))
        else:
            self._say(f"no quantity passes now ({most.first})" if most.first else "no quantity passes now")

    def _largest_of(self) -> OrderIntent | None:
        """The order in the fields, whatever its quantity; None when the price is none."""
        quantity = str(max(1, self._terms.instrument.lot))
        intent = read(self._terms, quantity, self.query_one("#price", Input).value)
        if isinstance(intent, Problem):
            self._say(intent.text)
            return None
        return intent

    def action_take(self, name: str) -> None:
        text = named_price(self._quote(), name, self._terms.instrument.tick_e4)
        if text is None:
            self._say(f"there is no {name} now")
        else:
            self._hold()
            self._put("#price", text)

    def _hold(self) -> None:
        """A price chosen by key stays, also when it happens to equal the touch."""
        self._terms = replace(self._terms, follows=False)

    def action_close(self) -> None:
        self.dismiss("")

    def _put(self, field_id: str, text: str) -> None:
        field = self.query_one(field_id, Input)
        field.value = text
        field.cursor_position = len(text)

    def _quote(self) -> Quote:
        return seen(self.desk.quotes, self._terms.instrument.key).quote


def _label(text: str) -> tuple[Line, ...]:
    return ((Cell(f"  {text}", Ink.DIM),),)
