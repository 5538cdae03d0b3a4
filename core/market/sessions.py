"""When each segment trades: from dated hours, holidays and special sessions (`core.market.facts`), Indian time.

`session` knows hours and weekends only: for practice and replay, whose days are the exchange's. `Calendar` knows the
real days and says "unknown" for a day that its data do not cover.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from core.clock import ist
from core.domain import Exchange
from core.market.facts import Facts, Hours, Special, load

CONTINUOUS = "continuous"
_WORDS = {CONTINUOUS: "OPEN", "pre-open": "PRE-OPEN", "closing auction": "AUCTION", "closing session": "CLOSING"}
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Session:
    """Whether a segment trades continuously now, in words (`NSE OPEN`, `NSE CLOSED`, `NSE HOLIDAY Holi`), and in how
    many seconds that ends."""

    open: bool
    word: str
    closes_in_s: int | None


def session(exchange: Exchange, wall_ns: int) -> Session:
    """The session of a segment at a market time (epoch ns), closed on Saturday and Sunday; knows no holidays."""
    moment = ist(wall_ns)
    if moment.weekday() >= _SATURDAY:
        return Session(False, f"{exchange} CLOSED", None)
    second = moment.hour * 3_600 + moment.minute * 60 + moment.second
    return _phase(exchange, _day_hours(exchange, moment.strftime("%Y-%m-%d"), False), second)


class Calendar:
    """Real trading days and hours, from one set of facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._holidays = {(h.day, e): h.name for h in facts.calendar.holidays for e in h.segments}
        self._special: dict[tuple[str, Exchange], list[Special]] = {}
        for s in facts.calendar.special:
            for e in s.segments:
                self._special.setdefault((s.day, e), []).append(s)

    def session(self, exchange: Exchange, wall_ns: int, *, in_auction: bool = False) -> Session:
        """The session now; `in_auction` for a share that takes part in the closing auction (since 2026-08-03)."""
        moment = ist(wall_ns)
        day = moment.strftime("%Y-%m-%d")
        second = moment.hour * 3_600 + moment.minute * 60 + moment.second
        closed = self.why_closed(exchange, day)
        if closed:
            return Session(False, f"{exchange} {closed}", None)
        special = self._special.get((day, exchange), [])
        if special:
            phases = tuple((CONTINUOUS, _second(s.opens), _second(s.closes)) for s in special if s.opens)
        else:
            phases = self._hours(exchange, day, in_auction)
        return _phase(exchange, phases, second)

    def why_closed(self, exchange: Exchange, day: str) -> str:
        """Why there is no session on a day: `UNKNOWN DAY`, `HOLIDAY name`, `CLOSED` at weekends; empty on trading days.

        A special session overrules a holiday and a weekend; one without hours stays closed and says so.
        """
        covers = self._facts.calendar.covers
        if not covers.first <= day <= covers.last:
            return "UNKNOWN DAY"
        special = self._special.get((day, exchange))
        if special:
            return "" if any(s.opens for s in special) else f"HOURS UNKNOWN {special[0].name}"
        holiday = self._holidays.get((day, exchange))
        if holiday is not None:
            return f"HOLIDAY {holiday}"
        return "CLOSED" if date.fromisoformat(day).weekday() >= _SATURDAY else ""

    def trading_days(self, exchange: Exchange, first: str, last: str) -> list[str]:
        """The trading days of a span, both ends included."""
        day, end, found = date.fromisoformat(first), date.fromisoformat(last), []
        while day <= end:
            if not self.why_closed(exchange, day.isoformat()):
                found.append(day.isoformat())
            day += timedelta(days=1)
        return found

    def continuous_s(self, exchange: Exchange, day: str) -> tuple[tuple[int, int], ...]:
        """Continuous trading of a day as seconds of the Indian day, begin and end; empty when closed."""
        if self.why_closed(exchange, day):
            return ()
        special = self._special.get((day, exchange))
        if special:
            return tuple((_second(s.opens), _second(s.closes)) for s in special if s.opens)
        return tuple((a, b) for phase, a, b in self._hours(exchange, day, False) if phase == CONTINUOUS)

    def _hours(self, exchange: Exchange, day: str, in_auction: bool) -> tuple[tuple[str, int, int], ...]:
        return _pick(self._facts.hours.hours, exchange, day, in_auction)


def _phase(exchange: Exchange, phases: tuple[tuple[str, int, int], ...], second: int) -> Session:
    for phase, begins_s, ends_s in phases:
        if begins_s <= second < ends_s:
            return Session(phase == CONTINUOUS, f"{exchange} {_WORDS.get(phase, phase.upper())}", ends_s - second)
    return Session(False, f"{exchange} CLOSED", None)


@lru_cache(maxsize=64)
def _day_hours(exchange: Exchange, day: str, in_auction: bool) -> tuple[tuple[str, int, int], ...]:
    phases = _pick(load().hours.hours, exchange, day, in_auction)
    return tuple(p for p in phases if p[0] == CONTINUOUS)


def _pick(hours: tuple[Hours, ...], exchange: Exchange, day: str, in_auction: bool) -> tuple[tuple[str, int, int], ...]:
    """The phases in force on a day: (name, begin, end) in seconds of the day."""
    other = "no auction" if in_auction else "auction"
    return tuple(
        (h.phase, _second(h.begins), _second(h.ends))
        for h in hours
        if exchange in h.segments and h.since <= day and (not h.until or day <= h.until) and h.only != other
    )


def _second(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 3_600 + int(minute) * 60


def opens_s(exchange: Exchange, day: str) -> int:
    """When continuous trading of a segment begins on a day, seconds of the Indian day; 09:15 where nothing is known."""
    phases = _day_hours(exchange, day, False)
    return phases[0][1] if phases else _second("09:15")
