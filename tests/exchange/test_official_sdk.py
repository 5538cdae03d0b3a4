"""The official SDK, unmodified, against a real exchange process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tests.exchange.conftest import Connect
from tests.exchange.waiting import until
from tests.exchange_process import ExchangeProcess

FIVE = {"RELIANCE-EQ": "2885", "SBIN-EQ": "3045", "TCS-EQ": "11536", "INFY-EQ": "1594", "HDFCBANK-EQ": "1333"}

pytestmark = pytest.mark.filterwarnings("ignore")


def order(symbol: str, **changes: Any) -> dict[str, Any]:
    base = {
        "variety": "NORMAL",
        "tradingsymbol": symbol,
        "symboltoken": FIVE[symbol],
        "transactiontype": "BUY",
        "exchange": "NSE",
        "ordertype": "MARKET",
        "producttype": "INTRADAY",
        "duration": "DAY",
        "price": "0",
        "squareoff": "0",
        "stoploss": "0",
        "quantity": "3",
        "ordertag": "desk-1",
    }
    return base | changes


@contextmanager
def running(socket: Any) -> Iterator[None]:
    """An SDK socket on its own thread; its reconnecting is switched off before it is closed.

    The thread is a daemon: the library lets it linger for some seconds.
    """
    thread = threading.Thread(target=socket.connect, daemon=True)
    thread.start()
    try:
        yield
    finally:
        app = socket.wsapp
        if app is not None:
            app.on_close = app.on_error = None
            app.close()
        thread.join(0.5)


def test_prices_by_rest_for_five_names(common: ExchangeProcess, connect: Connect) -> None:
    client = connect(common)
    for symbol, token in FIVE.items():
        data = client.ltpData("NSE", symbol, token)["data"]
        assert data["tradingsymbol"] == symbol
        assert data["low"] <= data["ltp"] <= data["high"]
        assert isinstance(data["ltp"], float)


def test_three_stream_modes_for_five_names(common: ExchangeProcess, sdk: SimpleNamespace, connect: Connect) -> None:
    client = connect(common)
    socket = sdk.SmartWebSocketV2(
        "Bearer " + client.access_token, common.api_key, common.client_code, client.feed_token
    )
    got: list[dict[str, Any]] = []
    socket.on_data = lambda ws, message: got.append(message)
    tokens = [{"exchangeType": 1, "tokens": list(FIVE.values())}]
    socket.on_open = lambda ws: [socket.subscribe("abc", mode, tokens) for mode in (1, 2, 3)]
    with running(socket):
        wanted = {(token, mode) for token in FIVE.values() for mode in (1, 2, 3)}
        until(lambda: {(m["token"], m["subscription_mode"]) for m in got} >= wanted, "a packet for each token and mode")
        until(lambda: len(got) >= 40, "packets keep coming")
    snap = next(m for m in got if m["token"] == "2885" and m["subscription_mode"] == 3)
    bids, asks = snap["best_5_buy_data"], snap["best_5_sell_data"]
    assert len(bids) == len(asks) == 5
    assert [b["price"] for b in bids] == sorted((b["price"] for b in bids), reverse=True)
    assert [a["price"] for a in asks] == sorted(a["price"] for a in asks)
    assert bids[0]["price"] < asks[0]["price"]
    assert snap["low_price_of_the_day"] <= snap["last_traded_price"] <= snap["high_price_of_the_day"]
    assert snap["lower_circuit_limit"] < bids[-1]["price"] < asks[-1]["price"] < snap["upper_circuit_limit"]
    numbers = [m["sequence_number"] for m in got if m["token"] == "2885" and m["subscription_mode"] == 3]
    assert numbers == sorted(numbers)


def test_orders_of_five_names_from_placing_to_the_books(
    exchange: ExchangeProcess, sdk: SimpleNamespace, connect: Connect
) -> None:
    client = connect(exchange)
    socket = sdk.SmartWebSocketOrderUpdate(
        "Bearer " + client.access_token, exchange.api_key, exchange.client_code, client.feed_token
    )
    frames: list[str] = []
    socket.on_message = lambda ws, message: frames.append(message)
    with running(socket):
        until(lambda: any('"AB00"' in str(f) for f in frames), "the first frame AB00")
        placed = {symbol: client.placeOrderFullResponse(order(symbol)) for symbol in FIVE}
        assert all(answer["status"] is True for answer in placed.values())
        ids = {answer["data"]["orderid"] for answer in placed.values()}
        until(lambda: sum('"AB05"' in str(f) for f in frames) == 5, "five complete orders")
        assert sum('"AB09"' in str(f) for f in frames) == 5
    book = client.orderBook()["data"]
    assert {row["orderid"] for row in book} == ids
    assert all(row["orderstatus"] == "complete" and row["filledshares"] == "3" for row in book)
    trades = client.tradeBook()["data"]
    assert sum(int(t["fillsize"]) for t in trades) == 15
    positions = {p["tradingsymbol"]: p for p in client.position()["data"]}
    assert {p["netqty"] for p in positions.values()} == {"3"} and set(positions) == set(FIVE)
    one = client.individual_order_details(placed["SBIN-EQ"]["data"]["uniqueorderid"])
    assert one["data"]["orderid"] == placed["SBIN-EQ"]["data"]["orderid"]
    assert one["data"]["ordertag"] == "desk-1"
    assert float(client.rmsLimit()["data"]["utiliseddebits"]) > 0


def test_a_resting_order_is_modified_and_cancelled(common: ExchangeProcess, connect: Connect) -> None:
    client = connect(common)
    order_id = client.placeOrder(order("SBIN-EQ", ordertype="LIMIT", price="1000.00"))
    changed = order("SBIN-EQ", ordertype="LIMIT", price="1001.00", quantity="5") | {"orderid": order_id}
    assert client.modifyOrder(changed)["status"] is True
    row = client.orderBook()["data"][-1]
    assert (row["orderstatus"], row["price"], row["quantity"]) == ("open", 1001.0, "5")
    assert client.cancelOrder(order_id, "NORMAL")["status"] is True
    assert client.orderBook()["data"][-1]["orderstatus"] == "cancelled"
    assert client.cancelOrder(order_id, "NORMAL")["status"] is False


def test_the_rest_of_the_account_and_logout(exchange: ExchangeProcess, connect: Connect) -> None:
    client = connect(exchange)
    assert client.orderBook()["data"] is None and client.position()["data"] is None
    assert client.allholding()["data"] == {"holdings": None, "totalholding": None}
    full = client.getMarketData("FULL", {"NSE": ["2885", "99926000", "0"], "NFO": [""]})["data"]
    assert [row["tradingSymbol"] for row in full["fetched"]] == ["RELIANCE-EQ", "Nifty 50"]
    assert [row["errorCode"] for row in full["unfetched"]] == ["AB4006", "AB4018"]
    assert client.searchScrip("NSE", "SBIN")["data"] == [
        {"exchange": "NSE", "tradingsymbol": "SBIN-EQ", "symboltoken": "3045"}
    ]
    day = exchange.now[:10]
    asked = {"exchange": "NSE", "symboltoken": "2885", "interval": "ONE_MINUTE"}
    bars = client.getCandleData(asked | {"fromdate": f"{day} 09:15", "todate": f"{day} 15:30"})["data"]
    assert bars[0][0] == f"{day}T09:15:00+05:30" and all(b[3] <= b[4] <= b[2] for b in bars)
    renewed = client.generateToken(client.refresh_token)
    assert renewed["status"] is True and renewed["data"]["feedToken"]
    assert client.terminateSession(exchange.client_code)["status"] is True
    assert client.rmsLimit()["errorCode"] == "AG8001"
