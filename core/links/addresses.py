"""Which addresses may be talked to, and how: encrypted anywhere, in the clear only to this very machine."""

import ipaddress
from urllib.parse import urlsplit

_SECURE = {"https", "wss"}
_CLEAR = {"http", "ws"}


def refusal(url: str) -> str:
    """Why an address may not be used, in one sentence; empty when it may.

    Encrypted schemes are allowed to any host. Clear ones only to a literal loopback address: a name could be resolved
    to anything, and credentials go over these connections.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "the address is not a URL"
    if not host or parts.scheme not in _SECURE | _CLEAR:
        return f"the address has no host or no known scheme: {parts.scheme or 'none'}"
    if parts.username or parts.password:
        return "the address carries a user name or password"
    if parts.scheme in _CLEAR and not _is_loopback(host):
        return f"{parts.scheme} without encryption is allowed to a literal loopback address only, was {host}"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
