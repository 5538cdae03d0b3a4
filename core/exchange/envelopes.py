"""The three dialects of an answer: trading services (A), gateway (B), and not JSON at all (C). Pure."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.exchange.orders import Refusal

RATE_TEXT = "Access denied because of exceeding access rate"
WAF_PAGE = (
    "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. "
    "Please consult with your administrator.</body></html>"
)
_JSON, _TEXT, _HTML = "application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: status, body, type."""

    status: int = 200
    body: bytes = b""
    content_type: str = _JSON
    headers: tuple[tuple[str, str], ...] = field(default=())


def success(data: Any) -> dict[str, Any]:
    """Dialect A: done."""
    return {"status": True, "message": "SUCCESS", "errorcode": "", "data": data}


def failure(refusal: Refusal) -> dict[str, Any]:
    """Dialect A: refused by the trading service."""
    return {"status": False, "message": refusal.message, "errorcode": refusal.code, "data": None}


def gateway_failure(refusal: Refusal) -> dict[str, Any]:
    """Dialect B: refused by the gateway in front."""
    return {"success": False, "message": refusal.message, "errorCode": refusal.code, "data": ""}


def json_answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(body))


def text_answer(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), _TEXT)


def over_limit(endpoint: str, how: str) -> Answer:
    """A request over its limit: plain text, or for candles and quotes one of the other answers that were seen."""
    if how == "text" or endpoint not in ("getCandleData", "getOIData", "quote"):
        return text_answer(403, RATE_TEXT)
    if how == "empty":
        return Answer()
    if how == "429":
        return text_answer(429, "Too Many Requests")
    text = "Something Went Wrong, Please Try After Sometime" if how == "AB1004" else "Too many requests"
    return json_answer(failure(Refusal(how, text)))


def html_answer(text: str = WAF_PAGE) -> Answer:
    return Answer(200, text.encode(), _HTML)


MALFORMED = Refusal("AB1004", "Something Went Wrong, Please Try After Sometime")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading foreign JSON may raise: bad, not text, or nested too deep."""
