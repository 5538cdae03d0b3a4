"""What can be made to go wrong, seen from a client and from the truth."""

import json
import urllib.error
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.exchange.waiting import until
from tests.exchange.wire import ORDER, USER, Wire, head, place_body, receive_packet, subscribe
from tests.exchange_process import ExchangeProcess


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    return Wire(common)


@pytest.fixture(autouse=True)
def no_faults_left(common: ExchangeProcess) -> Iterator[None]:
    yield
    common.clear_faults()


def test_a_lost_answer_leaves_exactly_one_order(wire: Wire) -> None:
    wire.exchange.fault(name="lost_answer", on=["placeOrder"], count=1)
    with pytest.raises((ConnectionError, OSError)):
        wire.order("placeOrder", place_body(ordertag="lost"))
    truth = wire.exchange.truth()
    assert [row["ordertag"] for row in truth["orders"]].count("lost") == 1
    dropped = [r for r in truth["requests"] if r["path"].endswith("placeOrder") and r["body"]["ordertag"] == "lost"]
    assert [r["status"] for r in dropped] == [0]
    assert wire.place(ordertag="after")["status"] is True


def test_a_status_fault_never_reaches_the_market(wire: Wire) -> None:
    wire.exchange.fault(name="http_status", on=["placeOrder"], status=502, count=2)
    body = place_body(ordertag="gateway")
    answers = [wire.send("POST", ORDER + "placeOrder", body) for _ in range(3)]
    assert [a.status for a in answers] == [502, 502, 200]
    assert [row["ordertag"] for row in wire.exchange.truth()["orders"]].count("gateway") == 1


def test_faults_of_dress(wire: Wire) -> None:
    for name in ("html", "empty", "token_expired"):
        wire.exchange.fault(name=name, on=["getRMS"], count=1)
    page, nothing, expired, good = (wire.send("GET", USER + "getRMS") for _ in range(4))
    assert page.status == 200 and "Request Rejected" in page.text
    assert (nothing.status, nothing.text) == (200, "")
    assert expired.json == {"success": False, "message": "Invalid Token", "errorCode": "AG8001", "data": ""}
    assert good.json["status"] is True


def test_a_rejected_order_and_an_order_from_the_phone(wire: Wire) -> None:
    wire.exchange.fault(name="reject_order", text="RMS says no")
    assert wire.place()["status"] is True
    assert wire.place()["status"] is True
    rows = wire.book()[-2:]
    assert [(r["orderstatus"], r["text"]) for r in rows] == [("rejected", "RMS says no"), ("open", "")]
    done = wire.exchange.external_order(**place_body(ordertag=""))
    outside = next(r for r in wire.book() if r["orderid"] == done["orderid"])
    assert outside["ordertag"] == "" and outside["orderstatus"] == "open"


def test_muted_and_garbled_and_dropped_streams(wire: Wire) -> None:
    with wire.stream() as stream:
        stream.send(subscribe(1, "2885"))
        receive_packet(stream)
        wire.exchange.fault(name="garbage_frame")
        until(lambda: stream.recv(timeout=5) == "garbage{", "the frame of text garbage")
        wire.exchange.fault(name="mute_stream")
        stream.send("ping")
        until(lambda: stream.recv(timeout=5) == "pong", "pong while muted")
        with pytest.raises(TimeoutError):
            while True:
                stream.recv(timeout=1.5)
        wire.exchange.clear_faults()
        assert head(receive_packet(stream)).token == "2885"
        wire.exchange.fault(name="drop_stream")
        with pytest.raises(ConnectionClosed):
            while True:
                stream.recv(timeout=5)
    wire.exchange.fault(name="refuse_stream")
    with pytest.raises(InvalidStatus) as refused, wire.stream():
        pass
    assert refused.value.response.status_code == 503
    wire.exchange.clear_faults()
    with wire.stream():
        pass


def test_order_sockets_are_dropped_and_refused(wire: Wire) -> None:
    with wire.orders() as updates:
        assert json.loads(updates.recv(timeout=5))["order-status"] == "AB00"
        wire.exchange.fault(name="drop_orders")
        with pytest.raises(ConnectionClosed):
            updates.recv(timeout=5)
    wire.exchange.fault(name="refuse_orders", count=1)
    with pytest.raises(InvalidStatus), wire.orders():
        pass
    with wire.orders():
        pass


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"add": {"name": "no such fault"}}),
        ("/faults", {"add": {"name": "slow", "colour": "red"}}),
        ("/faults", {}),
        ("/clock", {"advance_s": -1}),
        ("/clock", {"speed": 0}),
        ("/external-order", place_body(price="0.01")),
    ],
)
def test_control_refuses_with_a_plain_sentence(common: ExchangeProcess, path: str, body: object) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        common.call(path, body)
    with refused.value:
        assert refused.value.code == 400
        text = refused.value.read().decode()
    assert text and not text.startswith("{") and "Traceback" not in text


def test_the_clock_moves_and_the_market_with_it(wire: Wire) -> None:
    before = wire.exchange.truth()["now"]
    after = wire.exchange.advance(600)
    assert after > before
    assert wire.send("GET", USER + "getRMS").headers["date"].endswith("GMT")
    quote = wire.send(
        "POST", "/rest/secure/angelbroking/market/v1/quote/", {"mode": "FULL", "exchangeTokens": {"NSE": ["2885"]}}
    )
    minutes = quote.json["data"]["fetched"][0]["exchFeedTime"]
    assert minutes.split(" ")[1] >= "09:30:00"
