"""Incidents about what an order says: stops, words nobody knows, quantities without a limit, exits that fail."""

from dataclasses import replace

import pytest

from core.brokers import wire
from core.domain import OrderState, OrderType, Side
from core.facts import LadderMode
from core.outcome import Refused
from tests.brokers.rows import ORDER_ROW
from tests.builders import NIFTY_FUT, intent
from tests.engine.rig import Rig
from tests.engine.test_guards import Market
from tests.orders.fakes import GateRig

S = OrderState


async def test_S31_after_hours_an_order_is_never_quietly_one_for_tomorrow_and_the_book_tells_of_it(rig):
    """An order now would become an after-market one by itself: the gate refuses. One from elsewhere is read, not
    waited for on the order socket."""
    rig.engine.authority.market_closed = lambda instrument: "CLOSED: an order now would be one for tomorrow"
    assert "G15" in rig.submit().refused
    rig.engine.authority.market_closed = lambda instrument: ""
    tag = rig.submit().tag
    await rig.wait(2)
    held = rig.broker.orders[rig.order(tag).broker_id]
    rig.broker.orders["900"] = replace(held, broker_id="900", tag="", status="after market order req received")
    await rig.wait(16)
    found = next(o for o in rig.desk.orders.orders() if o.broker_id == "900")
    assert found.state is S.AMO_PENDING and found.external and found.leaves == 10


@pytest.mark.parametrize(
    ("side", "trigger_e4", "price_e4", "passes"),
    [
        (Side.BUY, 1413_5000, 1414_5000, True),
        (Side.BUY, 1413_5000, 1412_5000, False),  # the limit before the trigger
        (Side.BUY, 1411_5000, 1413_5000, False),  # would trigger at once
        (Side.SELL, 1411_5000, 1410_5000, True),
        (Side.SELL, 1411_5000, 1412_5000, False),
        (Side.SELL, 1413_5000, 1411_5000, False),
        (Side.BUY, 1413_5500, 1414_5000, False),  # off the tick
    ],
)
def test_S32_a_stop_is_a_stop_limit_with_its_limit_beyond_the_trigger(side, trigger_e4, price_e4, passes):
    asked = intent(side=side, trigger_e4=trigger_e4, price_e4=price_e4, order_type=OrderType.STOPLOSS_LIMIT, quantity=1)
    gate = GateRig().gate
    codes = {r.code for r in gate.check(asked).denials}
    assert ("G13" not in codes) is passes
    market = replace(asked, order_type=OrderType.STOPLOSS_MARKET)
    assert "G11" in {r.code for r in gate.check(market).denials}


async def test_S32_a_stop_goes_out_with_its_variety_trigger_and_limit(rig):
    tag = rig.submit(trigger_e4=1413_5000, price_e4=1414_5000, order_type=OrderType.STOPLOSS_LIMIT).tag
    await rig.wait(1)
    body = wire.place_body(rig.broker.placed[0].order)
    assert rig.order(tag).order_type is OrderType.STOPLOSS_LIMIT
    assert (body["variety"], body["ordertype"]) == ("STOPLOSS", "STOPLOSS_LIMIT")
    assert (body["triggerprice"], body["price"]) == ("1413.50", "1414.50")


@pytest.mark.parametrize("field", ["exchange", "transactiontype", "producttype"])
def test_S33_a_word_nobody_knows_is_an_error_and_never_a_default(field):
    assert wire.broker_order(ORDER_ROW) is not None
    assert wire.broker_order({**ORDER_ROW, field: "NEWWORD"}) is None


def test_S33_an_unknown_type_is_read_from_its_prices_and_never_becomes_market():
    row = wire.broker_order({**ORDER_ROW, "ordertype": "NEWWORD", "price": 10.0, "triggerprice": 0.0})
    assert row is not None and row.order_type is OrderType.LIMIT
    denied = GateRig().gate.check(replace(intent(), order_type="NEWWORD"))  # type: ignore[arg-type]
    assert "G9" in {r.code for r in denied.denials}


def test_S34_a_derivative_without_a_freeze_quantity_is_denied():
    rig = GateRig()
    asked = intent(instrument=NIFTY_FUT, quantity=65, price_e4=24_800_0000)
    rig.master[NIFTY_FUT.key] = NIFTY_FUT
    assert "G12" not in {r.code for r in rig.gate.check(asked).denials}
    bare = replace(NIFTY_FUT, freeze_quantity=None)
    rig.master[bare.key] = bare
    assert "G12" in {r.code for r in rig.gate.check(replace(asked, instrument=bare)).denials}


async def test_S36_an_exit_that_is_refused_is_an_alarm(rig: Rig):
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", filled=10)
    rig.submit()
    await rig.wait(3)
    rig.broker.on_place = lambda a: Refused("AB1009", "not in this session")
    tag = rig.sell(source="exit").tag
    await rig.wait(2)
    assert rig.order(tag).state is S.REJECTED_GATEWAY
    loud = [e for e in rig.desk.events.latest(50) if e.loud and "EXIT FAILED" in e.text]
    assert loud and "RELIANCE" in loud[0].text and "10" in loud[0].text


async def test_S35_without_a_profit_figure_for_30_s_nothing_opens_and_exits_do():
    market = Market()
    try:
        await market.bought(10)
        market.board.known = False
        await market.wait(34)
        assert market.engine.ladder.mode is LadderMode.REDUCE_ONLY
        market.board.known = True
        denied = {r.code for r in market.desk.check(intent(intent_id="open")).denials}
        assert denied
        exits = {
            r.code for r in market.desk.check(intent(intent_id="exit", side=Side.SELL, price_e4=1412_5000)).denials
        }
        assert "G26" not in exits and "G2" not in exits
    finally:
        await market.stop()
