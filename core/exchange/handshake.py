"""Who may open a socket: the refusals of both handshakes, before the upgrade. Pure.

Headers, query form and statuses: official streaming and order-status pages.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from core.exchange.sessions import Sessions, bare

STREAM_PATH, ORDERS_PATH = "/smart-stream", "/smart-order-update"
CONNECTIONS_MAX = 3
_LIMIT_TEXT = "Invalid Request. Connection Limit Exceeded."


class HandshakeRefusal(NamedTuple):
    status: int
    message: str


def stream_refusal(
    headers: Mapping[str, str], query: str, sessions: Sessions, open_count: int
) -> HandshakeRefusal | None:
    """The market stream: code and feed token from headers, else from the query; API key and jwt only if they are sent.

    The official Java SDK sends neither of those two (its source, 4dfc4af).
    """
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    credentials = sessions.credentials
    if headers.get("x-api-key", asked.get("apiKey", credentials.api_key)) != credentials.api_key:
        return HandshakeRefusal(401, "Invalid Header - Invalid API Key")
    if headers.get("x-client-code", asked.get("clientCode", "")) != credentials.client_code:
        return HandshakeRefusal(401, "Invalid Header - Invalid Client Code")
    if not sessions.feed_is_valid(headers.get("x-feed-token", asked.get("feedToken", ""))):
        return HandshakeRefusal(401, "Invalid Header - Invalid Feed Token")
    authorization = headers.get("authorization", "")
    if bare(authorization) and sessions.check_jwt(authorization):
        return HandshakeRefusal(401, "Invalid Header - Invalid Auth token")
    return _too_many(open_count)


def orders_refusal(headers: Mapping[str, str], sessions: Sessions, open_count: int) -> HandshakeRefusal | None:
    """Order updates: a valid jwt, with or without the word Bearer."""
    refusal = sessions.check_jwt(headers.get("authorization", ""))
    if refusal is not None:
        return HandshakeRefusal(403 if refusal.code == "AG8002" else 401, f"Invalid Header - {refusal.message}")
    return _too_many(open_count)


def _too_many(open_count: int) -> HandshakeRefusal | None:
    return HandshakeRefusal(429, _LIMIT_TEXT) if open_count >= CONNECTIONS_MAX else None
