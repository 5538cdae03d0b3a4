"""The error-code table of the wire page, section 1.6: for each code the request that yields it, or why none does.

A way is a function that makes the request; `FORCED` marks codes that no request of the API can cause here, with the
reason; they are reached by the `answers` setting. The socket codes are tested with the sockets.
"""

import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.exchange.errorcodes import TEXTS, of_gateway
from tests.exchange.waiting import until
from tests.exchange.wire import LOGIN, ORDER, USER, Wire, place_body
from tests.exchange_process import ExchangeProcess

ROOT = "/rest/secure/angelbroking"
TOKENS = "/rest/auth/angelbroking/jwt/v1/generateTokens"
GTT = f"{ROOT}/gtt/v1/"
GREEKS = f"{ROOT}/marketData/v1/optionGreek"
CANDLES = f"{ROOT}/historical/v1/getCandleData"
RULE = {
    "tradingsymbol": "SBIN-EQ",
    "symboltoken": "3045",
    "exchange": "NSE",
    "transactiontype": "BUY",
    "producttype": "DELIVERY",
    "price": "1000.00",
    "qty": "10",
    "triggerprice": "1000.00",
    "disclosedqty": "0",
    "timeperiod": "365",
}
LISTED = {"status": ["NEW"], "page": 1, "count": 10}
CONVERT = {
    "exchange": "NSE",
    "symboltoken": "3045",
    "tradingsymbol": "SBIN-EQ",
    "transactiontype": "BUY",
    "type": "DAY",
}
FORCED = {
    "AB1001": "no request carries an e-mail address",
    "AB1003": "no request registers a client",
    "AB1014": "no request names a trade",
    "AB1031": "no request changes a password",
    "AB1032": "one account; another client code is a wrong id, AB1000 or AB1007",
    "AB1053": "seen live at login in place of AG8004, which is what a wrong API key yields here",
    "AB2000": "an unspecified error has no cause",
    "AB2001": "an internal error would be a mistake of the exchange's own",
    "AB7001": "logins are by PIN here",
    "AB9000": "an internal error would be a mistake of the exchange's own",
    "AG1000": "a second sell authorisation on one day is allowed here",
}


class Asker:
    """Requests of one account; switches are put back after each way."""

    def __init__(self, exchange: ExchangeProcess) -> None:
        self.exchange, self.wire = exchange, Wire(exchange)
        self.defaults = exchange.call("/switches")

    def set(self, **switches: Any) -> None:
        self.exchange.call("/switches", switches)

    def code(self, method: str, path: str, body: Any = None, **headers: str | None) -> str:
        answer = self.wire.send(method, path, body, **headers)
        assert answer.status == 200, answer
        found = answer.json
        assert found.get("status", found.get("success")) is False, found
        gateway = "errorCode" in found
        assert set(found) == ({"success", "message", "errorCode", "data"} if gateway else {*_A})
        code = str(found["errorCode"] if gateway else found["errorcode"])
        assert gateway == of_gateway(code) and found["data"] == ("" if gateway else None), found
        return code

    def order(self, name: str, body: Any) -> str:
        return self.code("POST", ORDER + name, body)

    def rule(self, name: str = "createRule", **changes: Any) -> str:
        base = LISTED if name == "ruleList" else RULE
        return self.code("POST", GTT + name, base | changes)

    def login(self, **changes: Any) -> str:
        body = {"clientcode": self.exchange.client_code, "password": self.exchange.pin, "totp": "0"}
        return self.code("POST", LOGIN, body | changes)


_A = ("status", "message", "errorcode", "data")
Way = Callable[[Asker], str]


def _with(way: Way, **switches: Any) -> Way:
    def asked(a: Asker) -> str:
        a.set(**switches)
        return way(a)

    return asked


def _quote_row(a: Asker) -> str:
    body = {"mode": "LTP", "exchangeTokens": {"NSE": [""]}}
    answer = a.wire.send("POST", f"{ROOT}/market/v1/quote/", body).json
    return str(answer["data"]["unfetched"][0]["errorCode"])


