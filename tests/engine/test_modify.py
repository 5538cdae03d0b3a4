"""Other terms for a resting order: recorded before they leave, believed when the books show them."""

from dataclasses import replace

import pytest

from core.domain import OrderState
from core.outcome import Accepted, NotSent, Refused, Unknown
from core.ports import Funds
from tests.builders import intent
from tests.engine.rig import Rig

S = OrderState


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


async def resting(rig: Rig) -> str:
    tag = rig.submit(price_e4=1400_0000).tag
    await rig.wait(2)
    assert rig.order(tag).state is S.WORKING
    return tag


async def test_new_terms_stand_when_the_book_shows_them(rig):
    tag = await resting(rig)
    records = len(rig.journal.records)

    assert rig.desk.modify(tag, 20, 1405_0000).tag == tag
    assert (rig.order(tag).quantity, rig.order(tag).change) == (10, "modify")
    await rig.wait(4)

    order = rig.order(tag)
    assert (order.quantity, order.price_e4, order.change) == (20, 1405_0000, "")
    assert len(rig.broker.modified) == 1
    assert any(r.source == "modify" for r in rig.journal.records[records:])


async def test_until_it_is_confirmed_the_larger_of_both_counts(rig):
    tag = await resting(rig)
    rig.broker.on_modify = lambda a: Accepted(a.order.broker_id)  # taken, and not applied yet
    rig.desk.modify(tag, 20, 1400_0000)
    await rig.wait(0.3)
    held = rig.order(tag)
    assert rig.engine.blotter.exposure.leaves(held_position(held)).buys == 20
    await rig.wait(20)
    assert rig.engine.blotter.exposure.leaves(held_position(held)).buys == 10


def held_position(order):
    from core.domain import PositionKey

    return PositionKey(order.exchange, order.token, order.product)


@pytest.mark.parametrize("answer", [Refused("AB1009", "no"), NotSent("dns")])
async def test_a_change_that_was_not_taken_leaves_the_old_terms_and_may_be_asked_again(rig, answer):
    tag = await resting(rig)
    rig.broker.on_modify = lambda a: answer
    rig.desk.modify(tag, 20, 1400_0000)
    await rig.wait(3)
    assert (rig.order(tag).quantity, rig.order(tag).change) == (10, "")
    rig.broker.on_modify = None
    assert rig.desk.modify(tag, 15, 1400_0000).tag
    await rig.wait(3)
    assert rig.order(tag).quantity == 15


async def test_a_change_with_a_lost_answer_is_never_sent_again_and_the_book_decides(rig):
    tag = await resting(rig)
    rig.broker.on_modify = lambda a: (rig.broker.change(a), Unknown("timeout"))[1]
    rig.desk.modify(tag, 20, 1400_0000)
    await rig.wait(4)
    assert (rig.order(tag).quantity, rig.order(tag).change) == (20, "")
    assert len(rig.broker.modified) == 1


async def test_the_gate_judges_a_change_like_an_order(rig):
    tag = await resting(rig)
    assert "G23" in rig.desk.modify(tag, 5_001, 1400_0000).refused
    assert "Nothing was sent" in rig.desk.modify("T0", 5, 1400_0000).refused
    rig.engine.halt("test")
    assert "G1" in rig.desk.modify(tag, 9, 1400_0000).refused
    await rig.wait(1)
    assert rig.broker.modified == []


async def test_a_second_change_waits_for_the_first(rig):
    tag = await resting(rig)
    rig.broker.on_modify = lambda a: Accepted(a.order.broker_id)
    rig.desk.modify(tag, 20, 1400_0000)
    assert "G39" in rig.desk.modify(tag, 30, 1400_0000).refused
    rig.broker.orders[rig.order(tag).broker_id] = replace(
        rig.broker.orders[rig.order(tag).broker_id], status="complete", filled=10
    )
    await rig.wait(20)
    assert "G39" in rig.desk.modify(tag, 30, 1400_0000).refused


async def poor(rig: Rig, first, second) -> None:
    """Two resting orders and Rs 23,000 of free funds, read a moment ago."""
    for tag in (first, second):
        assert rig.order(tag).state is S.WORKING
    rig.broker.purse = Funds(23_000 * 10_000, 9_77_000 * 10_000)
    await rig.wait(21)
    rig.broker.on_modify = lambda a: Accepted(a.order.broker_id)


async def test_two_changes_never_pass_on_the_same_money(rig):
    first, second = rig.submit(price_e4=1412_5000).tag, rig.submit(price_e4=1412_0000, quantity=14).tag
    await rig.wait(2)
    await poor(rig, first, second)

    assert rig.desk.modify(first, 60, 1412_5000).tag
    assert "G25" in rig.desk.modify(second, 60, 1412_0000).refused
    assert "G25" in rig.submit(quantity=60, price_e4=1411_0000).refused
    await rig.wait(1)
    assert len(rig.broker.modified) == 1


async def test_a_change_that_asks_for_less_reserves_nothing(rig):
    first = rig.submit(price_e4=1412_6000, quantity=20).tag
    await rig.wait(25)
    assert rig.desk.modify(first, 10, 1412_6000).tag
    assert rig.engine.gate.book.gather(intent(intent_id="x")).reserved_e4 == 0


@pytest.mark.parametrize(("old_e4", "new_e4"), [(1410_0000, 1412_0000), (1412_0000, 1410_0000)])
async def test_while_a_change_is_under_way_the_more_aggressive_price_crosses(rig, old_e4, new_e4):
    tag = rig.submit(price_e4=old_e4).tag
    await rig.wait(2)
    rig.broker.on_modify = lambda a: Accepted(a.order.broker_id)
    assert rig.desk.modify(tag, 10, new_e4).tag
    assert "G33" in rig.sell(price_e4=1411_5000).refused
    await rig.wait(0.3)
    assert "G33" in rig.sell(price_e4=1411_6000).refused


async def test_a_cancel_asked_over_a_change_still_counts_both(rig):
    tag = await resting(rig)
    rig.broker.on_modify = lambda a: Accepted(a.order.broker_id)
    rig.desk.modify(tag, 20, 1412_0000)

    async def lost(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        return Unknown("timeout")

    rig.broker.cancel = lost
    assert rig.desk.cancel(tag).tag
    exposure = rig.engine.blotter.exposure
    assert exposure.leaves(held_position(rig.order(tag))).buys == 20
    assert exposure.own_best(rig.order(tag).key)[0] == 1412_0000
