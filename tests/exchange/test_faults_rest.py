"""Faults of REST answers, by name: what a client sees of each, and what the truth says."""

import json
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.exchange.fault_bench import PLACE, RMS, Bench, Way, code_of, into
from tests.exchange.wire import ORDER, USER, Wire, place_body

MASTER = "/OpenAPI_File/files/OpenAPIScripMaster.json"
WAYS: dict[str, Way] = {}
way = into(WAYS)


@way
def http_status(b: Bench) -> None:
    b.set("http_status", on=["getRMS"], status=504, text="upstream", count=1, retry_after_s=3)
    answer = b.funds()
    assert (answer.status, answer.text, answer.headers["retry-after"]) == (504, "upstream", "3")


@way
def html(b: Bench) -> None:
    b.set("html", on=["getRMS"], status=403, count=1)
    answer = b.funds()
    assert answer.status == 403 and answer.headers["content-type"].startswith("text/html")
    assert "Request Rejected" in answer.text


@way
def empty(b: Bench) -> None:
    b.set("empty", on=["getRMS"], count=1)
    assert (b.funds().status, b.funds().status) == (200, 200)
    b.set("empty", on=["getRMS"], count=1)
    assert b.funds().text == ""


@way
def rate_limit(b: Bench) -> None:
    b.set("rate_limit", on=["getRMS"], count=1)
    answer = b.funds()
    assert answer.status == 403 and answer.text == "Access denied because of exceeding access rate"
    b.set("rate_limit", on=["getRMS"], status=429, retry_after_s=2, count=1)
    answer = b.funds()
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")


@way
def error(b: Bench) -> None:
    b.set("error", on=["getRMS"], code="AB9999", text="never heard of", count=1)
    answer = b.funds().json
    assert answer == {"status": False, "message": "never heard of", "errorcode": "AB9999", "data": None}


@way
def gateway_error(b: Bench) -> None:
    b.set("gateway_error", on=["getRMS"], code="AG8004", text="Invalid API Key", status=401, count=1)
    answer = b.funds()
    assert answer.status == 401 and code_of(answer) == ("AG8004", True) and answer.json["data"] == ""


@way
def token_expired(b: Bench) -> None:
    b.set("token_expired", on=["getRMS"], count=1)
    assert code_of(b.funds()) == ("AG8001", True) and b.funds().json["status"] is True


@way
def static_ip(b: Bench) -> None:
    tag = b.tag()
    b.set("static_ip", on=["placeOrder"], count=1)
    answer = b.wire.place(ordertag=tag)
    assert answer["errorCode"] == "AG7002" and "Unregistered IP" in answer["message"] and not b.orders(tag)


@way
def price_band(b: Bench) -> None:
    tag = b.tag()
    b.set("price_band", on=["placeOrder"], count=1)
    answer = b.wire.place(ordertag=tag)
    assert answer["errorcode"] == "AB1007" and "protection range" in answer["message"] and not b.orders(tag)


@way
def lost_request(b: Bench) -> None:
    tag = b.tag()
    b.set("lost_request", on=["placeOrder"], count=1)
    assert b.raw(PLACE, place_body(ordertag=tag)) == b"" and not b.orders(tag)
    b.set("lost_request", on=["placeOrder"], count=1, reset=True)
    assert b.raw(PLACE, place_body(ordertag=tag)) == b"RESET" and not b.orders(tag)


@way
def black_hole(b: Bench) -> None:
    tag = b.tag()
    b.set("black_hole", on=["placeOrder"], count=1)
    with pytest.raises(TimeoutError):
        b.raw(PLACE, place_body(ordertag=tag), limit_s=0.5)
    assert not b.orders(tag) and b.funds().json["status"] is True, "others are answered meanwhile"


def _changed(b: Bench, name: str, path: str) -> None:
    tag = b.tag()
    order_id = b.wire.place(ordertag=tag)["data"]["orderid"]
    b.set(name, count=1)
    assert b.funds().json["status"] is True, "it means nothing elsewhere"
    body = place_body(orderid=order_id, price="1001.00", ordertag=tag)
    answer = b.wire.order(path, body)
    assert answer["status"] is True and answer["data"]["orderid"] == order_id
    (row,) = b.orders(tag)
    assert answer["data"]["uniqueorderid"] == row["uniqueorderid"]
    assert (row["price"], row["orderstatus"]) == (1000.0, "open"), "nothing was done"


@way
def ignore_modify(b: Bench) -> None:
    _changed(b, "ignore_modify", "modifyOrder")


