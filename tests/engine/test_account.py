"""Funds, holdings, limits and traces as the screens get them, in a whole engine on fakes."""

from types import SimpleNamespace

import pytest

from core.account import Holding
from core.domain import Exchange, Product
from core.outcome import Failed, FailedBy
from core.ports import Funds
from tests.builders import NIFTY_FUT, RELIANCE, SBIN, order
from tests.engine.rig import Rig
from tests.engine.test_guards import E4, Market

HELD = (Holding(Exchange.NSE, "3045", "SBIN-EQ", 25, 15, 610_2500, 812_4500),)


@pytest.fixture
async def rig():
    made = Rig()
    yield made
    await made.stop()


@pytest.fixture
async def market():
    made = Market()
    yield made
    await made.stop()


async def test_funds_and_holdings_are_read_and_age(rig):
    rig.broker.purse, rig.broker.held = Funds(5_00_000 * E4, 20_000 * E4, 4_00_000 * E4, 0), HELD
    await rig.start()
    await rig.wait(2)
    purse = rig.desk.account.purse()
    assert (purse.net_e4, purse.used_e4, purse.cash_e4) == (5_00_000 * E4, 20_000 * E4, 4_00_000 * E4)
    assert purse.failed == "" and purse.age_ms < 5_000
    assert rig.desk.account.holdings() == HELD and rig.desk.account.holdings_word() == ""


async def test_a_failed_read_is_never_an_empty_list(rig):
    rig.broker.held = HELD
    await rig.start()
    await rig.wait(2)
    rig.broker.books_down = Failed(FailedBy.SERVICE, "503 Service Unavailable")
    await rig.wait(620)
    assert rig.desk.account.holdings() == HELD
    assert "503" in rig.desk.account.holdings_word()


async def test_before_any_answer_it_says_so(rig):
    rig.broker.login_down = Failed(FailedBy.SERVICE, "down")
    rig.engine.start()
    await rig.wait(1)
    assert rig.desk.account.holdings_word() == "not read yet"
    assert rig.desk.account.purse().net_e4 is None and rig.desk.account.purse().failed == "not read yet"


async def test_gauges_follow_what_is_used(market):
    await market.bought(100)
    rows = {g.name: g for g in market.desk.account.gauges()}
    assert rows["Largest cash position"].used == "1,41,255.00"
    most = market.config.limits.position_value_rupees_max
    assert rows["Largest cash position"].share == pytest.approx(1_41_255 / most)
    assert rows["Orders today"].used == "1"
    assert rows["Rate: place minute"].used == "1"
    assert "for exits" in rows["Rate: second"].left
    market.price(1400)
    await market.wait(0.5)
    loss = {g.name: g for g in market.desk.account.gauges()}["Day loss"]
    assert loss.share > 0.12 and loss.limit == "10,000.00"


async def test_the_trace_of_an_order_is_what_was_on_screen(market):
    await market.bought()
    tag = market.engine.blotter.orders()[0].tag
    assert market.desk.account.trace(tag) is None  # being read
    await market.settle()
    seen = market.desk.account.trace(tag)
    assert seen.last_e4 == 1412_5500 and seen.bids[0] == (1412_5000, 10_000, 3)
    assert "G23" in seen.checks and seen.position == 0 and seen.failed == ""


async def test_an_order_from_elsewhere_has_no_trace(market):
    await market.start()
    market.desk.account.trace("EXT-1")
    await market.settle()
    assert "nothing was kept" in market.desk.account.trace("EXT-1").failed


async def test_the_ticket_knows_its_cost_and_where_it_is_even(market):
    from tests.builders import intent

    await market.start()
    cost = market.desk.account.ticket_cost(intent())
    assert cost.charges_e4 == 5_9400
    assert cost.break_even_e4 > 1412_6000 and cost.break_even_e4 % RELIANCE.tick_e4 == 0


async def test_positions_are_there_with_profit_before_the_trade_book(market):
    """The header's figures and the table's are the same sums."""
    await market.bought(100)
    market.price(1420)
    sums, status = market.desk.account.totals(), market.desk.status()
    assert (status.open_pnl_e4, status.realised_e4) == (sums.open_e4, sums.realised_e4) == (740 * E4, 0)


async def test_what_is_held_is_priced_wherever_it_was_bought(market):
    """A position from another device, and a holding, in instruments that no list has."""
    market.broker.held = HELD
    await market.start()
    await market.wait(2)
    assert SBIN in market.engine.account.wanted()
    assert NIFTY_FUT not in market.feed.wanted
    theirs = order(
        exchange=NIFTY_FUT.exchange, token=NIFTY_FUT.token, symbol=NIFTY_FUT.symbol, quantity=65,
        price_e4=24_800 * E4, product=Product.CARRYFORWARD, tag="",
    )  # fmt: skip
    taken = market.broker.accept(SimpleNamespace(order=theirs), "complete", 65)
    market.updates.on_order(market.broker.orders[taken.broker_id])
    await market.wait(0.5)
    assert NIFTY_FUT in market.feed.wanted
