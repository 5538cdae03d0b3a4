"""The order tag: 15 characters that name one order for ever and let us recognise our own.

`T` + 8 of milliseconds since 2026 + 2 instance + 2 counter + 2 check. Crockford base 32, upper case, no punctuation
(the broker may strip it). Length: `ordertag` takes under 20 characters, forum moderators still say 15; not verified
with the live broker.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256

from core.clock import NS_PER_MS, Clock

LENGTH = 15
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH_MS = 1_767_225_600_000
_TIME_MAX = 32**8


class Tags:
    """Makes tags that never repeat, also when the clock steps back: the largest time ever used only rises.

    `key` is the installation's secret, `instance` 0 to 1023, `floor_ms` the largest time of any stored tag; `on_time`
    is given the time of each new tag, to be stored before the tag is used.
    """

    def __init__(
        self,
        clock: Clock,
        key: bytes,
        instance: int,
        floor_ms: int = 0,
        on_time: Callable[[int], None] = lambda time_ms: None,
    ) -> None:
        self._clock = clock
        self._key = key
        self._instance = instance % 1024
        self._on_time = on_time
        self._last_ms = floor_ms
        self._count = 0 if not floor_ms else 1023

    def next(self) -> str:
        now_ms = self._clock.real_ns() // NS_PER_MS - _EPOCH_MS
        if now_ms > self._last_ms:
            self._last_ms, self._count = now_ms, 0
        elif self._count < 1023:
            self._count += 1
        else:
            self._last_ms, self._count = self._last_ms + 1, 0
        self._on_time(self._last_ms)
        body = "T" + _encode(self._last_ms % _TIME_MAX, 8) + _encode(self._instance, 2) + _encode(self._count, 2)
        return body + self._check(body)

    def is_own(self, tag: str) -> bool:
        """Whether this installation made the tag; a foreign one passes by chance 1 in 1,024."""
        return len(tag) == LENGTH and tag[0] == "T" and hmac.compare_digest(tag[13:], self._check(tag[:13]))

    def _check(self, body: str) -> str:
        digest = hmac.new(self._key, body.encode("ascii", "replace"), sha256).digest()
        return _encode(int.from_bytes(digest[:2], "big") % 1024, 2)


def time_ms(tag: str) -> int:
    """The milliseconds in a tag of this shape; 0 for any other text."""
    if len(tag) != LENGTH or tag[0] != "T" or any(c not in _ALPHABET for c in tag[1:9]):
        return 0
    value = 0
    for c in tag[1:9]:
        value = value * 32 + _ALPHABET.index(c)
    return value


def _encode(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
