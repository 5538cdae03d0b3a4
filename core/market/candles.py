"""Bars from ticks, and bars joined with history. Pure: no clock, no I/O.

Bars begin at the session's opening (09:15), not at full hours, as the exchange's and the broker's do; a day's bar
stands at Indian midnight. A minute without a trade has no bar: gaps stay gaps.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from core.clock import NS_PER_S, iso_to_ns
from core.ports import Bar

DAY_S = 86_400
_IST_S = 19_800
KEPT_MAX = 5_000


class Interval(Enum):
    """What a bar spans: the wire's word, seconds, and most days in one request (wire page 4.3)."""

    ONE_MINUTE = ("ONE_MINUTE", 60, 30)
    THREE_MINUTE = ("THREE_MINUTE", 180, 60)
    FIVE_MINUTE = ("FIVE_MINUTE", 300, 100)
    TEN_MINUTE = ("TEN_MINUTE", 600, 100)
    FIFTEEN_MINUTE = ("FIFTEEN_MINUTE", 900, 200)
    THIRTY_MINUTE = ("THIRTY_MINUTE", 1_800, 200)
    ONE_HOUR = ("ONE_HOUR", 3_600, 400)
    ONE_DAY = ("ONE_DAY", DAY_S, 2_000)

    def __init__(self, wire: str, seconds: int, days_max: int) -> None:
        self.wire = wire
        self.seconds = seconds
        self.days_max = days_max


class Gap(NamedTuple):
    """Bars that are missing: from the first missing start to the last one, both epoch seconds, and how many."""

    first_s: int
    last_s: int
    missing: int


def bar_start_s(at_s: int, interval: Interval, opens_s: int) -> int:
    """The start of the bar that an epoch second belongs to; `opens_s` is the opening, in seconds of the Indian day."""
    midnight_s = (at_s + _IST_S) // DAY_S * DAY_S - _IST_S
    if interval is Interval.ONE_DAY:
        return midnight_s
    open_at_s = midnight_s + opens_s
    return open_at_s + (at_s - open_at_s) // interval.seconds * interval.seconds


class BarBuilder:
    """Bars of one instrument from its ticks, in order of trade.

    `volume` of a bar is how much the day's volume rose during it; the first tick seen only sets the mark, so that a bar
    begun in its middle does not hold the whole morning (`partial_s` names that bar until history replaces it). A day
    volume that falls is a late packet's and adds nothing; at a new day it counts from zero.
    """

    def __init__(self, interval: Interval, opens_s: int, kept_max: int = KEPT_MAX) -> None:
        self._interval = interval
        self._opens_s = opens_s
        self._kept_max = kept_max
        self._bars: dict[int, Bar] = {}
        self._latest_s = -1
        self._volume = -1
        self._day = -1
        self.partial_s: int | None = None
        self.late = 0
        """Ticks of an earlier bar than the newest: they widen its high and low, never its close."""

    def tick(self, at_s: int, price_e4: int, day_volume: int) -> None:
        """One trade or packet: exchange time (epoch s), last price, volume of the day so far."""
        added = self._added(at_s, day_volume)
        start_s = bar_start_s(at_s, self._interval, self._opens_s)
        if self._latest_s < 0:
            self.partial_s = start_s
        bar = self._bars.get(start_s)
        if start_s < self._latest_s:
            self.late += 1
            if bar is None:
                return
            self._bars[start_s] = bar._replace(
                high_e4=max(bar.high_e4, price_e4), low_e4=min(bar.low_e4, price_e4), volume=bar.volume + added
            )
            return
        self._latest_s = start_s
        if bar is None:
            self._bars[start_s] = Bar(start_s, price_e4, price_e4, price_e4, price_e4, added)
            if len(self._bars) > self._kept_max:
                del self._bars[next(iter(self._bars))]
        else:
            self._bars[start_s] = Bar(
                start_s,
                bar.open_e4,
                max(bar.high_e4, price_e4),
                min(bar.low_e4, price_e4),
                price_e4,
                bar.volume + added,
            )

    def bars(self) -> tuple[Bar, ...]:
        """What was built, ascending; the last one is still forming."""
        return tuple(self._bars.values())

    def _added(self, at_s: int, day_volume: int) -> int:
        day = (at_s + _IST_S) // DAY_S
        if day > self._day:
            first, self._day = self._day < 0, day
            before, self._volume = 0, day_volume
            return 0 if first else day_volume - before
        added = max(0, day_volume - self._volume)
        self._volume = max(self._volume, day_volume)
        return added