@way
def ignore_cancel(b: Bench) -> None:
    _changed(b, "ignore_cancel", "cancelOrder")


@way
def cut_request(b: Bench) -> None:
    tag = b.tag()
    b.set("cut_request", on=["placeOrder"], count=1, at_byte=60)
    b.raw(PLACE, place_body(ordertag=tag))
    assert not b.orders(tag)
    last = b.exchange.truth()["requests"][-1]
    assert (last["status"], last["body"], last["faults"]) == (0, None, ["cut_request"])


@way
def lost_answer(b: Bench) -> None:
    tag = b.tag()
    b.set("lost_answer", on=["placeOrder"], count=1)
    assert b.raw(PLACE, place_body(ordertag=tag)) == b"" and len(b.orders(tag)) == 1
    b.set("lost_answer", on=["placeOrder"], count=1, reset=True)
    assert b.raw(PLACE, place_body(ordertag=tag)) == b"RESET" and len(b.orders(tag)) == 2


@way
def accept_then_hold(b: Bench) -> None:
    tag = b.tag()
    b.set("accept_then_hold", on=["placeOrder"], count=1)
    with pytest.raises(TimeoutError):
        b.raw(PLACE, place_body(ordertag=tag), limit_s=0.5)
    assert len(b.orders(tag)) == 1


@way
def accept_then_status(b: Bench) -> None:
    tag = b.tag()
    b.set("accept_then_status", on=["placeOrder"], count=1)
    assert b.wire.send("POST", PLACE, place_body(ordertag=tag)).status == 502
    assert len(b.orders(tag)) == 1


@way
def slow(b: Bench) -> None:
    b.set("slow", on=["getRMS"], delay_ms=300, count=1)
    started = time.monotonic()
    assert b.funds().json["status"] is True and time.monotonic() - started >= 0.29


@way
def drip(b: Bench) -> None:
    b.set("drip", on=["logout"], delay_ms=2, count=1)
    started = time.monotonic()
    answer = b.raw(USER + "logout", {"clientcode": "X"})
    assert answer.endswith(b"}") and time.monotonic() - started >= 0.002 * len(answer) * 0.9


@way
def cut_body(b: Bench) -> None:
    tag = b.tag()
    b.set("cut_body", on=["placeOrder"], count=1, at_byte=9)
    answer = b.raw(PLACE, place_body(ordertag=tag))
    first, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length" in first and body == b'{"status"' and len(b.orders(tag)) == 1


@way
def huge(b: Bench) -> None:
    b.set("huge", on=["getRMS"], size=3 << 20, count=1)
    answer = b.funds()
    assert len(answer.text) == 3 << 20 and answer.json["status"] is True


@way
def deep(b: Bench) -> None:
    b.set("deep", on=["getRMS"], count=1)
    assert b.funds().text.count("[") == 100_000


@way
def bad_text(b: Bench) -> None:
    b.set("bad_text", on=["getRMS"], count=1)
    with pytest.raises(UnicodeDecodeError):
        b.raw(RMS).partition(b"\r\n\r\n")[2].decode()


