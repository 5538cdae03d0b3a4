"""The wanted set as messages: pure. What the last socket had is never asked; the wanted set is the truth."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from core.domain import Instrument
from core.market.packet import EXCHANGE_TYPES, SNAP_QUOTE

CHUNK = 200
"""Tokens in one message: no source gives a frame limit, so stay well below any."""
WANTED_MAX = 1_000
"""Tokens of one connection in one mode (WebSocket Streaming 2.0: 1000 token-and-mode pairs)."""
CONNECTIONS_MAX = 3
"""Connections of one client code (same source)."""
SUBSCRIBE, UNSUBSCRIBE = 1, 0


class Topic(NamedTuple):
    """One subscription, in mode 3."""

    exchange_type: int
    token: str


def topic(instrument: Instrument) -> Topic:
    return Topic(EXCHANGE_TYPES[instrument.exchange], instrument.token)


def changes(had: Sequence[Topic], wanted: Sequence[Topic], number: int) -> tuple[str, ...]:
    """The messages that turn `had` into `wanted`: what goes, then what comes. `number` starts the correlation ids."""
    gone, new = set(had) - set(wanted), set(wanted) - set(had)
    groups = [
        *((UNSUBSCRIBE, chunk) for chunk in _chunks([t for t in had if t in gone])),
        *((SUBSCRIBE, chunk) for chunk in _chunks([t for t in wanted if t in new])),
    ]
    return tuple(_message(action, chunk, number + i) for i, (action, chunk) in enumerate(groups))


def _chunks(items: list[Topic]) -> list[list[Topic]]:
    return [items[i : i + CHUNK] for i in range(0, len(items), CHUNK)]


def _message(action: int, chunk: list[Topic], number: int) -> str:
    by_exchange: dict[int, list[str]] = {}
    for topic in chunk:
        by_exchange.setdefault(topic.exchange_type, []).append(topic.token)
    body = {
        "correlationID": f"tezi{number % 1_000_000:06d}",
        "action": action,
        "params": {
            "mode": SNAP_QUOTE,
            "tokenList": [{"exchangeType": kind, "tokens": tokens} for kind, tokens in by_exchange.items()],
        },
    }
    return msgspec.json.encode(body).decode()
