"""Golden table of what an order call did, line by line, and no way to be accepted without an order id."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.brokers.classify import classify_change, classify_place
from core.brokers.transport import Failure, Phase, Reply
from core.outcome import Accepted, NotSent, Outcome, Refused, RefusedBy, Unknown

_ID = "251126000000123"


def _reply(body: Any, status: int = 200) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {}, raw, 1)


def _a(code: str | None, message: str | None = "m", status: int = 200) -> Reply:
    return _reply({"status": False, "message": message, "errorcode": code, "data": None}, status)


def _b(code: str, status: int = 200) -> Reply:
    return _reply({"success": False, "message": "Invalid Token", "errorCode": code, "data": ""}, status)


def _yes(data: Any, status: int = 200, **other: Any) -> Reply:
    return _reply({"status": True, "message": "SUCCESS", "errorcode": "", "data": data} | other, status)


_RATE_TEXT = b"Access denied because of exceeding access rate"
_WAF = b"<html><head><title>Request Rejected</title></head><body>support ID is: 123</body></html>"

_TABLE: list[tuple[str, Reply | Failure, type[Outcome], RefusedBy | None]] = [  # type: ignore[valid-type]
    ("connect refused", Failure(Phase.CONNECT, 0, "x"), NotSent, None),
    ("address refused", Failure(Phase.REFUSED, 0, "x"), NotSent, None),
    ("deadline before a byte", Failure(Phase.CONNECT, 0, "no answer"), NotSent, None),
    ("stopped before headers", Failure(Phase.STOPPED, 0, "x"), NotSent, None),
    ("stopped before body", Failure(Phase.STOPPED, 300, "x"), NotSent, None),
    ("write failed half way", Failure(Phase.SEND, 1, "x"), Unknown, None),
    ("no answer", Failure(Phase.RECEIVE, 400, "x"), Unknown, None),
    ("too large", Failure(Phase.TOO_LARGE, 400, "x"), Unknown, None),
    ("accepted", _yes({"script": "SBIN-EQ", "orderid": _ID, "uniqueorderid": "u"}), Accepted, None),
    ("accepted, id a number", _yes({"orderid": 251126000000123}), Accepted, None),
    ("accepted by the gateway dialect", _reply({"success": True, "data": {"orderid": _ID}}), Accepted, None),
    ("success, data null", _yes(None), Unknown, None),
    ("success, data empty text", _yes(""), Unknown, None),
    ("success, no orderid", _yes({"script": "SBIN-EQ"}), Unknown, None),
    ("success, orderid empty", _yes({"orderid": ""}), Unknown, None),
    ("success, orderid null", _yes({"orderid": None}), Unknown, None),
    ("success, orderid zero", _yes({"orderid": 0}), Unknown, None),
    ("success, orderid true", _yes({"orderid": True}), Unknown, None),
    ("success, data a list", _yes([{"orderid": _ID}]), Unknown, None),
    ("success in a 500", _yes({"orderid": _ID}, 500), Unknown, None),
    ("status is the text true", _reply({"status": "true", "data": {"orderid": _ID}}), Unknown, None),
    ("status is 1", _reply({"status": 1, "data": {"orderid": _ID}}), Unknown, None),
    ("status false, success true", _reply({"status": False, "success": True, "data": {"orderid": _ID}}), Unknown, None),
    ("variety", _a("AB1008"), Refused, RefusedBy.BUSINESS),
    ("symbol", _a("AB1009"), Refused, RefusedBy.BUSINESS),
    ("product", _a("AB1012", status=400), Refused, RefusedBy.BUSINESS),
    ("symbol details", _a("AB1018"), Refused, RefusedBy.BUSINESS),
    ("order type", _a("AB1020"), Refused, RefusedBy.BUSINESS),
    ("tag", _a("AB4008"), Refused, RefusedBy.BUSINESS),
    ("business code in a 502", _a("AB1008", status=502), Unknown, None),
    ("order not found on place", _a("AB1013"), Unknown, None),
    *[(code, _b(code), Refused, RefusedBy.AUTH) for code in ("AG8001", "AG8002", "AG8003", "AB8050", "AB8051")],
    *[(code, _a(code), Refused, RefusedBy.AUTH) for code in ("AB1010", "AB1011", "AG8001")],
    ("401 with a page", _reply(_WAF, 401), Refused, RefusedBy.AUTH),
    ("address not registered", _b("AG7002"), Refused, RefusedBy.ADDRESS),
    ("address not registered, 403", _b("AG7002", 403), Refused, RefusedBy.ADDRESS),
    ("address not registered, 500", _b("AG7002", 500), Refused, RefusedBy.ADDRESS),
    ("rate text 403", _reply(_RATE_TEXT, 403), Refused, RefusedBy.RATE),
    ("rate text 403 of the documentation", _reply(b"... exceeding rate limit", 403), Refused, RefusedBy.RATE),
    ("429", _reply(b"", 429), Refused, RefusedBy.RATE),
    ("AB1021", _a("AB1021", "Too many requests"), Refused, RefusedBy.RATE),
    ("AB1019", _a("AB1019", None), Refused, RefusedBy.RATE),
    ("bare 403", _reply(b"Forbidden", 403), Unknown, None),
    ("rate text in a 200", _reply(_RATE_TEXT), Unknown, None),
    ("400 empty", _reply(b"", 400), Unknown, None),
    ("200 empty", _reply(b""), Unknown, None),
    ("200 page", _reply(_WAF), Unknown, None),
    ("403 page", _reply(_WAF, 403), Unknown, None),
    ("catch-all", _a("AB1004"), Unknown, None),
    ("order engine catch-all", _a("AB1007", "LPP"), Unknown, None),
    ("unspecified", _a("AB2000"), Unknown, None),
    ("internal", _a("AB2001"), Unknown, None),
    ("unknown code", _a("AB9999"), Unknown, None),
    ("no code", _a(None, None), Unknown, None),
    ("500", _reply(b"oops", 500), Unknown, None),
    ("504", _reply(b"<html>", 504), Unknown, None),
    ("truncated", _reply(b'{"status":true,"data":{"orderid":"2511'), Unknown, None),
    ("a number", _reply(b"17", 200), Unknown, None),
    ("a list", _reply([1, 2]), Unknown, None),
    ("deeply nested", _reply(b'{"status":' + b"[" * 100_000), Unknown, None),
    ("invalid utf-8", _reply(b'{"status":true,"data":{"orderid":"\xff\xfe"}}'), Unknown, None),
]


@pytest.mark.parametrize(("result", "kind", "by"), [row[1:] for row in _TABLE], ids=[row[0] for row in _TABLE])
def test_place(result: Reply | Failure, kind: type, by: RefusedBy | None) -> None:
    outcome = classify_place(result)

    assert type(outcome) is kind
    assert by is (outcome.by if isinstance(outcome, Refused) else None)


def test_accepted_carries_both_ids() -> None:
    outcome = classify_place(_yes({"orderid": _ID, "uniqueorderid": "5d0c6b8e"}))

    assert outcome == Accepted(_ID, "5d0c6b8e")


def test_a_change_counts_only_for_the_order_it_names() -> None:
    assert classify_change(_yes({"orderid": _ID}), _ID) == Accepted(_ID)
    assert isinstance(classify_change(_yes({"orderid": "9"}), _ID), Unknown)
    assert isinstance(classify_change(_yes(None), _ID), Unknown)
    assert classify_change(_a("AB1013", "Order not found"), _ID) == Refused("AB1013", "Order not found")
    assert isinstance(classify_change(_a("AB1007"), _ID), Unknown)


def test_a_refusal_text_with_escape_sequences_is_made_safe() -> None:
    outcome = classify_place(_a("AB1009", "bad \x1b]52;c;AAAA\x07 symbol"))

    assert isinstance(outcome, Refused)
    assert "\x1b" not in outcome.text and "\x07" not in outcome.text


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_keys = st.sampled_from(["status", "success", "message", "errorcode", "errorCode", "data", "orderid"])
_bodies = st.binary(max_size=200) | st.dictionaries(_keys, _values, max_size=6).map(lambda d: json.dumps(d).encode())


@given(_bodies, st.integers(100, 599))
@settings(max_examples=600, deadline=None)
def test_no_answer_raises_or_is_accepted_without_an_id(body: bytes, status: int) -> None:
    for outcome in (classify_place(Reply(status, {}, body, 1)), classify_change(Reply(status, {}, body, 1), _ID)):
        assert not isinstance(outcome, NotSent)
        if isinstance(outcome, Accepted):
            assert outcome.broker_id and 200 <= status < 300


def test_recorded_answers_of_place_order() -> None:
    folder = Path(os.environ.get("TEZI_SHARED", "../shared")) / "data" / "smartapi_responses"
    if not folder.exists():
        pytest.skip("no recorded data: set TEZI_SHARED")
    wanted: dict[str, type] = {
        "captured_error_AB1007_placeOrder_2026-05": Unknown,
        "captured_error_AB1020_placeOrder_2025-09": Refused,
        "captured_error_AG7002_placeOrder_2026-04": Refused,
        "doc_place_order": Accepted,
    }

    for name, kind in wanted.items():
        recorded = json.loads((folder / f"{name}.json").read_text())
        assert type(classify_place(_reply(recorded["response"]))) is kind, name
