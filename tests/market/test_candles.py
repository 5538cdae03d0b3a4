"""Bars from recorded ticks against bars computed another way; joining, gaps, history that is never asked twice."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.brokers import history as wire
from core.clock import NS_PER_S, ManualClock, iso_to_ns, ist_day
from core.domain import Exchange, InstrumentKey
from core.market.candles import BarBuilder, Gap, Interval, bar_start_s, gaps, grouped, join
from core.market.history import History, pieces
from core.outcome import Failed, FailedBy, Ok, Read
from core.ports import Bar
from tests.market.shared import shared

OPENS = 9 * 3_600 + 15 * 60
SBIN = InstrumentKey(Exchange.NSE, "3045")


def _s(moment: str) -> int:
    return iso_to_ns(moment + "+05:30") // NS_PER_S


def _recorded() -> list[tuple[str, int, float, int]]:
    """Time text, epoch second, price, day volume of one recorded SmartAPI session."""
    with gzip.open(shared("ticks", "smartapi_2025-06", "2025-06-16_SBIN.csv.gz"), "rt") as file:
        return [
            (row["ist"], _s(row["ist"].replace(" ", "T")[:19]), float(row["ltp"]), int(float(row["volume"])))
            for row in csv.DictReader(file)
        ]


def _recomputed(ticks: list[tuple[str, int, float, int]], minutes: int) -> list[tuple[str, float, float, float, float]]:
    """Bars by the text of the clock, as a spreadsheet would: no epoch arithmetic, no shared code."""
    groups: dict[str, list[float]] = defaultdict(list)
    for text, _, price, _ in ticks:
        hour, minute = int(text[11:13]), int(text[14:16])
        since_open = (hour - 9) * 60 + minute - 15
        begins = since_open // minutes * minutes + 9 * 60 + 15
        groups[f"{text[:10]}T{begins // 60:02d}:{begins % 60:02d}:00"].append(price)
    return [(start, prices[0], max(prices), min(prices), prices[-1]) for start, prices in groups.items()]


@pytest.mark.parametrize("interval", [i for i in Interval if i is not Interval.ONE_DAY])
def test_bars_of_a_recorded_day_are_those_recomputed(interval: Interval) -> None:
    ticks = _recorded()
    builder = BarBuilder(interval, OPENS)
    for _, at_s, price, volume in ticks:
        builder.tick(at_s, round(price * 10_000), volume)

    ours = [(b.start_s, b.open_e4, b.high_e4, b.low_e4, b.close_e4) for b in builder.bars()]

    theirs = [
        (_s(start), *(round(p * 10_000) for p in prices))
        for start, *prices in _recomputed(ticks, interval.seconds // 60)
    ]
    assert ours == theirs and len(ours) > 5
    highest = 0
    rises = 0
    for _, _, _, volume in ticks:
        rises += max(0, volume - highest) if highest else 0
        highest = max(highest, volume)
    assert sum(b.volume for b in builder.bars()) == rises == ticks[-1][3] - ticks[0][3]


def test_a_day_is_one_bar_at_midnight() -> None:
    builder = BarBuilder(Interval.ONE_DAY, OPENS)
    for _, at_s, price, volume in _recorded():
        builder.tick(at_s, round(price * 10_000), volume)

    (bar,) = builder.bars()
    assert bar.start_s == _s("2025-06-16T00:00:00")


def test_longer_bars_of_recorded_candles_are_grouped_ones() -> None:
    """Recorded one-minute candles of SBIN, grouped, against the same groups made of slices of the rows."""
    page = json.loads(shared("smartapi_responses", "captured_candles_SBIN_2021-03-02_ONE_MINUTE.json").read_text())
    rows = page["response"]["data"]
    minutes = wire.bars(rows)
    assert minutes is not None and len(minutes) == len(rows)

    fives = grouped(minutes, Interval.FIVE_MINUTE, OPENS)

    for n, bar in enumerate(fives):
        part = rows[n * 5 : n * 5 + 5]
        assert bar == Bar(
            _s(part[0][0][:19]), round(part[0][1] * 10_000), round(max(r[2] for r in part) * 10_000),
            round(min(r[3] for r in part) * 10_000), round(part[-1][4] * 10_000), sum(r[5] for r in part),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "interval", "start"),
    [
        ("2025-06-16T09:15:00", Interval.ONE_HOUR, "2025-06-16T09:15:00"),
        ("2025-06-16T10:14:59", Interval.ONE_HOUR, "2025-06-16T09:15:00"),
        ("2025-06-16T15:29:59", Interval.ONE_HOUR, "2025-06-16T15:15:00"),
        ("2025-06-16T09:24:59", Interval.TEN_MINUTE, "2025-06-16T09:15:00"),
        ("2025-06-16T09:14:59", Interval.FIVE_MINUTE, "2025-06-16T09:10:00"),
        ("2025-06-16T23:59:59", Interval.ONE_DAY, "2025-06-16T00:00:00"),
        ("2025-06-16T00:00:00", Interval.ONE_DAY, "2025-06-16T00:00:00"),
    ],
)
def test_bars_begin_at_the_opening(at: str, interval: Interval, start: str) -> None:
    assert bar_start_s(_s(at), interval, OPENS) == _s(start)


def test_a_late_tick_widens_its_bar_and_never_moves_a_close() -> None:
    builder = BarBuilder(Interval.ONE_MINUTE, OPENS)
    at = _s("2025-06-16T10:00:00")
    builder.tick(at, 100, 1_000)
    builder.tick(at + 60, 110, 1_010)
    builder.tick(at + 59, 130, 1_005)
    builder.tick(at - 600, 500, 900)

    assert builder.late == 2
    assert builder.bars() == (Bar(at, 100, 130, 100, 100, 0), Bar(at + 60, 110, 110, 110, 110, 10))


def test_a_new_day_counts_its_volume_from_zero() -> None:
    builder = BarBuilder(Interval.ONE_DAY, OPENS)
    builder.tick(_s("2025-06-16T15:29:00"), 100, 9_000)
    builder.tick(_s("2025-06-17T09:15:00"), 100, 70)
    builder.tick(_s("2025-06-17T09:16:00"), 100, 90)

    assert [b.volume for b in builder.bars()] == [0, 90]


def test_kept_bars_are_bounded() -> None:
    builder = BarBuilder(Interval.ONE_MINUTE, OPENS, kept_max=3)
    for n in range(10):
        builder.tick(_s("2025-06-16T10:00:00") + 60 * n, 100 + n, n)

    assert [b.close_e4 for b in builder.bars()] == [107, 108, 109]


def test_joined_with_history_the_bar_begun_before_we_watched_is_whole() -> None:
    told = (Bar(60, 10, 20, 5, 12, 100), Bar(120, 12, 30, 11, 15, 50))
    live = (Bar(120, 14, 16, 13, 16, 20), Bar(180, 16, 17, 16, 17, 5))

    joined = join(told, live, partial_s=120)

    assert joined == (told[0], Bar(120, 12, 30, 11, 16, 50), live[1])
    assert join(told, live)[1] == live[0]


def test_gaps_stay_gaps() -> None:
    day, opens, closes = "2025-06-16", OPENS, OPENS + 600
    first = _s("2025-06-16T09:15:00")
    have = [Bar(first + 60 * n, 1, 1, 1, 1, 0) for n in (0, 1, 5, 6, 7)]

    found = gaps(have, Interval.ONE_MINUTE, [(day, opens, closes)])

    assert found == (Gap(first + 120, first + 240, 3), Gap(first + 480, first + 540, 2))
    assert len(join(have, [])) == 5
    assert gaps([], Interval.ONE_DAY, [(day, opens, closes)]) == (
        Gap(_s("2025-06-16T00:00:00"), _s("2025-06-16T00:00:00"), 1),
    )


# -- history ---------------------------------------------------------------------------------------------------------


class Source:
    """A broker with one bar for each day, which remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fail_at = -1
        self.silent_after = ""  # it has no bars after this day; empty: it has all

    async def candles(self, key: InstrumentKey, interval: str, first: str, last: str) -> Read[tuple[Bar, ...]]:
        self.asked.append((first, last))
        if len(self.asked) - 1 == self.fail_at:
            return Failed(FailedBy.RATE, "AB1021: Too many requests")
        start, end = _s(f"{first[:10]}T09:15:00"), _s(f"{last[:10]}T23:00:00")
        bars = (Bar(at, 1, 2, 1, 2, len(self.asked)) for at in range(start, end, 86_400))
        return Ok(tuple(b for b in bars if not self.silent_after or ist_day(b.start_s * NS_PER_S) <= self.silent_after))


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def history(source: Source, tmp_path: Path) -> Iterator[History]:
    clock = ManualClock(iso_to_ns("2025-06-20T11:00:00+05:30"))
    kept = History(source, tmp_path / "candles.db", clock)
    yield kept
    kept.close()


