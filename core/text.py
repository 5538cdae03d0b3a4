"""Text from outside, made safe once, where it is parsed."""

import unicodedata

REASON_MAX = 300
SYMBOL_MAX = 32
TAG_MAX = 20
DOT = "·"

_JOINERS = {
    "\u061c",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u200f",
    "\u2028",
    "\u2029",
    "\u2060",
    "\ufeff",
}


def plain(text: object, limit: int = REASON_MAX) -> str:
    """Foreign text that may go to a widget, a log line or an export.

    Control characters, escape sequences, bidi controls, zero-width, private and unassigned characters become `·`, so
    that hiding is visible; tab and line ends become a space; longer text is cut with `…`. `None` is the empty text. It
    is still not markup: show it with markup off.
    """
    raw = "" if text is None else str(text)
    raw = raw[: limit * 4]
    if not (raw.isascii() and raw.isprintable()):
        raw = "".join(_safe(c) for c in unicodedata.normalize("NFC", raw))
    return raw if len(raw) <= limit else raw[: limit - 1] + "…"


def _safe(c: str) -> str:
    if c in "\t\r\n":
        return " "
    if c in _JOINERS or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069":
        return DOT
    return DOT if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else c
