"""A scripted REST server on loopback: whole answers, half answers, silence and resets, by the test's choice."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.waiting import until


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire:
    """One server-side connection, for answers that are no plain bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End with RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Answer = bytes | Callable[[Wire], Awaitable[None]]


@dataclass
class FakeRest:
    """`script` maps a request to its answer; an answer that is a function gets the connection and does as it likes."""

    script: Callable[[Request], Answer]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def paths(self) -> list[str]:
        return [r.path.rsplit("/", 1)[-1] for r in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._open.add(writer)
        try:
            while (request := await _read(reader, number)) is not None:
                self.requests.append(request)
                answer = self.script(request)
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(Wire(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._open.discard(writer)

    async def hang_up(self) -> None:
        """End every connection and wait until they are gone."""
        for writer in tuple(self._open):
            writer.transport.abort()
        await until(lambda: not self._open)


async def _read(reader: asyncio.StreamReader, number: int) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    lower = {k.lower(): v for k, v in headers.items()}
    body = await reader.readexactly(int(lower.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body, number)


def reply(value: Any, status: int = 200, **headers: str) -> bytes:
    """A whole answer; `value` is JSON unless it is bytes."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    extra = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
    return f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


def ok(data: Any) -> bytes:
    return reply({"status": True, "message": "SUCCESS", "errorcode": "", "data": data})


def refused(code: str, message: str = "no", status: int = 200) -> bytes:
    return reply({"status": False, "message": message, "errorcode": code, "data": None}, status)


async def silence(wire: Wire) -> None:
    """Never answer; wait until the other side goes away."""
    await wire.reader.read()


@asynccontextmanager
async def fake_rest(script: Callable[[Request], Answer]) -> AsyncIterator[FakeRest]:
    fake = FakeRest(script)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        await fake.hang_up()
