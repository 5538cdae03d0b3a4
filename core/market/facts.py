"""Trading facts that change: hours, holidays, freeze quantities, price protection, bans. Data with dates and sources.

Shipped with the program; a newer file in `<home>/facts` replaces a shipped one of the same name whole. What is not in
the data is not known, and not known is never taken for "no limit" or "open".
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from core.domain import Exchange
from core.errors import UserError

FILES = ("calendar", "hours", "freeze", "protection", "bans", "squareoff")
_CLOCK = r"^$|^([01]\d|2[0-3]):[0-5]\d$"
_DAY = r"^$|^\d{4}-\d{2}-\d{2}$"
ClockText = Annotated[str, msgspec.Meta(pattern=_CLOCK)]
DayText = Annotated[str, msgspec.Meta(pattern=_DAY)]


class _Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where it was found; `not verified` in it says so."""

    source: str


class Hours(_Fact, frozen=True, kw_only=True):
    """A phase of the day on some segments. `only`: shares in the closing auction, shares outside it, or empty: all."""

    segments: tuple[Exchange, ...]
    since: DayText
    until: DayText
    phase: str
    begins: ClockText
    ends: ClockText
    only: Literal["", "auction", "no auction"]


class Holiday(_Fact, frozen=True, kw_only=True):
    day: DayText
    name: str
    segments: tuple[Exchange, ...]


class Special(_Fact, frozen=True, kw_only=True):
    """A session on a day or at an hour of its own. Without hours it is announced and counts as closed."""

    day: DayText
    name: str
    segments: tuple[Exchange, ...]
    opens: ClockText
    closes: ClockText


class Freeze(_Fact, frozen=True, kw_only=True):
    """Most units in one order of an underlying's contracts, from a day on."""

    exchange: Exchange
    name: str
    since: DayText
    quantity: int


class Protection(_Fact, frozen=True, kw_only=True):
    """How far from the reference a price may be. `rule`: `market` is the broker's buffer for a marketable order,
    `limit` the exchange's range. Up to a premium in rupees (0: above all others): per ten thousand, or flat rupees."""

    rule: Literal["market", "limit"]
    kind: str
    premium_up_to: int
    percent_bps: int
    rupees: int
    since: DayText


class BanDay(_Fact, frozen=True, kw_only=True):
    """The underlyings under ban on one day."""

    day: DayText
    names: tuple[str, ...]


class SquareOff(_Fact, frozen=True, kw_only=True):
    """When the broker begins to close INTRADAY positions, from a day on, Indian time."""

    segments: tuple[Exchange, ...]
    since: DayText
    at: ClockText


class _Covers(msgspec.Struct, frozen=True):
    first: DayText
    last: DayText


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`as_of`: the day of the newest fact in it, empty for never."""

    as_of: DayText
    stale_after_days: int = 0
    source: str = ""


class CalendarFile(_File, frozen=True, kw_only=True):
    covers: _Covers
    holidays: tuple[Holiday, ...]
    special: tuple[Special, ...]


class HoursFile(_File, frozen=True, kw_only=True):
    hours: tuple[Hours, ...]


class FreezeFile(_File, frozen=True, kw_only=True):
    freeze: tuple[Freeze, ...]


class ProtectionFile(_File, frozen=True, kw_only=True):
    protection: tuple[Protection, ...]


class BansFile(_File, frozen=True, kw_only=True):
    days: tuple[BanDay, ...]


class SquareOffFile(_File, frozen=True, kw_only=True):
    squareoff: tuple[SquareOff, ...]


_TYPES: dict[str, type[_File]] = {
    "calendar": CalendarFile,
    "hours": HoursFile,
    "freeze": FreezeFile,
    "protection": ProtectionFile,
    "bans": BansFile,
    "squareoff": SquareOffFile,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All of them. `origins` says for each file whether it is shipped or where it was found."""

    calendar: CalendarFile
    hours: HoursFile
    freeze: FreezeFile
    protection: ProtectionFile
    bans: BansFile
    squareoff: SquareOffFile
    origins: dict[str, str]

    def freeze_quantity(self, exchange: Exchange, name: str, day: str) -> int | None:
        """Most units in one order that day; None when unknown, which is no permission."""
        known = [f for f in self.freeze.freeze if (f.exchange, f.name) == (exchange, name) and f.since <= day]
        return max(known, key=lambda f: f.since).quantity if known else None

    def banned(self, name: str, day: str) -> bool | None:
        """Whether an underlying is under ban; None when that day's list is missing."""
        found = [b for b in self.bans.days if b.day == day]
        return name in found[-1].names if found else None

    def square_off_at(self, exchange: Exchange, day: str) -> str:
        """`HH:MM` at which INTRADAY positions of a segment begin to be closed by the broker; empty when unknown."""
        known = [s for s in self.squareoff.squareoff if exchange in s.segments and s.since <= day]
        return max(known, key=lambda s: s.since).at if known else ""

    def protection_e4(self, rule: str, kind: str, reference_e4: int, day: str) -> int | None:
        """How far from a reference price a price may be, 1/10,000 rupee; None when no rule is known."""
        rules = [p for p in self.protection.protection if (p.rule, p.kind) == (rule, kind) and p.since <= day]
        rules.sort(key=lambda p: p.premium_up_to or 10**9)
        for p in rules:
            if not p.premium_up_to or reference_e4 <= p.premium_up_to * 10_000:
                return reference_e4 * p.percent_bps // 10_000 + p.rupees * 10_000
        return None


def read(name: str, raw: bytes, where: str) -> _File:
    """One file of facts, strict. Raises UserError naming the file and what is wrong in it."""
    try:
        return msgspec.json.decode(raw, type=_TYPES[name])
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise UserError(f"{where}: {e}. Mend or remove the file.") from e


def load(folder: Path | None = None) -> Facts:
    """Shipped facts, each replaced by a file of the same name in `folder` whose `as_of` is not older."""
    chosen: dict[str, _File] = {}
    origins: dict[str, str] = {}
    for name in FILES:
        chosen[name], origins[name] = _shipped(name), "shipped"
        path = folder / f"{name}.json" if folder is not None else None
        if path is not None and path.exists():
            own = read(name, path.read_bytes(), str(path))
            if own.as_of >= chosen[name].as_of:
                chosen[name], origins[name] = own, str(path)
    return Facts(**chosen, origins=origins)  # type: ignore[arg-type]


def age_words(name: str, file: _File, today: str) -> tuple[bool, str]:
    """Whether a file still serves on a day, and its age in one line."""
    if not file.as_of:
        return False, "none loaded: unknown is treated as missing"
    days = (date.fromisoformat(today) - date.fromisoformat(file.as_of)).days
    text = f"of {file.as_of}, {days} days old"
    if isinstance(file, CalendarFile):
        return today <= file.covers.last, f"{text}, covers {file.covers.first} to {file.covers.last}"
    return not file.stale_after_days or days <= file.stale_after_days, text


@lru_cache(maxsize=len(FILES))
def _shipped(name: str) -> _File:
    return read(name, resources.files("core.market.data").joinpath(f"{name}.json").read_bytes(), f"shipped {name}.json")
