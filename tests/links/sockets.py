"""A scripted websocket server on loopback, for both streams."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.datastructures import Headers

from core.links.link import Timing

QUICK = Timing(open_s=1.0, ping_s=0.2, pong_s=0.15, mute_s=None, control_ping_s=4.0, watch_s=0.02)
"""The real timing, divided, so that no test waits for real seconds."""
Talk = Callable[[ServerConnection], Awaitable[None]]


@dataclass
class FakeSocket:
    """What clients did: handshake headers, text messages, connections made; `refusals` are handed out first."""

    talk: Talk
    refusals: list[tuple[int, str]] = field(default_factory=list)
    handshakes: list[Any] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    heard: dict[ServerConnection, list[str]] = field(default_factory=dict)
    live: list[ServerConnection] = field(default_factory=list)
    answer_pings: bool = True
    url: str = ""

    @property
    def requests(self) -> list[str]:
        """Text messages that are no pings."""
        return [t for t in self.texts if t != "ping"]

    async def handle(self, connection: ServerConnection) -> None:
        self.live.append(connection)
        listen = asyncio.get_running_loop().create_task(self._listen(connection))
        try:
            await self.talk(connection)
            await listen
        finally:
            listen.cancel()
            self.live.remove(connection)

    async def _listen(self, connection: ServerConnection) -> None:
        async for message in connection:
            self.texts.append(str(message))
            if message != "ping":
                self.heard.setdefault(connection, []).append(str(message))
            if message == "ping" and self.answer_pings:
                await connection.send("pong")

    def gate(self, _: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request.headers)
        if not self.refusals:
            return None
        status, said = self.refusals.pop(0)
        headers = Headers({"x-error-message": said, "Content-Length": "0", "Connection": "close"})
        return Response(status, HTTPStatus(status).phrase, headers, b"")


async def quiet(_: ServerConnection) -> None:
    """Say nothing."""


@asynccontextmanager
async def fake_socket(talk: Talk = quiet, **options: Any) -> AsyncIterator[FakeSocket]:
    fake = FakeSocket(talk, **options)
    async with serve(
        fake.handle, "127.0.0.1", 0, process_request=fake.gate, compression=None, max_size=None, close_timeout=0.2
    ) as server:
        fake.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/smart-stream"
        yield fake
        server.close()
        for connection in fake.live:
            connection.transport.abort()


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run a client's `run` beside the test, and end it by cancellation."""

    async def keep() -> None:
        await work

    task = asyncio.get_running_loop().create_task(keep())
    try:
        yield task
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
