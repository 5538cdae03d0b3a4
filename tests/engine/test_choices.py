"""An order that nobody confirmed: what a person may decide, what late answers and another day make of it."""

import pytest

from core.domain import OrderState, Side
from core.outcome import Accepted, NotSent, Refused, Unknown
from core.views import Choice
from tests.builders import T0_NS
from tests.engine.rig import Rig

S = OrderState
DAY_S = 24 * 3600


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


async def unconfirmed(rig: Rig, **changes) -> str:
    """An order that no clean book of 70 s showed."""
    rig.broker.on_place = lambda a: Unknown("503 Service Unavailable")
    tag = rig.submit(**changes).tag
    await rig.wait(72)
    rig.broker.on_place = None
    assert rig.order(tag).state is S.UNCONFIRMED
    return tag


async def test_not_placed_frees_what_the_order_held(rig):
    tag = await unconfirmed(rig)
    assert rig.order(tag).leaves == 10
    assert "G36" in rig.submit(quantity=20).refused

    assert rig.desk.decide(tag, Choice.NOT_PLACED).tag == tag

    assert (rig.order(tag).state, rig.order(tag).leaves) == (S.CLOSED_BY_USER, 0)
    assert rig.submit(quantity=20).tag
    await rig.wait(1)
    assert len(rig.broker.placed) == 2


async def test_an_order_called_not_placed_that_appears_is_live_again_and_alarms(rig):
    tag = await unconfirmed(rig)
    rig.desk.decide(tag, Choice.NOT_PLACED)
    rig.broker.accept(rig.broker.placed[0])
    await rig.wait(61)

    assert rig.order(tag).state is S.WORKING
    assert "alive at the broker" in rig.events()


async def test_waiting_changes_nothing_and_a_late_order_is_adopted(rig):
    tag = await unconfirmed(rig)
    assert rig.desk.decide(tag, Choice.WAIT).tag == tag
    assert rig.order(tag).leaves == 10

    rig.broker.accept(rig.broker.placed[0], "complete", filled=10)
    await rig.wait(31)
    assert rig.order(tag).state is S.FILLED


@pytest.mark.parametrize("choice", list(Choice))
async def test_only_an_unconfirmed_order_asks(rig, choice):
    rig.broker.on_place = lambda a: Unknown("timeout")
    tag = rig.submit().tag
    await rig.wait(5)

    assert rig.order(tag).state is S.UNKNOWN
    assert "only an UNCONFIRMED order" in rig.desk.decide(tag, choice).refused
    assert rig.desk.unanswered(tag) is None
    assert "there is no order" in rig.desk.decide("T0", choice).refused
    assert rig.order(tag).state is S.UNKNOWN


async def test_a_second_order_beside_needs_its_quantity_typed_and_a_ticket_of_its_own(rig):
    tag = await unconfirmed(rig)
    asked = rig.desk.unanswered(tag)
    assert asked is not None and (asked.net, asked.net_if_both) == (0, 20)

    assert isinstance(rig.desk.send_beside(tag, "yes"), str)
    assert isinstance(rig.desk.send_beside(tag, "10 "), str)
    second = rig.desk.send_beside(tag, "10")
    assert not isinstance(second, str)
    assert len(rig.broker.placed) == 1

    made = rig.desk.submit(second)
    await rig.wait(1)
    assert made.tag != tag and len(rig.broker.placed) == 2
    assert rig.order(tag).state is S.UNCONFIRMED and rig.order(tag).leaves == 10
    assert "G36" in rig.submit(quantity=20).refused


async def test_a_ticket_beside_one_lost_order_does_not_pass_another(rig):
    tag = await unconfirmed(rig)
    second = rig.desk.send_beside(tag, "10")
    rig.broker.on_place = lambda a: Unknown("timeout")
    rig.desk.submit(rig.desk.send_beside(tag, "10"))
    await rig.wait(3)

    assert not isinstance(second, str)
    assert "G36" in rig.desk.submit(second).refused


