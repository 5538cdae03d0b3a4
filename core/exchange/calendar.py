"""The practice day: which morning it is, and when its market is open. Pure."""

from datetime import date, datetime, time, timedelta

from core.clock import IST, NS_PER_S, ist

PRE_OPEN, OPENS, STARTS, CLOSES = time(9, 0), time(9, 15), time(9, 20), time(15, 30)
"""When a day is begun while the exchange runs, the session, and where a practice day begins: past its first minutes."""
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


def is_open(wall_ns: int) -> bool:
    """Whether the continuous session is on."""
    moment = ist(wall_ns)
    return moment.weekday() < _SATURDAY and OPENS <= moment.time() < CLOSES


def is_over(wall_ns: int, day: date) -> bool:
    """Whether the session of that day has closed."""
    return wall_ns >= at(day, CLOSES)


def amo_locked(wall_ns: int) -> bool:
    moment = ist(wall_ns)
    return moment.weekday() < _SATURDAY and AMO_LOCKED[0] <= moment.time() < AMO_LOCKED[1]


def minute(text: str | None) -> time | None:
    """`15:15` as a time of day."""
    return time.fromisoformat(text) if text else None
