"""From typed words to subjects: exact, as another name, by beginning, by what is inside, and misspelled.

A subject is what contracts and shares have in common: their name. Everything here is in memory (some 20,000 short
texts); the rows stay in the instrument file.
"""

import json
import re
from bisect import bisect_left
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

_JUNK = re.compile(r"[^A-Z0-9]+")
_BITS = 256
_MISSPELLED_MAX = 24
"""Candidates whose distance is computed exactly; each costs some 20 microseconds."""
_COMMON = 50
"""Least weight of a subject that a misspelling may find: an NSE share, an index, an underlying."""
_INSIDE_MAX = 60


@lru_cache(maxsize=65_536)
def squeeze(text: str) -> str:
    """Only capital letters and digits: `Nifty Bank` is NIFTYBANK, `M&M` is MM."""
    return _JUNK.sub("", text.upper())


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    text = resources.files("core.market.data").joinpath("aliases.json").read_text(encoding="utf-8")
    return {squeeze(said): squeeze(meant) for said, meant in json.loads(text)["aliases"].items()}


class Subjects:
    """The texts of an instrument file, sorted, and the subjects they name."""

    def __init__(self, texts: bytes, numbers: bytes, weights: bytes) -> None:
        self._texts = texts.decode().split("\n") if texts else []
        self._joined = "\n" + texts.decode() + "\n"
        self._numbers = np.frombuffer(numbers, np.int32)
        self._weights = np.frombuffer(weights, np.int32)
        self._common = np.flatnonzero(self._weights >= _COMMON)
        self._masks: npt.NDArray[np.uint64] | None = None

    def exact(self, text: str) -> list[int]:
        """Subjects with exactly this text, the most traded first; the text may be another name for one."""
        found = self._exact(text)
        other = _aliases().get(text)
        if other:
            found = self._exact(other) + found if not found or self._weight_of(text) < 1_000 else found
        return found

    def beginning(self, text: str, limit: int) -> list[int]:
        """Subjects with a text that begins so, the most traded first."""
        first, last = bisect_left(self._texts, text), bisect_left(self._texts, text + "\uffff")
        weights = self._weights[first:last]
        at = np.argsort(-weights, kind="stable")[: limit * 2]
        return [int(self._numbers[first + int(n)]) for n in at][:limit]

    def inside(self, words: list[str], limit: int) -> list[int]:
        """Subjects with a text that holds every word, the most traded first."""
        longest = max(words, key=len)
        if len(longest) < 2:
            return []
        hits: list[int] = []
        at = self._joined.find(longest)
        while at >= 0 and len(hits) < _INSIDE_MAX:
            start, end = self._joined.rfind("\n", 0, at) + 1, self._joined.find("\n", at)
            text = self._joined[start:end]
            if all(word in text for word in words):
                hits.append(bisect_left(self._texts, text))
            at = self._joined.find(longest, end)
        hits.sort(key=lambda n: -int(self._weights[n]))
        return [int(self._numbers[n]) for n in hits[:limit]]

    def misspelled(self, text: str, limit: int) -> list[int]:
        """Subjects whose text is few letters away from this one, the nearest first."""
        if len(text) < 4 or not self._common.size:
            return []
        if self._masks is None:
            self._masks = np.array([_mask(self._texts[n]) for n in self._common.tolist()], np.uint64)
        shared = np.bitwise_count(self._masks & np.array(_mask(text), np.uint64)).sum(axis=1, dtype=np.int64)
        score = shared * 4 + np.minimum(3, self._weights[self._common] // 1_000)
        near = np.argsort(-score, kind="stable")[:_MISSPELLED_MAX]
        allowed = 1 if len(text) < 6 else 2 if len(text) < 9 else 3
        found = []
        for n in near.tolist():
            at = int(self._common[n])
            apart, left = _apart(text, self._texts[at], allowed)
            if apart <= allowed:
                found.append((apart * 2 + min(left, 4), -int(self._weights[at]), at))
        return [int(self._numbers[at]) for _, _, at in sorted(found)[:limit]]

    def _exact(self, text: str) -> list[int]:
        first, last = bisect_left(self._texts, text), bisect_left(self._texts, text + "\n")
        found = [n for n in range(first, last) if self._texts[n] == text]
        found.sort(key=lambda n: -int(self._weights[n]))
        return [int(self._numbers[n]) for n in found]

    def _weight_of(self, text: str) -> int:
        at = bisect_left(self._texts, text)
        return int(self._weights[at]) if at < len(self._texts) and self._texts[at] == text else 0


@lru_cache(maxsize=4_096)
def _bit(pair: str) -> int:
    return (ord(pair[0]) * 37 + ord(pair[1]) * 101) % _BITS


def _mask(text: str) -> list[int]:
    """Which pairs of neighbouring letters a text has (and its first letter), as 256 bits."""
    parts = [0, 0, 0, 0]
    padded = "^" + text
    for n in range(len(padded) - 1):
        bit = _bit(padded[n : n + 2])
        parts[bit >> 6] |= 1 << (bit & 63)
    return parts


def _apart(typed: str, text: str, most: int) -> tuple[int, int]:
    """How many letters to change, add, drop or swap so that `typed` begins `text`, and how many letters then follow.

    Damerau-Levenshtein (optimal string alignment) with a free end, so that a word counts while it is being typed.
    """
    before: list[int] = []
    row = list(range(len(text) + 1))
    for n, c in enumerate(typed, 1):
        now = [n]
        for m, d in enumerate(text, 1):
            cost = min(row[m] + 1, now[m - 1] + 1, row[m - 1] + (c != d))
            if n > 1 and m > 1 and c == text[m - 2] and typed[n - 2] == d:
                cost = min(cost, before[m - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1, 0
        before, row = row, now
    best = min(row)
    return best, len(text) - max(m for m, cost in enumerate(row) if cost == best)
