"""The practice day: which morning it is, and when each segment is open. Pure.

Hours: wire page 0.5 (general knowledge); derivatives to 15:40 from 3 August 2026 as the press reports NSE's circular of
May 2026. The closing auction in shares of the same day, MCX's winter close of 23:55 and its shorter hours for farm
goods are not made here.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from core.clock import IST, NS_PER_S, ist
from core.domain import Exchange

PRE_OPEN, OPENS, STARTS, CLOSES = time(9, 0), time(9, 15), time(9, 20), time(15, 30)
"""When a day is begun while the exchange runs, the session of shares, and where a practice day begins: past its first
minutes. After CLOSES the next start begins the next day."""
LONGER_FROM = date(2026, 8, 3)
"""Derivatives on shares and indices close ten minutes later from this day on."""
SQUARE_OFF_BEFORE = timedelta(minutes=15)
"""INTRADAY in segments that stay open into the evening ends so long before their close; not verified live."""
AMO_LOCKED = (time(8, 45), time(9, 15))
"""After-market orders can no longer be changed: they are on their way (official forum)."""
_SATURDAY = 5


def at(day: date, clock_time: time) -> int:
    """Epoch ns of an Indian time of day."""
    return int(datetime.combine(day, clock_time, IST).timestamp()) * NS_PER_S


def trading_day(day: date) -> date:
    """The day itself, or the next one that is no Saturday or Sunday."""
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day


def next_trading_day(day: date) -> date:
    return trading_day(day + timedelta(days=1))


class Hours(NamedTuple):
    """A continuous session, epoch ns: from the first to just before the second."""

    opens_ns: int
    closes_ns: int


def times_of(exchange: Exchange, day: date) -> tuple[time, time]:
    """When a segment opens and closes on a trading day."""
    if exchange in (Exchange.MCX, Exchange.NCDEX):
        return time(9, 0), time(23, 30)
    if exchange is Exchange.CDS:
        return time(9, 0), time(17, 0)
    longer = exchange in (Exchange.NFO, Exchange.BFO) and day >= LONGER_FROM
    return OPENS, time(15, 40) if longer else CLOSES


def hours(exchange: Exchange, day: date) -> Hours:
    opens, closes = times_of(exchange, day)
    return Hours(at(day, opens), at(day, closes))


def is_open(wall_ns: int, exchange: Exchange = Exchange.NSE) -> bool:
    """Whether the continuous session of a segment is on."""
    moment = ist(wall_ns)
    opens, closes = times_of(exchange, moment.date())
    return moment.weekday() < _SATURDAY and opens <= moment.time() < closes


def square_off_ns(exchange: Exchange, day: date, at_text: str | None) -> int | None:
    """When INTRADAY ends in a segment: at the given time, in evening segments a quarter of an hour before the close."""
    ends = minute(at_text)
    if ends is None:
        return None
    closes_ns = hours(exchange, day).closes_ns
    if exchange in (Exchange.MCX, Exchange.NCDEX, Exchange.CDS):
        return closes_ns - int(SQUARE_OFF_BEFORE.total_seconds()) * NS_PER_S
    return min(at(day, ends), closes_ns)


def whole_day(exchanges: Iterable[Exchange], day: date) -> Hours:
    """From the first opening to the last close among segments; the shares' own hours when there are none."""
    found = [hours(exchange, day) for exchange in exchanges] or [hours(Exchange.NSE, day)]
    return Hours(min(h.opens_ns for h in found), max(h.closes_ns for h in found))


def is_over(wall_ns: int, day: date) -> bool:
    """Whether the session of that day has closed."""
    return wall_ns >= at(day, CLOSES)


def amo_locked(wall_ns: int) -> bool:
    moment = ist(wall_ns)
    return moment.weekday() < _SATURDAY and AMO_LOCKED[0] <= moment.time() < AMO_LOCKED[1]


def minute(text: str | None) -> time | None:
    """`15:15` as a time of day."""
    return time.fromisoformat(text) if text else None