def _days(first: int, last: int) -> list[str]:
    return [f"2025-06-{n:02d}" for n in range(first, last + 1)]


async def test_nothing_is_fetched_twice(history: History, source: Source) -> None:
    first = await history.load(SBIN, Interval.ONE_MINUTE, _days(10, 19))
    again = await history.load(SBIN, Interval.ONE_MINUTE, _days(10, 19))
    wider = await history.load(SBIN, Interval.ONE_MINUTE, _days(8, 19))

    assert source.asked == [("2025-06-10 00:00", "2025-06-19 23:59"), ("2025-06-08 00:00", "2025-06-09 23:59")]
    assert (first.asked, again.asked, wider.asked) == (1, 0, 1)
    assert first.bars == again.bars == wider.bars[2:] and len(wider.bars) == 12


async def test_a_restart_asks_nothing_again(source: Source, tmp_path: Path) -> None:
    for _ in range(2):
        history = History(source, tmp_path / "candles.db", ManualClock(iso_to_ns("2025-06-20T11:00:00+05:30")))
        loaded = await history.load(SBIN, Interval.ONE_MINUTE, _days(10, 19))
        history.close()
        assert len(loaded.bars) == 10

    assert len(source.asked) == 1


@pytest.mark.parametrize("known_until", ["2025-06-01", "2025-06-18"])
async def test_a_working_day_after_the_last_bar_is_asked_again(
    history: History, source: Source, known_until: str
) -> None:
    source.silent_after = known_until
    short = await history.load(SBIN, Interval.ONE_MINUTE, _days(10, 19))
    source.silent_after = ""
    whole = await history.load(SBIN, Interval.ONE_MINUTE, _days(10, 19))
    await history.load(SBIN, Interval.ONE_MINUTE, _days(10, 19))

    assert len(short.bars) == (0 if known_until == "2025-06-01" else 9)
    assert len(whole.bars) == 10 and whole.bars[-1].start_s == _s("2025-06-19T09:15:00")
    assert len(source.asked) == 2, "what was answered whole is not asked a third time"


