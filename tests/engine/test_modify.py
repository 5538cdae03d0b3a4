"""Other terms for a resting order: recorded before they leave, believed when the books show them."""

from dataclasses import replace

import pytest

from core.domain import OrderState
from core.outcome import Accepted, NotSent, Refused, Unknown
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
