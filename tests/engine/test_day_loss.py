"""The day's loss against its limit: what latches, what is still allowed, who may lift it, and what survives."""

import pytest

from core.account import MarkBy
from core.config import Config, Limits
from core.domain import Side
from core.engine.dayloss import BLIND_NS, UNLATCH
from core.engine.protection import DAY_LOSS_KEY
from core.facts import LadderMode
from core.views import Freshness
from tests.engine.test_guards import E4, Market


class Poor(Market):
    """A limit of Rs 1,000."""

    config = Config(limits=Limits(day_loss_rupees_max=1_000))

    @property
    def loss(self):
        return self.desk.account.day_loss()


@pytest.fixture
async def market():
    made = Poor()
    yield made
    await made.stop()


async def test_the_limit_latches_reduce_only_and_exits_still_work(market):
    await market.bought(100)  # at 1,412.60
    market.price(1404)
    await market.wait(0.5)
    assert not market.loss.latched and market.engine.ladder.mode is LadderMode.NORMAL

    market.price(1402)
    await market.wait(0.5)

    assert "reached the limit 1,000.00" in market.loss.latched
    assert market.engine.ladder.mode is LadderMode.REDUCE_ONLY
    assert "G2" in market.submit(quantity=1, price_e4=1402 * E4).refused
    assert market.sell(quantity=100, price_e4=1402 * E4).tag


async def test_charges_count(market):
    """Rs 990 lost at the touch and some Rs 30 of charges."""
    await market.bought(100)
    market.price(1402.75)
    await market.wait(0.5)
    totals = market.engine.account.protection.profits.totals(MarkBy.TOUCH)
    assert totals.day_e4 == -990 * E4 and totals.charges_e4 > 10 * E4
    assert market.loss.latched


async def test_it_stays_latched_when_the_price_comes_back_and_after_a_restart(market):
    await market.bought(100)
    market.price(1400)
    await market.wait(0.5)
    market.price(1420)
    await market.wait(5)
    assert market.loss.latched and market.engine.ladder.mode is LadderMode.REDUCE_ONLY

    kept = {DAY_LOSS_KEY: market.journal.meta[DAY_LOSS_KEY]}
    await market.stop()
    market.broker.writes_sent = 0
    market.rebuild()
    market.engine.restore(market.journal.records, "", kept)
    market.engine.start()
    await market.wait(1.5)
    assert market.loss.latched
    assert "G2" in market.submit(quantity=1).refused


@pytest.mark.parametrize("typed", ["", "yes", "allow more loss", UNLATCH + " ", "RESUME"])
async def test_only_the_whole_phrase_lifts_it(market, typed):
    await market.bought(100)
    market.price(1400)
    await market.wait(0.5)
    assert market.desk.account.unlatch(typed).refused and market.loss.latched


async def test_lifted_it_allows_as_much_again_and_no_more(market):
    await market.bought(100)
    market.price(1400)
    await market.wait(0.5)
    lost_e4 = market.loss.loss_e4
    assert market.desk.account.unlatch(UNLATCH).tag
    await market.wait(3)
    assert market.engine.ladder.mode is LadderMode.NORMAL
    market.price(1400 - 9.5)
    await market.wait(0.5)
    assert not market.loss.latched
    market.price(1400 - 10.5)
    await market.wait(0.5)
    assert market.loss.latched and market.loss.accepted_e4 == lost_e4


@pytest.mark.parametrize("how", ["no price", "stale"])
async def test_open_positions_without_a_live_price_are_no_profit(market, how):
    await market.bought(100)
    if how == "stale":
        market.board.fresh = Freshness.STALE
    else:
        market.board.known = False
    await market.wait(BLIND_NS / 1e9 - 2)
    assert market.engine.ladder.mode is LadderMode.NORMAL
    await market.wait(4)
    assert market.engine.ladder.mode is LadderMode.REDUCE_ONLY
    market.board.known, market.board.fresh = True, Freshness.FRESH
    await market.wait(8)
    assert market.engine.ladder.mode is LadderMode.NORMAL


async def test_a_latch_that_cannot_be_read_is_a_latch(market):
    market.engine.restore([], "", {DAY_LOSS_KEY: "{"})
    assert market.loss.latched
    assert market.engine.ladder.mode is LadderMode.REDUCE_ONLY


async def test_nobody_is_latched_by_a_profit(market):
    await market.bought(100)
    market.price(1500)
    await market.wait(0.5)
    assert market.loss.loss_e4 == 0 and market.submit(side=Side.BUY, quantity=1, price_e4=1500 * E4).tag


async def test_the_latch_ends_with_the_day(market):
    await market.bought(100)
    market.price(1400)
    await market.wait(0.5)
    assert market.loss.latched
    market.broker.orders.clear()
    market.broker.fills.clear()  # an intraday position is gone in the morning
    market.clock.step_wall(86_400)
    await market.wait(6)
    assert not market.loss.latched and market.loss.loss_e4 == 0
    assert market.engine.ladder.mode is LadderMode.NORMAL

    kept = {DAY_LOSS_KEY: market.journal.meta[DAY_LOSS_KEY]}
    await market.stop()
    market.broker.writes_sent = 0
    market.rebuild()
    market.engine.restore([], "", kept)
    assert not market.loss.latched
    market.engine.start()


async def test_yesterdays_latch_is_not_todays(market):
    market.engine.restore(
        [], "", {DAY_LOSS_KEY: '{"run":"practice-1","day":"2020-01-01","latched":"x","accepted_e4":5}'}
    )
    assert not market.loss.latched and market.loss.accepted_e4 == 0


async def test_a_latch_whose_save_failed_is_saved_at_the_next_beat(market):
    await market.bought(100)
    market.journal.meta_failures = 3
    market.price(1400)
    await market.wait(1.5)

    assert market.loss.latched
    assert "reached the limit" in market.journal.meta[DAY_LOSS_KEY]
    assert market.events().count("could not be saved") == 1
