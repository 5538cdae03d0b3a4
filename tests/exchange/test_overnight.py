"""Across days: what carries, what settles, what ends; rules that fire; all of it again from the state folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.exchange.edis import EdisBody
from core.exchange.gtt import ListBody, Rule, RuleBody
from core.exchange.ledger.conversion import ConvertBody
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.rules import OrderBody
from tests.exchange.practice_day import FEW, SBIN, Day

MARKET = {"ordertype": "MARKET", "price": "0"}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Day]:
    """A day that remembers; whatever process it is in by then is closed."""
    day = Day(folder=tmp_path, setting=FEW)
    yield day
    day.practice.close()


def future(day: Day) -> dict[str, str]:
    row = next(r for r in day.practice.market.listings.values() if r.type_name == "FUTIDX")
    symbol, token = row.instrument.symbol, row.instrument.token
    kind = {"exchange": "NFO", "producttype": "CARRYFORWARD", "quantity": str(row.instrument.lot)}
    return MARKET | kind | {"tradingsymbol": symbol, "symboltoken": token}


def positions(day: Day) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["tradingsymbol"], row["producttype"]): row for row in day.practice.position_rows()}


def net(day: Day) -> float:
    return float(day.practice.funds_row()["net"])


def test_shares_settle_a_day_later_and_a_future_carries() -> None:
    day = Day(setting=FEW)
    bought = day.placed(**MARKET, quantity="20", producttype="DELIVERY")
    held = day.placed(**future(day))
    day.placed(**MARKET, quantity="4")
    assert day.practice.holding_rows() == []
    day.to("2026-03-03T15:31:00+05:30")
    assert positions(day)["SBIN-EQ", "INTRADAY"]["netqty"] == "0", "squared off at 15:15"
    last = day.practice.market.last_e4(SBIN)
    day.to("2026-03-04T09:20:00+05:30")
    (row,) = day.practice.holding_rows()
    assert (row["t1quantity"], row["realisedquantity"], row["quantity"]) == (20, 0, 20)
    assert row["close"] == last / 10_000, "the previous close is yesterday's last price"
    assert row["averageprice"] == pytest.approx(bought.value_e4 / 20 / 10_000, abs=0.01)
    (carried,) = day.practice.position_rows()
    assert (carried["cfbuyqty"], carried["buyqty"], carried["netqty"]) == ("65", "0", "65")
    assert float(carried["cfbuyamount"]) == pytest.approx(held.value_e4 / 10_000)
    assert carried["totalbuyavgprice"] == carried["cfbuyavgprice"]
    day.placed(**future(day) | {"transactiontype": "SELL"})
    sold = day.placed(**MARKET, quantity="8", producttype="DELIVERY", transactiontype="SELL")
    assert sold.status == "complete"
    rows = positions(day)
    assert rows["SBIN-EQ", "DELIVERY"]["netqty"] == "-8"
    closed = next(row for row in rows.values() if row["exchange"] == "NFO")
    assert closed["netqty"] == "0" and closed["pnl"] == closed["realised"]
    day.to("2026-03-05T09:20:00+05:30")
    (row,) = day.practice.holding_rows()
    assert (row["t1quantity"], row["realisedquantity"]) == (0, 12)
    assert day.practice.position_rows() == []


def test_cash_after_a_round_trip_is_the_profit_less_charges() -> None:
    day = Day(setting=FEW)
    start = net(day)
    buy = day.placed(**MARKET, quantity="10")
    sell = day.placed(**MARKET, quantity="10", transactiontype="SELL")
    gross = (sell.value_e4 - buy.value_e4) / 10_000
    assert net(day) - start == pytest.approx(gross)
    day.to("2026-03-04T09:20:00+05:30")
    costs = start + gross - net(day)
    brokerage = min(20, buy.value_e4 * 0.0003 / 10_000) + min(20, sell.value_e4 * 0.0003 / 10_000)
    assert brokerage < costs < brokerage + 10


def test_a_future_ends_at_its_expiry() -> None:
    day = Day(start="2026-03-31T09:20:00+05:30", setting=FEW)
    row = next(r for r in day.practice.market.listings.values() if r.type_name == "FUTIDX")
    assert row.instrument.expiry == "2026-03-31"
    start, order = net(day), day.placed(**future(day))
    day.to("2026-03-31T15:31:00+05:30")
    spot_e4 = day.practice.market.last_e4(row.members[0])
    day.to("2026-04-01T09:20:00+05:30")
    assert day.practice.position_rows() == []
    assert net(day) == pytest.approx(start + (65 * spot_e4 - order.value_e4) / 10_000, abs=200)


def test_many_days_at_once_settle_each() -> None:
    day = Day(setting=FEW)
    day.placed(**MARKET, quantity="20", producttype="DELIVERY")
    day.to("2026-03-09T11:00:00+05:30")
    (row,) = day.practice.holding_rows()
    assert row["realisedquantity"] == 20 and day.practice.day.isoformat() == "2026-03-09"
    assert day.placed().status == "open"
    assert day.practice.order_rows()[0]["orderid"].startswith("260309")


def test_conversion_moves_units_and_checks_margin(kept: Day, tmp_path: Path) -> None:
    day = kept
    day.placed(**MARKET, quantity="20")
    before = net(day)
    body = ConvertBody("NSE", "3045", "INTRADAY", "DELIVERY", "SBIN-EQ", "BUY", 15, "DAY")
    assert day.practice.convert(body) is None
    rows = positions(day)
    assert (rows["SBIN-EQ", "INTRADAY"]["netqty"], rows["SBIN-EQ", "DELIVERY"]["netqty"]) == ("5", "15")
    assert net(day) < before - 10_000, "delivery is paid in full"

    def code(*fields: Any) -> str:
        done = day.practice.convert(ConvertBody(*fields))
        assert isinstance(done, Refusal)
        return done.code

    assert code("NSE", "3045", "MARGIN", "DELIVERY", "SBIN-EQ", "BUY", 1, "DAY") == "AB1016"
    assert code("NSE", "3045", "INTRADAY", "DELIVERY", "SBIN-EQ", "BUY", 6, "DAY") == "AB1017"
    assert code("NSE", "3045", "INTRADAY", "CARRYFORWARD", "SBIN-EQ", "BUY", 5, "DAY") == "AB1017"
    day.practice.close()
    day.restart(folder=tmp_path)
    assert {k: r["netqty"] for k, r in positions(day).items()} == {
        ("SBIN-EQ", "INTRADAY"): "5",
        ("SBIN-EQ", "DELIVERY"): "15",
    }


def rule_body(**changes: Any) -> RuleBody:
    base = {
        "tradingsymbol": "SBIN-EQ",
        "symboltoken": "3045",
        "exchange": "NSE",
        "transactiontype": "BUY",
        "producttype": "DELIVERY",
        "price": "1000.00",
        "qty": "10",
        "triggerprice": "1000.00",
        "disclosedqty": "10",
        "timeperiod": "365",
    }
    return RuleBody(**base | changes)


def made(day: Day, **changes: Any) -> Rule:
    market = day.practice.market
    rule = day.practice.rules.create(rule_body(**changes), market.listings, market.last_e4, day.practice.now_ns())
    assert isinstance(rule, Rule), rule
    return rule


def test_rules_fire_change_end_and_survive(kept: Day, tmp_path: Path) -> None:
    day = kept
    practice, market = day.practice, day.practice.market
    near = made(day, triggerprice=day.rupees(2), price=day.rupees(40))
    far, gone = made(day), made(day)
    short = made(day, timeperiod="1")
    assert [r.id for r in (near, far, gone)] == [1_000_001, 1_000_002, 1_000_003] and near.status == "NEW"
    assert isinstance(practice.rules.cancel(RuleBody(id=gone.id), practice.now_ns()), Rule)
    changed = rule_body(id=str(far.id), qty="12", price="990.00", triggerprice="995.00")
    assert isinstance(practice.rules.modify(changed, market.listings, market.last_e4, practice.now_ns()), Rule)
    for _ in range(900):
        day.walk(2, 1)
        if near.status == "SENTTOEXCHANGE":
            break
    assert near.status == "SENTTOEXCHANGE" and far.status == "ACTIVE"
    (row,) = practice.order_rows()
    assert (row["quantity"], row["producttype"], row["orderstatus"]) == ("10", "DELIVERY", "complete")
    practice.close()
    day.restart(folder=tmp_path)
    listed = day.practice.rules.listed(ListBody(["FORALL"], 1, 10))
    assert isinstance(listed, list)
    assert [(r.id, r.status, r.quantity) for r in listed] == [
        (short.id, "ACTIVE", 10),
        (gone.id, "CANCELLED", 10),
        (far.id, "ACTIVE", 12),
        (near.id, "SENTTOEXCHANGE", 10),
    ]
    day.to("2026-03-05T09:20:00+05:30")
    assert {r.id: r.status for r in day.practice.rules.rules()}[short.id] == "CANCELLED"
    assert len(day.practice.rules.listed(ListBody(["ACTIVE"], 2, 1))) == 0  # type: ignore[arg-type]


def test_a_rule_fires_from_the_side_the_price_was_on() -> None:
    day = Day(setting=FEW)
    above, below = made(day, triggerprice=day.rupees(40)), made(day, triggerprice=day.rupees(-40))
    rules, last_e4 = day.practice.rules, day.last()

    def states(*ticks: int) -> list[str]:
        for number in ticks:
            rules.on_price(SBIN, last_e4 + number * 500, day.practice.now_ns())
        return [above.status, below.status]

    assert states(0, 39, -39) == ["ACTIVE", "ACTIVE"]
    assert states(40) == ["SENTTOEXCHANGE", "ACTIVE"]
    assert states(-41) == ["SENTTOEXCHANGE", "SENTTOEXCHANGE"]
    assert len(day.practice.order_rows()) == 2


@pytest.fixture(scope="module")
def one_day() -> Day:
    return Day(setting=FEW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"clientid": "SOMEONE"}, "AB9003"),
        ({"qty": "0"}, "AB9006"),
        ({"disclosedqty": "-1"}, "AB9007"),
        ({"price": "0"}, "AB9008"),
        ({"triggerprice": "x"}, "AB9009"),
        ({"exchange": "NFO"}, "AB9010"),
        ({"symboltoken": "0"}, "AB9011"),
        ({"tradingsymbol": "SBIN"}, "AB9012"),
        ({"transactiontype": "HOLD"}, "AB9014"),
        ({"producttype": "INTRADAY"}, "AB9015"),
        ({"timeperiod": "366"}, "AB9016"),
    ],
)
def test_rules_that_are_refused(one_day: Day, changes: dict[str, str], code: str) -> None:
    market = one_day.practice.market
    done = one_day.practice.rules.create(rule_body(**changes), market.listings, market.last_e4, 1)
    assert isinstance(done, Refusal) and done.code == code


def test_holdings_rules_and_waiting_orders_survive_into_the_next_morning(kept: Day, tmp_path: Path) -> None:
    day = kept
    day.placed(**MARKET, quantity="20", producttype="DELIVERY")
    day.placed(**future(day))
    day.to("2026-03-03T15:40:00+05:30")
    waiting = day.placed(price=day.rupees(-40), quantity="7")
    assert waiting.queued
    cash = net(day)
    day.practice.close()
    day.restart(folder=tmp_path)
    assert day.practice.day.isoformat() == "2026-03-04"
    assert [row["quantity"] for row in day.practice.holding_rows()] == [20]
    (carried,) = day.practice.position_rows()
    assert carried["cfbuyqty"] == "65"
    assert net(day) == pytest.approx(cash, abs=3_000)
    day.practice.step()
    (row,) = day.practice.order_rows()
    assert (row["orderid"], row["quantity"], row["orderstatus"]) == (waiting.order_id, "7", "open")
    day.practice.close()
    day.restart(folder=tmp_path)
    assert [r["orderid"] for r in day.practice.order_rows()] == [waiting.order_id]
    assert day.practice.holding_rows() and day.practice.position_rows()


def test_edis_sales_need_an_authorisation() -> None:
    day = Day(setting=FEW)
    day.placed(**MARKET, quantity="20", producttype="DELIVERY")
    day.to("2026-03-04T09:20:00+05:30")
    day.practice.switches.change(json.dumps({"edis": True}).encode())
    sell = MARKET | {"quantity": "5", "producttype": "DELIVERY", "transactiontype": "SELL"}
    assert day.placed(**sell).status == "rejected"
    (row,) = day.practice.holding_rows()
    asked = day.practice.edis.verify(EdisBody(isin=row["isin"], quantity="5"))
    assert isinstance(asked, dict)
    request = EdisBody(ReqId=str(asked["ReqId"]))
    assert day.practice.edis.tpin(request) is None
    assert day.practice.holding_rows()[0]["authorisedquantity"] == 5
    assert day.placed(**sell).status == "complete"
    assert day.placed(**sell).status == "rejected"


def test_the_same_requests_over_two_days_give_the_same_state() -> None:
    def played() -> Any:
        day = Day(seed=9, setting=FEW)
        day.placed(**MARKET, quantity="20", producttype="DELIVERY")
        day.to("2026-03-03T16:00:00+05:30")
        day.placed(**MARKET, quantity="3")
        day.to("2026-03-04T09:30:00+05:30")
        return [day.practice.order_rows(), day.practice.holding_rows(), day.practice.funds_row()]

    assert played() == played()


def test_orders_can_be_changed_on_their_new_day() -> None:
    day = Day(setting=FEW)
    day.to("2026-03-03T16:00:00+05:30")
    order = day.placed(price=day.rupees(-1_500))
    day.to("2026-03-04T09:30:00+05:30")
    assert isinstance(day.practice.cancel(OrderBody(variety="NORMAL", orderid=order.order_id)), OwnOrder)
    assert day.practice.order_rows()[0]["orderstatus"] == "cancelled"


def test_a_rule_with_two_legs_is_made_only_by_switch_and_one_leg_ends_both() -> None:
    day = Day(setting=FEW)
    market, rules = day.practice.market, day.practice.rules
    legs = {"triggerprice": day.rupees(40), "stoplosstriggerprice": day.rupees(-40), "stoplossprice": day.rupees(-44)}

    def asked(**changes: Any) -> Rule | Refusal:
        return rules.create(rule_body(**changes), market.listings, market.last_e4, day.practice.now_ns())

    for changes in ({"gttType": "OCO"} | legs, legs, {"gttType": "TRAILING"}):
        done = asked(**changes)
        assert isinstance(done, Refusal) and done.code == "AB9001"
    day.practice.switches.change(b'{"gtt_oco": true}')
    same_side, no_price = {"stoplosstriggerprice": day.rupees(50)}, {"stoplossprice": "0"}
    for wrong, code in ((same_side, "AB9009"), (no_price, "AB9008")):
        done = asked(**legs | {"gttType": "OCO"} | wrong)
        assert isinstance(done, Refusal) and done.code == code
    rule = made(day, **legs, gttType="OCO", price=day.rupees(44))
    row = rules.row(rule)
    assert (row["gttType"], row["stoplossprice"]) == ("OCO", float(day.rupees(-44)))
    change = rule_body(id=rule.id, qty="12", triggerprice=day.rupees(42))
    assert isinstance(rules.modify(change, market.listings, market.last_e4, day.practice.now_ns()), Rule)
    assert rule.stop_trigger_e4 > 0, "the leg that is not named stays"
    last_e4 = day.last()
    rules.on_price(SBIN, last_e4 - 39 * 500, day.practice.now_ns())
    assert rule.status == "ACTIVE"
    rules.on_price(SBIN, last_e4 - 40 * 500, day.practice.now_ns())
    rules.on_price(SBIN, last_e4 + 42 * 500, day.practice.now_ns())
    (order,) = day.practice.desk.orders.values()
    assert rule.status == "SENTTOEXCHANGE" and (order.price_e4, order.quantity) == (last_e4 - 44 * 500, 12)
