"""A plain client of the exchange, written from the wire page: requests by hand, packets by `struct`."""

import http.client
import json
import ssl
import struct
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pyotp
from websockets.sync.client import ClientConnection, connect

from tests.exchange_process import ExchangeProcess

ORDER = "/rest/secure/angelbroking/order/v1/"
USER = "/rest/secure/angelbroking/user/v1/"
LOGIN = "/rest/auth/angelbroking/user/v1/loginByPassword"


class Reply(NamedTuple):
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def place_body(**changes: Any) -> dict[str, Any]:
    """A good placeOrder body: buy 2 SBIN at a price that rests."""
    base = {
        "variety": "NORMAL",
        "tradingsymbol": "SBIN-EQ",
        "symboltoken": "3045",
        "transactiontype": "BUY",
        "exchange": "NSE",
        "ordertype": "LIMIT",
        "producttype": "INTRADAY",
        "duration": "DAY",
        "price": "1000.00",
        "triggerprice": "0",
        "quantity": "2",
        "ordertag": "t1",
    }
    return base | changes


class Wire:
    """Logs in at construction; `send` keeps the headers of the wire page."""

    def __init__(self, exchange: ExchangeProcess) -> None:
        """With `--tls` the exchange's own authority is trusted."""
        self.exchange = exchange
        authority = exchange.line.get("ca")
        self._trusted = ssl.create_default_context(cafile=authority) if authority else None
        self.jwt = self.feed = self.refresh = ""
        answer = self.login().json
        self.jwt, self.feed = answer["data"]["jwtToken"], answer["data"]["feedToken"]
        self.refresh = answer["data"]["refreshToken"]

    def login(self, **changes: str) -> Reply:
        body = {
            "clientcode": self.exchange.client_code,
            "password": self.exchange.pin,
            "totp": pyotp.TOTP(self.exchange.totp_secret).now(),
        }
        return self.send("POST", LOGIN, body | changes)

    def send(self, method: str, path: str, body: Any = None, **headers: str | None) -> Reply:
        """One request on a new connection; a header given as None is left out, `_` stands for `-`."""
        base: dict[str, str | None] = {
            "Content-Type": "application/json",
            "X-UserType": "USER",
            "X-PrivateKey": self.exchange.api_key,
            "Authorization": f"Bearer {self.jwt}" if self.jwt else None,
        }
        base |= {name.replace("_", "-"): value for name, value in headers.items()}
        parts = urlsplit(self.exchange.rest)
        connection = self._connection(parts.hostname or "", parts.port)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, data, {k: v for k, v in base.items() if v is not None})
            answer = connection.getresponse()
            return Reply(answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()})
        finally:
            connection.close()

    def _connection(self, host: str, port: int | None) -> http.client.HTTPConnection:
        if self._trusted is None:
            return http.client.HTTPConnection(host, port, timeout=10)
        return http.client.HTTPSConnection(host, port, timeout=10, context=self._trusted)

    def order(self, name: str, body: Any) -> Any:
        return self.send("POST", ORDER + name, body).json

    def place(self, **changes: Any) -> Any:
        return self.order("placeOrder", place_body(**changes))

    def book(self) -> list[dict[str, Any]]:
        return self.send("GET", ORDER + "getOrderBook").json["data"] or []

    def stream(self, **changes: str | None) -> ClientConnection:
        """A client that leaves packets unread waits for the closing handshake in vain, so it waits a second at most."""
        headers: dict[str, str | None] = {
            "Authorization": self.jwt,
            "x-api-key": self.exchange.api_key,
            "x-client-code": self.exchange.client_code,
            "x-feed-token": self.feed,
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        kept = {k: v for k, v in headers.items() if v is not None}
        return connect(
            self.exchange.stream, additional_headers=kept, ssl=self._trusted, ping_interval=None, close_timeout=1
        )

    def orders(self, authorization: str | None = None) -> ClientConnection:
        value = f"Bearer {self.jwt}" if authorization is None else authorization
        return connect(
            self.exchange.orders,
            additional_headers={"Authorization": value},
            ssl=self._trusted,
            ping_interval=None,
            close_timeout=1,
        )


def subscribe(mode: int, *tokens: str, kind: int = 1, action: int = 1, correlation: str = "abc") -> str:
    params = {"mode": mode, "tokenList": [{"exchangeType": kind, "tokens": list(tokens)}]}
    return json.dumps({"correlationID": correlation, "action": action, "params": params})


class Packet(NamedTuple):
    """The head of a packet, all modes."""

    mode: int
    kind: int
    token: str
    sequence: int
    time_ms: int
    last: int


def head(packet: bytes) -> Packet:
    mode, kind, token, sequence, time_ms, last = struct.unpack_from("<BB25sqqq", packet)
    return Packet(mode, kind, token.split(b"\0")[0].decode(), sequence, time_ms, last)


def receive_packet(connection: ClientConnection, limit_s: float = 10) -> bytes:
    frame = connection.recv(timeout=limit_s)
    assert isinstance(frame, bytes), frame
    return frame
