"""The TLS handshake of the REST door, so that a fault can make it crawl. Everything else about TLS is asyncio's own."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

Crawl = Callable[[], float | None]
"""Asked for each new connection: seconds between the bytes of its handshake, None for an ordinary one."""
Sleep = Callable[[float], Awaitable[None]]
Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Doorman(asyncio.Protocol):
    """Takes a plain connection and hands it on once it is secured; one that is to crawl is never handed on."""

    def __init__(self, inner: asyncio.Protocol, tls: ssl.SSLContext, crawl: Crawl, start: Start, sleep: Sleep) -> None:
        self._inner, self._tls, self._crawl, self._start, self._sleep = inner, tls, crawl, start, sleep
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object: ssl.SSLObject | None = None
        self._work: asyncio.Task[None] | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Once for the plain connection; asyncio does not call it again for the secured one."""
        assert isinstance(transport, asyncio.Transport)
        pause_s = self._crawl()
        if pause_s is None:
            transport.pause_reading()  # the client's hello is for the TLS layer, which lets the reading go on
            self._work = self._start(self._hand_on(transport))
        else:
            self._object = self._tls.wrap_bio(self._incoming, self._outgoing, server_side=True)
            self._work = self._start(self._crumbs(transport, pause_s))

    def data_received(self, data: bytes) -> None:
        """The client's part of a handshake that crawls, or a request that came with the end of an ordinary one."""
        if self._object is None:
            self._early.append(data)
            return
        self._incoming.write(data)
        try:
            self._object.do_handshake()
        except ssl.SSLError:
            return  # it wants more, or will never be a handshake: what there is to say crawls either way

    def connection_lost(self, exc: Exception | None) -> None:
        if self._object is not None and self._work is not None:
            self._work.cancel()

    async def _hand_on(self, transport: asyncio.Transport) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(transport, self, self._tls, server_side=True)
        except OSError:  # ssl.SSLError among them: no handshake, no connection
            transport.abort()
            return
        if secured is None:
            return
        secured.set_protocol(self._inner)
        self._inner.connection_made(secured)
        if self._early:
            self._inner.data_received(b"".join(self._early))

    async def _crumbs(self, transport: asyncio.Transport, pause_s: float) -> None:
        """The server's part, byte by byte."""
        while not transport.is_closing():
            if crumb := self._outgoing.read(1):
                transport.write(crumb)
            await self._sleep(pause_s)


def doorman(
    make: Callable[..., asyncio.Protocol], tls: ssl.SSLContext, crawl: Crawl, start: Start, sleep: Sleep
) -> Any:
    """A maker of protocols behind a doorman, with the same arguments."""
    return lambda *args, **named: Doorman(make(*args, **named), tls, crawl, start, sleep)
