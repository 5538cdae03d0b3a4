"""One REST call: a request in, a reply or a typed failure out. Never an exception for what a peer or a network does.

`httpcore.AsyncHTTPConnection` objects are used directly, never its pool: a connection is taken out of our idle list,
used by one request, and put back only after a complete answer; otherwise it is ended. Nothing is ever sent twice here.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import httpcore

from core.brokers.pipe import Backend
from core.clock import NS_PER_S, Clock
from core.errors import TeziError
from core.hiding import hide
from core.links.addresses import refusal
from core.links.tls import verified
from core.supervise import begin
from core.text import plain

BODY_MAX = 8 * 1024 * 1024
"""No answer of the broker comes near; a larger one is cut off while it streams."""
WRITE_IDLE_S = 3.0
"""An order goes out on a new connection or on one used this recently, so that it is not lost in one that died."""
READ_IDLE_S = 4.0
"""Shorter than the 5 s after which common servers close an idle connection."""
CONNECT_S = 2.0
_WRITE_CHECKS = ("http11.send_request_headers.started", "http11.send_request_body.started")


class Phase(StrEnum):
    """How far a failed request came."""

    REFUSED = "refused"
    CONNECT = "connect"
    STOPPED = "stopped"
    SEND = "send"
    RECEIVE = "receive"
    TOO_LARGE = "too large"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. Header names are lower case; `received_ns` is monotonic."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_ns: int


@dataclass(frozen=True, slots=True)
class Failure:
    """No complete answer. `bytes_sent` counts what left for this request: 0 proves that nothing did.

    `STOPPED` means that `still_valid` said no before the body, so no complete request can have left. `why` is safe.
    """

    phase: Phase
    bytes_sent: int
    why: str


@dataclass(frozen=True, slots=True)
class Late:
    """Who is told when an answer still comes after the deadline, at most `for_s` later.

    It is told once at most: of a whole answer, or that the request was stopped before its body. Silence tells nothing.
    """

    for_s: float
    tell: Callable[[Reply | Failure], None]


class Stopped(TeziError):
    """Raised by our own trace hook inside httpcore when a request may no longer be sent."""


@dataclass(slots=True)
class _Line:
    connection: httpcore.AsyncHTTPConnection
    backend: Backend
    used_ns: int = 0
    mark: int = 0

    @property
    def sent(self) -> int:
        """Bytes handed over for the present request."""
        return self.backend.sent - self.mark


class Transport:
    """Requests to one origin. Order writes have connections of their own, so that they never wait behind a read.

    `connections_max` bounds each of the two kinds. `base_url` is scheme, host and port; see `core.links.addresses` for
    what is allowed. `ssl_context` None means the system's roots, verified.
    """

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        *,
        connections_max: int = 4,
        ssl_context: ssl.SSLContext | None = None,
        body_max: int = BODY_MAX,
    ) -> None:
        self._body_max = body_max
        self._idle: list[_Line] = []
        self.move(base_url)
        self._clock = clock
        self._ssl = ssl_context
        self._busy: set[Backend] = set()
        self._late: set[asyncio.Task[None]] = set()
        self._idle_max = 2 * connections_max
        self._reads = asyncio.Semaphore(connections_max)
        self._writes = asyncio.Semaphore(connections_max)
        self._closed = False
        self.writes_begun = 0
        """Order writes whose first byte was about to be handed over, since start."""

    def move(self, base_url: str) -> None:
        """From now on talk to another origin; what is under way at the old one ends by itself."""
        self._refusal = refusal(base_url)
        self._url = httpcore.URL(base_url) if not self._refusal else httpcore.URL("https://refused.invalid")
        for line in self._idle:
            line.backend.abort()
        self._idle.clear()

    async def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        deadline_s: float,
        still_valid: Callable[[], bool] | None = None,
        late: Late | None = None,
    ) -> Reply | Failure:
        """Send one request once and wait for its whole answer, at most `deadline_s` in all.

        With `late`, a request of which something left is not given up at the deadline: its connection is read on.

        `still_valid` marks an order write: it is asked just before the headers and again just before the body leave,
        with no turn of the loop in between. Only cancellation passes through; it ends the connection.
        """
        if self._refusal or self._closed:
            return Failure(Phase.REFUSED, 0, self._refusal or "the connection to the broker is closed")
        is_write = still_valid is not None
        until_s = asyncio.get_running_loop().time() + deadline_s
        slots = self._writes if is_write else self._reads
        sent = 0
        try:
            async with asyncio.timeout_at(until_s):
                await slots.acquire()
        except TimeoutError:
            return Failure(Phase.CONNECT, 0, f"no answer within {deadline_s:g} s")
        try:
            line = self._take(is_write=is_write)
            request = self._request(method, path, headers, body, deadline_s, still_valid)
            found = await self._in_time(line, request, until_s, late)
            sent = line.sent
        finally:
            slots.release()
        return found or Failure(Phase.RECEIVE if sent else Phase.CONNECT, sent, f"no answer within {deadline_s:g} s")

    async def aclose(self) -> None:
        """End every connection, also those in use. No request starts afterwards."""
        self._closed = True
        for waiting in tuple(self._late):
            waiting.cancel()
        backends = [*self._busy, *(line.backend for line in self._idle)]
        self._idle.clear()
        for backend in backends:
            backend.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.gather(*self._late, return_exceptions=True)
                for backend in backends:
                    await backend.gone()

    async def _in_time(
        self, line: _Line, request: httpcore.Request, until_s: float, late: Late | None
    ) -> Reply | Failure | None:
        """The answer, None when there was none in time. What may have left is then read on, when somebody waits."""
        work = begin("exchange", self._exchange(line, request))
        reads_on = False
        try:
            await asyncio.wait({work}, timeout=max(0.0, until_s - asyncio.get_running_loop().time()))
            if work.done():
                return work.result()
            reads_on = late is not None and line.sent > 0
            if late is not None and reads_on:
                task = begin("late answer", _read_on(work, until_s + late.for_s, late))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
            return None
        finally:
            if not reads_on:
                await _ended(work)

    async def _exchange(self, line: _Line, request: httpcore.Request) -> Reply | Failure:
        complete = False
        self._busy.add(line.backend)
        try:
            reply = await self._converse(line, request)
            complete = isinstance(reply, Reply)
            return reply
        except Stopped:
            return Failure(Phase.STOPPED, line.sent, "no longer allowed when it was about to leave")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as e:
            return _failure(e, line.sent)
        finally:
            self._busy.discard(line.backend)
            self._give_back(line, complete)

    async def _converse(self, line: _Line, request: httpcore.Request) -> Reply | Failure:
        response = await line.connection.handle_async_request(request)
        parts: list[bytes] = []
        size = 0
        try:
            async with contextlib.aclosing(cast(AsyncGenerator[bytes, None], response.aiter_stream())) as stream:
                async for part in stream:
                    size += len(part)
                    if size > self._body_max:
                        return Failure(Phase.TOO_LARGE, line.sent, f"the answer is over {self._body_max >> 20} MiB")
                    parts.append(part)
        finally:
            await response.aclose()
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
        return Reply(response.status, headers, b"".join(parts), self._clock.mono_ns())

    def _take(self, *, is_write: bool) -> _Line:
        oldest_ns = self._clock.mono_ns() - round((WRITE_IDLE_S if is_write else READ_IDLE_S) * NS_PER_S)
        while self._idle:
            line = self._idle.pop()
            if line.used_ns >= oldest_ns and line.connection.is_idle() and not line.connection.has_expired():
                line.mark = line.backend.sent
                return line
            line.backend.abort()
        backend = Backend()
        connection = httpcore.AsyncHTTPConnection(
            origin=self._url.origin,
            ssl_context=self._context(),
            http1=True,
            http2=False,
            retries=0,
            network_backend=backend,
        )
        return _Line(connection, backend)

    def _give_back(self, line: _Line, complete: bool) -> None:
        usable = complete and not self._closed and len(self._idle) < self._idle_max and line.connection.is_idle()
        if not usable:
            line.backend.abort()
            return
        line.used_ns = self._clock.mono_ns()
        self._idle.append(line)

    def _context(self) -> ssl.SSLContext | None:
        if self._url.scheme != b"https":
            return None
        if self._ssl is None:
            self._ssl = verified()
        return self._ssl

    def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline_s: float,
        still_valid: Callable[[], bool] | None,
    ) -> httpcore.Request:
        all_headers = [("Host", _host(self._url)), *headers.items()]
        if body is not None:
            all_headers.append(("Content-Length", str(len(body))))
        extensions: dict[str, Any] = {"timeout": {"connect": min(CONNECT_S, deadline_s)}}
        if still_valid is not None:
            extensions["trace"] = self._guard(still_valid)
        url = httpcore.URL(
            scheme=self._url.scheme, host=self._url.host, port=self._url.port, target=path.encode("ascii")
        )
        return httpcore.Request(method, url, headers=all_headers, content=body, extensions=extensions)

    def _guard(self, still_valid: Callable[[], bool]) -> Callable[[str, dict[str, Any]], Any]:
        """The last look before each of the two writes of a request, and the count of requests that began."""

        async def check(event: str, _: dict[str, Any]) -> None:
            if event not in _WRITE_CHECKS:
                return
            if not still_valid():
                raise Stopped(event)
            self.writes_begun += event == _WRITE_CHECKS[0]

        return check


async def _read_on(work: "asyncio.Task[Reply | Failure]", until_s: float, late: Late) -> None:
    """Wait longer for an answer that somebody no longer waits for, and tell of it."""
    try:
        await asyncio.wait({work}, timeout=max(0.0, until_s - asyncio.get_running_loop().time()))
        if work.done():
            result = work.result()
            if isinstance(result, Reply) or result.phase is Phase.STOPPED:
                late.tell(result)
    finally:
        await _ended(work)


async def _ended(work: "asyncio.Task[Reply | Failure]") -> None:
    """End an exchange that nobody waits for, and its connection with it; harmless when it is over."""
    if not work.done():
        work.cancel()
        await asyncio.wait({work})


def _failure(error: Exception, sent: int) -> Failure:
    text = plain(hide(f"{type(error).__name__}: {error}"), 160)
    if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout) or not sent:
        return Failure(Phase.CONNECT, sent, text)
    return Failure(Phase.SEND if isinstance(error, httpcore.WriteError) else Phase.RECEIVE, sent, text)


def _host(url: httpcore.URL) -> str:
    host = url.host.decode("ascii")
    host = f"[{host}]" if ":" in host else host
    return host if url.port is None else f"{host}:{url.port}"
