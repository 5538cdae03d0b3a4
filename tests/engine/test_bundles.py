"""Baskets, slices, exits, flatten, reverse: all legs or none, each with its own answer, hedges first."""

from dataclasses import replace

import pytest

from core.domain import Exchange, Kind, OrderState, PositionKey, Product, Side
from core.engine.bundles import hedges_first, slices
from core.outcome import Refused, Unknown
from tests.builders import NIFTY_FUT, RELIANCE, SBIN, intent
from tests.engine.rig import Rig

S = OrderState
KEY = PositionKey(Exchange.NSE, "2885", Product.INTRADAY)


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


def legs():
    return (
        intent(intent_id="a", quantity=3),
        intent(intent_id="b", quantity=4, instrument=SBIN),
        intent(intent_id="c", quantity=5),
    )


async def bought(rig: Rig, quantity: int = 10) -> None:
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", filled=a.order.quantity)
    assert rig.submit(quantity=quantity).tag
    await rig.wait(3)
    rig.broker.on_place = None


async def test_every_leg_leaves_after_the_one_before_and_has_its_own_answer(rig):
    answers = rig.desk.submit_all(legs())
    assert len({a.tag for a in answers}) == 3
    assert {rig.order(a.tag).state for a in answers} == {S.SENDING}
    await rig.wait(3)
    assert [a.order.tag for a in rig.broker.placed] == [a.tag for a in answers]
    assert {rig.order(a.tag).state for a in answers} == {S.WORKING}


async def test_when_one_leg_does_not_pass_none_is_sent_and_nothing_stays_reserved(rig):
    first, second, third = legs()
    answers = rig.desk.submit_all((first, replace(second, quantity=6_000), third))
    assert all(a.refused for a in answers)
    assert [a.refused[:3] == "G40" for a in answers] == [True, False, True]
    await rig.wait(1)
    assert rig.broker.placed == []
    assert {o.state for o in rig.desk.orders.orders()} == {S.DENIED}
    assert rig.engine.blotter.exposure.open_all == 0


@pytest.mark.parametrize("answer", [Refused("AB1009", "no"), Unknown("timeout")])
async def test_a_leg_that_fails_stops_the_rest_and_says_what_stands(rig, answer):
    rig.broker.on_place = lambda a: rig.broker.accept(a) if len(rig.broker.placed) == 1 else answer
    answers = rig.desk.submit_all(legs())
    await rig.wait(2)
    states = [rig.order(a.tag).state for a in answers]
    assert states[2] is S.NOT_SENT and states[1] in (S.REJECTED_GATEWAY, S.UNKNOWN)
    assert len(rig.broker.placed) == 2
    assert "BASKET STOPPED: leg 2 of 3" in rig.events()


async def test_a_halt_in_the_middle_sends_no_further_leg(rig):
    place = rig.broker.place

    async def slow(approved):
        await rig.clock.sleep(1)
        return await place(approved)

    rig.broker.place = slow
    answers = rig.desk.submit_all(legs())
    await rig.wait(0.5)
    rig.engine.halt("test")
    await rig.wait(3)
    assert len(rig.broker.placed) == 1
    assert {rig.order(a.tag).state for a in answers[1:]} == {S.NOT_SENT}


async def test_the_same_basket_again_does_nothing(rig):
    rig.desk.submit_all(legs())
    await rig.wait(3)
    assert all("acted on already" in a.refused for a in rig.desk.submit_all(legs()))
    assert all(a.refused for a in rig.desk.submit_all((legs()[0], legs()[0])))
    assert rig.desk.submit_all(()) == ()
    assert len(rig.broker.placed) == 3


def test_bought_options_go_first_and_sells_last():
    option = replace(NIFTY_FUT, kind=Kind.OPTION, token="1")
    wish = [
        intent(intent_id="sell", side=Side.SELL, instrument=option),
        intent(intent_id="future", instrument=NIFTY_FUT),
        intent(intent_id="hedge", instrument=option),
    ]
    assert [i.intent_id for i in hedges_first(wish)] == ["hedge", "future", "sell"]


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [(65, [65]), (1755, [1755]), (1820, [1755, 65]), (3575, [1755, 1755, 65]), (3510, [1755, 1755])],
)
def test_slices_stay_within_the_freeze_in_whole_lots(quantity, parts):
    plan = slices(intent(instrument=NIFTY_FUT, quantity=quantity))
    assert [i.quantity for i in plan] == parts
    assert sum(parts) == quantity and len({i.intent_id for i in plan}) == len(parts)
    assert slices(intent(instrument=RELIANCE, quantity=9_999))[0].quantity == 9_999


async def test_exit_closes_what_is_held_once(rig):
    await bought(rig)
    (answer,) = rig.desk.exit(KEY)
    order = rig.order(answer.tag)
    assert (order.side, order.quantity, order.source) == (Side.SELL, 10, "exit")
    assert order.price_e4 < 1412_5000 and order.price_e4 % 1000 == 0
    assert "stand already" in rig.desk.exit(KEY)[0].refused
    assert rig.desk.exit(replace_token(KEY))[0].refused
    await rig.wait(2)
    assert len(rig.broker.placed) == 2


def replace_token(key: PositionKey) -> PositionKey:
    return key._replace(token="0")


async def test_flatten_closes_each_position_by_itself(rig):
    await bought(rig)
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", filled=a.order.quantity)
    rig.submit(instrument=SBIN, quantity=7)
    await rig.wait(3)
    rig.broker.on_place = lambda a: Refused("AB1009", "no") if a.order.token == "2885" else rig.broker.accept(a)
    answers = rig.desk.flatten()
    await rig.wait(2)
    assert {rig.order(a.tag).state for a in answers} == {S.REJECTED_GATEWAY, S.WORKING}
    assert "EXIT FAILED: still long 10 RELIANCE" in rig.events()
    assert rig.desk.flatten()


async def test_reverse_closes_and_opens_as_much_on_the_other_side(rig):
    await bought(rig)
    (answer,) = rig.desk.reverse(KEY)
    assert (rig.order(answer.tag).side, rig.order(answer.tag).quantity) == (Side.SELL, 20)


async def test_nothing_open_says_so(rig):
    assert "no open position" in rig.desk.flatten()[0].refused
    assert rig.desk.reverse(KEY)[0].refused
    assert rig.broker.placed == []
