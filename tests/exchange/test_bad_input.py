"""Garbage, floods and half requests: answered or closed, never a traceback, and the exchange goes on."""

import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from core.domain import Exchange, InstrumentKey
from core.exchange.subscriptions import Subscriptions
from tests.exchange import fuzzing
from tests.exchange.waiting import until
from tests.exchange.wire import ORDER, Wire, head, subscribe
from tests.exchange_process import ExchangeProcess

SNAP_BYTES = 379
MASTER = "/OpenAPI_File/files/OpenAPIScripMaster.json"


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    return Wire(common)


def _door(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def test_garbage_connections_leave_the_exchange_well(wire: Wire) -> None:
    rng = random.Random(4)
    for number in range(300):
        door = _door(wire.exchange.rest if number % 2 else wire.exchange.stream)
        with socket.create_connection(door, timeout=5) as raw:
            raw.sendall(
                rng.choice((b"", b"GET ", b"\x16\x03\x01", rng.randbytes(200), b"POST / HTTP/1.1\r\nA:" + b"b" * 900))
            )
    assert wire.place()["status"] is True
    assert "Traceback" not in wire.exchange.errors()


def test_bodies_of_garbage_are_answered_in_the_dialect(wire: Wire) -> None:
    rng = random.Random(5)
    for _ in range(150):
        answer = wire.send("POST", ORDER + "placeOrder", fuzzing.body(rng))
        assert answer.status == 200 and answer.json["status"] is False, answer
    big = wire.send("POST", ORDER + "placeOrder", b"x" * (2 << 20))
    assert big.status == 413
    assert "Traceback" not in wire.exchange.errors()


def test_subscriptions_do_not_grow_by_garbage() -> None:
    rng = random.Random(6)
    wanted = Subscriptions(lambda: frozenset({InstrumentKey(Exchange.NSE, "2885")}))
    errors = sum(wanted.handle(fuzzing.frame(rng)) is not None for _ in range(20_000))
    assert errors > 10_000 and len(wanted.take(10)) <= 2


def test_frames_of_garbage_never_break_a_connection(wire: Wire) -> None:
    """Text and binary, over a real socket; the same connection then answers, by a pong and by packets."""
    rng = random.Random(6)
    with wire.stream() as stream:
        for _ in range(300):
            stream.send(fuzzing.frame(rng))
        stream.send("ping")
        until(lambda: stream.recv(timeout=10) == "pong", "the heartbeat is answered")
        stream.send(subscribe(2, "3045"))
        until(lambda: isinstance(f := stream.recv(timeout=10), bytes) and head(f)[:3] == (2, 1, "3045"), "a packet")
    assert "Traceback" not in wire.exchange.errors()


def test_bytes_that_are_no_frames_end_their_own_connection_only(wire: Wire) -> None:
    with wire.stream() as good, wire.stream() as bad:
        bad.socket.sendall(b"\xff" * 40)
        with pytest.raises(ConnectionClosed):
            bad.recv(timeout=10)
        good.send("ping")
        until(lambda: good.recv(timeout=10) == "pong", "the other connection lives")
    assert "Traceback" not in wire.exchange.errors()


def test_two_thousand_connections_beside_sixty_half_requests_harm_nobody(wire: Wire) -> None:
    """Some are left open half-way, the others come and go; requests between them are answered."""
    rest, stream = _door(wire.exchange.rest), _door(wire.exchange.stream)
    held = []
    for number in range(60):
        raw = socket.create_connection(rest if number % 2 else stream, timeout=5)
        raw.sendall(b"POST /rest/secure/angelbroking/order/v1/placeOrder HTTP/1.1\r\nContent-Length: 900\r\n\r\n{")
        held.append(raw)
    before_mb = _rss_mb(wire.exchange)
    for number in range(2_000):
        with socket.create_connection(rest if number % 2 else stream, timeout=5) as raw:
            raw.sendall(b"GET /rest HTTP/1.1\r\n")
        if number % 400 == 0:
            assert wire.place()["status"] is True
    for raw in held:
        raw.close()
    assert wire.place()["status"] is True
    assert _rss_mb(wire.exchange) - before_mb < 40
    assert "Traceback" not in wire.exchange.errors()


@pytest.fixture(scope="module")
def hasty() -> Iterator[Wire]:
    """An exchange that gives a request two seconds to arrive."""
    before = "import core.exchange.http as door; door.READ_LIMIT_S = 2.0; "
    with ExchangeProcess(None, "--limits", "off", before=before) as process:
        yield Wire(process)


HALF_BODY = b"POST /rest/secure/angelbroking/order/v1/placeOrder HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"
HALVES = {
    "a body": HALF_BODY,
    "headers": HALF_BODY[:80],
    "a second request": b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n" + HALF_BODY,
}


@pytest.mark.parametrize("half", HALVES)
def test_half_a_request_is_closed_when_its_time_is_over(hasty: Wire, half: str) -> None:
    """In drops too: bytes that come meanwhile do not move the end."""
    with socket.create_connection(_door(hasty.exchange.rest), timeout=10) as raw:
        raw.sendall(HALVES[half])
        raw.settimeout(0.2)
        ends = time.monotonic() + 20
        while not _closed(raw):
            assert time.monotonic() < ends, "it still holds its place"
            with suppress(OSError):
                raw.sendall(b"a")


def _closed(raw: socket.socket) -> bool:
    try:
        while raw.recv(4_096):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_a_kept_connection_outlives_the_time_a_request_may_take(hasty: Wire) -> None:
    parts = urlsplit(hasty.exchange.rest)
    kept = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        for pause_s in (0.0, 2.5):
            threading.Event().wait(pause_s)
            kept.request("GET", MASTER)
            assert kept.getresponse().read()[:1] == b"["
    finally:
        kept.close()


def test_more_half_requests_than_there_is_room_shut_nobody_out_for_long(hasty: Wire) -> None:
    """All places are taken by requests whose bodies never come; each is free again when its time is over."""
    with ExitStack() as held:
        for _ in range(450):
            raw = held.enter_context(socket.create_connection(_door(hasty.exchange.rest), timeout=5))
            with suppress(OSError):
                raw.sendall(HALF_BODY)
        with pytest.raises((OSError, http.client.HTTPException)):
            hasty.send("GET", MASTER)
        until(lambda: _answers(hasty), "a good request is answered", limit_s=30)
        assert hasty.place()["status"] is True
    assert "Traceback" not in hasty.exchange.errors()


def _answers(wire: Wire) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return wire.send("GET", MASTER).status == 200
    return False


def test_malformed_frames_are_answered_and_the_stream_goes_on(wire: Wire) -> None:
    """Each by E1001 or E1002 as the streaming page says, or carried out; then a good one still works."""
    rng = random.Random(8)
    with wire.stream() as stream:
        for _ in range(200):
            stream.send(fuzzing.mutant_frame(rng), text=False)
        stream.send(subscribe(1, "2885", correlation="good"))
        codes = set()
        while True:
            frame = stream.recv(timeout=10)
            if isinstance(frame, bytes) and head(frame)[:3] == (1, 1, "2885"):
                break
            if isinstance(frame, str):
                codes.add(json.loads(frame)["errorCode"])
    assert codes == {"E1001"}
    assert "Traceback" not in wire.exchange.errors()


UNREAD_MB, UNREAD_BOUND_MB = 40, 15


def test_a_client_that_never_reads_costs_no_memory(wire: Wire) -> None:
    """Its packets are not kept: far more are due to it than what the exchange grows by. Due again by leaving a token
    and asking for it anew, while another client's heartbeats show that the exchange keeps up.
    """
    with wire.stream() as idle, wire.stream() as other:
        tokens = [r["token"] for r in wire.send("GET", MASTER).json if r["exch_seg"] == "NFO"]
        idle.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        before_mb = _rss_mb(wire.exchange)
        for _ in range(UNREAD_MB * (1 << 20) // (SNAP_BYTES * len(tokens))):
            idle.send(subscribe(3, *tokens, kind=2, action=0))
            idle.send(subscribe(3, *tokens, kind=2))
            other.send("ping")
            assert other.recv(timeout=10) == "pong"
        assert _rss_mb(wire.exchange) - before_mb < UNREAD_BOUND_MB


def _rss_mb(exchange: ExchangeProcess) -> float:
    return int(Path(f"/proc/{exchange.process.pid}/statm").read_text().split()[1]) * 4_096 / (1 << 20)
