"""The code that leaves the machine: 60 bits of the last record's `h`, short enough for paper."""

import re

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O, U."""
_ALIASES = str.maketrans("ILO", "110")
_CODE = re.compile(r"AUD-[0-9]{6}-([0-9A-Z]{4})-([0-9A-Z]{4})-([0-9A-Z]{4})")


def code_of(mac: str, day: str) -> str:
    """`AUD-YYMMDD-XXXX-XXXX-XXXX` for `h` of the last record and the day (`YYYY-MM-DD`) it closes."""
    letters = _letters(mac)
    return f"AUD-{day[2:].replace('-', '')}-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def is_code(text: str) -> bool:
    return _CODE.fullmatch(_read(text)) is not None


def matches(code: str, mac: str) -> bool:
    """Whether a code was made from this `h`; reads I and L as 1, O as 0."""
    found = _CODE.fullmatch(_read(code))
    if found is None or not re.fullmatch("[0-9a-f]{64}", mac):
        return False
    return "".join(found.groups()) == _letters(mac)


def _read(text: str) -> str:
    return text.strip().upper().translate(_ALIASES)


def _letters(mac: str) -> str:
    number = int(mac[:15], 16)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(55, -5, -5))
