"""A text that must not be seen: it hides from repr, logs and tracebacks, and every one that lives is known by value."""

import os
from typing import Final, Never

REMEMBERED_MAX: Final = 128
"""Values kept for hiding, oldest forgotten first: a month of daily logins."""
LENGTH_MIN: Final = 4
"""A PIN has four digits; hiding anything shorter would blank ordinary text."""

_MARK_KEY = os.urandom(16)
_values: dict[str, None] = {}
_revision = 0


class Secret:
    """A text that `repr`, `str`, `format` and JSON encoders with `default=str` show as `<secret:4f2a>`.

    The mark tells two secrets of one run apart and says nothing about them: its key is new in each process. Equal only
    to itself; cannot be pickled or copied. `reveal` is for the wire and the vault, at the place where it is needed.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        remember(text)

    def reveal(self) -> str:
        """The text. Keep it in no variable that lives longer than the call that needs it."""
        return self._text

    def __repr__(self) -> str:
        import hashlib  # with OpenSSL it costs the first frame some milliseconds

        return f"<secret:{hashlib.blake2s(self._text.encode(), key=_MARK_KEY, digest_size=2).hexdigest()}>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a Secret is neither pickled nor copied")


def remember(text: str) -> None:
    """Hide this value from now on, wherever it turns up in a log line. Under four characters: ignored."""
    global _revision
    if len(text) < LENGTH_MIN:
        return
    known = text in _values
    _values.pop(text, None)
    _values[text] = None
    if known:
        return
    _revision += 1
    while len(_values) > REMEMBERED_MAX:
        del _values[next(iter(_values))]


def remembered() -> tuple[int, tuple[str, ...]]:
    """A number that rises whenever the values change, and the values to hide. For redaction only."""
    return _revision, tuple(_values)
