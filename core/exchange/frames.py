"""Server frames of RFC 6455, whole and unmasked, for the fast path of the market stream. Pure."""

_SHORT, _MEDIUM = 126, 65_536


def binary(payload: bytes) -> bytes:
    """One final binary frame."""
    size = len(payload)
    if size < _SHORT:
        return bytes((0x82, size)) + payload
    if size < _MEDIUM:
        return b"\x82\x7e" + size.to_bytes(2, "big") + payload
    return b"\x82\x7f" + size.to_bytes(8, "big") + payload
