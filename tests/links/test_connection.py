"""The receive path of our own against the library's framing, byte by byte and frame by frame."""

import asyncio
import contextlib
import os
import struct
from collections.abc import Callable
from random import Random

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core.links.connection import Stamped

_UPGRADE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)


def _frame(first: int, payload: bytes, mask: bool = False) -> bytes:
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head = bytes([first, flag | len(payload)])
    elif len(payload) < 65_536:
        head = bytes([first, flag | 126]) + struct.pack(">H", len(payload))
    else:
        head = bytes([first, flag | 127]) + struct.pack(">Q", len(payload))
    return head + (b"\0\0\0\0" if mask else b"") + payload


async def _talk(stream: bytes, cuts: Callable[[int], list[int]], size_max: int = 300_000) -> tuple[list[bytes], object]:
    """What a client hears of a raw server stream delivered in pieces: messages in order, and how it ended."""
    from websockets.utils import accept_key

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line.split(": ")[1] for line in request.split("\r\n") if line.lower().startswith("sec-websocket-key")
        )
        whole = _UPGRADE % accept_key(key).encode() + stream
        at = 0
        with contextlib.suppress(ConnectionError):
            for cut in [*cuts(len(whole)), len(whole)]:
                writer.write(whole[at:cut])
                await writer.drain()
                await asyncio.sleep(0)
                at = cut
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        served.set()

    served = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    heard: list[bytes] = []
    end: object = None
    uri = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def on_run(data: bytes, at: int, size: int, stride: int, count: int) -> None:
        heard.extend(data[start : start + size] for start in range(at, at + count * stride, stride))

    stamped = Stamped.of(lambda: None, on_run, size_max)
    async with asyncio.timeout(5):
        connection = await connect(
            uri, create_connection=stamped, compression=None, max_size=size_max, proxy=None, close_timeout=0.2
        )
        try:
            async for message in connection:
                heard.append(message if isinstance(message, bytes) else message.encode())
        except ConnectionClosed as e:
            end = e
    server.close()
    await served.wait()
    return heard, end


_MIXED = [
    _frame(0x82, b"a" * 51),
    _frame(0x82, b""),
    _frame(0x82, b"b" * 379),
    _frame(0x82, b"c" * 70_000),
    _frame(0x8A, b""),
    _frame(0x82, b"d" * 126),
]
_CLOSE = _frame(0x88, struct.pack(">H", 1000))


def _at_once(_: int) -> list[int]:
    return []


def _byte_by_byte(size: int) -> list[int]:
    return list(range(1, min(size, 900)))


def _at_random(size: int) -> list[int]:
    return sorted(Random(7).sample(range(1, size), 60))


@pytest.mark.parametrize("cuts", [_at_once, _byte_by_byte, _at_random])
async def test_binary_frames_come_whole_and_in_order_however_they_are_cut(cuts: Callable[[int], list[int]]) -> None:
    heard, _ = await _talk(b"".join(_MIXED) + _CLOSE, cuts)

    assert [len(m) for m in heard] == [51, 0, 379, 70_000, 126]
    assert heard[2] == b"b" * 379


async def test_runs_of_one_size_come_in_order_and_whole() -> None:
    frames = [bytes([n % 251]) * size for size in (51, 123, 379, 51, 379) for n in range(60)]

    heard, _ = await _talk(b"".join(_frame(0x82, f) for f in frames) + _CLOSE, _at_random)

    assert heard == frames


async def test_text_and_fragments_are_left_to_the_library() -> None:
    stream = (
        _frame(0x81, b"pong")
        + _frame(0x02, b"ab")
        + _frame(0x00, b"cd")
        + _frame(0x80, b"ef")
        + _frame(0x82, b"z")
        + _CLOSE
    )

    heard, end = await _talk(stream, _at_once)

    assert sorted(heard) == [b"abcdef", b"pong", b"z"]
    assert end is None


@pytest.mark.parametrize(
    "bad",
    [
        _frame(0x82, b"masked", mask=True),
        _frame(0x83, b"reserved opcode"),
        _frame(0xC2, b"reserved bit"),
        _frame(0x02, b"ab") + _frame(0x82, b"a new message inside a message"),
    ],
)
async def test_what_breaks_the_protocol_ends_the_connection(bad: bytes) -> None:
    heard, end = await _talk(_frame(0x82, b"good") + bad, _at_once)

    assert heard[0] == b"good" and len(heard) == 1
    assert isinstance(end, ConnectionClosed) and end.sent is not None and end.sent.code == 1002


async def test_a_frame_over_the_limit_is_refused_before_it_is_here() -> None:
    heard, end = await _talk(_frame(0x82, b"x" * 5_000)[:50], _at_once, size_max=4_000)

    assert heard == []
    assert isinstance(end, ConnectionClosed) and end.sent is not None and end.sent.code == 1009


async def test_random_bytes_after_the_handshake_end_or_wait_but_never_raise() -> None:
    for _ in range(20):
        await _talk(os.urandom(400) + _CLOSE + b"\x83\x00", _at_once)


async def test_a_refusal_with_a_body_is_heard_at_once() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"<html><body>Connection Limit Exceeded.</body></html>"
        writer.write(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    stamped = Stamped.of(lambda: None, lambda *_: None, 1_000)
    uri = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with asyncio.timeout(2):
        with pytest.raises(InvalidStatus):
            await connect(uri, create_connection=stamped, proxy=None)
    server.close()
