"""getCandleData: today's bars from the exchange's own trades, earlier days invented from the seed. Pure."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

import msgspec

from core.clock import IST, NS_PER_S
from core.domain import Exchange
from core.exchange import calendar
from core.exchange.listing import Listing
from core.exchange.orders import Refusal
from core.exchange.rows import number
from core.exchange.rules import Text
from core.exchange.snapshot import Bar

MINUTES = {
    "ONE_MINUTE": (1, 30),
    "THREE_MINUTE": (3, 60),
    "FIVE_MINUTE": (5, 100),
    "TEN_MINUTE": (10, 100),
    "FIFTEEN_MINUTE": (15, 200),
    "THIRTY_MINUTE": (30, 200),
    "ONE_HOUR": (60, 400),
    "ONE_DAY": (1_440, 2_000),
}
"""Minutes of a bar and most days in one call (official Historical page)."""
YEARS = (2000, 2100)
"""First and last year that can be asked for."""
_MINUTE_S = 60
_FORMAT = "%Y-%m-%d %H:%M"


class CandleBody(msgspec.Struct):
    exchange: Text = ""
    symboltoken: Text = ""
    interval: Text = ""
    fromdate: Text = ""
    todate: Text = ""


class Span(msgspec.Struct, frozen=True):
    """Bar length in minutes; both ends inclusive, by bar start."""

    minutes: int
    first: datetime
    last: datetime


def read_span(body: CandleBody, inclusive: bool = True) -> Span | Refusal:
    """The span a body asks for, its last minute in or out; AB1004 when it cannot be served."""
    refusal = Refusal("AB1004", "Something Went Wrong, Please Try After Sometime")
    known = MINUTES.get(str(body.interval))
    try:
        first = datetime.strptime(str(body.fromdate), _FORMAT).replace(tzinfo=IST)
        last = datetime.strptime(str(body.todate), _FORMAT).replace(tzinfo=IST)
    except ValueError:
        return refusal
    if not YEARS[0] <= first.year <= last.year <= YEARS[1]:
        return refusal
    if known is None or first > last or last - first > timedelta(days=known[1] + 1):
        return refusal
    return Span(known[0], first, last if inclusive else last - timedelta(minutes=1))


def candle_rows(listing: Listing, span: Span, today: date, bars: list[Bar], seed: int) -> list[list[object]]:
    """Rows [start, open, high, low, close, volume] in rupees, ascending."""
    daily = span.minutes == MINUTES["ONE_DAY"][0]
    if daily:
        minutes = [_whole_day(listing, day, today, seed) for day in _days(span, today)]
    else:
        minutes = [b for day in _days(span, today) for b in _past(listing, day, today, seed)]
    if span.first.date() <= today <= span.last.date():
        minutes += bars
    first = datetime.combine(span.first.date(), datetime.min.time(), IST) if daily else span.first
    first_s, last_s = int(first.timestamp()), int(span.last.timestamp())
    merged = _merge(minutes, span.minutes, listing.instrument.exchange)
    return [_row(b) for b in merged if first_s <= b[0] <= last_s]


def _days(span: Span, today: date) -> Iterator[date]:
    """Trading days of the span before today."""
    day = span.first.date()
    while day <= span.last.date() and day < today:
        if calendar.trading_day(day) == day:
            yield day
        day += timedelta(days=1)


def _past(listing: Listing, day: date, today: date, seed: int) -> list[Bar]:
    """One invented session: a seeded walk from the close of the day before to its own close."""
    rng = random.Random(f"{seed}/{listing.instrument.token}/{day}")
    before, close = _close(listing, day - timedelta(days=1), today, seed), _close(listing, day, today, seed)
    opens_ns, closes_ns = calendar.hours(listing.instrument.exchange, day)
    opens_s, length = opens_ns // NS_PER_S, (closes_ns - opens_ns) // (_MINUTE_S * NS_PER_S)
    tick = listing.instrument.tick_e4 or 500
    price, bars = before, list[Bar]()
    for minute in range(length):
        left, bits = length - minute, rng.getrandbits(24)
        end = close if left == 1 else price + (close - price) // left + ((bits & 15) - 7) * tick
        end = end // tick * tick
        high = max(price, end) + (bits >> 4 & 3) * tick
        low = min(price, end) - (bits >> 6 & 3) * tick
        volume = (1 + (bits >> 8) % 40) * listing.typical
        bars.append((opens_s + minute * _MINUTE_S, price, high, low, end, volume))
        price = end
    return bars


@lru_cache(maxsize=65_536)
def _whole_day(listing: Listing, day: date, today: date, seed: int) -> Bar:
    """One earlier session as a single bar."""
    (bar,) = _merge(_past(listing, day, today, seed), MINUTES["ONE_DAY"][0], listing.instrument.exchange)
    return bar


def _close(listing: Listing, day: date, today: date, seed: int) -> int:
    """The invented close of a day; the last day before today has the listing's previous close."""
    while calendar.trading_day(day) != day:
        day -= timedelta(days=1)
    if calendar.next_trading_day(day) >= today:
        return listing.close_e4
    rng = random.Random(f"{seed}/{listing.instrument.token}/{day}/close")
    tick = listing.instrument.tick_e4 or 500
    return listing.close_e4 * (1_000 + rng.randint(-30, 30)) // 1_000 // tick * tick


def _merge(minutes: list[Bar], length: int, exchange: Exchange) -> Iterator[Bar]:
    """Minute bars put together; a bar never spans two days, daily bars start at midnight."""
    if length == 1:
        yield from minutes
        return
    current: Bar | None = None
    for bar in minutes:
        start = _start(bar[0], length, exchange)
        if current is None or current[0] != start:
            if current is not None:
                yield current
            current = (start, *bar[1:])
        else:
            high, low = max(current[2], bar[2]), min(current[3], bar[3])
            current = (start, current[1], high, low, bar[4], current[5] + bar[5])
    if current is not None:
        yield current


def _start(bar_s: int, length: int, exchange: Exchange) -> int:
    """Start of the longer bar, counted from the session's opening."""
    day = datetime.fromtimestamp(bar_s, IST).date()
    if length == MINUTES["ONE_DAY"][0]:
        return int(datetime(day.year, day.month, day.day, tzinfo=IST).timestamp())
    opens_s = calendar.hours(exchange, day).opens_ns // NS_PER_S
    return opens_s + (bar_s - opens_s) // (length * _MINUTE_S) * length * _MINUTE_S


def _row(bar: Bar) -> list[object]:
    start = datetime.fromtimestamp(bar[0], IST)
    return [start.isoformat(), *(number(price) for price in bar[1:5]), bar[5]]
