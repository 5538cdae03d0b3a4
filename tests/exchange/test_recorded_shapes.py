"""Keys and JSON types of our answers against answers recorded from the live service."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.wire import ORDER, USER, Wire, place_body
from tests.exchange_process import ExchangeProcess

QUOTE = "/rest/secure/angelbroking/market/v1/quote/"
HOLDINGS = "/rest/secure/angelbroking/portfolio/v1/getAllHolding"


class Recorded:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str) -> Any:
        return json.loads((self._folder / f"{name}.json").read_text())["response"]


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Recorded:
    return Recorded(shared / "data" / "smartapi_responses")


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    """An account with a complete, an open and a rejected order, one position in shares and one in the future."""
    wire = Wire(common)
    wire.place(ordertype="MARKET", price="0")
    wire.place()
    wire.place(quantity="9000")
    master = wire.send("GET", "/OpenAPI_File/files/OpenAPIScripMaster.json").json
    future = next(r for r in master if r["instrumenttype"] == "FUTIDX")
    kind = {"exchange": "NFO", "producttype": "CARRYFORWARD", "ordertype": "MARKET", "price": "0"}
    wire.place(tradingsymbol=future["symbol"], symboltoken=future["token"], quantity="65", **kind)
    return wire


def kinds(value: Any) -> Any:
    """The shape of a value: keys and JSON types. Whole and broken numbers are one type, as live answers mix them."""
    if isinstance(value, dict):
        return {key: kinds(inner) for key, inner in value.items()}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type(value).__name__
    return "number"


def assert_has_shape(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Every recorded key is there with the recorded type; ours may have more where the wire page lists more."""
    mine, wanted = kinds(ours), kinds(theirs)
    missing = {key: kind for key, kind in wanted.items() if mine.get(key) != kind}
    assert not missing, {key: (mine.get(key), kind) for key, kind in missing.items()}


@pytest.mark.parametrize(
    "name", ["captured_order_book_rejected_circuit_2023-12-29", "captured_individual_order_complete_2024-10-23"]
)
def test_order_rows(wire: Wire, recorded: Recorded, name: str) -> None:
    data = recorded(name)["data"]
    theirs = data[0] if isinstance(data, list) else data
    for ours in wire.book():
        assert_has_shape(ours, theirs)
        assert set(ours) - set(theirs) <= {"exchangeorderid"}
        details = wire.send("GET", f"{ORDER}details/{ours['uniqueorderid']}").json
        assert_has_shape(details["data"], theirs)
    assert {"complete", "open", "rejected"} <= {row["orderstatus"] for row in wire.book()}


def test_trade_rows(wire: Wire, recorded: Recorded) -> None:
    rows = wire.send("GET", ORDER + "getTradeBook").json["data"]
    assert rows
    for ours in rows:
        assert kinds(ours) == kinds(recorded("sdk_trade_book")["data"][0])


def test_position_rows_are_all_text_and_add_up(wire: Wire, recorded: Recorded) -> None:
    rows = wire.send("GET", ORDER + "getPosition").json["data"]
    assert len(rows) == 2
    for ours in rows:
        assert_has_shape(ours, recorded("captured_positions_nfo_closed_short_2025-03")["data"][0])
        assert all(isinstance(value, str) for value in ours.values())
        assert float(ours["pnl"]) == pytest.approx(float(ours["realised"]) + float(ours["unrealised"]), abs=0.011)
        assert float(ours["netvalue"]) == pytest.approx(float(ours["sellamount"]) - float(ours["buyamount"]), abs=0.011)


def test_funds_and_profile(wire: Wire, recorded: Recorded) -> None:
    funds = wire.send("GET", USER + "getRMS").json
    theirs = recorded("captured_rms_2023-12-29")
    assert set(funds["data"]) == set(theirs["data"]) and kinds(funds) | {"data": 0} == kinds(theirs) | {"data": 0}
    nullable = {name for name, value in theirs["data"].items() if value is None}
    assert all(isinstance(v, str) or name in nullable for name, v in funds["data"].items())
    assert {"utilisedspan", "utilisedexposure"} <= {name for name in nullable if funds["data"][name] is not None}
    assert all(len(v.split(".")[1]) == 4 for v in funds["data"].values() if v is not None)
    assert_has_shape(
        wire.send("GET", USER + "getProfile").json["data"], recorded("captured_profile_2026-09-15")["data"]
    )


@pytest.mark.parametrize(
    ("mode", "name"), [("LTP", "sdk_quote_ltp"), ("OHLC", "sdk_quote_ohlc"), ("FULL", "sdk_quote_full")]
)
def test_quotes(wire: Wire, recorded: Recorded, mode: str, name: str) -> None:
    body = {"mode": mode, "exchangeTokens": {"NSE": ["3045", "99926000"]}}
    ours = wire.send("POST", QUOTE, body).json
    theirs = recorded(name)
    assert kinds(ours) == kinds(theirs)
    for row in ours["data"]["fetched"]:
        wanted = kinds(theirs["data"]["fetched"][0])
        assert kinds(row) == wanted
        if mode == "FULL":
            assert [len(side) for side in row["depth"].values()] == [5, 5]
            assert kinds(row["depth"]["buy"][0]) == kinds(theirs["data"]["fetched"][0]["depth"]["buy"][0])


def test_refusals(wire: Wire, recorded: Recorded) -> None:
    ours = wire.order("placeOrder", place_body(variety="AMO"))
    assert kinds(ours) == kinds(recorded("captured_error_AB1007_placeOrder_2026-05"))
    expired = wire.send("GET", USER + "getRMS", Authorization="Bearer x").json
    assert kinds(expired) == kinds(recorded("captured_error_AG8001_getLtpData_2026-03"))
    unknown = wire.order("getLtpData", {"exchange": "NSE", "tradingsymbol": "X", "symboltoken": "0"})
    assert unknown == recorded("captured_error_AB4006_getLtpData_2026-03")


def test_order_updates(wire: Wire, recorded: Recorded) -> None:
    with wire.orders() as updates:
        first = json.loads(updates.recv(timeout=5))
        assert kinds(first) == kinds(recorded("captured_ws_order_connected_2024"))
        wire.place()
        frames = [json.loads(updates.recv(timeout=5)) for _ in range(2)]
    assert kinds(frames[0]) == kinds(recorded("captured_ws_order_open_pending_2024-12-26"))


def test_candles_and_empty_holdings(wire: Wire, recorded: Recorded) -> None:
    day = wire.exchange.now[:10]
    body = {"exchange": "NSE", "symboltoken": "3045", "interval": "ONE_MINUTE"}
    path = "/rest/secure/angelbroking/historical/v1/getCandleData"
    ours = wire.send("POST", path, body | {"fromdate": f"{day} 09:15", "todate": f"{day} 15:30"}).json
    theirs = recorded("captured_candles_SBIN_2021-03-02_ONE_MINUTE")
    assert [kinds(v) for v in ours["data"][0]] == [kinds(v) for v in theirs["data"][0]]
    assert wire.send("GET", HOLDINGS).json["data"] == {"holdings": None, "totalholding": None}
