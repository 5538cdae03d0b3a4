"""One websocket that is kept alive: connect, listen, ping, notice silence, come back. The client of both streams."""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from core.clock import NS_PER_MS, NS_PER_S, Clock
from core.errors import TeziError
from core.links.addresses import refusal
from core.links.coalesce import Coalescer
from core.links.connection import OnRun, Stamped
from core.links.tls import verified
from core.links.vigil import Vigil
from core.links.waits import Waits
from core.text import plain
from core.views import StreamStatus

FRAME_MAX = 256 * 1024
_NO_LOGIN_S = 0.5
_SEND_S = 5.0
_RENEW_S = 20.0
_EARLY_MAX = 256
"""Frames that came with the handshake and wait until the listener knows of the new connection."""
_REFUSALS = {401: "credentials refused", 403: "token expired or forbidden", 429: "too many connections"}

Send = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect and with which handshake headers (never shown); `epoch` is the login they come from."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    epoch: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `pong_s` None when a text pong is not promised; `mute_s` None when silence is no fault."""

    open_s: float = 2.5
    ping_s: float = 10.0
    pong_s: float | None = 5.0
    mute_s: float | None = 12.0
    control_ping_s: float = 4.0
    watch_s: float = 1.0


class Listener(Protocol):
    """What a stream does with its link. The calls are synchronous and must not raise for anything a peer sends."""

    def on_open(self) -> None: ...
    def on_down(self, why: str) -> None: ...
    def on_binary(self, frame: bytes) -> None: ...
    def on_text(self, text: str) -> None: ...
    def expects_data(self) -> bool:
        """Whether silence means that something is wrong now."""
        ...

    async def converse(self, send: Send) -> None:
        """Send what there is to send until cancelled."""
        ...


class Ended(TeziError):
    """A connection is over, and why; never leaves this module."""


