"""The forms in which one text turns up elsewhere: quoted, in a URL, in base 64, in hexadecimal."""

import base64
import json
from functools import lru_cache
from urllib.parse import quote, quote_plus

from core.secret import REMEMBERED_MAX

LONG_MIN = 8
"""Bytes from which a text is also looked for inside somebody else's base 64; shorter ones would match by chance."""


@lru_cache(maxsize=REMEMBERED_MAX)
def dresses(text: str) -> frozenset[str]:
    """Every form of a secret text that is looked for, the text itself included."""
    raw = text.encode()
    forms = {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        quote(text, safe=""),
        quote(text),
        quote_plus(text),
        raw.hex(),
        raw.hex().upper(),
    }
    forms |= {form for whole in _base64(raw) for form in (whole, whole.replace("+", "-").replace("/", "_"))}
    return frozenset(forms)


def _base64(raw: bytes) -> set[str]:
    """Alone, and as the middle of something longer: what three bytes share depends on where the text begins."""
    forms = {base64.b64encode(raw).decode().rstrip("=")}
    if len(raw) < LONG_MIN:
        return forms
    for before in (0, 1, 2):
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        first = -(-before * 8 // 6)
        forms.add(encoded[first : (before + len(raw)) * 8 // 6])
    return forms
