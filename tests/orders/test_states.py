"""The order state table under every order of the evidence."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Order, OrderState
from core.errors import InvariantBroken
from core.orders.states import ALLOWED, TERMINAL, advance, after_outcome, move
from core.outcome import Accepted, NotSent, Refused, RefusedBy, Unknown
from core.ports import BrokerOrder
from tests.builders import T0_NS, order, row

S = OrderState


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted("1", "u"), S.ACKED),
        (Refused("AB1008", "Invalid Order Variety"), S.REJECTED_GATEWAY),
        (Refused("AG8001", "Invalid Token", RefusedBy.AUTH), S.REJECTED_GATEWAY),
        (NotSent("connection refused"), S.NOT_SENT),
        (Unknown("timeout"), S.UNKNOWN),
    ],
)
def test_each_outcome_of_a_place_call_has_its_state(outcome, state):
    assert after_outcome(order(), outcome, T0_NS).state is state


@pytest.mark.parametrize("outcome", [Refused("AB1", "x"), NotSent("x"), Unknown("x"), Accepted("251126000000001")])
def test_an_answer_never_undoes_evidence_that_came_first(outcome):
    filled, _ = advance(order(), row("complete", filled=10, average_e4=1412_6000), T0_NS)

    after = after_outcome(filled, outcome, T0_NS)

    assert after.state is S.FILLED
    assert after.filled == 10


@pytest.mark.parametrize(
    ("status", "filled", "state"),
    [
        ("put order req received", 0, S.PENDING),
        ("validation pending", 0, S.PENDING),
        ("open pending", 0, S.PENDING),
        ("open", 0, S.WORKING),
        ("open", 4, S.PARTIAL),
        ("trigger pending", 0, S.TRIGGER_PENDING),
        ("complete", 10, S.FILLED),
        ("complete", 9, S.PARTIAL),
        ("cancelled", 3, S.CANCELLED),
        ("rejected", 0, S.REJECTED),
        ("after market order req received", 0, S.AMO_PENDING),
        ("lapsed", 0, S.EXPIRED),
    ],
)
@pytest.mark.parametrize("start", [S.SENDING, S.UNKNOWN, S.UNCONFIRMED, S.ACKED, S.PENDING])
def test_the_brokers_word_decides_the_state(start, status, filled, state):
    after, _ = advance(order(state=start), row(status, filled=filled, average_e4=1412_0000), T0_NS)

    assert after.state is state
    assert after.filled == filled


def test_an_unknown_status_text_is_shown_live_and_alarmed():
    after, alarms = advance(order(state=S.UNKNOWN), row("quantum superposed"), T0_NS)

    assert after.state is S.WORKING
    assert after.leaves == 10
    assert "quantum superposed" in alarms[0]


def test_filled_never_falls_and_the_fall_is_alarmed():
    partial, _ = advance(order(), row("open", filled=6, average_e4=1412_0000), T0_NS)

    after, alarms = advance(partial, row("open", filled=2, average_e4=1411_0000), T0_NS)

    assert after.filled == 6
    assert after.average_e4 == 1412_0000
    assert "fell from 6 to 2" in alarms[0]


def test_a_socket_frame_about_a_change_never_carries_terms():
    working = order(state=S.WORKING, broker_id="251126000000001")

    after, _ = advance(working, row("modified", from_socket=True, price_e4=1, quantity=3), T0_NS)

    assert (after.price_e4, after.quantity) == (1412_6000, 10)


def test_a_late_fill_after_a_reject_is_taken_and_alarmed():
    rejected, _ = advance(order(), row("rejected"), T0_NS)

    after, alarms = advance(rejected, row("complete", filled=10, average_e4=1412_0000), T0_NS)

    assert after.state is S.FILLED
    assert alarms


def test_a_move_outside_the_table_is_a_broken_invariant():
    with pytest.raises(InvariantBroken):
        move(order(state=S.FILLED), S.WORKING, T0_NS)


STORY = [
    row("open pending", from_socket=True),
    row("open", from_socket=True),
    row("open", filled=4, average_e4=1412_0000, from_socket=True),
    row("open", filled=7, average_e4=1412_1000),
    row("complete", filled=10, average_e4=1412_2000),
]


def test_every_order_and_repetition_of_a_story_ends_the_same():
    ends = set()
    for story in permutations(STORY):
        held = order()
        for r in (*story, *story):
            held, _ = advance(held, r, T0_NS)
        ends.add((held.state, held.filled, held.average_e4, held.broker_id, held.unique_id))

    assert ends == {(S.FILLED, 10, 1412_2000, "251126000000001", "u-1")}


STATUSES = st.sampled_from(
    [
        "put order req received",
        "open pending",
        "open",
        "trigger pending",
        "modify pending",
        "modified",
        "cancel pending",
        "not cancelled",
        "cancelled",
        "rejected",
        "complete",
        "expired",
        "strange words",
    ]
)


@given(
    st.sampled_from([s for s in S if s not in (S.DRAFT, S.DENIED)]),
    st.lists(st.tuples(STATUSES, st.integers(0, 12), st.booleans()), max_size=12),
)
def test_no_evidence_leaves_the_table_and_filled_only_rises(start, story):
    held: Order = order(state=start)
    for status, filled, from_socket in story:
        evidence: BrokerOrder = row(status, filled=filled, average_e4=1412_0000, from_socket=from_socket)
        after, _ = advance(held, evidence, T0_NS + 1)
        again, _ = advance(after, evidence, T0_NS + 2)

        assert after.state is held.state or after.state in ALLOWED[held.state]
        assert after.filled >= held.filled
        assert after.filled <= after.quantity
        assert (again.state, again.filled, again.quantity) == (after.state, after.filled, after.quantity)
        if held.state in TERMINAL:
            assert after.state in TERMINAL or after.filled > held.filled or held.soft
        held = after
