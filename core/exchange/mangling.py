"""Good answers made bad, as faults ask for it. Pure but for the seed: an answer in, an answer out."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from core.exchange.envelopes import UNREADABLE, Answer, text_answer
from core.exchange.faults import Fault

DEEP = 100_000
Change = Callable[[list[Any], Fault, random.Random], list[Any]]


def mangle(answer: Answer, fault: Fault, rng: random.Random) -> Answer:
    """The answer with one fault in it; an answer that has nothing to change stays as it is."""
    if fault.name == "huge":
        return replace(answer, body=_padded(answer.body, fault.size))
    if fault.name == "deep":
        return replace(answer, body=b'{"status":true,"data":' + b"[" * DEEP + b"]" * DEEP + b"}")
    if fault.name == "bad_text":
        return replace(answer, body=answer.body.replace(b'"message":"', b'"message":"\xff\xfe\x1b[31m\xe2\x80\xae', 1))
    if fault.name == "utf16":
        return replace(answer, body=answer.body.decode("utf-8", "replace").encode("utf-16"))
    if fault.name == "repeat_keys":
        return replace(answer, body=_with_keys_twice(answer.body))
    if fault.name == "accept_then_status":
        status = fault.status or 502
        return text_answer(status, fault.text or f"practice fault: {status}")
    return _rows(answer, fault, rng)


def _padded(body: bytes, size: int) -> bytes:
    """A valid answer of so many bytes: blanks stand before its end."""
    return body[:-1] + b" " * max(0, size - len(body)) + body[-1:]


def _with_keys_twice(body: bytes) -> bytes:
    """The object with its status and data named twice: who takes the first of each reads a refusal."""
    return b'{"status":false,"data":"first",' + body[1:] if body.startswith(b'{"') else body


def _rows(answer: Answer, fault: Fault, rng: random.Random) -> Answer:
    try:
        envelope = msgspec.json.decode(answer.body)
    except UNREADABLE:
        return answer
    if isinstance(envelope, list):
        return replace(
            answer, body=msgspec.json.encode([] if fault.name == "empty_list" else _of(envelope, fault, rng))
        )
    if not isinstance(envelope, dict) or envelope.get("status") is not True:
        return answer
    data = envelope.get("data")
    if fault.name == "empty_list":
        envelope["data"] = None
    elif isinstance(data, list):
        envelope["data"] = _of(data, fault, rng) or None
    elif isinstance(data, dict):
        envelope["data"] = _of([data], fault, rng)[0] if fault.name in _ONE_ROW else data
    return replace(answer, body=msgspec.json.encode(envelope))


def _of(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    return _CHANGES[fault.name](rows, fault, rng)


def _bad_master(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    """A master of another day: tokens stand with other symbols, a lot is doubled, a tick is 0."""
    tokens = [row["token"] for row in rows]
    moved = [row | {"token": token} for row, token in zip(rows, tokens[1:] + tokens[:1], strict=True)]
    lots = [row | {"lotsize": str(2 * int(row["lotsize"]))} for row in moved]
    return [row | {"tick_size": "0.000000"} if n % 2 else row for n, row in enumerate(lots)]


def _partial(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    return rows[: len(rows) // 2]


def _shuffled(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    return rng.sample(rows, len(rows))


def _repeated(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    return [row for row in rows for _ in range(2)]


def _without_newest(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    return rows[:-1]


def _strange(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    word = fault.text or "partially teleported"
    return [row | {"status": word, "orderstatus": word} if "orderstatus" in row else row for row in rows]


def _mangled_tag(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    return [row | {"ordertag": fault.text or row["ordertag"].lower()[:8]} if "ordertag" in row else row for row in rows]


def _reused_id(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    """Every trade under the number of the first."""
    return [row | {"fillid": rows[0]["fillid"]} for row in rows]


def _odd_numbers(rows: list[Any], fault: Fault, rng: random.Random) -> list[Any]:
    """Numbers as the live service has sent them: text, a blank after the minus sign, or nothing."""
    return [{name: _odd(value, rng) for name, value in row.items()} if isinstance(row, dict) else row for row in rows]


def _odd(value: Any, rng: random.Random) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    text = f"{value}".replace("-", "- ")
    return rng.choice((text, text, None, ""))


_CHANGES: dict[str, Change] = {
    "partial_list": _partial,
    "shuffle_rows": _shuffled,
    "repeat_rows": _repeated,
    "hide_newest": _without_newest,
    "strange_status": _strange,
    "mangle_tag": _mangled_tag,
    "odd_numbers": _odd_numbers,
    "reuse_trade_id": _reused_id,
    "bad_master": _bad_master,
}
_ONE_ROW = frozenset({"strange_status", "mangle_tag", "odd_numbers"})
