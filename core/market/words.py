"""What a trader's words say: `bank nifty 26 nov 54000 pe` is a subject and what must be true of the row. Pure."""

import re
from dataclasses import dataclass, field

from core.domain import Exchange, Kind

_WORD = re.compile(r"[A-Z0-9&.\-]+")
_PIECE = re.compile(r"[A-Z&\-]+|\d+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_MONTHS = ("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
           "DECEMBER")  # fmt: skip
_RIGHTS = {"CE": "CE", "CALL": "CE", "CALLS": "CE", "C": "CE", "PE": "PE", "PUT": "PE", "PUTS": "PE", "P": "PE"}
_FUTURES = ("FUT", "FUTURE", "FUTURES")
_KINDS = {"EQ": Kind.EQUITY, "OPT": Kind.OPTION, "OPTION": Kind.OPTION, "OPTIONS": Kind.OPTION, "INDEX": Kind.INDEX}
_SEGMENTS = {e.value: e for e in Exchange}


@dataclass(slots=True)
class Wanted:
    """`names` are the words of the subject. `numbers` are strikes, days or years: the rows decide which.

    `day` stands before a month or is glued to one; `right` is CE or PE.
    """

    names: list[str] = field(default_factory=list)
    kind: Kind | None = None
    right: str = ""
    month: str = ""
    day: str = ""
    year: str = ""
    exchange: Exchange | None = None
    numbers: list[str] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether only a name was given."""
        return not (self.kind or self.right or self.month or self.day or self.year or self.exchange or self.numbers)


def split(text: str) -> list[str]:
    """The words typed, in capitals."""
    return _WORD.findall(text.upper())


def read(words: list[str], *, unfinished: bool = False) -> Wanted:
    """What words mean. `unfinished`: the last word may be the beginning of FUT, CE, PE or a month."""
    wanted = Wanted()
    for n, word in enumerate(words):
        if (n == 0 and not _NUMBER.fullmatch(word)) or not _contract_word(
            wanted, word, unfinished=unfinished and n == len(words) - 1
        ):
            wanted.names.append(word)
    if not wanted.names and wanted.numbers:
        wanted.names.append(wanted.numbers.pop(0))
    _settle_dates(wanted, words)
    return wanted


def pieces(word: str) -> list[str]:
    """A word that was typed without blanks, taken apart: NIFTY24800CE is NIFTY, 24800, CE."""
    parts: list[str] = []
    for part in _PIECE.findall(word):
        tail = next((t for t in ("FUT", "CE", "PE") if part.endswith(t) and len(part) > len(t) + 2), "")
        parts += [part.removesuffix(tail), tail] if tail else [part]
    return parts


def _contract_word(wanted: Wanted, word: str, *, unfinished: bool) -> bool:
    """Note what a word narrows to; False when it narrows nothing."""
    if word in _RIGHTS:
        wanted.right, wanted.kind = _RIGHTS[word], Kind.OPTION
    elif word in _FUTURES or (unfinished and "FUT".startswith(word)):
        wanted.kind = Kind.FUTURE
    elif word in _KINDS:
        wanted.kind = _KINDS[word]
    elif word in _SEGMENTS:
        wanted.exchange = _SEGMENTS[word]
    elif month := _month(word, unfinished=unfinished):
        wanted.month = month
    elif _NUMBER.fullmatch(word):
        wanted.numbers.append(word)
    else:
        return _glued(wanted, word)
    return True


def _glued(wanted: Wanted, word: str) -> bool:
    """`26NOV`, `26NOV25`, `NOV25`, `24800CE`, `25100PUT`."""
    parts = re.findall(r"\d+(?:\.\d+)?|[A-Z]+", word)
    months = [n for n, part in enumerate(parts) if _month(part)]
    if (
        len(parts) > 1
        and "".join(parts) == word
        and all(p in _RIGHTS or _NUMBER.fullmatch(p) or _month(p) for p in parts)
    ):
        if months and months[0] > 0 and _is_day(parts[months[0] - 1]):
            wanted.day = parts.pop(months[0] - 1).zfill(2)
        for part in parts:
            _contract_word(wanted, part, unfinished=False)
        return True
    return False


def _settle_dates(wanted: Wanted, words: list[str]) -> None:
    """A number just before a month is the day."""
    for n in range(len(words) - 1):
        if _month(words[n + 1]) and _is_day(words[n]) and words[n] in wanted.numbers and not wanted.day:
            wanted.numbers.remove(words[n])
            wanted.day = words[n].zfill(2)


def _is_day(text: str) -> bool:
    return text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 31


def _month(word: str, *, unfinished: bool = False) -> str:
    """`11` for NOV, NOVEMBER, and for NOVEM too; empty for anything else."""
    if len(word) < (2 if unfinished else 3) or not word.isalpha():
        return ""
    return next((f"{n:02d}" for n, name in enumerate(_MONTHS, 1) if name.startswith(word)), "")
