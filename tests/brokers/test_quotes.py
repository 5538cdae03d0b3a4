"""The quote call: what is asked, what rows mean, what a damaged answer is."""

import json

import pytest

from core.brokers import quotes
from core.domain import Exchange, InstrumentKey

SBIN, NIFTY = InstrumentKey(Exchange.NSE, "3045"), InstrumentKey(Exchange.NSE, "99926000")
FUTURE = InstrumentKey(Exchange.NFO, "47231")
ROW = {
    "exchange": "NSE", "tradingSymbol": "SBIN-EQ", "symbolToken": "3045", "ltp": 820.5, "open": 815.0, "high": 823.9,
    "low": 813.1, "close": 812.45, "lastTradeQty": 110, "exchFeedTime": "26-Nov-2025 11:34:56",
    "exchTradeTime": "26-Nov-2025 11:34:55", "netChange": 8.05, "percentChange": 0.99, "avgPrice": 818.74,
    "tradeVolume": 6128592, "opnInterest": 102853500, "lowerCircuit": 731.25, "upperCircuit": 893.65,
    "totBuyQuan": 1204490, "totSellQuan": 1583777,
    "depth": {"buy": [{"price": 820.45, "quantity": 1519, "orders": 7}], "sell": []},
}  # fmt: skip


def test_the_request_groups_tokens_by_exchange() -> None:
    assert json.loads(quotes.request((SBIN, FUTURE, NIFTY))) == {
        "mode": "FULL",
        "exchangeTokens": {"NSE": ["3045", "99926000"], "NFO": ["47231"]},
    }


def test_a_row_becomes_a_quote_in_ten_thousandths() -> None:
    found = quotes.quotes({"fetched": [ROW], "unfetched": [{"exchange": "NFO", "symbolToken": ""}]}, (SBIN, FUTURE))
    assert found is not None and set(found) == {SBIN}
    q = found[SBIN]
    assert (q.ltp_e4, q.close_e4, q.average_e4, q.volume) == (820_5000, 812_4500, 818_7400, 6_128_592)
    assert (q.upper_e4, q.lower_e4, q.total_buy, q.open_interest) == (893_6500, 731_2500, 1_204_490, 102_853_500)
    assert q.bids == ((820_4500, 1_519, 7), *((0, 0, 0),) * 4) and q.asks == ((0, 0, 0),) * 5
    assert (q.exchange_ms, q.last_trade_s) == (1_764_137_096_000, 1_764_137_095)


@pytest.mark.parametrize(
    "change",
    [
        {"ltp": None}, {"ltp": "NaN"}, {"ltp": "१२"}, {"ltp": True}, {"exchange": "XYZ"}, {"symbolToken": 3045},
        {"symbolToken": "1"},
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_or_was_not_asked_for_is_missing(change: dict[str, object]) -> None:
    assert quotes.quotes({"fetched": [ROW | change, 7, None]}, (SBIN,)) == {}


@pytest.mark.parametrize(
    "change", [{"depth": None}, {"depth": {"buy": 5}}, {"exchFeedTime": 5}, {"tradeVolume": -3}, {"open": "x"}]
)
def test_a_damaged_field_is_nothing_said(change: dict[str, object]) -> None:
    found = quotes.quotes({"fetched": [ROW | change]}, (SBIN,))
    assert found is not None and found[SBIN].ltp_e4 == 820_5000


@pytest.mark.parametrize("data", [None, [], "x", {"fetched": None}, {}])
def test_what_is_no_answer_is_not_an_empty_one(data: object) -> None:
    assert quotes.quotes(data, (SBIN,)) is None
