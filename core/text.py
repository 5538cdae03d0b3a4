"""Text from outside, made safe once, where it is parsed."""

import unicodedata
from functools import lru_cache
from typing import NewType

SafeText = NewType("SafeText", str)
"""Text that went through `plain`: it may go to a widget (markup off), a log line or an export."""

REASON_MAX = 300
SYMBOL_MAX = 32
TAG_MAX = 20
MARKS_MAX = 4
"""Combining marks in a row. Indian scripts need three; a pile of them paints over the lines above and below."""
DOT = "·"

_OTHER = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKS = {"Mn", "Mc", "Me"}
_INVISIBLE = (
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xFE00, 0xFE0F)),
    *((0xFFA0, 0xFFA0), (0xE0000, 0xE0FFF)),
)
"""Letters and marks that show nothing (Unicode property Default_Ignorable_Code_Point) and are in no category above."""


def plain(text: object, limit: int = REASON_MAX) -> SafeText:
    """Foreign text as it may be shown, at most `limit` characters, in NFC. `None` is the empty text.

    Control characters, escape sequences, bidi controls, zero-width and other invisible characters, tags, private and
    unassigned ones, and combining marks beyond four in a row or on nothing, become `·`, so that hiding is visible. Tab,
    line ends and wide spaces become a space; longer text ends in `…`. It is still not markup.
    """
    raw = "" if text is None else str(text)
    raw = raw[: limit * 4]
    if not (raw.isascii() and raw.isprintable()):
        raw = _cleaned(unicodedata.normalize("NFC", raw))
    return SafeText(raw if len(raw) <= limit else raw[: limit - 1] + "…")


def _cleaned(raw: str) -> str:
    marks = MARKS_MAX  # a mark on nothing would sit on whatever stands before the text
    out = []
    for c in raw:
        safe = _safe(c)
        if safe is None:
            marks += 1
            out.append(c if marks <= MARKS_MAX else DOT)
        else:
            marks = marks if safe == DOT else 0
            out.append(safe)
    return "".join(out)


@lru_cache(maxsize=4096)
def _safe(c: str) -> str | None:
    """What stands for one character; None for a combining mark, which the caller counts."""
    if c in "\t\r\n":
        return " "
    category = unicodedata.category(c)
    if category in _OTHER or any(first <= ord(c) <= last for first, last in _INVISIBLE):
        return DOT
    if category in _MARKS:
        return None
    return " " if category == "Zs" else c
