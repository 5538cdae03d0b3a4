"""Holdings as the broker answers them: recorded samples, null lists, and rows that cannot be used."""

import json

import pytest

from core.account import Holding
from core.brokers.holdings import holdings
from core.domain import Exchange
from tests.market.shared import shared


@pytest.mark.parametrize("name", ["doc_holding_all", "sdk_holding_all"])
def test_recorded_samples(name):
    data = json.loads((shared("smartapi_responses") / f"{name}.json").read_text())["response"]["data"]
    found = holdings(data)
    assert len(found) == len(data["holdings"]) and None not in found
    for row, held in zip(data["holdings"], found, strict=True):
        assert held.quantity == row["quantity"]
        assert held.settled == row["realisedquantity"]
        assert held.average_e4 == round(row["averageprice"] * 10_000)


def test_bought_and_not_yet_settled_is_told_apart():
    row = {
        "tradingsymbol": "SBIN-EQ", "exchange": "NSE", "symboltoken": "3045", "t1quantity": 15, "realisedquantity": 25,
        "quantity": 40, "averageprice": 610.25, "close": 812.45,
    }  # fmt: skip
    assert holdings({"holdings": [row]}) == (Holding(Exchange.NSE, "3045", "SBIN-EQ", 25, 15, 610_2500, 812_4500),)


@pytest.mark.parametrize("data", [None, {"holdings": None}, {"holdings": []}, []])
def test_nothing_held(data):
    assert holdings(data) == ()


@pytest.mark.parametrize("data", ["x", 5, {"holdings": "x"}, {"holdings": {}}])
def test_no_list_is_no_empty_list(data):
    assert holdings(data) is None


@pytest.mark.parametrize(
    "change", [{"quantity": "x"}, {"quantity": -1}, {"t1quantity": 50}, {"exchange": "LSE"}, {"symboltoken": None}]
)
def test_a_row_that_cannot_be_used_is_named(change):
    row = {"tradingsymbol": "SBIN-EQ", "exchange": "NSE", "symboltoken": "3045", "t1quantity": 0, "quantity": 40}
    assert holdings([row | change]) == (None,)
