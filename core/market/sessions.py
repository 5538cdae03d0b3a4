"""When each segment trades: dated hours, Monday to Friday, Indian time. Holidays are not known here."""

from dataclasses import dataclass
from typing import NamedTuple

from core.clock import ist
from core.domain import Exchange


class Hours(NamedTuple):
    """Continuous trading of some segments from a date on. Minutes are minutes of the Indian day."""

    segments: frozenset[Exchange]
    since: str
    opens_min: int
    closes_min: int
    source: str


def _at(hour: int, minute: int) -> int:
    return hour * 60 + minute


_CASH = frozenset({Exchange.NSE, Exchange.BSE})
_DERIVATIVES = frozenset({Exchange.NFO, Exchange.BFO})
_COMMODITY = frozenset({Exchange.MCX, Exchange.NCDEX})
_WIRE = "SmartAPI wire page 0.5: exchange hours, general knowledge"
HOURS = (
    Hours(_CASH, "1994-01-01", _at(9, 15), _at(15, 30), _WIRE),
    Hours(_DERIVATIVES, "2000-01-01", _at(9, 15), _at(15, 30), _WIRE),
    Hours(_DERIVATIVES, "2026-08-03", _at(9, 15), _at(15, 40), "NSE: F&O to 15:40 from 2026-08-03"),
    Hours(_COMMODITY, "2003-01-01", _at(9, 0), _at(23, 30), _WIRE + "; 23:55 in US winter time is not modelled"),
    Hours(frozenset({Exchange.CDS}), "2008-01-01", _at(9, 0), _at(17, 0), _WIRE),
)


@dataclass(frozen=True, slots=True)
class Session:
    """Whether a segment trades now, in words (`NSE OPEN`, `NSE CLOSED`), and in how many seconds it closes."""

    open: bool
    word: str
    closes_in_s: int | None


def session(exchange: Exchange, wall_ns: int) -> Session:
    """The session of a segment at a market time (epoch ns). Closed on Saturday and Sunday."""
    now = ist(wall_ns)
    hours = _hours(exchange, now.strftime("%Y-%m-%d"))
    second = now.hour * 3_600 + now.minute * 60 + now.second
    closes_s = hours.closes_min * 60
    if now.weekday() < 5 and hours.opens_min * 60 <= second < closes_s:
        return Session(True, f"{exchange} OPEN", closes_s - second)
    return Session(False, f"{exchange} CLOSED", None)


def _hours(exchange: Exchange, day: str) -> Hours:
    """The latest hours in force on a day; the table is in order of date and begins before any day of interest."""
    return [h for h in HOURS if exchange in h.segments and h.since <= day][-1]
