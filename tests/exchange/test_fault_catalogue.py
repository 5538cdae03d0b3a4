"""Every fault by its name: what a client sees of it, and what the truth says. One way for each name."""

import json
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from core.exchange.faults import Fault, FaultName, Faults
from tests.exchange.waiting import until
from tests.exchange.wire import ORDER, USER, Reply, Wire, head, place_body, subscribe
from tests.exchange_process import ExchangeProcess

RMS, BOOK = USER + "getRMS", ORDER + "getOrderBook"
MASTER = "/OpenAPI_File/files/OpenAPIScripMaster.json"
MANY = ("2885", "3045", "11536", "1594", "1333")


class Bench:
    """A logged-in client of one exchange, and shorthand for what the ways below do."""

    def __init__(self, exchange: ExchangeProcess) -> None:
        self.exchange, self.wire, self._tags = exchange, Wire(exchange), 0

    def set(self, name: str, **fields: Any) -> None:
        self.exchange.fault(name=name, **fields)

    def funds(self) -> Reply:
        return self.wire.send("GET", RMS)

    def tag(self) -> str:
        self._tags += 1
        return f"case{self._tags}"

    def orders(self, tag: str) -> list[dict[str, Any]]:
        return [row for row in self.exchange.truth()["orders"] if row["ordertag"] == tag]

    def raw(self, path: str, body: dict[str, Any] | None = None, limit_s: float = 5, close_after: int = -1) -> bytes:
        """A request by hand; gives every byte that came until the connection ended, or b"RESET" when it was reset."""
        parts = urlsplit(self.exchange.rest)
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"X-PrivateKey: {self.exchange.api_key}", f"Authorization: Bearer {self.wire.jwt}"]
        lines += [f"Content-Length: {len(data)}", "Content-Type: application/json", "", ""]
        with socket.create_connection((parts.hostname or "", parts.port or 0), limit_s) as sock:
            try:
                sock.sendall("\r\n".join(lines).encode() + data)
                return b"".join(iter(lambda: sock.recv(65_536), b""))
            except ConnectionResetError:
                return b"RESET"

    def stream(self) -> ClientConnection:
        return self.wire.stream()

    def watch(self, stream: ClientConnection, mode: int = 3) -> None:
        stream.send(subscribe(mode, *MANY))

    def wait_frame(self, good: Callable[[Any], bool], what: str, mode: int = 3) -> None:
        """Some frame of a subscribed stream is as it should not be."""
        with self.stream() as stream:
            self.watch(stream, mode)
            until(lambda: good(stream.recv(timeout=5)), what)

    def seen(self, count: int, mode: int = 1) -> list[Any]:
        with self.stream() as stream:
            self.watch(stream, mode)
            return [stream.recv(timeout=5) for _ in range(count)]


WAYS: dict[str, Callable[[Bench], None]] = {}


