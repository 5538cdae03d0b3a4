"""Rows and bodies: exact text out, tolerant reading in, nothing unusable passed off as good."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.brokers import wire
from core.clock import ist
from core.domain import (
    Exchange,
    InstrumentKey,
    OrderType,
    Product,
    Side,
    Validity,
)
from core.ports import Funds
from tests.brokers.rows import ORDER_ROW, POSITION_ROW, TRADE_ROW, an_order

_NOW_NS = 1_764_137_096_000_000_000
_KEYS = {"251126000000123": InstrumentKey(Exchange.NSE, "3045")}


def test_the_body_of_a_limit_order_is_all_text() -> None:
    assert wire.place_body(an_order()) == {
        "variety": "NORMAL",
        "tradingsymbol": "SBIN-EQ",
        "symboltoken": "3045",
        "transactiontype": "BUY",
        "exchange": "NSE",
        "ordertype": "LIMIT",
        "producttype": "INTRADAY",
        "duration": "DAY",
        "price": "820.50",
        "triggerprice": "0",
        "squareoff": "0",
        "stoploss": "0",
        "trailingStopLoss": "0",
        "disclosedquantity": "0",
        "quantity": "10",
        "ordertag": "T0000000100AA11",
    }


def test_a_stop_order_goes_as_stoploss_with_its_trigger() -> None:
    body = wire.place_body(an_order(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=8_200_000))

    assert (body["variety"], body["triggerprice"], body["price"]) == ("STOPLOSS", "820.00", "820.50")


def test_a_market_order_carries_no_price() -> None:
    assert wire.place_body(an_order(order_type=OrderType.MARKET))["price"] == "0"


def test_modify_sends_the_whole_set_and_cancel_only_the_order() -> None:
    order = an_order(broker_id="251126000000123")

    assert wire.modify_body(order) == {
        "variety": "NORMAL",
        "orderid": "251126000000123",
        "ordertype": "LIMIT",
        "producttype": "INTRADAY",
        "duration": "DAY",
        "price": "820.50",
        "triggerprice": "0",
        "quantity": "10",
        "tradingsymbol": "SBIN-EQ",
        "symboltoken": "3045",
        "exchange": "NSE",
    }
    assert wire.cancel_body(order) == {"variety": "NORMAL", "orderid": "251126000000123"}


def test_an_order_row() -> None:
    row = wire.broker_order(ORDER_ROW)

    assert row is not None
    assert (row.broker_id, row.tag, row.key) == ("251126000000123", "desk-1", (Exchange.NSE, "3045"))
    assert (row.side, row.order_type, row.product, row.validity) == (
        Side.BUY,
        OrderType.LIMIT,
        Product.INTRADAY,
        Validity.DAY,
    )
    assert (row.quantity, row.filled, row.price_e4, row.average_e4) == (10, 10, 8_205_000, 8_204_500)
    assert (row.status, row.unique_id, row.from_socket) == ("complete", "5d0c6b8e-4a1f-4f7b-9a53-0d1b6a2c7e91", False)


def test_numbers_may_be_text_and_text_numbers() -> None:
    row = wire.broker_order(ORDER_ROW | {"price": "1,820.50", "quantity": 10, "filledshares": "", "symboltoken": 3045})

    assert row is not None
    assert (row.price_e4, row.quantity, row.filled, row.token) == (18_205_000, 10, 10, "3045")


def test_the_status_is_orderstatus_else_status() -> None:
    modified = wire.broker_order(ORDER_ROW | {"status": "modified", "orderstatus": " Trigger  PENDING "})
    stopped = wire.broker_order(ORDER_ROW | {"status": "rejected", "orderstatus": ""})

    assert modified is not None and stopped is not None
    assert (modified.status, stopped.status) == ("trigger pending", "rejected")


@pytest.mark.parametrize(
    "change",
    [
        {"orderid": ""},
        {"exchange": "LSE"},
        {"transactiontype": ""},
        {"producttype": "???"},
        {"quantity": "ten"},
        {"quantity": -1},
        {"quantity": 1.5},
        {"symboltoken": None, "tradingsymbol": ""},
    ],
)
def test_a_row_without_its_meaning_is_no_order(change: dict[str, Any]) -> None:
    assert wire.broker_order(ORDER_ROW | change) is None


def test_a_bracket_order_from_another_device_is_seen_as_intraday() -> None:
    row = wire.broker_order(ORDER_ROW | {"producttype": "BO", "variety": "ROBO"})

    assert row is not None and row.product is Product.INTRADAY


def test_hostile_text_is_made_safe() -> None:
    row = wire.broker_order(ORDER_ROW | {"text": "no \x1b[31mfunds\u202e", "tradingsymbol": "A\x00B"})

    assert row is not None
    assert row.reason.isprintable() and "\x1b" not in row.reason
    assert "\x00" not in row.symbol


def test_a_trade_row_takes_its_instrument_from_the_order() -> None:
    fill = wire.fill(TRADE_ROW, _KEYS, _NOW_NS)

    assert fill is not None
    assert (fill.fill_id, fill.key, fill.quantity, fill.price_e4) == ("50012345", (Exchange.NSE, "3045"), 10, 8_204_500)
    assert ist(fill.filled_ns).strftime("%Y-%m-%d %H:%M:%S") == "2025-11-26 11:34:56"
    assert wire.fill(TRADE_ROW, {}, _NOW_NS) is None


def test_a_position_row() -> None:
    row = wire.position(POSITION_ROW)

    assert row is not None
    assert (row.net, row.bought, row.sold) == (75, 150, 75)
    assert (row.bought_value_e4, row.sold_value_e4) == (207_300_000, 107_025_000)


def test_funds_may_be_null() -> None:
    assert wire.funds({"net": "250000.0000", "utiliseddebits": None}) == Funds(2_500_000_000, None)
    assert wire.funds([]) is None


_json = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.none(), max_size=2)


@given(st.dictionaries(st.sampled_from(sorted({**ORDER_ROW, **TRADE_ROW, **POSITION_ROW})), _json))
@settings(max_examples=300, deadline=None)
def test_no_row_raises(change: dict[str, Any]) -> None:
    wire.broker_order({**ORDER_ROW, **change})
    wire.fill({**TRADE_ROW, **change}, _KEYS, _NOW_NS)
    wire.position({**POSITION_ROW, **change})
    wire.funds(change)


def test_recorded_rows_are_usable() -> None:
    folder = Path(os.environ.get("TEZI_SHARED", "../shared")) / "data" / "smartapi_responses"
    if not folder.exists():
        pytest.skip("no recorded data: set TEZI_SHARED")
    seen = 0
    for path in sorted(folder.glob("*.json")):
        recorded = json.loads(path.read_text())
        endpoint = str(recorded.get("endpoint", ""))
        answer = recorded.get("response")
        if not isinstance(answer, dict) or (answer.get("status") is False):
            continue
        for row in _rows(endpoint, answer):
            seen += 1
            assert _read(endpoint, row) is not None, path.name
    assert seen >= 12


def _rows(endpoint: str, answer: dict[str, Any]) -> list[Any]:
    if endpoint.startswith("wss://tns"):
        return [answer["orderData"]] if answer["order-status"] != "AB00" else []
    data = answer.get("data")
    return data if isinstance(data, list) else [data]


def _read(endpoint: str, row: Any) -> object:
    if "getOrderBook" in endpoint or "details" in endpoint or endpoint.startswith("wss://tns"):
        return wire.broker_order(row)
    if "getTradeBook" in endpoint:
        return wire.fill(row, {row["orderid"]: InstrumentKey(Exchange.NSE, "1660")}, _NOW_NS)
    if "getPosition" in endpoint:
        return wire.position({"exchange": "NFO", "producttype": "CARRYFORWARD"} | row)
    return wire.funds(row) if "getRMS" in endpoint else True
