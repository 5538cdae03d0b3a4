"""Hostile texts, from a seed; and what may reach a terminal, as a grammar."""

import re
import unicodedata
from collections.abc import Iterator
from random import Random

_WORDS = ("RELIANCE", "order rejected", "insufficient funds", "रिलायंस", "मार्जिन कम है", "தமிழ்", "1,412.55", "")
_ATTACKS = (
    "\x1b[7777m", "\x1b[2J\x1b[H", "\x1b]52;c;cm0gLXJm\x07", "\x1b]0;title\x1b\\", "\x1bP+q544e\x1b\\",
    "\x1b[?1049l", "\x1b[6n", "\x1bc", "\x1b[31m", "\x1b[1;1H", "\x1b_apc\x1b\\", "\x1b^pm\x1b\\", "\x1b[201~",
    "\x9b7777m", "\x9b2J", "\x9d52;c;eA==\x9c", "\x90q\x9c", "\x00", "\x07", "\x08\x08\x08", "\x0b", "\x0c",
    "\r", "\n", "\r\n", "\t", "\x7f", "\x85", "\x0e", "\x0f", "\x18", "\x1a", "\u202eEVIL\u202c", "\u202d",
    "\u2066\u2069", "\u2067x", "\u061c", "\u200e", "\u200f", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff",
    "\u00ad", "\u2028", "\u2029", "\u180e", "\u034f", "\u115f", "\u3164", "\uffa0", "\ufe0f",
    "\U000e0041\U000e007f", "\U000e0100", "\ue000", "\U000f0000", "\U0010ffff", "\ufffe", "\u0378",
    "a" + "\u0301" * 40, "\u0489" * 9, "क" + "\u093e" * 12, "\u0300" * 5, "[bold red]x[/]", "[/b]",
    "[@click=app.exit]x[/]", "[link=http://evil.test]x[/link]", "$x", "[", "\\[b]", "=cmd|' /C calc'!A0",
    "漢字" * 3, "😀" * 3, "👨‍👩‍👧", "ﷺ", "\u1160", "\udc80", "%s%n", "{0.__class__}", "\U0001f1ee\U0001f1f3",
)  # fmt: skip
_ALPHABETS = (
    (0x00, 0x20),
    (0x20, 0x7F),
    (0x7F, 0xA0),
    (0x300, 0x370),
    (0x900, 0x980),
    (0x2000, 0x2070),
    (0xE0000, 0xE0200),
)


def hostile(random: Random) -> str:
    """One text: words and attacks mixed, or noise of one alphabet, or one attack over and over."""
    kind = random.randrange(10)
    if kind == 0:
        first, last = random.choice(_ALPHABETS)
        return "".join(chr(random.randrange(first, last)) for _ in range(random.randrange(1, 60)))
    if kind == 1:
        return random.choice(_ATTACKS) * random.randrange(1, 200)
    parts = [random.choice(_WORDS if random.random() < 0.4 else _ATTACKS) for _ in range(random.randrange(1, 7))]
    return random.choice(("", " ")).join(parts)


_COLOUR = r"[345]8;(?:5;[0-9]{1,3}|2;[0-9]{1,3};[0-9]{1,3};[0-9]{1,3})"
_STYLE = rf"(?:[0-9]{{1,2}}|10[0-7]|{_COLOUR})"
_MADE_BY_TEXTUAL = re.compile(
    rf"\x1b\[(?:{_STYLE}(?:;{_STYLE})*)?m"
    r"|\x1b\[[0-9]{1,3};[0-9]{1,3}H|\x1b\[\?2026[hl]|\x1b\]22;[a-z-]{1,20}\x07"
)
"""Colours, cursor positions, synchronised output, the pointer's shape: all that a frame is made of."""
_BELL = "\x07"
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
MARKS_MAX = 4


def forbidden(written: str) -> Iterator[str]:
    """What stands in one write to the terminal and may not: each as a short description."""
    if written == _BELL:  # it comes alone in a write
        return
    for piece in _MADE_BY_TEXTUAL.split(written):
        if piece.isascii() and piece.isprintable():
            continue
        marks = 0
        for c in piece.replace("\r\n", "").replace("\n", ""):  # a whole screen's lines are divided by them
            category = unicodedata.category(c)
            marks = marks + 1 if category.startswith("M") else 0
            if category in _FORBIDDEN or marks > MARKS_MAX:
                yield f"U+{ord(c):04X} in {piece[:40]!r}"
