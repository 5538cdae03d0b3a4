"""Sockets by hand: requests that are wrong, handshakes that are refused, heartbeats, and pushes."""

import json
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.exchange.waiting import until
from tests.exchange.wire import Wire, head, place_body, receive_packet, subscribe
from tests.exchange_process import ExchangeProcess


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    return Wire(common)


@pytest.mark.parametrize(
    "frame",
    [
        "hello",
        "{",
        "[]",
        subscribe(9, "2885"),
        subscribe(1, "2885", kind=99),
        subscribe(1, "2885", action=7),
        '{"correlationID": "abc", "action": "1", "params": {}}',
        b"\xff\x00",
        "[" * 100_000,
    ],
)
def test_a_frame_that_means_nothing_is_answered_and_the_connection_stays(wire: Wire, frame: str | bytes) -> None:
    with wire.stream() as stream:
        stream.send(frame)
        error = json.loads(stream.recv(timeout=5))
        assert error["errorCode"] == "E1001" and error["errorMessage"] == "Invalid Request Payload."
        assert error["correlationID"] == ("abc" if b"abc" in str(frame).encode() else "")
        stream.send(subscribe(1, "2885"))
        assert head(receive_packet(stream)).token == "2885"


def test_a_thousand_token_modes_and_not_one_more(wire: Wire) -> None:
    with wire.stream() as stream:
        stream.send(subscribe(1, *(str(n) for n in range(1, 1_000))))
        stream.send(subscribe(1, "5000001", "5000002"))
        until(lambda: '"E1002"' in str(stream.recv(timeout=5)), "the limit is named")
        stream.send(subscribe(1, "1", "2", action=0))
        stream.send(subscribe(3, "2885", "3045", correlation="last"))
        until(lambda: isinstance(f := stream.recv(timeout=5), bytes) and head(f).mode == 3, "room after unsubscribing")


def test_packets_come_on_subscribing_in_exact_lengths_with_rising_numbers(wire: Wire) -> None:
    with wire.stream() as stream:
        for mode, length in ((1, 51), (2, 123), (3, 379)):
            stream.send(subscribe(mode, "3045"))
            packet = receive_packet(stream)
            while head(packet).mode != mode:
                packet = receive_packet(stream)
            assert len(packet) == length
        stream.send(subscribe(1, "99919000", kind=3))
        seen = [head(receive_packet(stream)) for _ in range(14)]
        assert any(p.token == "99919000" and p.kind == 3 for p in seen)
        numbers = [p.sequence for p in seen if p.token == "3045" and p.mode == 1]
        assert numbers == sorted(set(numbers))


def test_text_ping_is_answered_on_both_sockets(wire: Wire) -> None:
    with wire.stream() as stream, wire.orders() as updates:
        stream.send("ping")
        assert stream.recv(timeout=5) == "pong"
        updates.recv(timeout=5)
        updates.send("ping")
        assert updates.recv(timeout=5) == "pong"
        assert stream.ping().wait(5) and updates.ping().wait(5)


def test_credentials_in_the_query_open_the_stream(wire: Wire) -> None:
    asked = f"clientCode={wire.exchange.client_code}&feedToken={quote(wire.feed)}&apiKey={wire.exchange.api_key}"
    with connect(f"{wire.exchange.stream}?{asked}") as stream:
        stream.send(subscribe(1, "2885"))
        assert head(receive_packet(stream)).token == "2885"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("x_api_key", "Invalid API Key"),
        ("x_client_code", "Invalid Client Code"),
        ("x_feed_token", "Invalid Feed Token"),
        ("Authorization", "Invalid Auth token"),
    ],
)
def test_wrong_credentials_are_refused_before_the_upgrade(wire: Wire, header: str, reason: str) -> None:
    with pytest.raises(InvalidStatus) as refused, wire.stream(**{header: "wrong"}):
        pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["x-error-message"] == f"Invalid Header - {reason}"
    with pytest.raises(InvalidStatus) as refused, wire.orders("Bearer wrong"):
        pass
    assert refused.value.response.status_code == 401


def test_a_client_that_sends_neither_api_key_nor_jwt_is_let_in(wire: Wire) -> None:
    """As the official Java SDK does: client code, feed token and the name of its library."""
    with wire.stream(Authorization=None, x_api_key=None, x_client_lib="JAVA") as stream:
        stream.send(subscribe(1, "2885"))
        assert head(receive_packet(stream)).token == "2885"
    with pytest.raises(InvalidStatus), wire.stream(Authorization=None, x_api_key=None, x_feed_token=None):
        pass


def test_a_fourth_connection_is_refused_and_a_freed_place_is_taken(wire: Wire) -> None:
    with ExitStack() as three:
        opened = [three.enter_context(wire.stream()) for _ in range(3)]
        with pytest.raises(InvalidStatus) as refused, wire.stream():
            pass
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["x-error-message"] == "Invalid Request. Connection Limit Exceeded."
        assert three.enter_context(wire.orders()), "the two sockets are counted apart"
        opened[0].close()

        def free() -> bool:
            try:
                with wire.stream():
                    return True
            except InvalidStatus:
                return False

        until(free, "a place is free again")


def test_order_updates_tell_every_state_in_order(wire: Wire) -> None:
    with wire.orders() as updates:
        first = json.loads(updates.recv(timeout=5))
        assert first["order-status"] == "AB00" and first["orderData"]["orderid"] == ""
        order_id = wire.place()["data"]["orderid"]
        wire.order("modifyOrder", place_body(orderid=order_id, price="1001.00"))
        wire.order("cancelOrder", {"variety": "NORMAL", "orderid": order_id})
        frames = [json.loads(updates.recv(timeout=5)) for _ in range(6)]
    assert [f["order-status"] for f in frames] == ["AB09", "AB01", "AB11", "AB04", "AB01", "AB02"]
    assert {f["orderData"]["orderid"] for f in frames} == {order_id}
    assert frames[-1]["orderData"]["orderstatus"] == "cancelled"
    assert "uniqueorderid" not in frames[0]["orderData"]
