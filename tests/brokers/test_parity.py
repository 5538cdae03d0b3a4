"""What the unmodified official SDK sends and what we send, captured at the practice exchange: equal method, path,
headers and body, but for the quirks named here.

To add an operation: one more row in OPERATIONS, with how we do it and how the SDK does it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyotp
import pytest

from core.approval import Action, mint
from core.brokers import contract
from core.brokers.angel import AngelBroker
from core.brokers.session import Credentials
from core.clock import SystemClock
from core.domain import Exchange, Instrument, InstrumentKey, Kind, Order, OrderType, Product, Side, Validity
from core.secret import Secret
from tests.brokers.rows import an_order
from tests.exchange_process import ExchangeProcess

pytestmark = pytest.mark.filterwarnings("ignore")

SBIN = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
LIBRARY_HEADERS = frozenset({"user-agent", "accept-encoding", "connection"})
"""Quirk: the SDK's HTTP library adds these."""
OWN_VALUES = frozenset({"x-macaddress"})
"""Quirk: the SDK sends the computer's own address; we send one that tells nothing. The header is there in both."""
UNSENT = frozenset({"content-length"})
"""Quirk: other blanks in the same JSON have other lengths."""


FOLLOWED = {"trade book": ["getOrderBook"]}
"""Quirk: trades carry no token, so we also read the orders of a trade that another device placed."""


class Case(NamedTuple):
    """An account on the exchange, through both clients, and an order that both may name."""

    exchange: ExchangeProcess
    broker: AngelBroker
    client: Any
    order_id: str
    unique_id: str


class Operation(NamedTuple):
    name: str
    ours: Callable[[Case], Awaitable[object]]
    theirs: Callable[[Case], object]


def terms(case: Case, **changes: Any) -> Order:
    base: dict[str, Any] = {"price_e4": 10_000_000, "quantity": 3, "broker_id": case.order_id}
    return an_order(**base | changes)


def approved(case: Case, action: Action, **changes: Any) -> Any:
    return mint(action, terms(case, **changes), SBIN, lambda: True)


SAMPLE = {
    "variety": "NORMAL",
    "tradingsymbol": "SBIN-EQ",
    "symboltoken": "3045",
    "transactiontype": "BUY",
    "exchange": "NSE",
    "ordertype": "LIMIT",
    "producttype": "INTRADAY",
    "duration": "DAY",
    "price": "1000.00",
    "triggerprice": "0",
    "squareoff": "0",
    "stoploss": "0",
    "trailingStopLoss": "0",
    "disclosedquantity": "0",
    "quantity": "3",
    "ordertag": "T0000000100AA11",
}
"""The wire page's sample of placeOrder, in our terms."""
STOP = SAMPLE | {
    "variety": "STOPLOSS",
    "ordertype": "STOPLOSS_LIMIT",
    "transactiontype": "SELL",
    "price": "955.50",
    "triggerprice": "956.00",
    "producttype": "DELIVERY",
}
STOP_TERMS = {
    "order_type": OrderType.STOPLOSS_LIMIT,
    "side": Side.SELL,
    "price_e4": 9_555_000,
    "trigger_e4": 9_560_000,
    "product": Product.DELIVERY,
}
IOC = SAMPLE | {"ordertype": "MARKET", "price": "0", "duration": "IOC"}
CHANGE_FIELDS = (
    *("variety", "ordertype", "producttype", "duration", "price", "triggerprice", "quantity", "tradingsymbol"),
    *("symboltoken", "exchange"),
)


def change(case: Case, **changes: str) -> dict[str, str]:
    """The wire page's sample of modifyOrder."""
    return {name: SAMPLE[name] for name in CHANGE_FIELDS} | {"orderid": case.order_id} | changes


CANDLES = {
    "exchange": "NSE",
    "symboltoken": "3045",
    "interval": "FIVE_MINUTE",
    "fromdate": "2026-03-02 09:15",
    "todate": "2026-03-02 15:30",
}

