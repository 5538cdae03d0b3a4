"""Garbage, floods and half requests: answered or closed, never a traceback, and the exchange goes on."""

import random
import socket
from urllib.parse import urlsplit

import pytest

from core.domain import Exchange, InstrumentKey
from core.exchange.subscriptions import Subscriptions
from tests.exchange import fuzzing
from tests.exchange.wire import ORDER, Wire
from tests.exchange_process import ExchangeProcess


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


def test_frames_of_garbage_never_break_a_connection_nor_grow_it() -> None:
    rng = random.Random(6)
    wanted = Subscriptions(lambda: frozenset({InstrumentKey(Exchange.NSE, "2885")}))
    errors = sum(wanted.handle(fuzzing.frame(rng)) is not None for _ in range(20_000))
    assert errors > 10_000 and len(wanted.take(10)) <= 2
