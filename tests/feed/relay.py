"""A relay in front of a real exchange's stream: it can go deaf, cut, refuse and put frames of its own in between.

Towards the client it forwards whole frames only, so that what is put in never lands inside another.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


def wire(payload: bytes, first: int = 0x82) -> bytes:
    """One unmasked frame as a server sends it; `first` is the first byte (FIN and opcode)."""
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    if len(payload) < 65_536:
        return bytes([first, 126]) + struct.pack(">H", len(payload)) + payload
    return bytes([first, 127]) + struct.pack(">Q", len(payload)) + payload


class Relay:
    """`frozen` stops everything in both directions and closes nothing: the peer has vanished.

    `change` is applied to each binary payload on its way to the client. `accepting` False closes what is accepted.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._host, self._port, self._path = str(parts.hostname), int(parts.port or 0), parts.path
        self._clients: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.frozen = False
        self.accepting = True
        self.change: Callable[[bytes], bytes] = lambda payload: payload
        self.accepted = 0
        self.url = ""

    def inject(self, raw: bytes) -> None:
        """Put these bytes between two frames, to every client."""
        for writer in self._clients:
            writer.write(raw)

    def cut(self) -> None:
        """End every connection without a word."""
        for writer in self._clients:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if not self.accepting:
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        ways = [self._up(reader, up_writer), self._down(up_reader, writer)]
        tasks = [asyncio.get_running_loop().create_task(w) for w in ways]
        self._tasks.update(tasks)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            if writer in self._clients:
                self._clients.remove(writer)
            writer.transport.abort()
            up_writer.transport.abort()

    async def stop(self) -> None:
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._thawed()
                writer.write(data)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            answer = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if b" 101 " not in answer[:20]:
                writer.write(await reader.read())
                await writer.drain()
                await asyncio.sleep(0.2)
            self._clients.append(writer)
            while True:
                head = await reader.readexactly(2)
                size = head[1] & 0x7F
                if size == 126:
                    size = struct.unpack(">H", await reader.readexactly(2))[0]
                payload = await reader.readexactly(size)
                await self._thawed()
                if head[0] == 0x82:
                    payload = self.change(payload)
                writer.write(wire(payload, head[0]))

    async def _thawed(self) -> None:
        while self.frozen:  # noqa: ASYNC110  set from a test at any time
            await asyncio.sleep(0.01)


@asynccontextmanager
async def relay(upstream: str) -> AsyncIterator[Relay]:
    made = Relay(upstream)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}{urlsplit(upstream).path}"
    try:
        yield made
    finally:
        server.close()
        await made.stop()
