"""The two sockets, on one port: market stream and order updates. A slow client never makes the exchange grow."""

import asyncio
from collections import deque
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from core.clock import Clock
from core.domain import InstrumentKey
from core.exchange import handshake
from core.exchange.faults import Faults
from core.exchange.packets import SNAP, encode
from core.exchange.rows import Row, blank_update
from core.exchange.sessions import Sessions
from core.exchange.subscriptions import Subscriptions, Wanted
from core.exchange.venue import Venue
from core.supervise import Supervisor

FRAME_MAX = 256 * 1024
UPDATES_MAX = 2_000
"""Order updates that may wait for one client; a client further behind is cut off and must read the book."""
PING_S = 30


class _StreamClient:
    def __init__(self, connection: ServerConnection, known: Iterable[InstrumentKey]) -> None:
        self.connection = connection
        self.wanted = Subscriptions(frozenset(known))
        self.wake = asyncio.Event()


class _OrdersClient:
    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.waiting: deque[str] = deque()
        self.wake = asyncio.Event()


class Streams:
    """Call `publish` after each market step; order updates are handed to `push_order`."""

    def __init__(self, venue: Venue, sessions: Sessions, faults: Faults, clock: Clock, tasks: Supervisor) -> None:
        self._venue, self._sessions, self._faults, self._clock, self._tasks = venue, sessions, faults, clock, tasks
        self._market: dict[ServerConnection, _StreamClient] = {}
        self._orders: dict[ServerConnection, _OrdersClient] = {}
        self._opening: dict[str, set[ServerConnection]] = {handshake.STREAM_PATH: set(), handshake.ORDERS_PATH: set()}
        self._packets: dict[Wanted, bytes] = {}
        self._encoder = msgspec.json.Encoder()

    async def listen(self, sock: object) -> Server:
        return await serve(
            self._serve,
            sock=sock,
            process_request=self._check,
            compression=None,
            max_size=FRAME_MAX,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=1,
            server_header=None,
        )

    def publish(self, changed: Iterable[InstrumentKey]) -> None:
        """Mark what changed for every client; packets are made once and shared."""
        self._packets.clear()
        changed = tuple(changed)
        for client in self._market.values():
            if client.wanted.mark(changed):
                client.wake.set()

    def push_order(self, code: str, row: Row) -> None:
        """One order update to every client, in order."""
        text = self._frame(code, row)
        for client in self._orders.values():
            if len(client.waiting) >= UPDATES_MAX:
                client.connection.transport.abort()
            else:
                client.waiting.append(text)
                client.wake.set()

    def drop_market(self) -> None:
        for connection in self._market:
            connection.transport.abort()

    def drop_orders(self) -> None:
        for connection in self._orders:
            connection.transport.abort()

    def send_garbage(self) -> None:
        """Frames that no layout allows: short, long, unknown mode, and text that is no JSON."""
        key = next(iter(self._venue.market.listings))
        good = encode(SNAP, self._venue.market.snapshot(key))
        frames: tuple[str | bytes, ...] = (good[:20], good + bytes(7), bytes([9]) + good[1:], b"", "garbage{")
        for client in self._market.values():
            self._tasks.once("garbage", _send_all(client.connection, frames))

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse before the upgrade, or count the connection as open from now on."""
        parts = urlsplit(request.path)
        path = parts.path.rstrip("/")
        if path not in self._opening:
            return _response(404, "Not Found")
        opening = self._opening[path]
        opening -= {c for c in opening if c.state is State.CLOSED}
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        if path == handshake.STREAM_PATH:
            fault, refusal = (
                "refuse_stream",
                handshake.stream_refusal(headers, parts.query, self._sessions, len(opening)),
            )
        else:
            fault, refusal = "refuse_orders", handshake.orders_refusal(headers, self._sessions, len(opening))
        if self._faults.strikes(fault):  # type: ignore[arg-type]
            return _response(503, "Service Unavailable")
        if refusal is not None:
            return _response(refusal.status, refusal.message)
        opening.add(connection)
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        path = urlsplit(connection.request.path).path.rstrip("/")
        try:
            if path == handshake.STREAM_PATH:
                await self._serve_market(connection)
            else:
                await self._serve_orders(connection)
        except ConnectionClosed:
            pass
        finally:
            self._opening[path].discard(connection)

    async def _serve_market(self, connection: ServerConnection) -> None:
        client = _StreamClient(connection, self._venue.market.listings)
        self._market[connection] = client
        pump = self._tasks.once("stream pump", self._pump_market(client))
        try:
            async for frame in connection:
                if frame == "ping":
                    await connection.send("pong")
                elif (error := client.wanted.handle(frame)) is not None:
                    await connection.send(self._encoder.encode(error).decode())
                else:
                    client.wake.set()
        finally:
            del self._market[connection]
            pump.cancel()

    async def _pump_market(self, client: _StreamClient) -> None:
        """Send what is due, latest state, one packet a frame; waits while the client does not read."""
        try:
            while True:
                await client.wake.wait()
                client.wake.clear()
                if self._faults.holds("mute_stream"):
                    client.wanted.forget_due()
                while (wanted := client.wanted.take()) is not None:
                    await client.connection.send(self._packet(wanted))
        except ConnectionClosed:
            return

    def _packet(self, wanted: Wanted) -> bytes:
        packet = self._packets.get(wanted)
        if packet is None:
            key, mode = wanted
            packet = self._packets[wanted] = encode(mode, self._venue.market.snapshot(key))
        return packet

    async def _serve_orders(self, connection: ServerConnection) -> None:
        client = _OrdersClient(connection)
        await connection.send(self._frame("AB00", blank_update()))
        self._orders[connection] = client
        pump = self._tasks.once("orders pump", _pump_orders(client))
        try:
            async for frame in connection:
                if frame == "ping":
                    await connection.send("pong")
        finally:
            del self._orders[connection]
            pump.cancel()

    def _frame(self, code: str, row: Row) -> str:
        frame = {
            "user-id": self._sessions.credentials.client_code,
            "status-code": "200",
            "order-status": code,
            "error-message": "",
            "orderData": row,
        }
        return self._encoder.encode(frame).decode()


async def _pump_orders(client: _OrdersClient) -> None:
    try:
        while True:
            await client.wake.wait()
            client.wake.clear()
            while client.waiting:
                await client.connection.send(client.waiting.popleft())
    except ConnectionClosed:
        return


async def _send_all(connection: ServerConnection, frames: tuple[str | bytes, ...]) -> None:
    try:
        for frame in frames:
            await connection.send(frame)
    except ConnectionClosed:
        return


def _response(status: int, message: str) -> Response:
    """A refusal: the reason stands in `x-error-message`, and in the body as HTML when there are too many."""
    html = status == 429
    body = (f"<html><body>{message}</body></html>" if html else message).encode()
    headers = Headers(
        [
            ("Content-Type", "text/html" if html else "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            ("x-error-message", message),
        ]
    )
    return Response(status, message, headers, body)
