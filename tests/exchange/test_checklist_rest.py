"""The simulator's checklist of the wire page, section 14: the boxes that concern REST, one test for each."""

import json
import re
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.clock import IST
from core.exchange import paths
from core.exchange.candles import CandleBody, Span, read_span
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.rules import OrderBody
from tests.exchange import shapes
from tests.exchange.practice_day import Day
from tests.exchange.wire import ORDER, USER, Wire, place_body
from tests.exchange_process import ExchangeProcess

SECTIONS_1_TO_5 = """
POST /rest/auth/angelbroking/user/v1/loginByPassword
POST /rest/auth/angelbroking/jwt/v1/generateTokens
GET /rest/secure/angelbroking/user/v1/getProfile
POST /rest/secure/angelbroking/user/v1/logout
POST /rest/secure/angelbroking/order/v1/placeOrder
POST /rest/secure/angelbroking/order/v1/modifyOrder
POST /rest/secure/angelbroking/order/v1/cancelOrder
GET /rest/secure/angelbroking/order/v1/getOrderBook
GET /rest/secure/angelbroking/order/v1/details/0
GET /rest/secure/angelbroking/order/v1/getTradeBook
POST /rest/secure/angelbroking/order/v1/getLtpData
GET /rest/secure/angelbroking/portfolio/v1/getHolding
GET /rest/secure/angelbroking/portfolio/v1/getAllHolding
GET /rest/secure/angelbroking/order/v1/getPosition
POST /rest/secure/angelbroking/order/v1/convertPosition
GET /rest/secure/angelbroking/user/v1/getRMS
POST /rest/secure/angelbroking/margin/v1/batch
POST /rest/secure/angelbroking/brokerage/v1/estimateCharges
POST /rest/secure/angelbroking/edis/v1/verifyDis
POST /rest/secure/angelbroking/edis/v1/generateTPIN
POST /rest/secure/angelbroking/edis/v1/getTranStatus
POST /rest/secure/angelbroking/market/v1/quote
POST /rest/secure/angelbroking/order/v1/searchScrip
POST /rest/secure/angelbroking/historical/v1/getCandleData
POST /rest/secure/angelbroking/historical/v1/getOIData
POST /rest/secure/angelbroking/marketData/v1/optionGreek
POST /rest/secure/angelbroking/marketData/v1/gainersLosers
GET /rest/secure/angelbroking/marketData/v1/putCallRatio
POST /rest/secure/angelbroking/marketData/v1/OIBuildup
GET /rest/secure/angelbroking/marketData/v1/nseIntraday
GET /rest/secure/angelbroking/marketData/v1/bseIntraday
GET /rest/secure/angelbroking/securities/v1/cautionaryScrips
POST /rest/secure/angelbroking/gtt/v1/createRule
POST /rest/secure/angelbroking/gtt/v1/modifyRule
POST /rest/secure/angelbroking/gtt/v1/cancelRule
POST /rest/secure/angelbroking/gtt/v1/ruleDetails
POST /rest/secure/angelbroking/gtt/v1/ruleList
POST /gtt-service/rest/secure/angelbroking/gtt/v1/createRule
POST /gtt-service/rest/secure/angelbroking/gtt/v1/modifyRule
POST /gtt-service/rest/secure/angelbroking/gtt/v1/cancelRule
POST /gtt-service/rest/secure/angelbroking/gtt/v1/ruleDetails
POST /gtt-service/rest/secure/angelbroking/gtt/v1/ruleList
GET /OpenAPI_File/files/OpenAPIScripMaster.json
"""
ROUTES = [tuple(line.split()) for line in SECTIONS_1_TO_5.split("\n") if line]
GTT = {
    "tradingsymbol": "SBIN-EQ",
    "symboltoken": "3045",
    "exchange": "NSE",
    "transactiontype": "BUY",
    "producttype": "DELIVERY",
    "price": 1000,
    "qty": 10,
    "triggerprice": 1000,
    "disclosedqty": 0,
}


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    return Wire(common)


