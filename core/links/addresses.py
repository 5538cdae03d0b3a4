"""Which addresses may be talked to: the broker's named hosts, encrypted, and this very machine."""

import ipaddress
from urllib.parse import urlsplit

HOSTS = frozenset(
    {
        "apiconnect.angelone.in",
        "smartapisocket.angelone.in",
        "tns.angelone.in",
        "margincalculator.angelone.in",
    }
)
"""REST, market stream, order updates, instrument master (SmartAPI documentation, 2026). Nothing adds to this list."""

_SECURE = {"https", "wss"}
_CLEAR = {"http", "ws"}
_PORTS = {None, 443}


def refusal(url: str) -> str:
    """Why an address may not be used, in one sentence; empty when it may.

    A listed host only encrypted and on port 443; a literal loopback address with or without encryption, on any port. A
    name such as `localhost` could be resolved to anything, and credentials go over these connections.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the address is not a URL"
    if not host or parts.scheme not in _SECURE | _CLEAR:
        return f"the address has no host or no known scheme: {parts.scheme or 'none'}"
    if parts.username is not None or parts.password is not None:
        return "the address carries a user name or password"
    if is_loopback(host):
        return ""
    if parts.scheme in _CLEAR:
        return f"{parts.scheme} without encryption is allowed to a literal loopback address only, was {host}"
    if host not in HOSTS:
        return f"{host} is not one of the broker's hosts"
    return "" if port in _PORTS else f"{host} is talked to on port 443 only, was {port}"


def is_loopback(host: str) -> bool:
    """Whether this is a loopback address written as digits."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