@pytest.mark.parametrize("answer", [Accepted("999", "u999"), Refused("AB1009", "symbol"), NotSent("stopped")])
async def test_a_late_answer_is_evidence(rig, answer):
    rig.broker.on_place = lambda a: Unknown("no answer within 5 s")
    tag = rig.submit().tag
    await rig.wait(0.3)
    assert rig.order(tag).state is S.UNKNOWN

    rig.broker.late(rig.broker.placed[0], answer)
    await rig.settle()

    state = {Accepted: S.ACKED, Refused: S.REJECTED_GATEWAY, NotSent: S.NOT_SENT}[type(answer)]
    assert rig.order(tag).state is state
    assert rig.order(tag).broker_id == getattr(answer, "broker_id", "")
    assert "late answer" in rig.events()


async def test_a_late_answer_that_says_nothing_changes_nothing(rig):
    rig.broker.on_place = lambda a: Unknown("no answer within 5 s")
    tag = rig.submit().tag
    await rig.wait(0.3)
    rig.broker.late(rig.broker.placed[0], Unknown("502"))
    await rig.settle()
    assert rig.order(tag).state is S.UNKNOWN


async def test_a_late_refusal_never_undoes_an_adopted_order(rig):
    rig.broker.on_place = lambda a: (rig.broker.accept(a), Unknown("no answer within 5 s"))[1]
    tag = rig.submit().tag
    await rig.wait(2)
    assert rig.order(tag).state is S.WORKING

    rig.broker.late(rig.broker.placed[0], Refused("AB1009", "symbol"))
    await rig.settle()
    assert rig.order(tag).state is S.WORKING


async def next_day(rig: Rig) -> Rig:
    """The same store a day later, by a new program; the broker's books are those of the new day."""
    await rig.stop()
    later = Rig(journal=rig.journal, broker=rig.broker)
    later.clock.move(DAY_S)
    rig.broker.clock = later.clock
    later.broker.orders.clear()
    later.broker.fills.clear()
    later.engine.restore((), earlier=rig.journal.unfinished_before(later.clock.wall_ns()))
    return later


async def test_yesterdays_unknown_order_is_sought_once_in_the_new_days_book_and_put_away():
    rig = Rig()
    await rig.start()
    tag = await unconfirmed(rig)
    later = await next_day(rig)
    assert [o.tag for o in later.engine.earlier.held()] == [tag]

    later.engine.start()
    await later.wait(1)

    assert later.engine.earlier.held() == ()
    assert rig.journal.finished == [tag]
    assert "not in today's book" in later.events()
    await later.stop()


async def test_yesterdays_order_that_is_in_the_new_days_book_comes_back():
    rig = Rig()
    await rig.start()
    tag = await unconfirmed(rig)
    later = await next_day(rig)
    later.broker.accept(rig.broker.placed[0])
    later.engine.start()
    await later.wait(1)

    assert later.order(tag).state is S.WORKING
    assert later.order(tag).created_ns < T0_NS + DAY_S * 1_000_000_000
    assert "of an earlier day is in today's book" in later.events()
    assert rig.journal.finished == []
    sequences = [r.sequence for r in rig.journal.records if r.tag == tag]
    assert sequences == sorted(set(sequences))
    await later.stop()


async def test_certain_orders_of_yesterday_are_finished_at_once():
    rig = Rig()
    await rig.start()
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", filled=a.order.quantity)
    tag = rig.submit(side=Side.BUY).tag
    await rig.wait(2)
    later = await next_day(rig)
    assert rig.journal.finished == [tag] and later.engine.earlier.held() == ()


async def test_a_day_that_turns_while_running_keeps_watch_too(rig):
    tag = await unconfirmed(rig)
    rig.clock.step_wall(DAY_S)
    await rig.wait(3)
    assert rig.engine.blotter.get(tag) is None
    assert rig.journal.finished == [tag]
    assert "not in today's book" in rig.events()


async def test_stop_takes_nothing_new_and_stores_unknown_what_has_no_answer():
    rig = Rig()
    await rig.start()

    async def silent(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        await rig.clock.sleep(100)

    rig.broker.place = silent
    tag = rig.submit().tag
    await rig.wait(0.2)
    begun_ns = rig.clock.mono_ns()
    await rig.stop()

    assert rig.clock.mono_ns() - begun_ns <= 3_000_000_000
    assert rig.order(tag).state is S.UNKNOWN
    assert rig.journal.records[-1].tag == tag
    assert "ending" in rig.submit(quantity=3).refused