OPERATIONS = [
    Operation(
        "place", lambda c: c.broker.place(approved(c, Action.PLACE)), lambda c: c.client.placeOrder(dict(SAMPLE))
    ),
    Operation(
        "place a stop",
        lambda c: c.broker.place(approved(c, Action.PLACE, **STOP_TERMS)),
        lambda c: c.client.placeOrder(dict(STOP)),
    ),
    Operation(
        "place at market, IOC",
        lambda c: c.broker.place(approved(c, Action.PLACE, order_type=OrderType.MARKET, validity=Validity.IOC)),
        lambda c: c.client.placeOrderFullResponse(dict(IOC)),
    ),
    Operation(
        "modify",
        lambda c: c.broker.modify(approved(c, Action.MODIFY, price_e4=10_010_000, quantity=2)),
        lambda c: c.client.modifyOrder(change(c, price="1001.00", quantity="2")),
    ),
    Operation(
        "cancel",
        lambda c: c.broker.cancel(approved(c, Action.CANCEL)),
        lambda c: c.client.cancelOrder(c.order_id, "NORMAL"),
    ),
    Operation("order book", lambda c: c.broker.order_book(), lambda c: c.client.orderBook()),
    Operation(
        "details", lambda c: c.broker.details(c.unique_id), lambda c: c.client.individual_order_details(c.unique_id)
    ),
    Operation("trade book", lambda c: c.broker.trade_book(), lambda c: c.client.tradeBook()),
    Operation("positions", lambda c: c.broker.positions(), lambda c: c.client.position()),
    Operation("funds", lambda c: c.broker.funds(), lambda c: c.client.rmsLimit()),
    Operation("holdings", lambda c: c.broker.holdings(), lambda c: c.client.allholding()),
    Operation(
        "quotes",
        lambda c: c.broker.quotes((InstrumentKey(Exchange.NSE, "3045"), InstrumentKey(Exchange.NSE, "2885"))),
        lambda c: c.client.getMarketData("FULL", {"NSE": ["3045", "2885"]}),
    ),
    Operation(
        "candles",
        lambda c: c.broker.candles(
            InstrumentKey(Exchange.NSE, "3045"), "FIVE_MINUTE", CANDLES["fromdate"], CANDLES["todate"]
        ),
        lambda c: c.client.getCandleData(dict(CANDLES)),
    ),
    Operation(
        "renew",
        lambda c: c.broker.renew(c.broker.stream_login().epoch),  # type: ignore[union-attr]
        lambda c: c.client.generateToken(c.client.refresh_token),
    ),
    Operation(
        "login",
        lambda c: c.broker.login(),
        lambda c: c.client._postRequest(
            "api.login",
            {"clientcode": c.exchange.client_code, "password": c.exchange.pin, "totp": _code(c.exchange)},
        ),
    ),
    Operation("logout", lambda c: c.broker.logout(), lambda c: c.client.terminateSession(c.exchange.client_code)),
]
NOT_REQUESTS = frozenset({"close", "move", "stream_login", "tend", "tell_late", "circuit_statuses", "writes_sent"})
"""Public names of the adapter that send nothing of their own."""
NAMED = {
    "place a stop": "place",
    "place at market, IOC": "place",
    "order book": "order_book",
    "trade book": "trade_book",
}


def _code(exchange: ExchangeProcess) -> str:
    return pyotp.TOTP(exchange.totp_secret).now()


class _Impatient(SystemClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off", "--now", "2026-03-03T09:20:00+05:30") as process:
        yield process


@pytest.fixture
def client(exchange: ExchangeProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The SDK, unmodified: it makes a folder `logs` where it stands."""
    monkeypatch.chdir(tmp_path)
    connect = contract.sdk().SmartConnect
    monkeypatch.setattr(connect, "_rootUrl", exchange.rest)
    client = connect(api_key=exchange.api_key, root=exchange.rest)
    assert client.generateSession(exchange.client_code, exchange.pin, _code(exchange))["status"] is True
    return client


def received(exchange: ExchangeProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exchange.call("/state?full=true")["requests"]
    return found


def captured(exchange: ExchangeProcess, seen: int, name: str) -> dict[str, Any]:
    """The first request since `seen`; others only where a quirk says so."""
    first, *others = received(exchange)[seen:]
    assert [one["path"].rsplit("/", 1)[1] for one in others] == FOLLOWED.get(name, []), name
    return first


def compared(request: dict[str, Any]) -> dict[str, Any]:
    """A request without the quirks: blanks in JSON are gone already, the exchange keeps the body decoded."""
    assert request["query"] == "" or (request["method"] == "GET" and request["query"].startswith("%7B")), (
        "quirk: the SDK sends its parameters as a raw query, {} when there are none"
    )
    headers = {
        name: "" if name in OWN_VALUES else value
        for name, value in request["headers"].items()
        if name not in LIBRARY_HEADERS | UNSENT
    }
    return {name: request[name] for name in ("method", "path", "body", "fields")} | {"headers": headers}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_we_send_what_the_sdk_sends(exchange: ExchangeProcess, client: Any, operation: Operation) -> None:
    def credentials() -> Credentials:
        mine = exchange
        return Credentials(mine.client_code, Secret(mine.pin), Secret(mine.totp_secret), Secret(mine.api_key))

    if operation.name == "login":
        client.access_token = None  # as before its first login: it sends no Authorization then
    broker = AngelBroker(exchange.rest, credentials, _Impatient(), known=contract.load())
    if operation.name != "login":
        await broker.login()
    placed = exchange.external_order(**SAMPLE)
    case = Case(exchange, broker, client, placed["orderid"], placed["uniqueorderid"])
    seen = len(received(exchange))
    await operation.ours(case)
    ours = captured(exchange, seen, operation.name)
    between = len(received(exchange))
    await asyncio.to_thread(operation.theirs, case)
    (theirs,) = received(exchange)[between:]
    await broker.close()
    assert compared(ours) == compared(theirs)
    assert ours["headers"].get("authorization") == theirs["headers"].get("authorization")
    assert ours["status"] == theirs["status"] == 200


def test_every_operation_of_the_adapter_is_compared() -> None:
    public = {name for name in vars(AngelBroker) if not name.startswith("_")} - NOT_REQUESTS
    assert public == {NAMED.get(operation.name, operation.name) for operation in OPERATIONS}
