"""What the tests of the fault catalogue share: a client, and how a way to see a fault is registered."""

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection

from tests.exchange.waiting import until
from tests.exchange.wire import ORDER, USER, Reply, Wire, subscribe
from tests.exchange_process import ExchangeProcess

RMS, PLACE = USER + "getRMS", ORDER + "placeOrder"
MANY = ("2885", "3045", "11536", "1594", "1333")


class Bench:
    """A logged-in client of one exchange, and shorthand for what the ways below do."""

    def __init__(self, exchange: ExchangeProcess) -> None:
        self.exchange, self.wire, self._tags = exchange, Wire(exchange), 0

    def set(self, name: str, **fields: Any) -> None:
        self.exchange.fault(name=name, **fields)

    def funds(self) -> Reply:
        return self.wire.send("GET", RMS)

    def tag(self) -> str:
        self._tags += 1
        return f"case{self._tags}"

    def orders(self, tag: str) -> list[dict[str, Any]]:
        return [row for row in self.exchange.truth()["orders"] if row["ordertag"] == tag]

    def raw(self, path: str, body: dict[str, Any] | None = None, limit_s: float = 5, close_after: int = -1) -> bytes:
        """A request by hand; gives every byte that came until the connection ended, or b"RESET" when it was reset."""
        parts = urlsplit(self.exchange.rest)
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"X-PrivateKey: {self.exchange.api_key}", f"Authorization: Bearer {self.wire.jwt}"]
        lines += [f"Content-Length: {len(data)}", "Content-Type: application/json", "", ""]
        with socket.create_connection((parts.hostname or "", parts.port or 0), limit_s) as sock:
            try:
                sock.sendall("\r\n".join(lines).encode() + data)
                return b"".join(iter(lambda: sock.recv(65_536), b""))
            except ConnectionResetError:
                return b"RESET"

    def stream(self) -> ClientConnection:
        return self.wire.stream()

    def watch(self, stream: ClientConnection, mode: int = 3) -> None:
        stream.send(subscribe(mode, *MANY))

    def wait_frame(self, good: Callable[[Any], bool], what: str, mode: int = 3) -> None:
        """Some frame of a subscribed stream is as it should not be."""
        with self.stream() as stream:
            self.watch(stream, mode)
            until(lambda: good(stream.recv(timeout=5)), what)

    def seen(self, count: int, mode: int = 1) -> list[Any]:
        with self.stream() as stream:
            self.watch(stream, mode)
            return [stream.recv(timeout=5) for _ in range(count)]


Way = Callable[[Bench], None]


def into(ways: dict[str, Way]) -> Callable[[Way], Way]:
    """A decorator that registers a way under its own name, which is the fault's."""

    def way(function: Way) -> Way:
        assert function.__name__ not in ways, function.__name__
        ways[function.__name__] = function
        return function

    return way


def code_of(reply: Reply) -> tuple[str, bool]:
    """Code, and whether it is the gateway's dialect."""
    body = reply.json
    return body.get("errorCode") or body.get("errorcode"), "success" in body