def test_box_every_path_with_a_slash_and_a_raw_query(wire: Wire) -> None:
    for method, path in ROUTES:
        if path.endswith("logout"):
            continue
        for ending in ("", "/", "?%7B%7D", "/?%7B%22refreshToken%22:%20%22x%22%7D"):
            answer = wire.send(method, path + ending, {} if method == "POST" else None)
            assert answer.status == 200, (method, path, ending, answer)
            body = answer.json
            assert isinstance(body, list) or {"message", "data"} <= set(body), (path, body)
    assert {path for _, path in ROUTES} >= {*paths.GETS, *paths.POSTS}
    logout = f"{USER}logout/"
    assert wire.send("POST", logout, {"clientcode": "X"}).json["errorcode"] == "AB1007"


def test_box_rules_on_both_prefixes(wire: Wire) -> None:
    short, long = "/rest/secure/angelbroking/gtt/v1/", "/gtt-service/rest/secure/angelbroking/gtt/v1/"
    for one, other in ((short, long), (long, short)):
        number = wire.send("POST", one + "createRule/", GTT).json["data"]["id"]
        assert isinstance(number, int)
        row = wire.send("POST", other + "ruleDetails", {"id": str(number)}).json["data"]
        assert not shapes.fits(row, shapes.RULE) and row["status"] in ("NEW", "ACTIVE")
        changed = {"id": number, "symboltoken": "3045", "exchange": "NSE", "price": 999, "qty": 4, "triggerprice": 998}
        assert wire.send("POST", other + "modifyRule", changed).json["data"] == {"id": number}
        body = {"status": ["NEW", "ACTIVE", "CANCELLED", "SENTTOEXCHANGE", "FORALL"], "page": 1, "count": 1}
        (listed,) = wire.send("POST", one + "ruleList", body).json["data"]
        assert (listed["id"], listed["qty"], listed["price"]) == (number, 4, 999.0)
        assert wire.send("POST", other + "cancelRule", {"id": number}).json["data"] == {"id": number}
        assert wire.send("POST", one + "cancelRule", {"id": number}).json["errorcode"] == "AB9013"


def test_box_dialects_each_by_a_switch(wire: Wire) -> None:
    exchange = wire.exchange
    assert wire.order("cancelOrder", {"variety": "NORMAL", "orderid": "0"})["errorcode"] == "AB1013"
    exchange.call("/switches", {"answers": {"getRMS": "AB2000", "getProfile": "AG8002"}})
    assert wire.send("GET", USER + "getRMS").json == {
        "status": False,
        "message": "Error not specified",
        "errorcode": "AB2000",
        "data": None,
    }
    assert wire.send("GET", USER + "getProfile").json["errorCode"] == "AG8002"
    exchange.call("/switches", {"answers": {}})
    exchange.fault(name="html", on=["getRMS"], count=1)
    assert wire.send("GET", USER + "getRMS").text.startswith("<html>")


def test_box_order_ids_states_and_codes() -> None:
    day = Day()
    filled = day.placed(ordertype="MARKET", price="0")
    assert re.fullmatch(r"260303\d{9}", filled.order_id) and uuid.UUID(filled.unique_id).version == 4
    resting = day.placed()
    done = day.practice.modify(OrderBody(orderid=resting.order_id, price="1001.00", quantity="3"))
    assert isinstance(done, OwnOrder)
    day.practice.cancel(OrderBody(variety="NORMAL", orderid=resting.order_id))
    stop = {"variety": "STOPLOSS", "ordertype": "STOPLOSS_MARKET", "price": "0", "transactiontype": "SELL"}
    day.placed(**stop, triggerprice=day.rupees(-300))
    assert day.placed(quantity="9000").status == "rejected"
    day.to("2026-03-03T15:31:00+05:30")
    queued = day.placed()
    day.practice.modify(OrderBody(orderid=queued.order_id, price="1002.00", quantity="3"))
    day.practice.cancel(OrderBody(variety="NORMAL", orderid=queued.order_id))
    words = {
        "AB01": "open",
        "AB02": "cancelled",
        "AB03": "rejected",
        "AB04": "modified",
        "AB05": "complete",
        "AB06": "after market order req received",
        "AB07": "cancelled after market order",
        "AB08": "modify after market order req received",
        "AB09": "open pending",
        "AB10": "trigger pending",
        "AB11": "modify pending",
    }
    assert dict(day.pushed) == words


