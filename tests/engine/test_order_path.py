"""Where an order path usually breaks: cancels that fail, books that lie, answers that come in the wrong order."""

import asyncio
from dataclasses import replace

import pytest

from core.domain import OrderState
from core.facts import CircuitState, LadderMode, Operation
from core.market.sessions import Session
from core.outcome import Accepted, NotSent, Refused, RefusedBy, Unknown
from tests.builders import SBIN, row
from tests.engine.fakes import DOWN
from tests.engine.rig import Rig

S = OrderState


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


def slow_cancels(rig: Rig, seconds: float) -> None:
    """Cancels take this long at the broker, so that several are under way at once."""
    quick = rig.broker.cancel

    async def cancel(approved):
        await rig.clock.sleep(seconds)
        return await quick(approved)

    rig.broker.cancel = cancel


async def resting(rig: Rig, count: int) -> list[str]:
    """So many working orders, far enough apart not to be twins."""
    tags = [rig.submit(quantity=n + 1).tag for n in range(count)]
    await rig.wait(2)
    assert {rig.order(t).state for t in tags} == {S.WORKING}
    return tags


async def test_cancel_all_cancels_every_order_also_when_answers_are_slow(rig):
    slow_cancels(rig, 0.4)
    tags = await resting(rig, 4)

    assert rig.desk.cancel_all() == 4
    await rig.wait(4)

    assert {rig.order(t).state for t in tags} == {S.CANCELLED}
    assert len(rig.broker.cancelled) == 4


async def test_cancel_all_waits_for_an_order_that_is_still_on_its_way(rig):
    place = rig.broker.place

    async def slow(approved):
        await rig.clock.sleep(1.0)
        return await place(approved)

    rig.broker.place = slow
    tag = rig.submit().tag
    await rig.wait(0.1)
    assert rig.order(tag).state is S.SENDING

    rig.desk.cancel_all()
    await rig.wait(5)

    assert rig.order(tag).state is S.CANCELLED


async def test_cancels_in_probation_wait_for_each_other_and_all_go(rig):
    slow_cancels(rig, 0.3)
    tags = await resting(rig, 3)
    rig.broker.on_place = lambda a: Unknown("503")
    rig.broker.books_down = DOWN
    rig.submit(quantity=50)
    await rig.wait(9)
    assert rig.desk.status().ladder is LadderMode.READ_ONLY
    rig.broker.books_down = rig.broker.on_place = None
    await rig.wait(15)
    assert rig.desk.status().probation

    assert all(rig.desk.cancel(t).tag for t in tags)
    await rig.wait(4)

    assert {rig.order(t).state for t in tags} == {S.CANCELLED}


@pytest.mark.parametrize(
    "answer",
    [
        Refused("AB1013", "Order not found"),
        NotSent("connection refused"),
        Unknown("503"),
        NotSent("the mode changed", local=True),
        Refused("", "exceeding access rate", RefusedBy.RATE),
    ],
)
async def test_a_cancel_that_was_not_taken_can_be_asked_again(rig, answer):
    (tag,) = await resting(rig, 1)
    quick = rig.broker.cancel

    async def bad(approved):
        approved.consume()
        return answer

    rig.broker.cancel = bad
    assert rig.desk.cancel(tag).tag
    await rig.wait(1)
    rig.broker.cancel = quick

    assert rig.desk.cancel(tag).tag
    await rig.wait(2)
    assert rig.order(tag).state is S.CANCELLED


async def test_a_cancel_taken_back_by_a_mode_change_can_be_asked_again(rig):
    (tag,) = await resting(rig, 1)
    rig.desk.cancel(tag)
    rig.engine.gate.raise_epoch()
    await rig.wait(0.5)
    assert rig.broker.cancelled == []

    assert rig.desk.cancel(tag).tag
    await rig.wait(2)
    assert rig.order(tag).state is S.CANCELLED


async def test_a_cancel_the_broker_took_and_forgot_may_be_asked_again_after_the_book_shows_it_open(rig):
    (tag,) = await resting(rig, 1)

    async def forgotten(approved):
        approved.consume()
        return Accepted(approved.order.broker_id)

    quick, rig.broker.cancel = rig.broker.cancel, forgotten
    rig.desk.cancel(tag)
    await rig.wait(20)
    rig.broker.cancel = quick

    assert rig.desk.cancel(tag).tag
    await rig.wait(2)
    assert rig.order(tag).state is S.CANCELLED


async def test_two_broker_orders_under_one_tag_are_both_shown_and_halt(rig):
    (tag,) = await resting(rig, 1)
    ours = rig.order(tag)
    rig.broker.orders["9999"] = replace(rig.broker.orders[ours.broker_id], broker_id="9999", unique_id="u9")
    await rig.wait(16)

    assert {o.broker_id for o in rig.desk.orders.orders()} == {ours.broker_id, "9999"}
    assert rig.desk.status().ladder is LadderMode.HALTED
    assert "two orders" in rig.events()


async def test_one_wrong_frame_frees_nothing_and_the_book_undoes_it(rig):
    (tag,) = await resting(rig, 1)
    held = rig.order(tag)
    theirs = rig.broker.orders[held.broker_id]

    rig.updates.on_order(replace(theirs, status="cancelled", from_socket=True))
    assert rig.order(tag).state is S.CANCELLED
    assert rig.order(tag).leaves == held.quantity
    await rig.wait(2)

    assert rig.order(tag).state is S.WORKING
    assert "alive at the broker" in rig.events()