def join(history: Sequence[Bar], live: Sequence[Bar], partial_s: int | None = None) -> tuple[Bar, ...]:
    """One series: history up to where it ends, live bars after it.

    A live bar wins over history's of the same start, for history's last one was still forming, but for the bar that
    began before we watched (`partial_s`): of that one the two are merged.
    """
    joined = {bar.start_s: bar for bar in history}
    for bar in live:
        told = joined.get(bar.start_s)
        if told is not None and bar.start_s == partial_s:
            bar = Bar(
                bar.start_s, told.open_e4, max(told.high_e4, bar.high_e4), min(told.low_e4, bar.low_e4), bar.close_e4,
                max(told.volume, bar.volume),
            )  # fmt: skip
        joined[bar.start_s] = bar
    return tuple(joined[start_s] for start_s in sorted(joined))


def grouped(bars: Iterable[Bar], interval: Interval, opens_s: int) -> tuple[Bar, ...]:
    """Longer bars from shorter ones, ascending."""
    groups: dict[int, Bar] = {}
    for bar in bars:
        start_s = bar_start_s(bar.start_s, interval, opens_s)
        held = groups.get(start_s)
        groups[start_s] = (
            bar._replace(start_s=start_s)
            if held is None
            else Bar(
                start_s, held.open_e4, max(held.high_e4, bar.high_e4), min(held.low_e4, bar.low_e4), bar.close_e4,
                held.volume + bar.volume,
            )
        )  # fmt: skip
    return tuple(groups.values())


def laid_out(bars: Sequence[Bar], interval: Interval) -> tuple[tuple[int, ...], tuple[Bar | None, ...]]:
    """Starts and bars side by side, with None where a bar is missing between two of the same day; from day to day
    nothing is put, so that nights and holidays take no room. A day's bars are never missing."""
    starts: list[int] = []
    slots: list[Bar | None] = []
    for bar in bars:
        if starts and interval is not Interval.ONE_DAY and _same_day(starts[-1], bar.start_s):
            for missing_s in range(starts[-1] + interval.seconds, bar.start_s, interval.seconds):
                starts.append(missing_s)
                slots.append(None)
        starts.append(bar.start_s)
        slots.append(bar)
    return tuple(starts), tuple(slots)


def _same_day(one_s: int, other_s: int) -> bool:
    return (one_s + _IST_S) // DAY_S == (other_s + _IST_S) // DAY_S


def gaps(bars: Sequence[Bar], interval: Interval, sessions: Iterable[tuple[str, int, int]]) -> tuple[Gap, ...]:
    """Where bars are missing inside sessions `(YYYY-MM-DD, opens, closes)` (seconds of the Indian day)."""
    have = {bar.start_s for bar in bars}
    found: list[Gap] = []
    for day, opens_s, closes_s in sessions:
        midnight_s = iso_to_ns(f"{day}T00:00:00+05:30") // NS_PER_S
        if interval is Interval.ONE_DAY:
            starts: Iterable[int] = (midnight_s,)
        else:
            starts = range(midnight_s + opens_s, midnight_s + closes_s, interval.seconds)
        first_s = last_s = None
        count = 0
        for start_s in starts:
            if start_s not in have:
                first_s, last_s, count = first_s if first_s is not None else start_s, start_s, count + 1
            elif first_s is not None and last_s is not None:
                found.append(Gap(first_s, last_s, count))
                first_s, count = None, 0
        if first_s is not None and last_s is not None:
            found.append(Gap(first_s, last_s, count))
    return tuple(found)
