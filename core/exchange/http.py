"""uvicorn, held on a short lead: no signals, no logs, and a door register so that a connection can be cut."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

KEEP_ALIVE_S = 75
Doors = dict[tuple[str, int], asyncio.Transport]
"""Open connections by the client's address."""


class HttpServer(uvicorn.Server):
    """One application on one bound socket; ends by `finish`."""

    def __init__(self, app: Any, sock: socket.socket, doors: Doors | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_protocol(doors if doors is not None else {}),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=1,
            )
        )
        self._sock = sock

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The exchange handles its signals itself."""
        yield

    async def run_on_socket(self) -> None:
        await self.serve(sockets=[self._sock])

    def finish(self) -> None:
        self.should_exit = True


def abort(doors: Doors, client: tuple[str, int]) -> None:
    """Close a client's connection at once, without a byte of answer."""
    transport = doors.get(client)
    if transport is not None:
        transport.abort()


def _protocol(doors: Doors) -> type[H11Protocol]:
    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._door = tuple(transport.get_extra_info("peername")[:2])
            doors[self._door] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            doors.pop(self._door, None)
            super().connection_lost(exc)

    return Protocol
