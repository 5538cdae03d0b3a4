"""The gateway in front of the REST services: records, faults, limits, headers; then the services; then the answer.

An ASGI application around another. It reads the whole body first (at most 1 MiB) and holds the whole answer back, so
that an answer can be lost after the request was carried out.
"""

from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from core.clock import NS_PER_MS
from core.exchange.envelopes import (
    UNREADABLE,
    Answer,
    failure,
    gateway_failure,
    html_answer,
    json_answer,
    over_limit,
    text_answer,
)
from core.exchange.faults import Fault, Faults
from core.exchange.limits import Limiter
from core.exchange.orders import Refusal
from core.exchange.paths import MASTER_PATH, Endpoint, endpoint_of
from core.exchange.sessions import Sessions
from core.exchange.venue import Venue

BODY_MAX = 1 << 20
REQUESTS_MAX = 10_000
KEPT_BODY_MAX = 4_096
REDACTED = "<redacted>"
Abort = Callable[[tuple[str, int]], None]


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
    """One line of `requests` in GET /state. `status` is 0 when the answer was dropped; `at_ms` is market time."""

    at_ms: int
    method: str
    path: str
    status: int
    body: Any


class Gateway:
    def __init__(
        self, services: Any, venue: Venue, sessions: Sessions, faults: Faults, limiter: Limiter | None, abort: Abort
    ) -> None:
        self._services, self._venue, self._sessions, self._faults = services, venue, sessions, faults
        self._limiter, self._abort = limiter, abort
        self.requests: deque[RequestRecord] = deque(maxlen=REQUESTS_MAX)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        whole = body if isinstance(body, bytes) else b""
        request = Received(scope["method"], scope["path"], headers, whole)
        record = RequestRecord(self._venue.now_ns() // NS_PER_MS, request.method, request.path, 0, None)
        endpoint = endpoint_of(request.path)
        record.body = _kept(endpoint, request)
        self.requests.append(record)
        if isinstance(body, bytes):
            answer = await self._answer(endpoint, request, scope)
        else:
            answer = text_answer(413, "Request body is too large") if body is _Cut.TOO_LARGE else None
        if answer is None:
            self._abort(tuple(scope["client"]))
            return
        record.status = answer.status
        await self._send(answer, send)

    async def _answer(self, endpoint: Endpoint | None, request: Received, scope: Any) -> Answer | None:
        """The answer, or None when it is lost."""
        if endpoint is None:
            return text_answer(404, "Not Found")
        faults = self._faults.for_request(endpoint.name)
        for fault in faults:
            if fault.delay_ms:
                await self._venue.clock.sleep(fault.delay_ms / 1_000)
        instead = next((a for a in map(_instead, faults) if a is not None), None)
        if instead is not None:
            return instead
        answer = self._refusal(endpoint, request) or await self._serve(request, scope)
        lost = any(f.name == "lost_answer" for f in faults)
        return None if lost else answer

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
        date = formatdate(self._venue.now_ns() // 1_000_000_000, usegmt=True)
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            (b"date", date.encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


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


def _instead(fault: Fault) -> Answer | None:
    """What a fault answers in place of the services."""
    if fault.name == "http_status":
        return text_answer(fault.status, f"practice fault: {fault.status}")
    if fault.name == "html":
        return html_answer()
    if fault.name == "empty":
        return Answer()
    if fault.name == "token_expired":
        return json_answer(gateway_failure(Refusal("AG8001", "Invalid Token")))
    return None