def _expired(a: Asker, path: str, body: Any = None) -> str:
    """Tokens end after a second when their life is set so; asked until they have."""
    a.set(token_life_s=1)
    method = "GET" if body is None else "POST"

    def code() -> str:
        found = a.wire.send(method, path, body).json
        return str(found.get("errorCode", ""))

    until(lambda: code() != "", "the token to expire")
    return code()


def _throttled(a: Asker, how: str) -> str:
    """Limits are off in this exchange but for this way, which needs one of its own."""
    with ExchangeProcess(None, "--seed", "7") as exchange:
        exchange.call("/switches", {"rate_answer": how})
        wire = Wire(exchange)
        body = {"exchange": "NSE", "symboltoken": "3045", "interval": "ONE_MINUTE"}
        body |= {"fromdate": f"{exchange.now[:10]} 09:15", "todate": f"{exchange.now[:10]} 09:20"}
        return str([wire.send("POST", CANDLES, body).json for _ in range(4)][-1]["errorcode"])


def _position_of(a: Asker, **changes: Any) -> str:
    a.wire.place(ordertype="MARKET", price="0", quantity="1")
    base = CONVERT | {"oldproducttype": "INTRADAY", "newproducttype": "DELIVERY", "quantity": 1}
    return a.order("convertPosition", base | changes)


WAYS: dict[str, Way] = {
    "AG8001": lambda a: a.code("GET", USER + "getRMS", Authorization="Bearer x"),
    "AG8002": lambda a: _expired(a, USER + "getRMS"),
    "AG8003": lambda a: a.code("GET", USER + "getRMS", Authorization=None),
    "AG8004": lambda a: a.code("GET", USER + "getRMS", X_PrivateKey="x"),
    "AG7002": _with(lambda a: a.order("placeOrder", place_body()), registered_ip=False),
    "AG2001": lambda a: a.code("POST", f"{ROOT}/edis/v1/getTranStatus", {"ReqId": "1"}),
    "AB8050": lambda a: a.code("POST", TOKENS, {"refreshToken": "x"}),
    "AB8051": lambda a: _expired(a, TOKENS, {"refreshToken": a.wire.refresh}),
    "AB1000": _with(lambda a: a.login(password="9"), login_code="AB1000"),
    "AB1002": lambda a: a.login(password=""),
    "AB1004": lambda a: a.order("placeOrder", b"{"),
    "AB1005": lambda a: a.code("GET", USER + "getRMS", X_UserType="ROOT"),
    "AB1006": _with(lambda a: a.order("placeOrder", place_body()), blocked=True),
    "AB1007": lambda a: a.order("placeOrder", place_body(price="2000.00")),
    "AB1008": lambda a: a.order("placeOrder", place_body(variety="AMO")),
    "AB1009": lambda a: a.order("placeOrder", place_body(symboltoken="0")),
    "AB1010": _with(lambda a: a.code("GET", ORDER + "getOrderBook"), order_session="expired"),
    "AB1011": _with(lambda a: a.code("GET", ORDER + "getOrderBook"), order_session="absent"),
    "AB1012": lambda a: a.order("placeOrder", place_body(producttype="CARRYFORWARD")),
    "AB1013": lambda a: a.order("cancelOrder", {"variety": "NORMAL", "orderid": "1"}),
    "AB1015": lambda a: a.code("POST", f"{ROOT}/edis/v1/verifyDis", {"isin": "INE000000000", "quantity": "1"}),
    "AB1016": lambda a: _position_of(a, oldproducttype="MARGIN"),
    "AB1017": lambda a: _position_of(a, newproducttype="CARRYFORWARD"),
    "AB1018": lambda a: a.code("POST", f"{ROOT}/margin/v1/batch", {"positions": [{"exchange": "NSE", "token": "0"}]}),
    "AB1019": lambda a: _throttled(a, "AB1019"),
    "AB1020": lambda a: a.order("placeOrder", place_body(ordertype="STOPLOSS_LIMIT", triggerprice="1000")),
    "AB1021": lambda a: _throttled(a, "AB1021"),
    "AB1050": lambda a: a.login(totp="000000"),
    "AB2002": lambda a: a.order("placeOrder", place_body(variety="ROBO")),
    "AB2020": _with(lambda a: a.order("placeOrder", place_body(quantity="9000")), funds_refusal="AB2020"),
    "AB4006": lambda a: a.order("getLtpData", {"exchange": "NSE", "tradingsymbol": "X", "symboltoken": "0"}),
    "AB4008": lambda a: a.order("placeOrder", place_body(ordertag="x" * 20)),
    "AB4018": _quote_row,
    "AB4036": _with(lambda a: a.order("placeOrder", place_body()), cautionary=["NSE:3045"]),
    "AB9001": lambda a: a.code("POST", GTT + "createRule", b"{"),
    "AB9002": lambda a: a.code("GET", GTT + "createRule"),
    "AB9003": lambda a: a.rule(clientid="SOMEONE"),
    "AB9004": lambda a: a.rule("ruleList", status=[]),
    "AB9005": _with(lambda a: a.rule(), order_session="expired"),
    "AB9006": lambda a: a.rule(qty="0"),
    "AB9007": lambda a: a.rule(disclosedqty="-1"),
    "AB9008": lambda a: a.rule(price="0"),
    "AB9009": lambda a: a.rule(triggerprice="0"),
    "AB9010": lambda a: a.rule(exchange="MCX"),
    "AB9011": lambda a: a.rule(symboltoken="0"),
    "AB9012": lambda a: a.rule(tradingsymbol="SBIN"),
    "AB9013": lambda a: a.rule("ruleDetails", id="7"),
    "AB9014": lambda a: a.rule(transactiontype="HOLD"),
    "AB9015": lambda a: a.rule(producttype="INTRADAY"),
    "AB9016": lambda a: a.rule(timeperiod="0"),
    "AB9017": lambda a: a.rule("ruleList", page=0),
    "AB9018": lambda a: a.rule("ruleList", count=0),
    "AB9019": lambda a: a.code(
        "POST", f"{ROOT}/marketData/v1/optionGreek", {"name": "GOLD", "expirydate": "05FEB2026"}
    ),
}


