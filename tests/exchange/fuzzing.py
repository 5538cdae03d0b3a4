"""Bytes and requests that no client should send, from a seed."""

import copy
import json
import random
from typing import Any

_WORDS: tuple[Any, ...] = (None, True, -1, 0, 1e308, "", "2885", "NaN", [], {}, "९", "\x00", "x" * 300, [[[]]])


_DEEP = 3_000
_ORDER: dict[str, Any] = {
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
    "quantity": "1",
}
_SUBSCRIBE: dict[str, Any] = {
    "correlationID": "abc",
    "action": 1,
    "params": {"mode": 3, "tokenList": [{"exchangeType": 1, "tokens": ["2885", "3045"]}]},
}
_ODD: tuple[Any, ...] = (
    *_WORDS,
    10**400,
    -(10**30),
    2**63,
    1e-320,
    "1e9",
    "-5",
    "0x10",
    " 3045 ",
    "1000.00000001",
    "\ud800",
    ["3045"] * 50,
    {"a": {"b": []}},
)


def mutant_order(rng: random.Random) -> bytes:
    """A good order of which a few values are not."""
    return _written(_mutated(_ORDER, rng), rng)


def mutant_frame(rng: random.Random) -> bytes:
    """A good subscription of which a few values are not."""
    return _written(_mutated(_SUBSCRIBE, rng), rng)


def _mutated(good: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A copy with one to three places changed, at any depth: another value, a missing or a foreign key."""
    found = copy.deepcopy(good)
    for _ in range(rng.randrange(1, 4)):
        place: Any = found
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(place[key], dict | list) and rng.random() < 0.7:
                place = place[key]
                continue
            if isinstance(place, dict) and rng.random() < 0.2:
                del place[key]
            else:
                place[key] = copy.deepcopy(rng.choice(_ODD))
            break
    return found


def _written(value: dict[str, Any], rng: random.Random) -> bytes:
    """As JSON; now and then nested deeply, repeated, cut short, or with a byte changed."""
    text = json.dumps(value).encode()
    kind = rng.randrange(24)
    if kind == 0:
        return b'{"a":' * _DEEP + text + b"}" * _DEEP
    if kind == 1:
        return b"[" * _DEEP
    if kind == 2:
        return text[: rng.randrange(len(text))]
    if kind == 3:
        at = rng.randrange(len(text))
        return text[:at] + bytes((rng.randrange(256),)) + text[at + 1 :]
    if kind == 4:
        return text[:-1] + b"," + text[1:]
    return text


def frame(rng: random.Random) -> str | bytes:
    """A text or binary frame for the market stream: garbage, or nearly a request."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randrange(200))
    if kind == 1:
        return "".join(chr(rng.randrange(1, 0xD7FF)) for _ in range(rng.randrange(60)))
    request = {
        "correlationID": rng.choice(_WORDS),
        "action": rng.choice((0, 1, 2, *_WORDS)),
        "params": rng.choice((_params(rng), rng.choice(_WORDS))),
    }
    text = json.dumps(request)
    return text[: rng.randrange(len(text))] if kind == 2 else text


def body(rng: random.Random) -> bytes:
    """A request body: bytes, half a JSON, or an order with odd values."""
    if rng.random() < 0.3:
        return rng.randbytes(rng.randrange(300))
    names = ("variety", "tradingsymbol", "symboltoken", "transactiontype", "exchange", "ordertype", "price", "quantity")
    text = json.dumps({name: rng.choice(_WORDS) for name in names}).encode()
    return text[: rng.randrange(len(text))] if rng.random() < 0.3 else text


def _params(rng: random.Random) -> dict[str, Any]:
    tokens = [rng.choice(_WORDS) for _ in range(rng.randrange(4))]
    return {
        "mode": rng.choice((1, 3, 9, *_WORDS)),
        "tokenList": [{"exchangeType": rng.randrange(20), "tokens": tokens}],
    }
