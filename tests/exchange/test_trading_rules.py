"""Trading rules of the practice account: after hours, brackets, square-off, bands, uncertain points, margins."""

import json
from typing import Any

import pytest

from core.domain import Exchange, Instrument, Kind, Product, Side
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.protection import margin_per_mille
from core.exchange.rules import OrderBody
from tests.exchange.practice_day import FEW, SBIN, Day


@pytest.fixture
def day() -> Day:
    return Day(setting=FEW)


def settle(day: Day, **switches: Any) -> None:
    day.practice.switches.change(json.dumps(switches).encode())


def refused(done: OwnOrder | Refusal) -> str:
    assert isinstance(done, Refusal), done
    return done.code


def test_an_order_after_hours_waits_and_goes_out_at_the_next_opening(day: Day) -> None:
    day.to("2026-03-03T15:31:00+05:30")
    day.pushed.clear()
    order = day.placed(ordertype="MARKET", price="0", quantity="5")
    assert (order.status, order.variety) == ("after market order req received", "AMO")
    body = OrderBody(orderid=order.order_id, variety="NORMAL", ordertype="MARKET", quantity="7")
    assert isinstance(day.practice.modify(body), OwnOrder)
    second = day.placed(price=day.rupees(-3))
    assert isinstance(day.practice.cancel(OrderBody(variety="NORMAL", orderid=second.order_id)), OwnOrder)
    assert [code for code, _ in day.pushed] == ["AB06", "AB08", "AB06", "AB07"]
    assert second.status == "cancelled after market order"
    day.to("2026-03-04T09:05:00+05:30")
    (row,) = day.practice.order_rows()
    assert (row["orderid"], row["orderstatus"]) == (order.order_id, "modify after market order req received")
    locked = day.practice.cancel(OrderBody(variety="NORMAL", orderid=order.order_id))
    assert isinstance(locked, Refusal) and "08:45" in locked.message
    day.to("2026-03-04T09:15:01+05:30")
    (row,) = day.practice.order_rows()
    assert (row["orderstatus"], row["filledshares"]) == ("complete", "7")
    assert [code for code, _ in day.pushed][-2:] == ["AB09", "AB05"]


def test_an_order_before_the_opening_waits_for_it() -> None:
    day = Day(start="2026-03-03T08:30:00+05:30", setting=FEW)
    order = day.placed(ordertype="MARKET", price="0")
    assert order.status == "after market order req received"
    assert refused(day.order(duration="IOC")) == "AB1007"
    day.to("2026-03-03T09:16:00+05:30")
    assert order.status == "complete"


def test_intraday_is_squared_off_at_its_time(day: Day) -> None:
    settle(day, square_off="10:00")
    bought = day.placed(ordertype="MARKET", price="0", quantity="9")
    resting = day.placed(price=day.rupees(-400))
    kept = day.placed(ordertype="MARKET", price="0", quantity="3", producttype="DELIVERY")
    day.to("2026-03-03T10:00:01+05:30")
    account = day.practice.desk.account
    assert account.net(SBIN, Product.INTRADAY) == 0 and account.net(SBIN, Product.DELIVERY) == 3
    assert resting.status == "cancelled" and "Squared off" in resting.text
    closing = list(day.practice.desk.orders.values())[-1]
    assert (closing.side, closing.filled, closing.tag) == (Side.SELL, 9, "squareoff")
    assert bought.status == kept.status == "complete"
    assert refused(day.order()) == "AB1007"