class _Connect(connect):
    """`websockets.connect` that follows no redirect: our headers hold the login."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Link:
    """Keeps one connection for a listener. `target` is asked at each attempt; None means not logged in yet.

    `renew(epoch)` is awaited (20 s at most) when the handshake was refused by 401. A login that changed ends the
    connection that was made with the old one. `on_run` takes binary frames in runs, in place of the listener's
    `on_binary` for each; the stream is then also read in bursts while it is busy. `plain` leaves the framing to the
    library.
    """

    def __init__(
        self,
        name: str,
        target: Callable[[], Target | None],
        listener: Listener,
        clock: Clock,
        random: Random,
        renew: Callable[[int], Awaitable[object]],
        timing: Timing,
        *,
        on_run: OnRun | None = None,
        plain: bool = False,
    ) -> None:
        self._name = name
        self._target = target
        self._listener = listener
        self._clock = clock
        self._renew = renew
        self._timing = timing
        self._waits = Waits(clock, random)
        self._ssl: ssl.SSLContext | None = None
        self._open = False
        self._failing = ""
        self._retry_ns = 0
        self._byte_ns: int | None = None
        self._frame_ns = 0
        self._data_ns = 0
        self._early: deque[bytes] = deque(maxlen=_EARLY_MAX)
        self._vigil = Vigil(clock, timing.mute_s)
        self._run_sink = on_run
        self._plain = plain
        self._coalescer = Coalescer(clock)
        self._end_why = ""
        self.connections = 0

    async def run(self) -> None:
        """For ever: connect, serve, wait, again. Only cancellation ends it."""
        while True:
            target = self._target()
            if target is None:
                self._fail("not logged in", _NO_LOGIN_S)
            elif why := refusal(target.url):
                self._fail(why, self._waits.failed_s(refused=True))
            else:
                await self._attempt(target)
            await self._clock.sleep(max(0.0, (self._retry_ns - self._clock.mono_ns()) / NS_PER_S))

    def is_open(self) -> bool:
        """Whether a connection stands and a byte came over it lately (a pong is due every few seconds)."""
        age_ms = self.last_byte_ms()
        return self._open and age_ms is not None and age_ms <= self._silence_s() * 1_000

    def last_byte_ms(self) -> int | None:
        """Milliseconds since any byte came; None before the first."""
        return None if self._byte_ns is None else (self._clock.mono_ns() - self._byte_ns) // NS_PER_MS

    def mute_ms(self) -> int | None:
        """Milliseconds since data came, or since this connection stands; None without a connection."""
        return (self._clock.mono_ns() - self._data_ns) // NS_PER_MS if self._open else None

    def status(self) -> StreamStatus:
        """How the link is, judged by its last byte."""
        if not self._open:
            word = "down" if self._failing else "connecting"
            return StreamStatus(self._name, word, self.last_byte_ms(), self._trouble())
        silent = self._is_mute() or not self.is_open()
        return StreamStatus(self._name, "silent" if silent else "live", self.last_byte_ms(), "")

    def end(self, why: str) -> None:
        """Give this connection up within a second and make a new one: the listener has found it useless."""
        self._end_why = why

    async def _attempt(self, target: Target) -> None:
        try:
            connection = await self._connect(target)
        except InvalidStatus as e:
            await self._refused(e, target.epoch)
            return
        except (OSError, TimeoutError, WebSocketException, UnicodeError) as e:
            self._fail(plain(f"no connection: {e or type(e).__name__}", 160), self._waits.failed_s(refused=False))
            return
        self._waits.accepted()
        why = await self._serve(connection, target.epoch)
        self._fail(why, self._waits.lost_s())

    async def _connect(self, target: Target) -> ClientConnection:
        self._early.clear()
        context = self._context() if target.url.startswith("wss") else None
        async with asyncio.timeout(self._timing.open_s):
            return await _Connect(
                target.url,
                additional_headers=dict(target.headers),
                ssl=context,
                proxy=None,
                compression=None,
                max_size=FRAME_MAX,
                max_queue=64,
                open_timeout=None,
                close_timeout=1,
                ping_interval=self._timing.control_ping_s,
                ping_timeout=self._timing.control_ping_s,
                create_connection=Stamped.of(self._on_bytes, self._on_run, FRAME_MAX, plain=self._plain),
            )

    async def _serve(self, connection: ClientConnection, epoch: int) -> str:
        now_ns = self._clock.mono_ns()
        self._byte_ns = self._frame_ns = self._data_ns = now_ns
        self._vigil.data()
        self._open, self._failing, self._end_why = True, "", ""
        self.connections += 1
        why, task = "ended", asyncio.current_task()
        cancels = task.cancelling() if task is not None else 0

        async def send(text: str) -> None:
            await self._send(connection, text)

        try:
            self._listener.on_open()
            while self._early:
                self._on_binary(self._early.popleft())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(connection), name=f"{self._name} read")
                tasks.create_task(self._beat(send), name=f"{self._name} ping")
                tasks.create_task(self._watch(epoch), name=f"{self._name} watch")
                tasks.create_task(self._listener.converse(send), name=f"{self._name} talk")
                if self._run_sink is not None:
                    tasks.create_task(self._coalescer.run(connection.transport), name=f"{self._name} bursts")
        except* Ended as group:
            why = str(group.exceptions[0])
        finally:
            self._open = False
            connection.transport.abort()
            self._listener.on_down(why)
        if task is not None and task.cancelling() - cancels > 1:
            raise asyncio.CancelledError  # a group of 3.11 cancels its parent once, and forgets whoever does it too
        return why

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for message in connection:
                self._frame_ns = self._clock.mono_ns()
                if isinstance(message, str):
                    self._listener.on_text(message)
                else:
                    self._on_binary(message)
        except ConnectionClosed as e:
            raise Ended(plain(f"connection lost: {e}", 160)) from e
        raise Ended("closed by the server")

    async def _beat(self, send: Send) -> None:
        pong_s = self._timing.pong_s or 0.0
        while True:
            await self._clock.sleep(self._timing.ping_s - pong_s)
            asked_ns = self._clock.mono_ns()
            await send("ping")
            await self._clock.sleep(pong_s)
            if self._timing.pong_s is not None and self._frame_ns < asked_ns:
                raise Ended(f"no pong within {pong_s:g} s")

    async def _watch(self, epoch: int) -> None:
        while True:
            await self._clock.sleep(self._timing.watch_s)
            if self._vigil.look(due=self._listener.expects_data()):
                raise Ended(f"silent for {self._silence_s():g} s")
            if self._end_why:
                raise Ended(self._end_why)
            target = self._target()
            if target is not None and target.epoch != epoch:
                raise Ended("there is a new login: a new connection takes it")

    async def _send(self, connection: ClientConnection, text: str) -> None:
        try:
            async with asyncio.timeout(_SEND_S):
                await connection.send(text)
        except (ConnectionClosed, TimeoutError) as e:
            raise Ended("connection lost while sending") from e

    async def _refused(self, error: InvalidStatus, epoch: int) -> None:
        code = error.response.status_code
        said = plain(error.response.headers.get("x-error-message"), 100)
        known = _REFUSALS.get(code)
        why = f"HTTP {code} at the handshake: {known or 'refused'}" + (f" ({said})" if said else "")
        self._fail(why, self._waits.failed_s(refused=known is not None))
        if code == 401:
            try:
                async with asyncio.timeout(_RENEW_S):
                    await self._renew(epoch)
            except TimeoutError:
                self._fail(f"{why}; no new login within {_RENEW_S:g} s", self._waits.failed_s(refused=True))

    def _fail(self, why: str, wait_s: float) -> None:
        self._failing = why
        self._retry_ns = self._clock.mono_ns() + round(wait_s * NS_PER_S)
        self._listener.on_down(why)

    def _trouble(self) -> str:
        wait_ms = (self._retry_ns - self._clock.mono_ns()) // NS_PER_MS
        return (
            f"{self._failing}; next try in {wait_ms / 1_000:.1f} s" if self._failing and wait_ms > 0 else self._failing
        )

    def _is_mute(self) -> bool:
        return self._open and self._vigil.is_mute(due=self._listener.expects_data())

    def _silence_s(self) -> float:
        return self._timing.mute_s or 12.0

    def _on_bytes(self) -> None:
        self._byte_ns = self._clock.mono_ns()

    def _on_binary(self, frame: bytes) -> None:
        if not self._open:
            self._early.append(frame)
            return
        self._data_came(len(frame))
        self._listener.on_binary(frame)

    def _on_run(self, data: bytes, at: int, size: int, stride: int, count: int) -> None:
        if self._run_sink is None or not self._open:
            for start in range(at, at + count * stride, stride):
                self._on_binary(data[start : start + size])
            return
        self._data_came(size)
        self._coalescer.count(count)
        self._run_sink(data, at, size, stride, count)

    def _data_came(self, size: int) -> None:
        """Fillers of one byte are signs of life, not data."""
        self._frame_ns = self._clock.mono_ns()
        if size > 1:
            self._data_ns = self._frame_ns
            self._vigil.data()

    def _context(self) -> ssl.SSLContext:
        if self._ssl is None:
            self._ssl = verified()
        return self._ssl
