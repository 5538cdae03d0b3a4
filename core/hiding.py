"""Live secrets out of a text, in whatever dress they turn up: quoted, in a URL, in base 64, in hexadecimal."""

import re
from functools import lru_cache
from typing import Final

from core.secret import REMEMBERED_MAX, remembered

HIDDEN: Final = "[hidden]"

LONG_MIN = 8
"""Bytes from which a text is also looked for inside somebody else's base 64; shorter ones would match by chance."""


HEAD = 24
"""Characters of a long secret that give it away: a text may have been cut before its end."""

_known_revision = -1
_known_forms: tuple[str, ...] = ()


def hide(text: str, *, numbers: bool = True) -> str:
    """The text with every secret that this process holds (`core.secret`) replaced. `numbers` False leaves digits alone.

    For words of others before they are shown: a broker may repeat what it was sent. Microseconds for a line.
    """
    for form in forms():
        if form[:HEAD] in text and (numbers or not form.isdecimal()):
            text = _hide(text, form)
    return text


@lru_cache(maxsize=REMEMBERED_MAX)
def dresses(text: str) -> frozenset[str]:
    """Every form of a secret text that is looked for, the text itself included."""
    import json  # this and what follows is for the first secret, not for the first frame
    from urllib.parse import quote, quote_plus

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
    import base64

    forms = {base64.b64encode(raw).decode().rstrip("=")}
    if len(raw) < LONG_MIN:
        return forms
    for before in (0, 1, 2):
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        first = -(-before * 8 // 6)
        forms.add(encoded[first : (before + len(raw)) * 8 // 6])
    return forms


def forms() -> tuple[str, ...]:
    """What to look for, longest first; made anew when a secret came or went."""
    global _known_revision, _known_forms
    revision, values = remembered()
    if revision != _known_revision:
        found = {form for value in values for form in dresses(value)}
        _known_revision, _known_forms = revision, tuple(sorted(found, key=lambda form: (-len(form), form)))
    return _known_forms


def _hide(text: str, form: str) -> str:
    """Without `form`, and without its beginning where the text was cut before a long one ended.

    A few digits are hidden as a whole number only: a PIN's four stand in many longer numbers by chance.
    """
    if form.isdecimal() and len(form) < LONG_MIN:
        return re.sub(rf"(?<!\d){form}(?!\d)", HIDDEN, text)
    at = text.find(form[:HEAD])
    while at >= 0:
        end = at + min(HEAD, len(form))
        while end < len(text) and end - at < len(form) and text[end] == form[end - at]:
            end += 1
        text = text[:at] + HIDDEN + text[end:]
        at = text.find(form[:HEAD], at + len(HIDDEN))
    return text