def test_a_bracket_takes_its_target_or_its_stop(day: Day) -> None:
    assert refused(day.order(variety="ROBO")) == "AB2002"
    settle(day, robo=True)
    bracket = {"variety": "ROBO", "producttype": "BO", "squareoff": "0.40", "stoploss": "0.50", "quantity": "10"}
    assert refused(day.order(**bracket | {"squareoff": "0"})) == "AB1007"
    entry = day.placed(**bracket, price=day.rupees(20))
    assert entry.status == "complete"
    target, stop = (o for o in day.practice.desk.orders.values() if o.parent_id == entry.order_id)
    average = entry.average_e4 // 500 * 500
    assert (target.side, target.price_e4, target.quantity) == (Side.SELL, average + 4_000, 10)
    assert (stop.status, stop.trigger_e4) == ("trigger pending", average - 5_000)
    for _ in range(600):
        day.walk(2, 1)
        if not target.working and not stop.working:
            break
    assert {target.status, stop.status} == {"complete", "cancelled"}
    assert day.practice.desk.account.net(SBIN, Product.INTRADAY) == 0
    row = next(r for r in day.practice.order_rows() if r["orderid"] == target.order_id)
    assert row["parentorderid"] == entry.order_id


def test_a_trailing_stop_follows_the_price(day: Day) -> None:
    settle(day, robo=True)
    bracket = {"variety": "ROBO", "producttype": "BO", "squareoff": "50", "stoploss": "4", "trailingStopLoss": "0.10"}
    entry = day.placed(**bracket, price=day.rupees(20))
    stop = list(day.practice.desk.orders.values())[-1]
    assert stop.parent_id == entry.order_id
    first, seen = stop.trigger_e4, set[int]()
    for _ in range(300):
        day.walk(2, 1)
        seen.add(stop.trigger_e4)
        if stop.trigger_e4 > first or not stop.working:
            break
    assert max(seen) == stop.trigger_e4, "it is drawn up, never down"
    assert stop.trigger_e4 > first and (stop.trigger_e4 - first) % 1_000 == 0


def test_stops_market_orders_and_fills_in_part(day: Day) -> None:
    asks = day.practice.market.snapshot(SBIN).asks
    wanted = asks[0].quantity + asks[1].quantity + 1_000_000
    ioc = day.placed(price=str(asks[1].price_e4 / 10_000), quantity=str(min(wanted, 4_000)), duration="IOC")
    if ioc.filled < ioc.quantity:
        assert ioc.status == "cancelled" and ioc.filled > 0
        row = day.practice.order_row(ioc.unique_id)
        assert row is not None and row["cancelsize"] == row["unfilledshares"] == str(ioc.quantity - ioc.filled)
    best = day.practice.market.snapshot(SBIN).asks[0]
    market = day.placed(ordertype="MARKET", price="0", quantity="5")
    assert market.working_e4 == best.price_e4 * 1_005 // 1_000 // 500 * 500, "0.5 % beyond the touch"
    stop = {"variety": "STOPLOSS", "ordertype": "STOPLOSS_LIMIT"}
    assert refused(day.order(**stop, price=day.rupees(-10), triggerprice=day.rupees(10))) == "AB1007"
    waits = day.placed(**stop, price=day.rupees(12), triggerprice=day.rupees(10))
    assert waits.status == "trigger pending"
    reached = day.placed(**stop, price=day.rupees(12), triggerprice=day.rupees(-10))
    assert reached.triggered and reached.status in ("open", "complete")


@pytest.mark.parametrize(
    ("symbol", "type_name", "kind", "rupees", "per_mille"),
    [
        ("X-EQ", "", Kind.EQUITY, 100, 5),
        ("XFUT", "FUTIDX", Kind.FUTURE, 100, 5),
        ("XFUT", "FUTSTK", Kind.FUTURE, 100, 10),
        ("XFUT", "FUTCOM", Kind.FUTURE, 100, 10),
        ("XCE", "OPTIDX", Kind.OPTION, 9, 200),
        ("XCE", "OPTIDX", Kind.OPTION, 15, 100),
        ("XPE", "OPTIDX", Kind.OPTION, 30, 50),
        ("XPE", "OPTIDX", Kind.OPTION, 60, 25),
        ("XPE", "OPTSTK", Kind.OPTION, 9, 400),
        ("XPE", "OPTSTK", Kind.OPTION, 60, 50),
    ],
)
def test_protection_margins_by_kind_and_premium(
    symbol: str, type_name: str, kind: Kind, rupees: int, per_mille: int
) -> None:
    exchange = Exchange.MCX if type_name == "FUTCOM" else Exchange.NFO
    listing = Listing(Instrument(exchange, "1", symbol, "X", kind), 1, type_name=type_name)
    assert margin_per_mille(listing, rupees * 10_000) == per_mille


