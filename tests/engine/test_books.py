"""The comparison of the books as a person sees it: what differs, on demand, and what a failed read leaves standing."""

import pytest

from core.facts import LadderMode
from tests.builders import SBIN, intent, row
from tests.engine.fakes import DOWN
from tests.engine.rig import Rig
from tests.engine.test_engine import _positions_of


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


async def test_on_demand_the_books_are_compared_and_nothing_opens_meanwhile(rig):
    rig.submit()
    await rig.wait(2)
    rig.desk.reconcile()
    assert rig.desk.status().ladder is LadderMode.REDUCE_ONLY
    await rig.wait(3)
    report = rig.desk.books()
    assert (report.reason, report.problem, report.orders, report.external) == ("on demand", "", 1, 0)
    assert rig.desk.status().ladder is LadderMode.NORMAL


async def test_a_mismatch_is_told_with_both_numbers_and_its_instrument_only_reduces(rig):
    true_positions = rig.broker.positions
    rig.broker.positions = _positions_of(rig.broker, [rig.broker.trade(row(broker_id="77"), 5)])
    rig.desk.reconcile()
    await rig.wait(6)
    (one,) = rig.desk.books().differences
    assert (one.key.token, one.ours, one.theirs) == ("2885", 0, 5)
    here = {r.code for r in rig.desk.check(intent()).denials}
    there = {r.code for r in rig.desk.check(intent(instrument=SBIN)).denials}
    assert "G20" in here and "G20" not in there

    rig.broker.positions = true_positions
    await rig.wait(12)
    assert rig.desk.books().differences == ()
    assert "G20" not in {r.code for r in rig.desk.check(intent()).denials}


async def test_a_failed_read_is_not_an_agreement(rig):
    rig.broker.positions = _positions_of(rig.broker, [rig.broker.trade(row(broker_id="77"), 5)])
    rig.desk.reconcile()
    await rig.wait(6)
    rig.broker.books_down = DOWN
    await rig.wait(6)
    report = rig.desk.books()
    assert report.failed and report.orders == 0 and len(report.differences) == 1


async def test_orders_from_elsewhere_are_shown_and_counted(rig):
    rig.broker.orders["88"] = row("open", broker_id="88", tag="", quantity=40)
    rig.desk.reconcile()
    await rig.wait(3)
    assert rig.desk.books().external == 1
    (order,) = rig.desk.orders.orders()
    assert order.external and rig.engine.blotter.exposure.open_all == 1


async def test_after_sleep_the_books_are_compared(rig):
    rig.clock.step_wall(31)
    await rig.wait(3)
    assert rig.desk.books().reason.startswith("after the computer slept")


async def test_a_small_step_of_the_clock_is_no_sleep(rig):
    rig.clock.step_wall(29)
    await rig.wait(3)
    assert rig.desk.books().reason == "after login"
