"""Bytes and requests that no client should send, from a seed."""

import json
import random
from typing import Any

_WORDS: tuple[Any, ...] = (None, True, -1, 0, 1e308, "", "2885", "NaN", [], {}, "९", "\x00", "x" * 300, [[[]]])


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