def test_uncertain_points_can_be_set(day: Day) -> None:
    settle(day, price_refusal="later", finished_code="AB1013", day_end_status="expired", market_label="LIMIT")
    far = day.placed(price="2000.00")
    assert far.status == "rejected" and "circuit" in far.text
    market = day.placed(ordertype="MARKET", price="0")
    assert market.order_type == "LIMIT" and market.price_e4 > 0
    assert refused(day.practice.cancel(OrderBody(variety="NORMAL", orderid=market.order_id))) == "AB1013"
    ioc = day.placed(duration="IOC", price=day.rupees(-30))
    assert ioc.status == "expired"
    settle(day, funds_refusal="AB2020", price_refusal="now")
    assert refused(day.order(quantity="9000")) == "AB2020"
    settle(day, protection_percent=3)
    assert refused(day.order(price=day.rupees(-800))) == "AB1007"
    settle(day, cautionary=["NSE:3045"], no_intraday=["NSE:2885"], amo_variety=True, protection_percent=0)
    assert refused(day.order()) == "AB4036"
    assert day.placed(scripconsent="yes", variety="AMO").status == "open"
    assert refused(day.order(tradingsymbol="RELIANCE-EQ", symboltoken="2885", price="1380.00")) == "AB1007"


def test_modify_can_mean_the_open_quantity(day: Day) -> None:
    ask = day.practice.market.snapshot(SBIN).asks[0]
    order = day.placed(price=str(ask.price_e4 / 10_000), quantity=str(ask.quantity + 40))
    assert order.filled == ask.quantity and order.status == "open"
    settle(day, modify_quantity="open")
    body = OrderBody(orderid=order.order_id, price=str(ask.price_e4 / 10_000), quantity="15")
    assert isinstance(day.practice.modify(body), OwnOrder)
    assert (order.quantity, order.leaves) == (ask.quantity + 15, 15)


def test_funds_move_with_orders_and_fills(day: Day) -> None:
    def net() -> float:
        return float(day.practice.funds_row()["net"])

    start = net()
    order = day.placed(price="1000.00", quantity="10", producttype="DELIVERY")
    assert start - net() == pytest.approx(10_000)
    day.practice.cancel(OrderBody(variety="NORMAL", orderid=order.order_id))
    assert net() == start
    intraday = day.placed(price="1000.00", quantity="10")
    assert start - net() == pytest.approx(2_000)
    day.practice.cancel(OrderBody(variety="NORMAL", orderid=intraday.order_id))
    day.placed(ordertype="MARKET", price="0", quantity="10")
    held = start - net()
    sell = {"transactiontype": "SELL", "quantity": "10"}
    exit_order = day.placed(**sell, price=day.rupees(100))
    assert start - net() == pytest.approx(held, abs=20), "closing a position blocks nothing"
    day.placed(**sell, price=day.rupees(110))
    assert start - net() > held + 1_000, "a second exit would open a short position"
    assert exit_order.status == "open"
    assert refused_text(day.placed(quantity="6000")) == "Insufficient funds"


def refused_text(order: OwnOrder) -> str:
    assert order.status == "rejected"
    return order.text.partition(":")[0]


def test_delivery_sales_need_shares(day: Day) -> None:
    sell = {"transactiontype": "SELL", "producttype": "DELIVERY"}
    assert "available 0" in day.placed(**sell).text
    day.placed(ordertype="MARKET", price="0", quantity="5", producttype="DELIVERY")
    assert day.placed(**sell, price=day.rupees(90), quantity="3").status == "open"
    assert "available 2" in day.placed(**sell, price=day.rupees(90), quantity="3").text


@pytest.mark.parametrize("field", ["price", "triggerprice"])
def test_a_market_order_names_no_price(day: Day, field: str) -> None:
    assert refused(day.order(**{"ordertype": "MARKET", "price": "0", field: "1000.00"})) == "AB1007"
    assert not day.practice.desk.orders
