"""What an order call did, from its reply alone: pure, table-driven, and in doubt UNKNOWN."""

from typing import Any

from core.brokers import codes
from core.brokers.envelope import Envelope, Kind, NotEnvelope, open_envelope
from core.brokers.transport import Failure, Phase, Reply
from core.outcome import Accepted, NotSent, Outcome, Refused, RefusedBy, Unknown
from core.text import plain

_NO_ID = {"", "0", "NULL", "NONE", "NIL"}
_ID_MAX = 64


def classify_place(result: Reply | Failure) -> Outcome:
    """What a placeOrder call did. Accepted only with an order id; NotSent only when no request can have left."""
    return _classify(result, codes.REFUSED, "")


def classify_change(result: Reply | Failure, broker_id: str) -> Outcome:
    """What a modifyOrder or cancelOrder call did to the order `broker_id`.

    Accepted means that the request was taken, only when the answer names this very order; Refused, that nothing was
    changed.
    """
    return _classify(result, codes.REFUSED | {codes.NO_SUCH_ORDER}, broker_id)


def _classify(result: Reply | Failure, refusals: frozenset[str], broker_id: str) -> Outcome:
    if isinstance(result, Failure):
        return _failed(result)
    envelope = open_envelope(result.body)
    if isinstance(envelope, NotEnvelope):
        return _no_envelope(result.status, envelope)
    if envelope.ok:
        return _accepted(result.status, envelope, broker_id)
    return _refused(result.status, envelope, refusals)


def _failed(failure: Failure) -> Outcome:
    if failure.phase is Phase.STOPPED or failure.bytes_sent == 0:
        return NotSent(failure.why, local=failure.phase is Phase.STOPPED)
    return Unknown(failure.why)


def _accepted(status: int, envelope: Envelope, broker_id: str) -> Outcome:
    found = order_id(envelope.data)
    if not 200 <= status < 300:
        return Unknown(f"success with HTTP {status}")
    if not found:
        return Unknown("success without an order id")
    if broker_id and found != broker_id:
        return Unknown("success that names another order")
    return Accepted(found, _text(envelope.data.get("uniqueorderid")))


def _refused(status: int, envelope: Envelope, refusals: frozenset[str]) -> Outcome:
    code, text = envelope.code, envelope.message or "refused without a reason"
    if code == codes.ADDRESS:
        return Refused(code, text, RefusedBy.ADDRESS)
    if status >= 500:
        return Unknown(f"HTTP {status} {code}: {text}")
    if code in codes.TOKEN or status == 401:
        return Refused(code or "401", text, RefusedBy.AUTH)
    if code in codes.RATE or status == 429:
        return Refused(code or "429", text, RefusedBy.RATE)
    if code in refusals:
        return Refused(code, text)
    return Unknown(f"{code or f'HTTP {status}'}: {text}", service=code in codes.UNCERTAIN or not code)


def _no_envelope(status: int, answer: NotEnvelope) -> Outcome:
    if status == 401:
        return Refused("401", answer.text or "not logged in", RefusedBy.AUTH)
    if status == 429 or (status == 403 and answer.is_rate_text):
        return Refused(str(status), answer.text or "too many requests", RefusedBy.RATE)
    if answer.kind is Kind.HTML:
        return Unknown(f"HTTP {status} with a web page instead of an answer: {answer.text}")
    return Unknown(f"HTTP {status}, {answer.kind.value} answer")


def order_id(data: Any) -> str:
    """The order id in an answer's `data`; empty when there is none that could name an order."""
    found = _text(data.get("orderid")) if isinstance(data, dict) else ""
    return "" if found.upper() in _NO_ID else found


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return plain(value, _ID_MAX).strip()