def test_box_fault_switches_of_rest(wire: Wire) -> None:
    exchange = wire.exchange

    def code(answer: Any) -> str:
        return str(answer.get("errorCode", answer.get("errorcode")))

    exchange.fault(name="token_expired", on=["getRMS"], count=1)
    assert code(wire.send("GET", USER + "getRMS").json) == "AG8001"
    exchange.fault(name="empty", on=["getRMS"], count=1)
    assert wire.send("GET", USER + "getRMS").text == ""
    exchange.fault(name="http_status", on=["quote"], status=403, count=1)
    assert wire.send("POST", "/rest/secure/angelbroking/market/v1/quote", {}).status == 403
    exchange.fault(name="slow", on=["getRMS"], delay_ms=120, count=1)
    started = time.monotonic()
    wire.send("GET", USER + "getRMS")
    assert time.monotonic() - started >= 0.1
    exchange.fault(name="lost_answer", on=["placeOrder"], count=1)
    with pytest.raises((ConnectionError, OSError)):
        wire.send("POST", ORDER + "placeOrder", place_body(ordertag="lost"))
    assert wire.book()[-1]["ordertag"] == "lost", "it was carried out"
    exchange.fault(name="reject_order", text="adapter is not logged on")
    wire.place()
    assert (wire.book()[-1]["orderstatus"], wire.book()[-1]["text"]) == ("rejected", "adapter is not logged on")
    exchange.call("/switches", {"registered_ip": False})
    assert code(wire.place()) == "AG7002" and wire.book(), "books stay usable"
    exchange.call("/switches", {"registered_ip": True, "protection_percent": 1})
    assert code(wire.place(price="900.00")) == "AB1007"
    exchange.call("/switches", {"protection_percent": 0})


def test_box_older_tokens_stay_valid_until_logout_or_by_switch(common: ExchangeProcess) -> None:
    wire = Wire(common)
    older = wire.jwt
    renew = wire.send("POST", paths.TOKENS_PATH, {"refreshToken": wire.refresh}).json["data"]
    wire.login()
    for jwt in (older, renew["jwtToken"]):
        assert wire.send("GET", USER + "getRMS", Authorization=f"Bearer {jwt}").json["status"] is True
    gone = wire.send("POST", f"{USER}logout", {"clientcode": common.client_code}, Authorization=f"Bearer {older}").json
    assert gone["status"] is True
    assert wire.send("GET", USER + "getRMS", Authorization=f"Bearer {older}").json["errorCode"] == "AG8001"
    assert wire.send("GET", USER + "getRMS", Authorization=f"Bearer {renew['jwtToken']}").json["status"] is True
    common.call("/switches", {"relogin": "end"})
    newest = wire.login().json["data"]["jwtToken"]
    common.call("/switches", {"relogin": "keep"})
    assert wire.send("GET", USER + "getRMS", Authorization=f"Bearer {renew['jwtToken']}").json["errorCode"] == "AG8001"
    assert wire.send("GET", USER + "getRMS", Authorization=f"Bearer {newest}").json["status"] is True


def test_orders_from_outside_and_caps(wire: Wire) -> None:
    outside = wire.exchange.external_order(**place_body(ordertag="phone"))
    wire = Wire(wire.exchange)
    assert next(r for r in wire.book() if r["orderid"] == outside["orderid"])["ordertag"] == "phone"
    row = {"exchange": "NSE", "qty": 1, "price": 0, "productType": "DELIVERY", "token": "3045", "tradeType": "BUY"}
    path = "/rest/secure/angelbroking/margin/v1/batch"
    assert wire.send("POST", path, {"positions": [row] * 51}).json["errorcode"] == "AB1004"
    fifty = wire.send("POST", path, {"positions": [row] * 50}).json["data"]
    one = wire.send("POST", path, {"positions": [row]}).json["data"]
    assert fifty["totalMarginRequired"] == pytest.approx(50 * one["totalMarginRequired"], rel=0.02)
    assert json.dumps(wire.exchange.call("/switches")).count("NSE:3045") == 0


@pytest.mark.parametrize(
    ("interval", "days"),
    [("ONE_MINUTE", 30), ("FIVE_MINUTE", 100), ("FIFTEEN_MINUTE", 200), ("ONE_HOUR", 400), ("ONE_DAY", 2_000)],
)
def test_candle_spans_end_at_their_day_limit(interval: str, days: int) -> None:
    first = datetime(2020, 1, 1, 9, 15, tzinfo=IST)

    def span(length: int) -> object:
        last = first + timedelta(days=length)
        return read_span(CandleBody("NSE", "3045", interval, f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"))

    assert isinstance(span(days), Span) and isinstance(span(days + 2), Refusal)
