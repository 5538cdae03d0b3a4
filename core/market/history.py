"""History of an instrument: asked in pieces of the broker's day limits, newest first, and never asked twice.

Whole days before today are kept in a SQLite file of their own together with the days that were answered, so that a day
without bars is not asked again either, once a later bar of the same answer shows that the broker knew the days before
it. A working day after the last bar is asked again: an empty answer may be a fault, or the bars may not be there yet.
Today is always asked: its bars still form.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from core.clock import Clock, ist, ist_day
from core.domain import InstrumentKey
from core.market.candles import Interval
from core.outcome import Failed, Ok, Read
from core.ports import Bar

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS bar (exchange TEXT, token TEXT, interval TEXT, start_s INTEGER, open_e4 INTEGER,
  high_e4 INTEGER, low_e4 INTEGER, close_e4 INTEGER, volume INTEGER,
  PRIMARY KEY (exchange, token, interval, start_s)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (exchange TEXT, token TEXT, interval TEXT, day TEXT,
  PRIMARY KEY (exchange, token, interval, day)) WITHOUT ROWID;
"""
_SATURDAY = 5
_OPENS, _ENDS = "00:00", "23:59"


class CandleSource(Protocol):
    """Who answers: `core.brokers.angel.AngelBroker`."""

    async def candles(self, key: InstrumentKey, interval: str, first: str, last: str) -> Read[tuple[Bar, ...]]: ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is, ascending. `failed` says why older pieces are missing, empty when nothing is."""

    bars: tuple[Bar, ...]
    asked: int
    failed: str = ""


Progress = Callable[[int, int], None]


def pieces(days: Sequence[str], days_max: int) -> list[tuple[str, str]]:
    """Spans (first day, last day) that cover the given days, none longer than `days_max` days, newest first.

    Neighbouring days share a span also over weekends and holidays between them: a request costs more than a day.
    """
    spans: list[tuple[str, str]] = []
    for day in sorted(set(days), reverse=True):
        if spans and (date.fromisoformat(spans[-1][1]) - date.fromisoformat(day)).days < days_max:
            spans[-1] = (day, spans[-1][1])
        else:
            spans.append((day, day))
    return spans


class History:
    """The bars of instruments, from the file and from the broker. One request at a time."""

    def __init__(self, source: CandleSource, path: Path, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._store = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._store.executescript(_SCHEMA)
        self._lock = asyncio.Lock()

    def close(self) -> None:
        self._store.close()

    async def load(
        self, key: InstrumentKey, interval: Interval, days: Sequence[str], progress: Progress = lambda done, of: None
    ) -> Loaded:
        """The bars of the given trading days (`YYYY-MM-DD`). `progress` hears pieces done and pieces in all.

        A piece that fails ends the asking; what is known until then is given, with the reason. Nothing is asked again
        within one call: pacing and retries are the source's.
        """
        async with self._lock:
            today = ist_day(self._clock.wall_ns())
            days = [day for day in days if day <= today]
            known = await asyncio.to_thread(self._asked, key, interval)
            spans = pieces([day for day in days if day not in known or day >= today], interval.days_max)
            fresh: dict[int, Bar] = {}
            failed = ""
            for n, (first, last) in enumerate(spans):
                read = await self._source.candles(key, interval.wire, f"{first} {_OPENS}", self._until(last, today))
                if isinstance(read, Failed):
                    failed = read.why
                    break
                fresh.update((bar.start_s, bar) for bar in read.value)
                await asyncio.to_thread(self._keep, key, interval, (first, last), today, read)
                progress(n + 1, len(spans))
            held = await asyncio.to_thread(self._held, key, interval, set(days))
            merged = {bar.start_s: bar for bar in held} | {s: b for s, b in fresh.items() if _day(s) in set(days)}
            return Loaded(tuple(merged[s] for s in sorted(merged)), len(spans), failed)

    def _until(self, last: str, today: str) -> str:
        """The end of a span; never in the future, which the broker has refused."""
        if last < today:
            return f"{last} {_ENDS}"
        return ist_minute(self._clock.wall_ns())

    def _asked(self, key: InstrumentKey, interval: Interval) -> set[str]:
        rows = self._store.execute(
            "SELECT day FROM asked WHERE exchange = ? AND token = ? AND interval = ?", (*_names(key), interval.wire)
        )
        return {day for (day,) in rows}

    def _held(self, key: InstrumentKey, interval: Interval, days: set[str]) -> list[Bar]:
        rows = self._store.execute(
            "SELECT start_s, open_e4, high_e4, low_e4, close_e4, volume FROM bar"
            " WHERE exchange = ? AND token = ? AND interval = ? ORDER BY start_s",
            (*_names(key), interval.wire),
        )
        return [Bar(*row) for row in rows if _day(row[0]) in days]

    def _keep(
        self, key: InstrumentKey, interval: Interval, span: tuple[str, str], today: str, read: Ok[tuple[Bar, ...]]
    ) -> None:
        """Bars and settled days of a span, whole days only, in one transaction."""
        names = (*_names(key), interval.wire)
        day, last = date.fromisoformat(span[0]), date.fromisoformat(span[1])
        days = [day + timedelta(days=n) for n in range((last - day).days + 1)]
        newest = max((_day(bar.start_s) for bar in read.value), default="")
        settled = [d.isoformat() for d in days if d.weekday() >= _SATURDAY or d.isoformat() <= newest]
        with self._store:
            self._store.execute("BEGIN")
            self._store.executemany(
                "INSERT OR REPLACE INTO bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*names, *bar) for bar in read.value if _day(bar.start_s) < today],
            )
            self._store.executemany(
                "INSERT OR IGNORE INTO asked VALUES (?, ?, ?, ?)", [(*names, d) for d in settled if d < today]
            )


def ist_minute(wall_ns: int) -> str:
    """`YYYY-MM-DD HH:MM`, Indian time."""
    return ist(wall_ns).strftime("%Y-%m-%d %H:%M")


def _day(start_s: int) -> str:
    return ist_day(start_s * 1_000_000_000)


def _names(key: InstrumentKey) -> tuple[str, str]:
    return str(key.exchange), key.token