async def test_a_weekend_without_bars_and_days_before_a_bar_are_settled(history: History, source: Source) -> None:
    source.silent_after = "2025-06-13"
    await history.load(SBIN, Interval.ONE_MINUTE, _days(12, 15))
    await history.load(SBIN, Interval.ONE_MINUTE, _days(12, 15))

    assert len(source.asked) == 1


async def test_today_is_asked_anew_and_only_until_now(history: History, source: Source) -> None:
    await history.load(SBIN, Interval.FIVE_MINUTE, _days(19, 20))
    loaded = await history.load(SBIN, Interval.FIVE_MINUTE, _days(19, 25))

    assert source.asked == [("2025-06-19 00:00", "2025-06-20 11:00"), ("2025-06-20 00:00", "2025-06-20 11:00")]
    assert [b.volume for b in loaded.bars] == [1, 2]


async def test_a_failed_piece_is_said_and_asked_the_next_time(history: History, source: Source) -> None:
    source.fail_at = 1
    heard: list[tuple[int, int]] = []
    long = [f"2025-{m:02d}-{d:02d}" for m in (4, 5, 6) for d in range(1, 20)]

    loaded = await history.load(SBIN, Interval.ONE_MINUTE, long, lambda done, of: heard.append((done, of)))

    assert loaded.failed == "AB1021: Too many requests"
    assert {b.start_s for b in loaded.bars} and heard == [(1, loaded.asked)]
    mended = await history.load(SBIN, Interval.ONE_MINUTE, long)
    assert mended.failed == "" and source.asked.count(source.asked[0]) == 1


def test_pieces_keep_the_day_limits_newest_first() -> None:
    days = [f"2025-{m:02d}-{d:02d}" for m in (4, 5, 6) for d in range(1, 29)]
    for interval in Interval:
        spans = pieces(days, interval.days_max)
        assert spans == sorted(spans, reverse=True)
        for first, last in spans:
            assert (_s(f"{last}T00:00:00") - _s(f"{first}T00:00:00")) // 86_400 < interval.days_max
        assert all(any(first <= day <= last for first, last in spans) for day in days)
    assert pieces([], 30) == []


@pytest.mark.parametrize(
    "data", [{}, [[1, 2]], [["soon", 1, 1, 1, 1, 1]], [["2025-06-16T09:15:00+05:30", 1, 1, 1, None, 1]]]
)
def test_candles_with_a_hole_are_no_candles(data: object) -> None:
    assert wire.bars(data) is None


def test_no_candles_are_no_failure() -> None:
    assert wire.bars(None) == wire.bars([]) == ()
