"""The gateway in front of the REST services: records, faults, limits, headers; then the services; then the answer.

An ASGI application around another. It reads the whole body first (at most 1 MiB) and holds the whole answer back, so
that an answer can be lost, or arrive in part, after the request was carried out.
"""

from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from core.clock import NS_PER_MS
from core.exchange import http
from core.exchange.envelopes import (
    UNREADABLE,
    Answer,
    failure,
    gateway_failure,
    json_answer,
    over_limit,
    success,
    text_answer,
)
from core.exchange.faults import INSTEAD, MANGLED, Fault, Faults
from core.exchange.instead import instead
from core.exchange.limits import Limiter
from core.exchange.mangling import mangle
from core.exchange.orders import Refusal
from core.exchange.paths import MASTER_PATH, Endpoint, endpoint_of
from core.exchange.sessions import Sessions
from core.exchange.venue import Venue

BODY_MAX = 1 << 20
REQUESTS_MAX = 10_000
KEPT_BODY_MAX = 4_096
REDACTED = "<redacted>"
SECRET_HEADERS = frozenset({"authorization", "x-privatekey"})
HOLE_MAX_S = 600.0
"""The longest a request is left without an answer."""
_REASONS = {200: "OK", 403: "Forbidden", 429: "Too Many Requests"}


class _Cut(Enum):
    """Why there is no whole body."""

    TOO_LARGE = "too large"
    SHORT = "short"


class Received(NamedTuple):
    """One request, whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class RequestRecord(msgspec.Struct):
    """One line of `requests` in GET /state. `status` is 0 when the answer was dropped; `at_ms` is market time.

    `faults` are the names of those that struck it.
    """

    at_ms: int
    method: str
    path: str
    status: int
    body: Any
    faults: list[str] = msgspec.field(default_factory=list)


class RequestDetail(msgspec.Struct):
    """What GET /state shows of a request on demand: its query as it came, its headers (secrets redacted), and of a body
    with secrets the names of its fields."""

    query: str = ""
    headers: dict[str, str] = {}
    fields: list[str] = []


_NOTHING = RequestDetail()


class Gateway:
    def __init__(
        self,
        services: Any,
        venue: Venue,
        sessions: Sessions,
        faults: Faults,
        limiter: Limiter | None,
        doors: http.Doors,
    ) -> None:
        self._services, self._venue, self._sessions, self._faults = services, venue, sessions, faults
        self._limiter, self._doors = limiter, doors
        self.requests: deque[RequestRecord] = deque(maxlen=REQUESTS_MAX)
        self.details: deque[RequestDetail] = deque(maxlen=REQUESTS_MAX)
        """One for each of `requests`."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        whole = body if isinstance(body, bytes) else b""
        request = Received(scope["method"], scope["path"], headers, whole)
        endpoint = endpoint_of(request.path)
        record = self._note(request.method, request.path, _kept(endpoint, request))
        self.details[-1] = _detail(scope["query_string"], request, endpoint is not None and endpoint.secret_body)
        faults: list[Fault] = []
        if isinstance(body, bytes):
            faults = self._faults.for_request(endpoint.name) if endpoint is not None else []
            record.faults = [fault.name for fault in faults]
            answer = await self._answer(endpoint, request, scope, faults)
        else:
            answer = text_answer(413, "Request body is too large") if body is _Cut.TOO_LARGE else None
        client = (str(scope["client"][0]), int(scope["client"][1]))
        held = next((f for f in faults if f.name == "accept_then_hold"), None)
        if held is not None:
            await self._venue.clock.sleep(min(HOLE_MAX_S, held.for_s or HOLE_MAX_S))
            answer = None
        if answer is None:
            http.abort(self._doors, client, any(f.reset for f in faults))
            return
        if any(f.name in ("lost_answer", "drip", "cut_body") for f in faults):
            await self._send_broken(answer, faults, client, record, send)
            return
        record.status = answer.status
        await self._send(answer, send)

    def peek(self, method: str, path: str) -> http.Cut | None:
        """Whether a request is cut before it is read; it stands in the record with status 0 and no body."""
        endpoint = endpoint_of(path)
        fault = None if endpoint is None else self._faults.strikes("cut_request", endpoint.name)
        if fault is None:
            return None
        self._note(method, path, None).faults = [fault.name]
        return http.Cut(fault.at_byte, fault.reset)

    def crawl(self) -> float | None:
        """Seconds between the bytes of a new connection's TLS handshake, None when nothing makes it crawl."""
        fault = self._faults.strikes("slow_handshake")
        return None if fault is None else (fault.delay_ms or 1_000) / 1_000

    def _note(self, method: str, path: str, body: Any) -> RequestRecord:
        record = RequestRecord(self._venue.now_ns() // NS_PER_MS, method, path, 0, body)
        self.requests.append(record)
        self.details.append(_NOTHING)
        return record

    async def _answer(
        self, endpoint: Endpoint | None, request: Received, scope: Any, faults: list[Fault]
    ) -> Answer | None:
        """The answer, or None when there is none at all."""
        if endpoint is None:
            return text_answer(404, "Not Found")
        for fault in faults:
            if fault.delay_ms and fault.name != "drip":
                await self._venue.clock.sleep(fault.delay_ms / 1_000)
        if faults and faults[-1].name in INSTEAD:
            return await self._instead(faults[-1], endpoint, request)
        answer = self._refusal(endpoint, request) or await self._serve(request, scope)
        for fault in faults:
            if fault.name in MANGLED:
                answer = mangle(answer, fault, self._faults.rng)
        return answer

    async def _instead(self, fault: Fault, endpoint: Endpoint, request: Received) -> Answer | None:
        if fault.name == "black_hole":
            await self._venue.clock.sleep(min(HOLE_MAX_S, fault.for_s or HOLE_MAX_S))
            return None
        if fault.name in ("ignore_modify", "ignore_cancel"):
            refusal = self._refusal(endpoint, request)
            return refusal or json_answer(success(self._pretended(request)))
        return instead(fault)

    def _pretended(self, request: Received) -> dict[str, str]:
        """What a modify or cancel answers, for one that is not carried out."""
        try:
            order_id = str(msgspec.json.decode(request.body)["orderid"])
        except (*UNREADABLE, KeyError, TypeError):
            order_id = ""
        unique = next((r["uniqueorderid"] for r in self._venue.order_rows() if r["orderid"] == order_id), "")
        return {"orderid": order_id, "uniqueorderid": str(unique)}

    async def _send_broken(
        self, answer: Answer, faults: list[Fault], client: tuple[str, int], record: RequestRecord, send: Any
    ) -> None:
        """An answer that arrives in part, or byte by byte; the request was carried out."""
        raw = _raw(answer, self._head(answer))
        cut = next((f for f in faults if f.name == "cut_body"), None)
        if cut is not None:
            record.status = answer.status
            raw = raw[: len(raw) - len(answer.body) + cut.at_byte]
        lost = next((f for f in faults if f.name == "lost_answer"), None)
        if lost is not None:
            record.status = 0
            raw = raw[: lost.at_byte]
        drip = next((f for f in faults if f.name == "drip"), None)
        size, pause_s = (len(raw) or 1, 0.0) if drip is None else (1, (drip.delay_ms or 1_000) / 1_000)
        for at in range(0, len(raw), size):
            if not http.write(self._doors, client, raw[at : at + size]):
                return
            if drip is not None:
                await self._venue.clock.sleep(pause_s)
        http.close_after(self._doors, client, any(f.reset for f in faults))

    def _refusal(self, endpoint: Endpoint, request: Received) -> Answer | None:
        """What the gateway says before any service is asked."""
        if endpoint.path == MASTER_PATH:
            return None
        headers, gateway_status = request.headers, self._venue.switches.gateway_status
        if headers.get("x-privatekey", "") != self._sessions.credentials.api_key:
            return json_answer(gateway_failure(Refusal("AG8004", "Invalid API Key")), gateway_status)
        if endpoint.secured and (refusal := self._sessions.check_jwt(headers.get("authorization", ""))):
            return json_answer(gateway_failure(refusal), gateway_status)
        if endpoint.name == "generateTokens" and not headers.get("authorization"):
            return json_answer(gateway_failure(Refusal("AG8003", "Token missing")), gateway_status)
        if headers.get("x-usertype", "USER") != "USER":
            return json_answer(failure(Refusal("AB1005", "User Type Must Be USER")))
        if self._limiter is not None and not self._limiter.allows(endpoint.name, self._venue.clock.mono_ns()):
            return over_limit(endpoint.name, self._venue.switches.rate_answer)
        return None

    async def _serve(self, request: Received, scope: Any) -> Answer:
        """Ask the services; a raw JSON query, as the official SDK sends on GET, is not shown to them."""
        caught = _Caught()
        inner = {**scope, "query_string": b"", "path": request.path.rstrip("/") or "/"}
        inner["raw_path"] = inner["path"].encode()
        await self._services(inner, _replay(request.body), caught)
        return Answer(caught.status, b"".join(caught.parts), caught.content_type)

    async def _send(self, answer: Answer, send: Any) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": self._head(answer)})
        await send({"type": "http.response.body", "body": answer.body})

    def _head(self, answer: Answer) -> list[tuple[bytes, bytes]]:
        date = formatdate(self._venue.now_ns() // 1_000_000_000, usegmt=True)
        return [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            (b"date", date.encode()),
            *((name.encode(), value.encode()) for name, value in answer.headers),
        ]


class _Caught:
    """Takes what the services send."""

    def __init__(self) -> None:
        self.status = 500
        self.content_type = "application/json"
        self.parts: list[bytes] = []

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            for name, value in message.get("headers", ()):
                if name.lower() == b"content-type":
                    self.content_type = value.decode("latin-1")
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))


