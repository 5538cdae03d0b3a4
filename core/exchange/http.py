"""uvicorn, held on a short lead: no signals, no logs, a most of connections, and a register so that one can be cut."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

KEEP_ALIVE_S = 75
CONNECTIONS_MAX = 400
"""Open connections of one door; one more is closed at once."""
HEADERS_MAX = 64 * 1024
READ_LIMIT_S = 20.0
"""How long a request may take to arrive, body and all; the first counts from the opening of its connection."""
Doors = dict[tuple[str, int], asyncio.Transport]
"""Open connections by the client's address."""


class Cut:
    """What a `cut_request` fault decided for a request whose first bytes arrived: how many bytes may still come."""

    def __init__(self, at_byte: int, reset: bool) -> None:
        self.left, self.reset = at_byte, reset


Peek = Callable[[str, str], Cut | None]
"""Asked with method and path when a request's first line is there, before anything else reads it."""


class HttpServer(uvicorn.Server):
    """One application on one bound socket; ends by `finish`."""

    def __init__(
        self,
        app: Any,
        sock: socket.socket,
        doors: Doors | None = None,
        peek: Peek | None = None,
        behind: Callable[[Any], Any] | None = None,
    ) -> None:
        """`behind` puts something in front of the maker of protocols: TLS."""
        protocol = _protocol(doors if doors is not None else {}, peek)
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=HEADERS_MAX,
        )
        config.load()
        if behind is not None:
            config.http_protocol_class = behind(protocol)
        super().__init__(config)
        self._sock = sock

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The exchange handles its signals itself."""
        yield

    async def run_on_socket(self) -> None:
        await self.serve(sockets=[self._sock])

    def finish(self) -> None:
        self.should_exit = True


def abort(doors: Doors, client: tuple[str, int], reset: bool = False) -> None:
    """Close a client's connection at once, without a byte of answer; `reset` sends RST."""
    transport = doors.get(client)
    if transport is not None:
        _cut(transport, reset)


def write(doors: Doors, client: tuple[str, int], data: bytes) -> bool:
    """Bytes past the HTTP layer; False when the connection is gone."""
    transport = doors.get(client)
    if transport is None or transport.is_closing():
        return False
    transport.write(data)
    return True


def close_after(doors: Doors, client: tuple[str, int], reset: bool = False) -> None:
    """Close once what was written has left; `reset` sends RST at once."""
    transport = doors.get(client)
    if transport is None:
        return
    if reset:
        _cut(transport, True)
    else:
        transport.close()


def _cut(transport: asyncio.Transport, reset: bool) -> None:
    sock = transport.get_extra_info("socket")
    if reset and sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class _Protocol(H11Protocol):
    """uvicorn's protocol with a door register, a most of connections, and faults before the request is read."""

    doors: Doors
    peek: Peek | None
    _cut_here: Cut | None = None
    _door: tuple[str, int] | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.doors) >= CONNECTIONS_MAX:
            transport.abort()
            return
        name = transport.get_extra_info("peername")
        self._door = (str(name[0]), int(name[1]))
        self.doors[self._door] = transport
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._door is not None:
            self.doors.pop(self._door, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._cut_here is None:
            self._cut_here = self._look(data)
        if self._cut_here is None:
            super().data_received(data)
            return
        self._arm()
        self._cut_here.left -= len(data)
        if self._cut_here.left <= 0:
            _cut(self.transport, self._cut_here.reset)

    def _look(self, data: bytes) -> Cut | None:
        """Ask about a request when its first line comes; the bytes of one that is being read are not looked at."""
        cycle: Any = self.cycle
        if self.peek is None or not (cycle is None or cycle.response_complete):
            return None
        line = data.split(b"\r\n", 1)[0].split(b" ")
        if len(line) != 3:
            return None
        return self.peek(line[0].decode("latin-1"), line[1].decode("latin-1").split("?")[0])

    def handle_events(self) -> None:
        """Runs after bytes came and after an answer left: each may begin or end the arrival of a request."""
        super().handle_events()
        if self._arriving():
            self._arm()
        else:
            self._disarm()

    def _arriving(self) -> bool:
        """Whether part of a request is here and the rest is not."""
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _arm(self) -> None:
        """Late bytes do not move the deadline, so that a request in drops ends as well."""
        if self._deadline is None:
            self._deadline = self.loop.call_later(READ_LIMIT_S, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _protocol(doors: Doors, peek: Peek | None) -> type[H11Protocol]:
    return type("Protocol", (_Protocol,), {"doors": doors, "peek": staticmethod(peek) if peek else None})