def way(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
    WAYS[function.__name__] = function
    return function


def _json(reply: Reply) -> tuple[str, bool]:
    """Code, and whether it is the gateway's dialect."""
    body = reply.json
    return body.get("errorCode") or body.get("errorcode"), "success" in body


@way
def http_status(b: Bench) -> None:
    b.set("http_status", on=["getRMS"], status=504, text="upstream", count=1, retry_after_s=3)
    answer = b.funds()
    assert (answer.status, answer.text, answer.headers["retry-after"]) == (504, "upstream", "3")


@way
def html(b: Bench) -> None:
    b.set("html", on=["getRMS"], status=403, count=1)
    answer = b.funds()
    assert answer.status == 403 and answer.headers["content-type"].startswith("text/html")
    assert "Request Rejected" in answer.text


@way
def empty(b: Bench) -> None:
    b.set("empty", on=["getRMS"], count=1)
    assert (b.funds().status, b.funds().status) == (200, 200)
    b.set("empty", on=["getRMS"], count=1)
    assert b.funds().text == ""


@way
def rate_limit(b: Bench) -> None:
    b.set("rate_limit", on=["getRMS"], count=1)
    answer = b.funds()
    assert answer.status == 403 and answer.text == "Access denied because of exceeding access rate"
    b.set("rate_limit", on=["getRMS"], status=429, retry_after_s=2, count=1)
    answer = b.funds()
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")


@way
def error(b: Bench) -> None:
    b.set("error", on=["getRMS"], code="AB9999", text="never heard of", count=1)
    answer = b.funds().json
    assert answer == {"status": False, "message": "never heard of", "errorcode": "AB9999", "data": None}


@way
def gateway_error(b: Bench) -> None:
    b.set("gateway_error", on=["getRMS"], code="AG8004", text="Invalid API Key", status=401, count=1)
    answer = b.funds()
    assert answer.status == 401 and _json(answer) == ("AG8004", True) and answer.json["data"] == ""


@way
def token_expired(b: Bench) -> None:
    b.set("token_expired", on=["getRMS"], count=1)
    assert _json(b.funds()) == ("AG8001", True) and b.funds().json["status"] is True


@way
def static_ip(b: Bench) -> None:
    tag = b.tag()
    b.set("static_ip", on=["placeOrder"], count=1)
    answer = b.wire.place(ordertag=tag)
    assert answer["errorCode"] == "AG7002" and "Unregistered IP" in answer["message"] and not b.orders(tag)


@way
def price_band(b: Bench) -> None:
    tag = b.tag()
    b.set("price_band", on=["placeOrder"], count=1)
    answer = b.wire.place(ordertag=tag)
    assert answer["errorcode"] == "AB1007" and "protection range" in answer["message"] and not b.orders(tag)


@way
def lost_request(b: Bench) -> None:
    tag = b.tag()
    b.set("lost_request", on=["placeOrder"], count=1)
    assert b.raw(ORDER + "placeOrder", place_body(ordertag=tag)) == b"" and not b.orders(tag)
    b.set("lost_request", on=["placeOrder"], count=1, reset=True)
    assert b.raw(ORDER + "placeOrder", place_body(ordertag=tag)) == b"RESET" and not b.orders(tag)


@way
def slow_handshake(b: Bench) -> None:
    """Waiting for each byte never tells; only a limit for the whole does. Others connect meanwhile."""
    with ExchangeProcess(None, "--tls", "--limits", "off") as exchange:
        wire, parts = Wire(exchange), urlsplit(exchange.rest)
        exchange.fault(name="slow_handshake", delay_ms=10, count=1)
        outgoing, context = ssl.MemoryBIO(), ssl.create_default_context(cafile=exchange.line["ca"])
        hello = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with suppress(ssl.SSLWantReadError):
            hello.do_handshake()
        with socket.create_connection((parts.hostname or "", parts.port or 0), 5) as sock:
            sock.sendall(outgoing.read())
            assert sock.recv(65_536).startswith(b"\x16"), "a handshake record begins"
            assert wire.send("GET", RMS).json["status"] is True, "another connection is served meanwhile"
            sizes = [len(sock.recv(65_536)) for _ in range(20)]
            assert min(sizes) > 0 and sum(sizes) < 400, "the certificate alone is longer"
        assert exchange.errors() == ""


@way
def black_hole(b: Bench) -> None:
    tag = b.tag()
    b.set("black_hole", on=["placeOrder"], count=1)
    with pytest.raises(TimeoutError):
        b.raw(ORDER + "placeOrder", place_body(ordertag=tag), limit_s=0.5)
    assert not b.orders(tag) and b.funds().json["status"] is True, "others are answered meanwhile"


def _changed(b: Bench, name: str, path: str) -> None:
    tag = b.tag()
    order_id = b.wire.place(ordertag=tag)["data"]["orderid"]
    b.set(name, count=1)
    assert b.funds().json["status"] is True, "it means nothing elsewhere"
    body = place_body(orderid=order_id, price="1001.00", ordertag=tag)
    answer = b.wire.order(path, body)
    assert answer["status"] is True and answer["data"]["orderid"] == order_id
    (row,) = b.orders(tag)
    assert answer["data"]["uniqueorderid"] == row["uniqueorderid"]
    assert (row["price"], row["orderstatus"]) == (1000.0, "open"), "nothing was done"


@way
def ignore_modify(b: Bench) -> None:
    _changed(b, "ignore_modify", "modifyOrder")


@way
def ignore_cancel(b: Bench) -> None:
    _changed(b, "ignore_cancel", "cancelOrder")


@way
def cut_request(b: Bench) -> None:
    tag = b.tag()
    b.set("cut_request", on=["placeOrder"], count=1, at_byte=60)
    b.raw(ORDER + "placeOrder", place_body(ordertag=tag))
    assert not b.orders(tag)
    last = b.exchange.truth()["requests"][-1]
    assert (last["status"], last["body"], last["faults"]) == (0, None, ["cut_request"])


@way
def lost_answer(b: Bench) -> None:
    tag = b.tag()
    b.set("lost_answer", on=["placeOrder"], count=1)
    assert b.raw(ORDER + "placeOrder", place_body(ordertag=tag)) == b"" and len(b.orders(tag)) == 1
    b.set("lost_answer", on=["placeOrder"], count=1, reset=True)
    assert b.raw(ORDER + "placeOrder", place_body(ordertag=tag)) == b"RESET" and len(b.orders(tag)) == 2


@way
def accept_then_hold(b: Bench) -> None:
    tag = b.tag()
    b.set("accept_then_hold", on=["placeOrder"], count=1)
    with pytest.raises(TimeoutError):
        b.raw(ORDER + "placeOrder", place_body(ordertag=tag), limit_s=0.5)
    assert len(b.orders(tag)) == 1


@way
def accept_then_status(b: Bench) -> None:
    tag = b.tag()
    b.set("accept_then_status", on=["placeOrder"], count=1)
    assert b.wire.send("POST", ORDER + "placeOrder", place_body(ordertag=tag)).status == 502
    assert len(b.orders(tag)) == 1


@way
def slow(b: Bench) -> None:
    b.set("slow", on=["getRMS"], delay_ms=300, count=1)
    started = time.monotonic()
    assert b.funds().json["status"] is True and time.monotonic() - started >= 0.29


@way
def drip(b: Bench) -> None:
    b.set("drip", on=["logout"], delay_ms=2, count=1)
    started = time.monotonic()
    answer = b.raw(USER + "logout", {"clientcode": "X"})
    assert answer.endswith(b"}") and time.monotonic() - started >= 0.002 * len(answer) * 0.9


@way
def cut_body(b: Bench) -> None:
    tag = b.tag()
    b.set("cut_body", on=["placeOrder"], count=1, at_byte=9)
    answer = b.raw(ORDER + "placeOrder", place_body(ordertag=tag))
    first, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length" in first and body == b'{"status"' and len(b.orders(tag)) == 1


@way
def huge(b: Bench) -> None:
    b.set("huge", on=["getRMS"], size=3 << 20, count=1)
    answer = b.funds()
    assert len(answer.text) == 3 << 20 and answer.json["status"] is True


@way
def deep(b: Bench) -> None:
    b.set("deep", on=["getRMS"], count=1)
    assert b.funds().text.count("[") == 100_000


@way
def bad_text(b: Bench) -> None:
    b.set("bad_text", on=["getRMS"], count=1)
    with pytest.raises(UnicodeDecodeError):
        b.raw(RMS).partition(b"\r\n\r\n")[2].decode()


def _rows(b: Bench, name: str, **fields: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The book as it is, and as the fault shows it; at least three orders are in it."""
    while len(b.wire.book()) < 3:
        b.wire.place(ordertag="MixedCase-12345")
    right = b.wire.book()
    b.set(name, on=["getOrderBook"], count=1, **fields)
    return right, b.wire.book()


@way
def utf16(b: Bench) -> None:
    b.set("utf16", on=["getRMS"], count=1)
    body = b.raw(RMS).partition(b"\r\n\r\n")[2]
    assert body.startswith(b"\xff\xfe") and json.loads(body.decode("utf-16"))["status"] is True


@way
def repeat_keys(b: Bench) -> None:
    b.set("repeat_keys", on=["getRMS"], count=1)
    pairs = json.loads(b.funds().text, object_pairs_hook=lambda found: found)
    assert [value for name, value in pairs if name == "status"] == [False, True]
    first, second = (value for name, value in pairs if name == "data")
    assert first == "first" and {name for name, _ in second} >= {"net", "availablecash"}


@way
def reuse_trade_id(b: Bench) -> None:
    for side in ("BUY", "SELL"):
        b.wire.place(ordertype="MARKET", price="0", transactiontype=side)
    path = ORDER + "getTradeBook"
    right = b.wire.send("GET", path).json["data"]
    b.set("reuse_trade_id", count=1)
    shown = b.wire.send("GET", path).json["data"]
    assert len({row["fillid"] for row in right}) == len(right) > 1
    assert {row["fillid"] for row in shown} == {right[0]["fillid"]}
    assert [row | {"fillid": ""} for row in shown] == [row | {"fillid": ""} for row in right]


@way
def empty_list(b: Bench) -> None:
    right, shown = _rows(b, "empty_list")
    assert right and shown == []


@way
def partial_list(b: Bench) -> None:
    right, shown = _rows(b, "partial_list")
    assert shown == right[: len(right) // 2]


@way
def shuffle_rows(b: Bench) -> None:
    while len(b.wire.book()) < 6:
        b.wire.place()
    right, shown = _rows(b, "shuffle_rows")
    assert shown != right and sorted(map(str, shown)) == sorted(map(str, right))


@way
def repeat_rows(b: Bench) -> None:
    right, shown = _rows(b, "repeat_rows")
    assert len(shown) == 2 * len(right) and shown[0] == shown[1]


@way
def hide_newest(b: Bench) -> None:
    right, shown = _rows(b, "hide_newest")
    assert shown == right[:-1]


@way
def strange_status(b: Bench) -> None:
    right, shown = _rows(b, "strange_status", text="validation pending")
    assert {row["orderstatus"] for row in shown} == {"validation pending"} and len(shown) == len(right)


@way
def mangle_tag(b: Bench) -> None:
    b.wire.place(ordertag="MixedCase-12345")
    right, shown = _rows(b, "mangle_tag")
    assert (right[-1]["ordertag"], shown[-1]["ordertag"]) == ("MixedCase-12345", "mixedcas")


@way
def odd_numbers(b: Bench) -> None:
    _, shown = _rows(b, "odd_numbers")
    assert {type(row["price"]) for row in shown} <= {str, type(None)}


@way
def bad_master(b: Bench) -> None:
    right = {row["symbol"]: row for row in b.wire.send("GET", MASTER).json}
    b.set("bad_master", count=1)
    shown = b.wire.send("GET", MASTER).json
    assert all(row["token"] != right[row["symbol"]]["token"] for row in shown)
    assert all(int(row["lotsize"]) == 2 * int(right[row["symbol"]]["lotsize"]) for row in shown)
    assert "0.000000" in {row["tick_size"] for row in shown if row["instrumenttype"] != "AMXIDX"}


@way
def reject_order(b: Bench) -> None:
    tag = b.tag()
    b.set("reject_order", text="RMS: no", count=2)
    for _ in range(3):
        assert b.wire.place(ordertag=tag)["status"] is True
    assert [(r["orderstatus"], r["text"]) for r in b.orders(tag)] == [("rejected", "RMS: no")] * 2 + [("open", "")]


@way
def expire_tokens(b: Bench) -> None:
    b.set("expire_tokens")
    assert _json(b.funds()) == ("AG8002", True)
    with pytest.raises(InvalidStatus) as refused, b.wire.orders():
        pass
    assert refused.value.response.status_code == 403
    b.wire = Wire(b.exchange)
    assert b.funds().json["status"] is True


@way
def drop_stream(b: Bench) -> None:
    with b.stream() as stream, b.wire.orders() as updates:
        stream.send("ping")
        assert stream.recv(timeout=5) == "pong"
        b.set("drop_stream")
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(timeout=5)
        assert closed.value.rcvd is None, "no close frame came"
        updates.send("ping")
        until(lambda: updates.recv(timeout=5) == "pong", "the other socket lives")


@way
def refuse_stream(b: Bench) -> None:
    b.set("refuse_stream", status=429, text="Too many", retry_after_s=5, count=1)
    with pytest.raises(InvalidStatus) as refused, b.stream():
        pass
    headers = refused.value.response.headers
    assert refused.value.response.status_code == 429
    assert (headers["x-error-message"], headers["retry-after"]) == ("Too many", "5")


@way
def close_stream(b: Bench) -> None:
    b.set("close_stream", count=1)
    with b.stream() as stream, pytest.raises(ConnectionClosed):
        stream.recv(timeout=5)
    b.seen(1)


def _silent(connection: ClientConnection, message: str) -> None:
    connection.send(message)
    with suppress(TimeoutError):
        while True:
            assert connection.recv(timeout=0.7) != "pong"


@way
def freeze_stream(b: Bench) -> None:
    with b.stream() as stream:
        b.watch(stream)
        stream.recv(timeout=5)
        b.set("freeze_stream")
        _silent(stream, "ping")
        with pytest.raises(TimeoutError):
            stream.recv(timeout=0.5)
        b.exchange.clear_faults()
        until(lambda: stream.recv(timeout=5) == "pong", "it goes on")


@way
def mute_stream(b: Bench) -> None:
    with b.stream() as stream:
        b.watch(stream)
        stream.recv(timeout=5)
        b.set("mute_stream")
        stream.send("ping")
        until(lambda: stream.recv(timeout=5) == "pong", "heartbeats go on")
        with pytest.raises(TimeoutError):
            stream.recv(timeout=1)


@way
def repeat_stream(b: Bench) -> None:
    b.set("repeat_stream")
    frames = b.seen(25)
    assert len(set(frames)) <= len(MANY)


@way
def truncate_frame(b: Bench) -> None:
    b.set("truncate_frame", at_byte=37)
    assert {len(frame) for frame in b.seen(5)} == {37}


@way
def oversize_frame(b: Bench) -> None:
    b.set("oversize_frame", size=300_000)
    assert {len(frame) for frame in b.seen(2)} == {300_051}


@way
def endless_frame(b: Bench) -> None:
    """A client with a limit gives up with 1009; the exchange serves on, and the next connection is well."""
    with b.stream() as stream:
        b.set("endless_frame", size=65_536, count=1)
        b.watch(stream)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                stream.recv(timeout=10)
        assert closed.value.sent is not None and closed.value.sent.code == 1009
    assert len(b.seen(3)) == 3


@way
def flip_bits(b: Bench) -> None:
    b.set("flip_bits")
    frames = b.seen(20)
    assert all(len(frame) == 51 for frame in frames)
    bent = [f for f in frames if (f[0], f[1]) != (1, 1) or head(f).token not in MANY or any(f[10:27])]
    assert bent, "20 bits in 20 packets: some stood in a known place"


@way
def text_frame(b: Bench) -> None:
    b.set("text_frame", text="hello")
    assert b.seen(3) == ["hello"] * 3


@way
def unknown_mode(b: Bench) -> None:
    b.set("unknown_mode")
    assert {frame[0] for frame in b.seen(3)} == {9}


@way
def repeat_frame(b: Bench) -> None:
    b.set("repeat_frame")
    frames = b.seen(10)
    assert frames[::2] == frames[1::2]


@way
def reorder_frame(b: Bench) -> None:
    b.set("reorder_frame")
    with b.stream() as stream:
        stream.send(subscribe(1, "2885"))
        numbers = [head(stream.recv(timeout=10)).sequence for _ in range(6)]  # type: ignore[arg-type]
    assert numbers != sorted(numbers)


@way
def restart_sequence(b: Bench) -> None:
    b.set("restart_sequence")
    assert {head(frame).sequence for frame in b.seen(5)} == {1}


@way
def bad_time(b: Bench) -> None:
    b.set("bad_time")
    now_ms = time.time() * 1_000
    assert all(abs(head(frame).time_ms - now_ms) > 10**10 for frame in b.seen(5))


@way
def bad_price(b: Bench) -> None:
    b.set("bad_price")
    assert {head(frame).last for frame in b.seen(8)} <= {-100, 0, (1 << 63) - 1, 99_999_999_900}


@way
def foreign_frame(b: Bench) -> None:
    b.set("foreign_frame")
    assert {head(frame).token for frame in b.seen(4)} - set(MANY) == {"31415926"}


@way
def burst(b: Bench) -> None:
    with b.stream() as stream:
        b.watch(stream, 1)
        stream.recv(timeout=5)
        b.set("burst", size=3_000)
        started = time.monotonic()
        for _ in range(3_000):
            stream.recv(timeout=5)
        assert time.monotonic() - started < 60, "3,000 packets of five tokens in a moment, not in minutes"


@way
def garbage_frame(b: Bench) -> None:
    with b.stream() as stream:
        b.watch(stream)
        stream.recv(timeout=5)
        b.set("garbage_frame")
        until(lambda: stream.recv(timeout=5) == "garbage{", "the last of five bad frames")


@way
def drop_orders(b: Bench) -> None:
    with b.wire.orders() as updates:
        updates.recv(timeout=5)
        b.set("drop_orders")
        with pytest.raises(ConnectionClosed) as closed:
            updates.recv(timeout=5)
        assert closed.value.rcvd is None


@way
def refuse_orders(b: Bench) -> None:
    b.set("refuse_orders", count=1)
    with pytest.raises(InvalidStatus) as refused, b.wire.orders():
        pass
    assert refused.value.response.status_code == 503 and refused.value.response.headers["x-error-message"]


@way
def close_orders(b: Bench) -> None:
    b.set("close_orders", count=1)
    with b.wire.orders() as updates, pytest.raises(ConnectionClosed):
        updates.recv(timeout=5)


@way
def freeze_orders(b: Bench) -> None:
    with b.wire.orders() as updates:
        updates.recv(timeout=5)
        b.set("freeze_orders")
        b.wire.place()
        with pytest.raises(TimeoutError):
            updates.recv(timeout=0.7)
        b.exchange.clear_faults()
        assert json.loads(updates.recv(timeout=5))["order-status"] == "AB09"


def _codes(b: Bench, name: str, expected: int, **fields: Any) -> list[str]:
    """The update codes of one placed and resting order while a fault holds."""
    with b.wire.orders() as updates:
        updates.recv(timeout=5)
        b.set(name, **fields)
        b.wire.place()
        codes = [json.loads(updates.recv(timeout=5))["order-status"] for _ in range(expected)]
        with pytest.raises(TimeoutError):
            updates.recv(timeout=0.2)
    return codes


@way
def lose_update(b: Bench) -> None:
    assert _codes(b, "lose_update", 1, count=1) == ["AB01"]


@way
def repeat_update(b: Bench) -> None:
    assert _codes(b, "repeat_update", 4) == ["AB09", "AB09", "AB01", "AB01"]


@way
def reorder_update(b: Bench) -> None:
    assert _codes(b, "reorder_update", 2, count=1) == ["AB01", "AB09"]


@way
def delay_update(b: Bench) -> None:
    assert _codes(b, "delay_update", 2, count=1, delay_ms=150) == ["AB01", "AB09"]


@pytest.fixture(scope="module")
def bench(common: ExchangeProcess) -> Bench:
    return Bench(common)


@pytest.fixture(autouse=True)
def no_faults_left(common: ExchangeProcess) -> Iterator[None]:
    yield
    common.clear_faults()


def test_every_name_has_a_way() -> None:
    assert set(WAYS) == set(get_args(FaultName))


@pytest.mark.parametrize("name", get_args(FaultName))
def test_a_client_sees(bench: Bench, name: str) -> None:
    WAYS[name](bench)


PLACE = ORDER + "placeOrder"


@pytest.mark.parametrize("at_byte", [0, 1, 30, 200, 400])
def test_a_request_cut_at_a_byte_is_never_read(bench: Bench, at_byte: int) -> None:
    tag = bench.tag()
    bench.set("cut_request", on=["placeOrder"], count=1, at_byte=at_byte)
    assert bench.raw(PLACE, place_body(ordertag=tag)) in (b"", b"RESET") and not bench.orders(tag)


@pytest.mark.parametrize("at_byte", [0, 1, 15, 16, 80, 150, 10_000])
def test_an_answer_cut_at_a_byte_was_carried_out(bench: Bench, at_byte: int) -> None:
    tag = bench.tag()
    bench.set("lost_answer", on=["placeOrder"], count=1, at_byte=at_byte)
    answer = bench.raw(PLACE, place_body(ordertag=tag))
    assert len(bench.orders(tag)) == 1
    assert len(answer) == at_byte or (at_byte == 10_000 and answer.endswith(b"}"))


@pytest.mark.parametrize("at_byte", [0, 1, 60, 10_000])
def test_a_body_cut_at_a_byte_was_carried_out(bench: Bench, at_byte: int) -> None:
    tag = bench.tag()
    bench.set("cut_body", on=["placeOrder"], count=1, at_byte=at_byte)
    first, _, body = bench.raw(PLACE, place_body(ordertag=tag)).partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK") and len(bench.orders(tag)) == 1
    assert len(body) == at_byte or (at_byte == 10_000 and body.endswith(b"}"))


def test_probability_count_and_duration() -> None:
    now_s = 0.0
    faults = Faults(random.Random(1), lambda: round(now_s * 1e9))
    faults.add(Fault("slow", probability=0.25, count=None))
    struck = sum(bool(faults.for_request("getRMS")) for _ in range(2_000))
    assert 400 < struck < 600
    faults.clear()
    faults.add(Fault("empty", on=["getRMS"], count=3))
    assert [bool(faults.for_request(name)) for name in ("quote", *["getRMS"] * 4)] == [False, True, True, True, False]
    faults.add(Fault("html", for_s=2.5))
    for now_s, strikes in ((0.0, True), (2.49, True), (2.5, False)):  # noqa: B007
        assert bool(faults.for_request("getRMS")) is strikes
    assert faults.rows() == []


def test_a_duration_ends_by_itself(bench: Bench) -> None:
    bench.set("http_status", on=["getRMS"], for_s=0.4)
    assert bench.funds().status == 503
    until(lambda: bench.funds().status == 200, "the fault has run out")


def test_the_docs_name_every_fault_and_no_other() -> None:
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text()
    rows = text.split("### Faults", 1)[1].split("| name | what happens |", 1)[1].split("\n\n", 1)[0]
    names = [name.strip("` ") for line in rows.splitlines()[2:] for name in line.split("|")[1].split(",")]
    assert sorted(names) == sorted(get_args(FaultName)) and len(names) == len(set(names))