def _replay(body: bytes) -> Callable[[], Any]:
    messages = deque([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        return messages.popleft() if messages else {"type": "http.disconnect"}

    return receive


async def _read(receive: Any) -> bytes | _Cut:
    """The whole body; a request that ends early is not carried out."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return _Cut.SHORT
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_MAX:
            return _Cut.TOO_LARGE
        if not message.get("more_body"):
            return b"".join(parts)


def _kept(endpoint: Endpoint | None, request: Received) -> Any:
    """The body as it is remembered: JSON where it is JSON, redacted where it holds secrets, never long."""
    if endpoint is not None and endpoint.secret_body:
        return REDACTED
    if not request.body:
        return None
    if len(request.body) <= KEPT_BODY_MAX:
        try:
            return msgspec.json.decode(request.body)
        except UNREADABLE:
            pass
    return request.body[:KEPT_BODY_MAX].decode("utf-8", "replace")


def _detail(query: bytes, request: Received, secret: bool) -> RequestDetail:
    headers = {name: REDACTED if name in SECRET_HEADERS else value for name, value in request.headers.items()}
    fields: list[str] = []
    if secret:
        try:
            found = msgspec.json.decode(request.body)
        except UNREADABLE:
            found = None
        fields = sorted(found) if isinstance(found, dict) else []
    return RequestDetail(query.decode("latin-1"), headers, fields)


def _raw(answer: Answer, head: list[tuple[bytes, bytes]]) -> bytes:
    """The bytes of an answer as the HTTP layer would send them."""
    first = f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Status')}".encode()
    return b"\r\n".join([first, *(name + b": " + value for name, value in head), b"", answer.body])
