"""The two sockets, on one port: market stream and order updates. A slow client never makes the exchange grow."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable
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
from core.exchange.faults import PACKET, UPDATE, Fault, Faults
from core.exchange.frames import binary
from core.exchange.garbling import Garbler, UpdateGarbler
from core.exchange.packets import LEVELS, LTP, SNAP, encode
from core.exchange.rows import Row, blank_update
from core.exchange.sessions import Sessions
from core.exchange.subscriptions import Subscriptions, Wanted
from core.exchange.venue import Venue
from core.supervise import Supervisor

FRAME_MAX = 256 * 1024
UPDATES_MAX = 2_000
"""Order updates that may wait for one client; a client further behind is cut off and must read the book."""
PING_S, OPEN_S = 30, 10
BATCH = 64
"""Packets that are written at once before the client's buffer is looked at and others have their turn."""
BURST = 50_000
FRAGMENT_MAX = 64 * 1024


class _StreamClient:
    def __init__(self, connection: ServerConnection, wanted: Subscriptions, garbler: Garbler) -> None:
        self.connection, self.wanted, self.garbler = connection, wanted, garbler
        self.wake = asyncio.Event()


class _OrdersClient:
    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.waiting: deque[str] = deque()
        self.wake = asyncio.Event()


class Streams:
    """Call `publish` after each market step; order updates are handed to `push_order`."""

    def __init__(
        self,
        venue: Venue,
        sessions: Sessions,
        faults: Faults,
        clock: Clock,
        tasks: Supervisor,
        depth20: bool = False,
    ) -> None:
        self._venue, self._sessions, self._faults, self._clock, self._tasks = venue, sessions, faults, clock, tasks
        self._depth20 = depth20
        self._market: dict[ServerConnection, _StreamClient] = {}
        self._orders: dict[ServerConnection, _OrdersClient] = {}
        self._opening: dict[str, set[ServerConnection]] = {handshake.STREAM_PATH: set(), handshake.ORDERS_PATH: set()}
        self._packets: dict[Wanted, bytes] = {}
        self._updates = UpdateGarbler()
        self._encoder = msgspec.json.Encoder()
        self._server: Server | None = None

    async def listen(self, sock: object, tls: ssl.SSLContext | None = None) -> Server:
        self._server = await serve(
            self._serve,
            sock=sock,
            ssl=tls,
            process_request=self._check,
            compression=None,
            max_size=FRAME_MAX,
            max_queue=4,
            open_timeout=OPEN_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=1,
            server_header=None,
        )
        return self._server

    def publish(self, changed: Iterable[InstrumentKey]) -> None:
        """Mark what changed for every client; packets are made once and shared."""
        changed = tuple(changed)
        if not changed:
            return
        self._packets.clear()
        for client in self._market.values():
            if client.wanted.mark(changed):
                client.wake.set()

    def push_order(self, code: str, row: Row) -> None:
        """One order update to every client, in order."""
        text = self._frame(code, row)
        faults = self._faults.strike_each(UPDATE)
        late = next((f for f in faults if f.name == "delay_update"), None)
        if late is not None:
            self._tasks.once("late update", self._push_late(text, late.delay_ms / 1_000))
            return
        for one in self._updates.texts(text, faults):
            self._push(one)

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

    def send_burst(self, fault: Fault) -> None:
        """As many packets as a client takes, at once: `size` of them, at most 50,000."""
        for client in self._market.values():
            keys = list(client.wanted.keys)
            if keys:
                self._tasks.once("burst", self._burst(client, keys, min(fault.size, BURST)))

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse before the upgrade, or count the connection as open from now on."""
        parts = urlsplit(request.path)
        path = parts.path.rstrip("/")
        if path not in self._opening:
            return _response(404, "Not Found")
        opening = self._opening[path]
        opening -= {c for c in opening if c.state is State.CLOSED}
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        stream = path == handshake.STREAM_PATH
        fault = self._faults.strikes("refuse_stream" if stream else "refuse_orders")
        if fault is not None:
            status = fault.status or 503
            return _response(status, fault.text or f"practice fault: {status}", fault.retry_after_s)
        if stream:
            refusal = handshake.stream_refusal(headers, parts.query, self._sessions, len(opening))
        else:
            refusal = handshake.orders_refusal(headers, self._sessions, len(opening))
        if refusal is not None:
            return _response(refusal.status, refusal.message)
        opening.add(connection)
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        path = urlsplit(connection.request.path).path.rstrip("/")
        stream = path == handshake.STREAM_PATH
        try:
            if self._faults.strikes("close_stream" if stream else "close_orders"):
                await connection.close(1011)
            elif stream:
                await self._serve_market(connection)
            else:
                await self._serve_orders(connection)
        except ConnectionClosed:
            pass
        finally:
            self._opening[path].discard(connection)

    async def _serve_market(self, connection: ServerConnection) -> None:
        wanted = Subscriptions(lambda: self._venue.market.listings, self._depth20, self._venue.switches)
        client = _StreamClient(connection, wanted, Garbler(self._faults.rng))
        self._market[connection] = client
        pump = self._tasks.once("stream pump", self._pump_market(client))
        try:
            async for frame in connection:
                if self._faults.holds("freeze_stream"):
                    await self._freeze(connection, "freeze_stream")
                if frame == "ping":
                    await connection.send("pong")
                else:
                    if (error := client.wanted.handle(frame)) is not None:
                        await connection.send(self._encoder.encode(error).decode())
                    self._watch()
                    client.wake.set()
        finally:
            del self._market[connection]
            self._watch()
            pump.cancel()

    def _watch(self) -> None:
        """Tell the market what is looked at, so that it is lively."""
        self._venue.market.watch({key for client in self._market.values() for key in client.wanted.keys})

    async def _freeze(self, connection: ServerConnection, name: str) -> None:
        """A half-open socket: nothing is read or sent, nor is it closed, until the fault ends."""
        connection.transport.pause_reading()
        while self._faults.holds(name) and connection.state is State.OPEN:  # type: ignore[arg-type]
            await self._clock.sleep(0.05)
        connection.transport.resume_reading()

    async def _pump_market(self, client: _StreamClient) -> None:
        """Send what is due, latest state, one packet a frame; waits while the client does not read."""
        try:
            while True:
                await client.wake.wait()
                client.wake.clear()
                if self._faults.holds("freeze_stream"):
                    await self._freeze(client.connection, "freeze_stream")
                if (endless := self._faults.strikes("endless_frame")) is not None:
                    await client.connection.send(self._fragments(endless))
                if self._faults.holds("mute_stream"):
                    client.wanted.forget_due()
                while due := client.wanted.take(BATCH):
                    await self._send(client, due)
                    await self._clock.sleep(0)
        except ConnectionClosed:
            return

    async def _send(self, client: _StreamClient, due: list[Wanted]) -> None:
        """Whole frames in one write: beside `send`, which takes the pump's time for each of them."""
        connection = client.connection
        if self._faults.holds_any(PACKET):
            for wanted in due:
                frames = client.garbler.frames(self._packet(wanted)[-_LENGTHS[wanted[1]] :], self._struck())
                for frame in frames:
                    await connection.send(frame)
            return
        if connection.state is not State.OPEN:
            raise ConnectionClosed(None, None)
        connection.transport.write(b"".join([self._packet(wanted) for wanted in due]))
        await connection.drain()

    async def _fragments(self, fault: Fault) -> AsyncIterator[bytes]:
        """One message without end, in fragments, as long as the connection lives."""
        part = bytes(min(fault.size, FRAGMENT_MAX))
        while True:
            yield part
            await self._clock.sleep(fault.delay_ms / 1_000)

    def _struck(self) -> list[Fault]:
        return self._faults.strike_each(PACKET)

    def _packet(self, wanted: Wanted) -> bytes:
        """The frame of a token-mode's latest state."""
        frame = self._packets.get(wanted)
        if frame is None:
            key, mode = wanted
            frame = self._packets[wanted] = binary(encode(mode, self._venue.market.snapshot(key, LEVELS[mode])))
        return frame

    async def _burst(self, client: _StreamClient, keys: list[InstrumentKey], count: int) -> None:
        frame = b"".join(self._packet((key, LTP)) for key in keys[:BATCH])
        try:
            for _ in range(count // min(len(keys), BATCH) + 1):
                if client.connection.state is not State.OPEN:
                    return
                client.connection.transport.write(frame)
                await client.connection.drain()
        except ConnectionClosed:
            return

    async def _serve_orders(self, connection: ServerConnection) -> None:
        client = _OrdersClient(connection)
        await connection.send(self._frame("AB00", blank_update()))
        self._orders[connection] = client
        pump = self._tasks.once("orders pump", self._pump_orders(client))
        nul = self._tasks.once("orders nul", self._beat_nul(connection))
        try:
            async for frame in connection:
                if frame == "ping":
                    await connection.send("pong")
        finally:
            del self._orders[connection]
            pump.cancel()
            nul.cancel()

    async def _pump_orders(self, client: _OrdersClient) -> None:
        try:
            while True:
                await client.wake.wait()
                client.wake.clear()
                while client.waiting:
                    if self._faults.holds("freeze_orders"):
                        await self._freeze(client.connection, "freeze_orders")
                    await client.connection.send(client.waiting.popleft())
        except ConnectionClosed:
            return

    async def _beat_nul(self, connection: ServerConnection) -> None:
        """One NUL byte every so often if the switch says so: seen in live logs, what it is is not certain."""
        try:
            while True:
                every_s = self._venue.switches.orders_nul_s
                await self._clock.sleep(every_s or 1.0)
                if every_s:
                    await connection.send(b"\0")
        except ConnectionClosed:
            return

    async def _push_late(self, text: str, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._push(text)

    def _push(self, text: str) -> None:
        for client in self._orders.values():
            if len(client.waiting) >= UPDATES_MAX:
                client.connection.transport.abort()
            else:
                client.waiting.append(text)
                client.wake.set()

    def _frame(self, code: str, row: Row) -> str:
        frame = {
            "user-id": self._sessions.credentials.client_code,
            "status-code": "200",
            "order-status": code,
            "error-message": "",
            "orderData": row,
        }
        return self._encoder.encode(frame).decode()


_LENGTHS = {1: 51, 2: 123, 3: 379, 4: 443}


async def _send_all(connection: ServerConnection, frames: tuple[str | bytes, ...]) -> None:
    try:
        for frame in frames:
            await connection.send(frame)
    except ConnectionClosed:
        return


def _response(status: int, message: str, retry_after_s: int | None = None) -> Response:
    """A refusal: the reason stands in `x-error-message`, and in the body as HTML when there are too many."""
    html = status == 429
    body = (f"<html><body>{message}</body></html>" if html else message).encode()
    fields = [
        ("Content-Type", "text/html" if html else "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        ("x-error-message", message),
    ]
    if retry_after_s is not None:
        fields.append(("Retry-After", str(retry_after_s)))
    return Response(status, message, Headers(fields), body)
