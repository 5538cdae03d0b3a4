"""Faults of the market stream, by name: what a client sees of each."""

import time
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.exchange.fault_bench import MANY, Bench, Way, into
from tests.exchange.waiting import until
from tests.exchange.wire import head, subscribe

WAYS: dict[str, Way] = {}
way = into(WAYS)


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


@pytest.mark.parametrize("name", WAYS)
def test_a_client_sees(bench: Bench, name: str) -> None:
    WAYS[name](bench)