@pytest.fixture(scope="module")
def asker(common: ExchangeProcess) -> Asker:
    return Asker(common)


@pytest.fixture
def a(asker: Asker) -> Iterator[Asker]:
    yield asker
    asker.set(**asker.defaults)


def test_the_table_is_whole() -> None:
    assert not set(WAYS) & set(FORCED)
    assert set(WAYS) | set(FORCED) == set(TEXTS)


@pytest.mark.parametrize("code", sorted(WAYS))
def test_the_request_that_yields(a: Asker, code: str) -> None:
    assert WAYS[code](a) == code


@pytest.mark.parametrize("code", sorted(FORCED))
def test_a_code_without_a_cause_can_be_asked_for(a: Asker, code: str) -> None:
    a.set(answers={"getRMS": code})
    assert a.code("GET", USER + "getRMS") == code


def test_dialect_b_can_come_with_another_status(a: Asker) -> None:
    a.set(gateway_status=401)
    answer = a.wire.send("GET", USER + "getRMS", Authorization=None)
    assert (answer.status, answer.json["errorCode"]) == (401, "AG8003")


@pytest.mark.parametrize("body", [{"colour": 1}, {"gateway_status": 500}, {"square_off": "25:00"}, [1]])
def test_switches_that_cannot_be_are_refused_whole(a: Asker, body: Any) -> None:
    mixed = {"blocked": True} | body if isinstance(body, dict) else body
    with pytest.raises(urllib.error.HTTPError) as error:
        a.exchange.call("/switches", mixed)
    assert error.value.code == 400
    error.value.close()
    assert a.exchange.call("/switches") == a.defaults


def test_the_docs_name_every_switch_and_no_other(asker: Asker) -> None:
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text()
    rows = text.split("| switch | values | means |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    names = [name.strip("` ") for row in rows for name in row.split("|")[1].split(",")]
    assert sorted(names) == sorted(asker.defaults)
