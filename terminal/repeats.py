"""Held keys: terminals report no key-up, so the same key again within 700 ms is taken for the keyboard's own repeat."""

REPEAT_NS = 700_000_000
"""Slower than the first repeat of every common keyboard setting (250 to 660 ms)."""


class Repeats:
    """Told of every key; knows whether the last one was a repeat. Any other key in between starts anew."""

    def __init__(self) -> None:
        self._key = ""
        self._at_ns = 0
        self.repeated = False

    def note(self, key: str, mono_ns: int) -> None:
        """A key came at a monotonic time. A held key stays "repeated" however long it is held."""
        gap_ns = mono_ns - self._at_ns
        self.repeated = key == self._key and 0 <= gap_ns < REPEAT_NS
        self._key, self._at_ns = key, mono_ns