def _rows(b: Bench, name: str, **fields: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The book as it is, and as the fault shows it; at least three orders are in it."""
    while len(b.wire.book()) < 3:
        b.wire.place(ordertag="MixedCase-12345")
    right = b.wire.book()
    b.set(name, on=["getOrderBook"], count=1, **fields)
    return right, b.wire.book()


@way
def utf16(b: Bench) -> None:
    b.set("utf16", on=["getRMS"], count=1)
    body = b.raw(RMS).partition(b"\r\n\r\n")[2]
    assert body.startswith(b"\xff\xfe") and json.loads(body.decode("utf-16"))["status"] is True


@way
def repeat_keys(b: Bench) -> None:
    b.set("repeat_keys", on=["getRMS"], count=1)
    pairs = json.loads(b.funds().text, object_pairs_hook=lambda found: found)
    assert [value for name, value in pairs if name == "status"] == [False, True]
    first, second = (value for name, value in pairs if name == "data")
    assert first == "first" and {name for name, _ in second} >= {"net", "availablecash"}


@way
def reuse_trade_id(b: Bench) -> None:
    for side in ("BUY", "SELL"):
        b.wire.place(ordertype="MARKET", price="0", transactiontype=side)
    path = ORDER + "getTradeBook"
    right = b.wire.send("GET", path).json["data"]
    b.set("reuse_trade_id", count=1)
    shown = b.wire.send("GET", path).json["data"]
    assert len({row["fillid"] for row in right}) == len(right) > 1
    assert {row["fillid"] for row in shown} == {right[0]["fillid"]}
    assert [row | {"fillid": ""} for row in shown] == [row | {"fillid": ""} for row in right]


@way
def empty_list(b: Bench) -> None:
    right, shown = _rows(b, "empty_list")
    assert right and shown == []


@way
def partial_list(b: Bench) -> None:
    right, shown = _rows(b, "partial_list")
    assert shown == right[: len(right) // 2]


@way
def shuffle_rows(b: Bench) -> None:
    while len(b.wire.book()) < 6:
        b.wire.place()
    right, shown = _rows(b, "shuffle_rows")
    assert shown != right and sorted(map(str, shown)) == sorted(map(str, right))


@way
def repeat_rows(b: Bench) -> None:
    right, shown = _rows(b, "repeat_rows")
    assert len(shown) == 2 * len(right) and shown[0] == shown[1]


@way
def hide_newest(b: Bench) -> None:
    right, shown = _rows(b, "hide_newest")
    assert shown == right[:-1]


@way
def strange_status(b: Bench) -> None:
    right, shown = _rows(b, "strange_status", text="validation pending")
    assert {row["orderstatus"] for row in shown} == {"validation pending"} and len(shown) == len(right)


@way
def mangle_tag(b: Bench) -> None:
    b.wire.place(ordertag="MixedCase-12345")
    right, shown = _rows(b, "mangle_tag")
    assert (right[-1]["ordertag"], shown[-1]["ordertag"]) == ("MixedCase-12345", "mixedcas")


@way
def odd_numbers(b: Bench) -> None:
    _, shown = _rows(b, "odd_numbers")
    assert {type(row["price"]) for row in shown} <= {str, type(None)}


@way
def bad_master(b: Bench) -> None:
    right = {row["symbol"]: row for row in b.wire.send("GET", MASTER).json}
    b.set("bad_master", count=1)
    shown = b.wire.send("GET", MASTER).json
    assert all(row["token"] != right[row["symbol"]]["token"] for row in shown)
    assert all(int(row["lotsize"]) == 2 * int(right[row["symbol"]]["lotsize"]) for row in shown)
    assert "0.000000" in {row["tick_size"] for row in shown if row["instrumenttype"] != "AMXIDX"}


@way
def reject_order(b: Bench) -> None:
    tag = b.tag()
    b.set("reject_order", text="RMS: no", count=2)
    for _ in range(3):
        assert b.wire.place(ordertag=tag)["status"] is True
    assert [(r["orderstatus"], r["text"]) for r in b.orders(tag)] == [("rejected", "RMS: no")] * 2 + [("open", "")]


@way
def expire_tokens(b: Bench) -> None:
    b.set("expire_tokens")
    assert code_of(b.funds()) == ("AG8002", True)
    with pytest.raises(InvalidStatus) as refused, b.wire.orders():
        pass
    assert refused.value.response.status_code == 403
    b.wire = Wire(b.exchange)
    assert b.funds().json["status"] is True


@pytest.mark.parametrize("name", WAYS)
def test_a_client_sees(bench: Bench, name: str) -> None:
    WAYS[name](bench)


@pytest.mark.parametrize("at_byte", [0, 1, 30, 200, 400])
def test_a_request_cut_at_a_byte_is_never_read(bench: Bench, at_byte: int) -> None:
    tag = bench.tag()
    bench.set("cut_request", on=["placeOrder"], count=1, at_byte=at_byte)
    assert bench.raw(PLACE, place_body(ordertag=tag)) in (b"", b"RESET") and not bench.orders(tag)


@pytest.mark.parametrize("at_byte", [0, 1, 15, 16, 80, 150, 10_000])
def test_an_answer_cut_at_a_byte_was_carried_out(bench: Bench, at_byte: int) -> None:
    tag = bench.tag()
    bench.set("lost_answer", on=["placeOrder"], count=1, at_byte=at_byte)
    answer = bench.raw(PLACE, place_body(ordertag=tag))
    assert len(bench.orders(tag)) == 1
    assert len(answer) == at_byte or (at_byte == 10_000 and answer.endswith(b"}"))


@pytest.mark.parametrize("at_byte", [0, 1, 60, 10_000])
def test_a_body_cut_at_a_byte_was_carried_out(bench: Bench, at_byte: int) -> None:
    tag = bench.tag()
    bench.set("cut_body", on=["placeOrder"], count=1, at_byte=at_byte)
    first, _, body = bench.raw(PLACE, place_body(ordertag=tag)).partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK") and len(bench.orders(tag)) == 1
    assert len(body) == at_byte or (at_byte == 10_000 and body.endswith(b"}"))