async def test_an_end_that_the_book_confirms_frees_its_quantity(rig):
    (tag,) = await resting(rig, 1)
    held = rig.order(tag)
    theirs = replace(rig.broker.orders[held.broker_id], status="cancelled")
    rig.broker.orders[held.broker_id] = theirs

    rig.updates.on_order(replace(theirs, from_socket=True))
    await rig.wait(2)

    assert (rig.order(tag).state, rig.order(tag).leaves) == (S.CANCELLED, 0)


async def test_an_order_that_vanished_from_the_book_is_unknown_and_hides_no_other(rig):
    (tag,) = await resting(rig, 1)
    del rig.broker.orders[rig.order(tag).broker_id]
    rig.broker.on_place = lambda a: Unknown("timeout")
    await rig.wait(40)
    assert rig.order(tag).state is S.UNKNOWN

    sbin = rig.desk.search("SBIN", 1)[0]
    lost = rig.submit(instrument=sbin, quantity=30).tag
    await rig.wait(70)
    assert rig.order(lost).state is S.UNCONFIRMED


async def test_an_order_whose_record_took_too_long_is_not_sent(rig):
    async def slow(event):
        await rig.clock.sleep(30)
        rig.journal.records.append(event)

    rig.journal.intent = slow
    tag = rig.submit().tag
    await rig.wait(31)

    assert rig.order(tag).state is S.NOT_SENT
    assert rig.broker.placed == []


async def test_business_answers_without_a_definite_code_do_not_open_the_circuit(rig):
    rig.broker.on_place = lambda a: Unknown("AB1007: price protection", service=False)
    for n in range(2):
        rig.submit(quantity=n + 1, instrument=rig.desk.search(("SBIN", "RELIANCE")[n], 1)[0])
    await rig.wait(3)

    assert rig.desk.status().circuits[0].state is CircuitState.CLOSED


async def test_an_update_without_our_tag_before_the_answer_is_still_one_order(rig):
    done = asyncio.Event()

    async def place(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        answer = rig.broker.accept(approved)
        untagged = replace(rig.broker.orders[answer.broker_id], tag="", price_e4=1, from_socket=True)
        rig.updates.on_order(untagged)
        done.set()
        return answer

    rig.broker.place = place
    tag = rig.submit().tag
    await rig.wait(2)

    assert done.is_set()
    (order,) = rig.desk.orders.orders()
    assert (order.tag, order.state) == (tag, S.WORKING)
    assert rig.desk.status().ladder is LadderMode.NORMAL


async def test_nothing_opens_between_a_reconnect_and_its_reconciliation(rig):
    hang = asyncio.Event()
    read = rig.broker.order_book

    async def hanging():
        await hang.wait()
        return await read()

    rig.broker.order_book = hanging
    rig.engine.books.look_soon()
    await rig.wait(0.2)
    rig.updates.on_connected()

    assert "G8" in rig.submit().refused or "G2" in rig.submit(quantity=3).refused
    hang.set()
    await rig.wait(5)
    assert rig.desk.forbidden(Operation.OPEN) == ""


async def test_everything_dark_is_offline_also_while_the_circuit_is_being_probed(rig):
    rig.feed.word = rig.updates.word = "down"
    rig.broker.books_down = DOWN
    rig.broker.on_place = lambda a: Unknown("503")
    rig.submit()
    await rig.wait(25)

    assert rig.desk.status().ladder is LadderMode.OFFLINE


async def test_a_message_without_an_approval_halts_also_after_a_voided_one(rig):
    rig.submit()
    rig.engine.gate.raise_epoch()
    await rig.wait(0.5)
    rig.broker.writes_sent += 1
    await rig.wait(0.5)

    assert rig.desk.status().ladder is LadderMode.HALTED


async def test_a_fill_without_an_average_stands_at_the_limit_until_it_is_known(rig):
    (tag,) = await resting(rig, 1)
    theirs = rig.broker.orders[rig.order(tag).broker_id]
    rig.broker.books_down = DOWN

    rig.updates.on_order(replace(theirs, status="complete", filled=1, average_e4=None, from_socket=True))

    (position,) = rig.desk.positions.positions()
    assert position.average_e4 == 1412_6000


async def test_a_refusal_frees_its_quantity_only_after_a_book_without_it(rig):
    rig.broker.on_place = lambda a: Refused("AB1008", "Invalid Order Variety")
    tag = rig.submit().tag
    await rig.settle()
    assert rig.order(tag).state is S.REJECTED_GATEWAY
    assert rig.order(tag).leaves == 10
    await rig.wait(2)

    assert rig.order(tag).leaves == 0


async def test_a_new_trading_day_begins_with_empty_books(rig):
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", a.order.quantity)
    rig.submit()
    await rig.wait(3)
    rig.broker.orders.clear()
    rig.broker.fills.clear()

    rig.clock.step_wall(24 * 3600)
    await rig.wait(6)

    assert rig.desk.orders.orders() == ()
    assert rig.desk.positions.positions() == ()
    assert rig.desk.status().ladder is LadderMode.NORMAL


async def test_strangers_orders_of_two_runs_never_share_a_record(rig):
    rig.updates.on_order(row(broker_id="7", tag="", from_socket=True))

    (order,) = rig.desk.orders.orders()
    assert rig.engine.parts.run in order.tag


async def test_a_filled_order_is_never_offered_again(rig):
    tag = (await resting(rig, 1))[0]
    held = rig.order(tag)
    rig.engine.blotter.put(replace(held, state=S.REJECTED, filled=held.quantity), "test")

    assert rig.desk.send_again(tag) is None


async def test_the_session_of_the_instrument_decides_not_that_of_its_segment(rig):
    rig.engine.parts = replace(rig.engine.parts, session_of=lambda i, at_ns: Session(i is SBIN, "NSE AUCTION", None))

    submitted = rig.submit()

    assert "G15" in submitted.refused and "NSE AUCTION" in submitted.refused
