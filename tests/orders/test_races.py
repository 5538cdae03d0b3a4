"""Two tasks and one headroom: never both."""

import asyncio
from dataclasses import replace

import pytest

from core.approval import Approved
from core.config import Limits
from core.domain import OrderState
from core.errors import InvariantBroken
from tests.builders import intent, order
from tests.orders.fakes import GateRig
from tests.orders.races import KINDS, races
from tests.orders.scale import cases


def test_no_interleaving_lets_two_through_one_headroom():
    assert races(cases(1_400, 140), 3) == dict.fromkeys(KINDS, 0)


async def test_tasks_on_the_loop_race_in_vain():
    rig = GateRig(Limits(open_orders_max=1))

    async def ask(n: int) -> bool:
        await asyncio.sleep(0)
        asked = intent(intent_id=f"i{n}", quantity=n + 1)
        said = rig.gate.approve(asked, order(tag=f"t{n}", quantity=n + 1))
        await asyncio.sleep(0)
        return isinstance(said, Approved)

    assert sum(await asyncio.gather(*(ask(n) for n in range(20)))) == 1


def legs(*quantities: int):
    return [(intent(intent_id=f"l{n}", quantity=q), order(tag=f"l{n}", quantity=q)) for n, q in enumerate(quantities)]


def test_a_basket_passes_whole_or_not_at_all():
    rig = GateRig(Limits(position_value_rupees_max=142_000))

    said = rig.gate.approve_all(legs(60, 41))

    assert [[r.code for r in v.denials] for v in said] == [["G40"], ["G40"]]
    assert "leg 2 does not pass" in said[0].denials[0].compared
    assert rig.blotter.exposure.open_all == 0 and rig.rates.taken == []
    assert rig.gate.check(intent(intent_id="l0", quantity=60)).allowed


def test_a_basket_that_fits_reserves_every_leg():
    rig = GateRig(Limits(position_value_rupees_max=142_000))

    said = rig.gate.approve_all(legs(60, 40))

    assert all(isinstance(a, Approved) for a in said)
    assert rig.blotter.exposure.open_all == 2 and len(rig.rates.taken) == 2
    assert [r.code for r in rig.gate.check(intent(quantity=1)).denials] == ["G24"]


def test_a_basket_larger_than_the_window_waits_whole():
    rig = GateRig()
    rig.rates.free = 1

    said = rig.gate.approve_all(legs(1, 2))

    assert "room for 1" in said[0].denials[0].compared
    assert rig.gate.approve_all([]) == ()


def test_a_change_to_more_reserves_the_larger_until_it_is_confirmed():
    rig = GateRig()
    old = order(quantity=10, state=OrderState.WORKING, broker_id="1")
    rig.blotter.put(old, "test")
    new = replace(old, quantity=30)

    assert isinstance(rig.gate.approve_modify(intent(quantity=30), old, new), Approved)
    position = rig.gate.book.gather(intent())
    assert position.leaves_buy == 30
    rig.blotter.put(replace(old, change="modify"), "asked")
    assert rig.gate.book.gather(intent()).leaves_buy == 30
    rig.blotter.put(old, "refused")
    assert rig.gate.book.gather(intent()).leaves_buy == 10


def test_what_is_approved_is_what_was_judged():

    rig = GateRig()
    for wrong in (dict(quantity=11), dict(price_e4=1412_5000), dict(token="1"), dict(side=-1)):
        with pytest.raises(InvariantBroken):
            rig.gate.approve(intent(), order(**wrong))
