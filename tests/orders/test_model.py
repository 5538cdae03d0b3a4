"""Invariants I1 to I7 of the order state, by a model against a small reference broker, and by permutations.

The reference broker is the truth: it takes orders, fills, cancels, loses answers, shows rows late or twice, sends
frames in any order. What the adopter and the state table make of all that must never say less than the truth.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.clock import ManualClock
from core.domain import Order, OrderState, Side
from core.engine.adopt import Adopter
from core.engine.earlier import Earlier
from core.orders.blotter import Blotter
from core.orders.states import ALLOWED, TERMINAL, advance, after_outcome, move
from core.orders.tags import Tags
from core.outcome import Accepted, NotSent, Refused, Unknown
from core.ports import BrokerOrder
from tests.builders import order, row

S = OrderState
MAY_NOT_TRADE = (*TERMINAL, S.NOT_SENT, S.REJECTED_GATEWAY, S.DENIED)


class ReferenceBroker:
    """The truth in sixty lines: orders by number, with what is filled and whether they are alive."""

    def __init__(self) -> None:
        self.rows: dict[str, BrokerOrder] = {}
        self.past: list[BrokerOrder] = []
        self._ids = itertools.count(1)

    def take(self, o: Order, *, tagged: bool = True) -> str:
        broker_id = f"2511260000{next(self._ids):05d}"
        self._put(
            row("open pending", broker_id=broker_id, unique_id=f"u{broker_id}", tag=o.tag if tagged else "",
                side=o.side, quantity=o.quantity, price_e4=o.price_e4, average_e4=0)
        )  # fmt: skip
        return broker_id

    def alive(self) -> list[str]:
        return [i for i, r in self.rows.items() if r.status in ("open pending", "open", "a new word")]

    def open(self, broker_id: str) -> None:
        self._put(replace(self.rows[broker_id], status="open"))

    def fill(self, broker_id: str, quantity: int) -> None:
        held = self.rows[broker_id]
        filled = min(held.quantity, held.filled + quantity)
        status = "complete" if filled == held.quantity else "open"
        self._put(replace(held, status=status, filled=filled, average_e4=held.price_e4))

    def end(self, broker_id: str, status: str) -> None:
        self._put(replace(self.rows[broker_id], status=status, reason="ended"))

    def _put(self, held: BrokerOrder) -> None:
        self.rows[held.broker_id] = held
        self.past.append(replace(held, from_socket=True, unique_id=""))


class OrdersModel(RuleBasedStateMachine):
    """Ours on one side, the reference broker on the other; frames and books come as chance wants."""

    @initialize()
    def begin(self) -> None:
        self.clock = ManualClock()
        self.alarms: list[str] = []
        self.moves: list[tuple[OrderState, OrderState]] = []
        self.filled: dict[str, int] = {}
        self.blotter = Blotter(self._changed)
        tell = lambda kind, text, loud: self.alarms.append(text)  # noqa: E731
        self.tags = Tags(self.clock, b"k" * 32, 1)
        self.adopter = Adopter(
            self.clock, self.blotter, self.tags, "practice-1", tell, self.alarms.append, Earlier(lambda tag: None, tell)
        )
        self.broker = ReferenceBroker()
        self.answers: list[tuple[str, str]] = []
        self.quiet = 0

    def _changed(self, before: Order | None, after: Order, source: str) -> None:
        if before is not None:
            self.moves.append((before.state, after.state))
            assert after.filled >= before.filled, "I2: filled fell"

    def _ours(self, state: OrderState) -> list[Order]:
        return [o for o in self.blotter.orders() if o.state is state]

    @rule(side=st.sampled_from(Side), quantity=st.integers(1, 50), fate=st.sampled_from(("answered", "lost", "never")))
    def place(self, side: Side, quantity: int, fate: str) -> None:
        self.clock.move(0.01)
        sent = order(tag=self.tags.next(), side=side, quantity=quantity, created_ns=self.clock.wall_ns())
        self.blotter.put(sent, "gate")
        if fate == "never":
            self._answer(sent.tag, Unknown("timeout"))
            return
        broker_id = self.broker.take(sent)
        if fate == "answered":
            self.answers.append((sent.tag, broker_id))  # its frames may come before it
        else:
            self._answer(sent.tag, Unknown("timeout"))
        self.quiet = 0

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        tag, broker_id = self.answers.pop(data.draw(st.integers(0, len(self.answers) - 1)))
        self._answer(tag, Accepted(broker_id, f"u{broker_id}"))

    @rule(outcome=st.sampled_from((Refused("AB1009", "symbol"), NotSent("dns"))), quantity=st.integers(1, 9))
    def refused(self, outcome: Refused | NotSent, quantity: int) -> None:
        sent = order(tag=self.tags.next(), quantity=quantity, created_ns=self.clock.wall_ns())
        self.blotter.put(sent, "gate")
        self._answer(sent.tag, outcome)

    def _answer(self, tag: str, outcome: Accepted | Refused | NotSent | Unknown) -> None:
        held = self.blotter.get(tag)
        assert held is not None
        self.blotter.put(after_outcome(held, outcome, self.clock.wall_ns()), "answer")

    @rule(quantity=st.integers(1, 20))
    def elsewhere(self, quantity: int) -> None:
        """An order from the phone."""
        self.broker.take(order(tag="", quantity=quantity, price_e4=77_0000), tagged=False)
        self.quiet = 0

    @precondition(lambda self: self.broker.alive())
    @rule(data=st.data(), what=st.sampled_from(("open", "fill", "a new word", "cancelled", "rejected", "expired")))
    def happens(self, data: st.DataObject, what: str) -> None:
        broker_id = data.draw(st.sampled_from(self.broker.alive()))
        if what == "open":
            self.broker.open(broker_id)
        elif what == "fill":
            self.broker.fill(broker_id, data.draw(st.integers(1, 60)))
        else:
            self.broker.end(broker_id, what)
        self.quiet = 0

    @precondition(lambda self: self.broker.past)
    @rule(data=st.data())
    def frame(self, data: st.DataObject) -> None:
        """Any frame of the past, again or for the first time."""
        self.adopter.take(data.draw(st.sampled_from(self.broker.past)), "socket")

    @rule(hidden=st.booleans())
    def book(self, hidden: bool) -> None:
        """A whole book, or one that does not show the newest order yet."""
        rows = list(self.broker.rows.values())
        self._read(rows[:-1] if hidden else rows)
        self.quiet += not hidden

    def _read(self, rows: list[BrokerOrder]) -> None:
        self.adopter.take_all(rows, "book")
        self.adopter.mark_missing(tuple(rows))
        for held in self.blotter.orders():
            if held.soft and not held.broker_id:
                self.blotter.put(replace(held, soft=False), "book")

    @precondition(lambda self: self._ours(S.UNKNOWN))
    @rule()
    def unconfirmed(self) -> None:
        for held in self._ours(S.UNKNOWN):
            if not held.missing:
                self.blotter.put(move(held, S.UNCONFIRMED, self.clock.wall_ns()), "book")

    @precondition(lambda self: self._ours(S.UNCONFIRMED))
    @rule()
    def not_placed(self) -> None:
        """Only of an order that the broker never took: else a person was wrong, and it is alarmed, see test_engine."""
        taken = {r.tag for r in self.broker.rows.values()}
        for held in self._ours(S.UNCONFIRMED):
            if held.tag not in taken:
                self.blotter.put(move(held, S.CLOSED_BY_USER, self.clock.wall_ns()), "person")

    @invariant()
    def only_moves_of_the_table(self) -> None:
        assert all(a is b or b in ALLOWED[a] for a, b in self.moves)
        self.moves.clear()

    @invariant()
    def i1_one_row_for_each(self) -> None:
        ids = [o.broker_id for o in self.blotter.orders() if o.broker_id]
        assert len(ids) == len(set(ids))

    @invariant()
    def i3_the_same_again_changes_nothing(self) -> None:
        rows = list(self.broker.rows.values())
        known = [r for r in rows if self.blotter.find(r) is not None]
        self.adopter.take_all(known, "book")
        before = self.blotter.orders()
        self.adopter.take_all(known, "book")
        assert self.blotter.orders() == before

    @invariant()
    def i5_never_less_than_the_truth(self) -> None:
        """Units that may still trade at the broker, of orders of ours, are counted here."""
        for held in self.broker.rows.values():
            found = self.blotter.find(held) or next((o for o in self.blotter.orders() if o.tag == held.tag), None)
            if found is None:
                assert not held.tag, "an order of ours is unknown here"
            elif held.broker_id in self.broker.alive():
                assert found.filled + found.leaves >= held.quantity, (found, held)

    @invariant()
    def i6_nothing_is_invented(self) -> None:
        for held in self.blotter.orders():
            theirs = self.broker.rows.get(held.broker_id)
            assert held.filled <= (theirs.filled if theirs is not None else 0)
            if held.external:
                assert theirs is not None

    @invariant()
    def i7_after_quiet_reads_both_are_equal(self) -> None:
        if self.quiet < 3 or self.answers:
            return
        for broker_id, theirs in self.broker.rows.items():
            held = self.blotter.find(theirs)
            assert held is not None and held.broker_id == broker_id
            assert (held.filled, held.state in MAY_NOT_TRADE) == (theirs.filled, broker_id not in self.broker.alive())


TestOrdersModel = OrdersModel.TestCase
TestOrdersModel.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

# I4: any order of the same events ends in the same state.

BOOK = row("open")
Event = Callable[[Order], Order]


def told(status: str, filled: int = 0, **changes: object) -> Event:
    """One row as evidence."""
    values = {"filled": filled, "average_e4": 1412_6000 if filled else None, **changes}
    return lambda o: advance(o, row(status, **values), o.created_ns)[0]


def accepted(o: Order) -> Order:
    return after_outcome(o, Accepted("251126000000001", "u-1"), o.created_ns)


STORIES: dict[str, tuple[Event, ...]] = {
    "filled": (accepted, told("open pending"), told("open"), told("open", 4), told("complete", 10)),
    "filled by frames": (accepted, told("open", from_socket=True), told("complete", 10, from_socket=True),
                         told("complete", 10)),
    "cancelled after a part": (accepted, told("open"), told("open", 3), told("cancelled", 3)),
    "cancelled": (accepted, told("open pending"), told("open"), told("cancel pending"), told("cancelled")),
    "rejected": (accepted, told("put order req received"), told("rejected")),
    "stop": (accepted, told("trigger pending"), told("open"), told("open", 5), told("complete", 10)),
    "expired": (accepted, told("open"), told("open", 2), told("expired", 2)),
    "lost and found": (told("open pending"), told("open"), told("open", 1), told("complete", 10)),
    "twice": (accepted, told("open", 5), told("open", 5), told("complete", 10), told("complete", 10)),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=str)
@pytest.mark.parametrize("begin", [S.SENDING, S.UNKNOWN, S.UNCONFIRMED], ids=lambda s: s.word)
def test_i4_any_order_of_the_same_events_ends_in_the_same_state(story, begin):
    first = order(state=begin)
    ends = {_end(first, events) for events in itertools.permutations(STORIES[story])}
    assert len(ends) == 1, ends
    state, filled, *_ = next(iter(ends))
    assert state in TERMINAL and (filled == 10) == (state is S.FILLED)


def _end(held: Order, events: tuple[Event, ...]) -> tuple[object, ...]:
    for event in events:
        held = event(held)
    return held.state, held.filled, held.average_e4, held.broker_id, held.quantity, held.leaves, held.change
