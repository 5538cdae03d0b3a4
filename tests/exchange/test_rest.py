"""REST by hand: dialects, headers, limits, garbage, and the instrument master."""

import json

import pytest

from tests.exchange.wire import LOGIN, ORDER, USER, Wire, place_body
from tests.exchange_process import ExchangeProcess


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    return Wire(common)


def test_the_gateway_answers_in_its_own_dialect(wire: Wire) -> None:
    missing = wire.send("GET", USER + "getRMS", Authorization=None)
    assert missing.status == 200
    assert missing.json == {"success": False, "message": "Token missing", "errorCode": "AG8003", "data": ""}
    assert wire.send("GET", USER + "getRMS", Authorization="Bearer x").json["errorCode"] == "AG8001"
    assert wire.send("GET", USER + "getRMS", X_PrivateKey="x").json["errorCode"] == "AG8004"
    assert wire.send("GET", USER + "getRMS", X_UserType="ROOT").json["errorcode"] == "AB1005"


def test_logins_that_fail(wire: Wire) -> None:
    assert wire.login(totp="000000").json["errorcode"] == "AB1050"
    assert wire.login(password="x").json["errorcode"] == "AB1007"
    bad = wire.send("POST", "/rest/auth/angelbroking/jwt/v1/generateTokens", {"refreshToken": "x"}).json
    assert bad["errorCode"] == "AB8050"


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"price": {"a": 1}}', b"null", b"[" * 4_000, b'{"a":' * 50_000]
)
def test_garbage_is_a_refusal_of_angel_never_of_the_framework(wire: Wire, garbage: bytes) -> None:
    answer = wire.send("POST", ORDER + "placeOrder", garbage)
    assert answer.status == 200
    assert answer.json["status"] is False and answer.json["errorcode"] == "AB1004"
    assert set(answer.json) == {"status", "message", "errorcode", "data"}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0001-01-01 00:00", "0001-01-02 00:00"),
        ("2026-03-03 10:00", "2026-03-03 09:00"),
        ("2020-01-01 00:00", "2026-01-01 00:00"),
        ("yesterday", "today"),
    ],
)
def test_bad_candle_ranges_are_AB1004(wire: Wire, first: str, last: str) -> None:
    body = {"exchange": "NSE", "symboltoken": "2885", "interval": "ONE_MINUTE", "fromdate": first, "todate": last}
    answer = wire.send("POST", "/rest/secure/angelbroking/historical/v1/getCandleData", body).json
    assert answer["errorcode"] == "AB1004"


def test_unknown_paths_methods_and_huge_bodies_are_plain_text(wire: Wire) -> None:
    for method, path, status in (("GET", "/rest/nothing", 404), ("GET", ORDER + "placeOrder", 405)):
        answer = wire.send(method, path)
        assert answer.status == status and answer.headers["content-type"].startswith("text/plain")
    huge = wire.send("POST", ORDER + "placeOrder", b" " * (1 << 20) + b"{}")
    assert huge.status == 413 and huge.headers["content-type"].startswith("text/plain")


def test_slashes_raw_queries_and_numbers_as_numbers(wire: Wire) -> None:
    assert wire.send("GET", ORDER + "getPosition?%7B%7D").json["status"] is True
    assert wire.send("GET", ORDER + "getOrderBook/").json["status"] is True
    placed = wire.order("placeOrder", place_body(price=1000, quantity=2, symboltoken=3045) | {"colour": "red"})
    assert placed["status"] is True
    assert len(placed["data"]["orderid"]) == 15 and placed["data"]["orderid"].isdigit()
    row = next(r for r in wire.book() if r["orderid"] == placed["data"]["orderid"])
    assert (row["price"], row["quantity"], row["filledshares"]) == (1000.0, "2", "0")


def test_the_master_lists_exactly_the_universe_without_login(common: ExchangeProcess, wire: Wire) -> None:
    path = "/OpenAPI_File/files/OpenAPIScripMaster.json"
    rows = wire.send("GET", path, Authorization=None, X_PrivateKey=None).json
    assert rows[0]["symbol"] == "RELIANCE-EQ" and rows[0]["token"] == "2885"
    named = {row["token"]: row["symbol"] for row in rows}
    assert named["3045"] == "SBIN-EQ" and named["99926000"] == "Nifty 50" and named["99919000"] == "SENSEX"
    assert sum(row["exch_seg"] == "NSE" and row["instrumenttype"] == "" for row in rows) >= 25
    texts = set(rows[0]) - {"is_cas_enabled"}
    assert all(isinstance(row[name], str) for row in rows for name in texts)
    future = next(row for row in rows if row["instrumenttype"] == "FUTIDX")
    assert (future["lotsize"], future["tick_size"], future["freeze_qty"]) == ("65", "10.000000", "1800")


def test_recorded_requests_hold_no_secret(common: ExchangeProcess, wire: Wire) -> None:
    wire.place()
    text = json.dumps(common.truth())
    secrets = (wire.jwt, wire.feed, wire.refresh, common.totp_secret, f'"{common.pin}"', common.api_key)
    assert not [s for s in secrets if s in text]
    assert common.truth()["requests"][0]["path"] == LOGIN
    assert common.truth()["requests"][0]["body"] == "<redacted>"


def test_limits_answer_403_in_plain_text() -> None:
    with ExchangeProcess(None, "--seed", "7") as exchange:
        wire = Wire(exchange)
        answers = [wire.send("POST", ORDER + "placeOrder", place_body()) for _ in range(9)]
        answers += [wire.send("POST", ORDER + "cancelOrder", {"variety": "NORMAL", "orderid": "1"})]
        assert [a.status for a in answers] == [200] * 9 + [403]
        assert answers[-1].text == "Access denied because of exceeding access rate"
        book = [wire.send("GET", ORDER + "getOrderBook").status for _ in range(2)]
        assert book == [200, 403]
