"""The bytes under a REST connection: a network backend of ours for httpcore, on asyncio transports.

Ours because three things must be exact: how many request bytes were handed to the operating system's side, that a
write happens without the loop turning after the last check, and that a connection can be ended at once from anywhere.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

_PAUSE_AT = 256 * 1024
_Options = Iterable[Any] | None


class Backend(httpcore.AsyncNetworkBackend):
    """Opens the one connection of one `AsyncHTTPConnection` and keeps count of it.

    `sent` is how many bytes were handed over so far: counted before the attempt, so that it never says too little.
    """

    def __init__(self) -> None:
        self.sent = 0
        self._protocol: _Protocol | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        protocol = _Protocol()
        self._protocol = protocol
        try:
            async with asyncio.timeout(timeout):
                await loop.create_connection(lambda: protocol, host, port, happy_eyeballs_delay=0.25)
        except TimeoutError as e:
            raise httpcore.ConnectTimeout(f"no connection to {host} within {timeout} s") from e
        except (OSError, UnicodeError) as e:
            raise httpcore.ConnectError(str(e)) from e
        return _Stream(self, protocol)

    async def sleep(self, seconds: float) -> None:
        raise httpcore.ConnectError("no waiting here: retries are off")

    def abort(self) -> None:
        """End the connection now, without a goodbye; harmless when there is none."""
        if self._protocol is not None:
            self._protocol.abort()

    async def gone(self) -> None:
        """Return once the operating system's side is closed; at once when there was never a connection."""
        if self._protocol is not None:
            await self._protocol.gone()


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, backend: Backend, protocol: "_Protocol") -> None:
        self._backend = backend
        self._protocol = protocol

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._protocol.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._backend.sent += len(buffer)
            await self._protocol.write(buffer)

    async def aclose(self) -> None:
        self._protocol.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                secure = await loop.start_tls(
                    self._protocol.transport(), self._protocol, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as e:
            self._protocol.abort()
            raise httpcore.ConnectTimeout(f"no TLS with {server_hostname} within {timeout} s") from e
        except (OSError, ssl.SSLError) as e:
            self._protocol.abort()
            raise httpcore.ConnectError(str(e)) from e
        if secure is None:
            raise httpcore.ConnectError("the connection ended during the TLS handshake")
        self._protocol.connection_made(secure)
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._protocol.has_something()
        if info == "ssl_object":
            return self._protocol.transport().get_extra_info("ssl_object")
        return None


class _Protocol(asyncio.Protocol):
    """Bytes in a buffer with a wake-up; reading pauses above 256 KiB."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._lost = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()

    def transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise httpcore.ConnectError("not connected")
        return self._transport

    def has_something(self) -> bool:
        """Whether an idle connection holds bytes, its end, or an error: in each case it must not be used again."""
        return bool(self._buffer) or self._ended or self._transport is None or self._transport.is_closing()

    async def read(self, max_bytes: int) -> bytes:
        while not self._buffer and not self._ended:
            self._news.clear()
            await self._news.wait()
        if not self._buffer and self._error is not None:
            raise httpcore.ReadError(str(self._error) or type(self._error).__name__)
        chunk = bytes(self._buffer[:max_bytes])
        del self._buffer[:max_bytes]
        if len(self._buffer) < _PAUSE_AT and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        return chunk

    async def write(self, data: bytes) -> None:
        transport = self.transport()
        if self._ended or transport.is_closing():
            raise httpcore.WriteError("the connection has ended")
        transport.write(data)
        await self._may_write.wait()
        if self._error is not None:
            raise httpcore.WriteError(str(self._error))

    def abort(self) -> None:
        self._end(None)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= _PAUSE_AT and self._transport is not None:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc)
        self._lost.set()

    async def gone(self) -> None:
        if self._transport is not None:
            await self._lost.wait()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _end(self, error: Exception | None) -> None:
        self._ended = True
        self._error = self._error or error
        self._news.set()
        self._may_write.set()
