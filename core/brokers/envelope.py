"""The broker's answer, opened: three dialects in, one typed envelope out. Pure, and never raises.

Dialect A (services): `status`, `message`, `errorcode`, `data`. Dialect B (gateway): `success`, `errorCode`. Dialect C:
no JSON at all. Recorded: captured_error_AG8001_getLtpData_2026-03, captured_error_rate_limit_text.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from core.hiding import hide
from core.text import plain

_CODE_MAX = 24


@dataclass(frozen=True, slots=True)
class Envelope:
    """`ok` only when the broker said the JSON value `true`. `code` and `message` are safe text, empty when absent.

    `data` is whatever JSON was there; `None` stands for null, `""` and absent alike.
    """

    ok: bool
    code: str
    message: str
    data: Any


class Kind(StrEnum):
    """What an answer is that is no envelope."""

    EMPTY = "empty"
    HTML = "html"
    TEXT = "text"
    BROKEN = "broken json"
    SHAPE = "other json"


@dataclass(frozen=True, slots=True)
class NotEnvelope:
    """An answer without meaning of its own; `text` is its safe beginning, for the person and for the rate words."""

    kind: Kind
    text: str

    @property
    def is_rate_text(self) -> bool:
        """Whether it says that too much was asked: `Access denied because of exceeding access rate`, live 403."""
        words = self.text.lower()
        return self.kind is Kind.TEXT and "exceeding" in words and "rate" in words


def open_envelope(body: bytes) -> Envelope | NotEnvelope:
    """What the body of an answer says."""
    text = body.strip()
    if not text.strip(b"\0\xef\xbb\xbf"):
        return NotEnvelope(Kind.EMPTY, "")
    if text[:1] not in b"{[":
        beginning = plain(hide(text[:1200].decode("utf-8", "replace")), 200)
        return NotEnvelope(Kind.HTML if text[:1] == b"<" else Kind.TEXT, beginning)
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return NotEnvelope(Kind.BROKEN, plain(hide(text[:400].decode("utf-8", "replace")), 120))
    if not isinstance(value, dict) or not ("status" in value or "success" in value):
        return NotEnvelope(Kind.SHAPE, "")
    status = value.get("status")
    ok = status is True or (status is None and value.get("success") is True)
    data = value.get("data")
    code = plain(value.get("errorcode") or value.get("errorCode"), _CODE_MAX).strip().upper()
    message = value.get("message")
    said = plain("" if message is None else hide(str(message)))  # a broker may repeat what it was sent
    return Envelope(ok, code, said, None if data == "" else data)
