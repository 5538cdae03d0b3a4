"""The open chart and the open chain of a session: what is asked, what comes of ticks, what is subscribed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from core.clock import NS_PER_S, ManualClock, iso_to_ns
from core.domain import Bar, Exchange, Instrument, InstrumentKey, Kind
from core.engine.chains import ChainDesk
from core.engine.charts import FAILED_NS, ChartDesk, back
from core.market.candles import BarBuilder, Interval, laid_out
from core.market.history import History
from core.market.instruments import Catalogue
from core.market.sessions import session
from core.outcome import Failed, FailedBy, Ok, Read
from core.views import Quote
from tests.builders import SBIN
from tests.engine.test_lists import Board
from tests.links.sockets import running
from tests.screens.fake_desk import quote

NOW_NS = iso_to_ns("2025-11-27T10:00:00+05:30")
E4 = 10_000


def tick(last_e4: int, at_ns: int, volume: int) -> Quote:
    base = quote(last_e4, 81_0000, 500)
    return Quote(
        **{n: getattr(base, n) for n in Quote.__slots__} | {"exchange_ms": at_ns // 1_000_000, "volume": volume}
    )


class Source:
    """A broker with one bar a minute of today; `fails` answers are refused first."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.asked = fails, list[tuple[str, str, str]]()

    async def candles(self, key: InstrumentKey, interval: str, first: str, last: str) -> Read[tuple[Bar, ...]]:
        self.asked.append((interval, first, last))
        if len(self.asked) <= self.fails:
            return Failed(FailedBy.RATE, "AB1021: Too many requests")
        opens_s = iso_to_ns("2025-11-27T09:15:00+05:30") // NS_PER_S
        return Ok(tuple(Bar(opens_s + 60 * n, 80 * E4, 82 * E4, 79 * E4, 81 * E4, 10) for n in range(45)))


class Rig:
    def __init__(self, source: Source, home: Path) -> None:
        self.clock, self.board = ManualClock(NOW_NS), Board()
        self.history = History(source, home / "candles.db", self.clock)
        self.changes = 0
        self.charts = ChartDesk(self.clock, self.board, self.history, session, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    async def until(self, done: Callable[[], object]) -> None:
        """Let time pass in the beats of the chart until it holds; threads get their turn."""
        for _ in range(4_000):
            if done():
                return
            self.clock.move(0.05)
            await asyncio.sleep(0.001)
        raise AssertionError("it never came")

    async def trade(self, price: int, volume: int) -> None:
        seen = self.charts.revision
        self.board.set(SBIN.key, tick(price * E4, self.clock.wall_ns(), volume))
        await self.until(lambda: self.charts.revision > seen)


@asynccontextmanager
async def rig(source: Source, home: Path) -> AsyncIterator[Rig]:
    on = Rig(source, home)
    async with running(on.charts.run()):
        yield on
    on.history.close()


async def test_history_and_ticks_make_one_series(tmp_path: Path) -> None:
    source = Source()
    async with rig(source, tmp_path) as on:
        assert on.charts.series() is None and source.asked == []
        on.charts.open(SBIN, "1m")
        assert on.charts.wanted() == (SBIN,) and on.changes == 1
        await on.until(lambda: len(on.charts.series().slots) == 45)  # type: ignore[union-attr]
        for price, volume in ((83, 1_000), (85, 1_020), (82, 1_050)):
            await on.trade(price, volume)

        shown = on.charts.series()

        assert shown is not None and shown.note == ""
        last = shown.slots[-1]
        assert last is not None and (last.high_e4, last.low_e4, last.close_e4) == (85 * E4, 82 * E4, 82 * E4)
        assert last.volume == 50 and shown.live_s == last.start_s == shown.starts_s[-1]
        asked = [a for a in source.asked if a[0] == "ONE_MINUTE"]
        assert asked[0][2].startswith("2025-11-27 10:0"), "never asked beyond now"


async def test_a_refusal_is_said_and_asked_again_soon_but_not_at_once(tmp_path: Path) -> None:
    source = Source(fails=1)
    async with rig(source, tmp_path) as on:
        on.charts.open(SBIN, "5m")
        await on.until(lambda: on.charts.series().note.startswith("older candles are missing: AB1021"))  # type: ignore[union-attr]
        before_ns = on.clock.mono_ns()
        assert len(source.asked) == 1
        await on.until(lambda: len(source.asked) == 2)
        assert on.clock.mono_ns() - before_ns > FAILED_NS * 0.8
        await on.until(lambda: on.charts.series().note == "")  # type: ignore[union-attr]


async def test_a_closed_chart_asks_nothing_more(tmp_path: Path) -> None:
    source = Source()
    async with rig(source, tmp_path) as on:
        on.charts.open(SBIN, "1D")
        await on.until(lambda: source.asked)
        on.charts.close()
        assert on.charts.wanted() == () and on.charts.series() is None
        asked = len(source.asked)
        for _ in range(3_000):
            on.clock.move(0.1)
        await asyncio.sleep(0.05)
        assert len(source.asked) == asked


def test_the_days_asked_are_working_days_with_today() -> None:
    assert back("2025-11-24", 4) == ["2025-11-20", "2025-11-21", "2025-11-24"]
    assert back("2025-11-22", 1) == ["2025-11-21", "2025-11-22"]


def test_a_missing_minute_is_a_gap_and_a_night_is_none() -> None:
    monday, tuesday = (iso_to_ns(f"2025-11-{d}T09:15:00+05:30") // NS_PER_S for d in (24, 25))
    bars = [Bar(s, 1, 1, 1, 1, 1) for s in (monday, monday + 180, tuesday)]

    starts, slots = laid_out(bars, Interval.ONE_MINUTE)

    assert [s is None for s in slots] == [False, True, True, False, False]
    assert starts == (monday, monday + 60, monday + 120, monday + 180, tuesday)
    assert None not in laid_out(bars, Interval.ONE_DAY)[1]


@pytest.mark.parametrize("seconds", [60, 300, 900, 3_600])
def test_bars_are_those_of_an_array_library(seconds: int) -> None:
    """A random day of trades, its bars recomputed by numpy's grouped reductions."""
    rng = np.random.default_rng(seconds)
    opens_s = iso_to_ns("2025-11-27T09:15:00+05:30") // NS_PER_S
    at_s = np.sort(rng.integers(opens_s, opens_s + 22_500, 4_000))
    prices = 81_0000 + np.cumsum(rng.integers(-5, 6, at_s.size)) * 500
    volumes = np.cumsum(rng.integers(1, 50, at_s.size))
    interval = next(i for i in Interval if i.seconds == seconds)
    builder = BarBuilder(interval, 9 * 3_600 + 15 * 60)
    for at, price, volume in zip(at_s.tolist(), prices.tolist(), volumes.tolist(), strict=True):
        builder.tick(at, price, volume)

    starts, first = np.unique((at_s - opens_s) // seconds, return_index=True)
    last = np.append(first[1:], at_s.size) - 1
    traded = np.diff(np.concatenate([volumes[:1], volumes[last]]))
    theirs = np.column_stack(
        [opens_s + starts * seconds, prices[first], np.maximum.reduceat(prices, first),
         np.minimum.reduceat(prices, first), prices[last], traded]
    )  # fmt: skip

    assert np.array_equal(np.array(builder.bars()), theirs)


# -- chains -----------------------------------------------------------------------------------------------------------


def option(strike: int, right: str) -> Instrument:
    symbol = f"NIFTY30DEC25{strike}{right}"
    return Instrument(Exchange.NFO, symbol[-7:], symbol, "NIFTY", Kind.OPTION, 75, 500, "2025-12-30", strike * E4)


LEGS = [option(s, right) for s in (24_700, 24_800, 24_900) for right in ("CE", "PE")]
FUTURE = Instrument(Exchange.NFO, "F", "NIFTY30DEC25FUT", "NIFTY", Kind.FUTURE, 75, 500, "2025-12-30")


async def test_a_chain_subscribes_computes_and_lets_go() -> None:
    clock, board = ManualClock(NOW_NS), Board()
    wanted: list[int] = []
    desk = ChainDesk(clock, board, Catalogue([*LEGS, FUTURE]), lambda: wanted.append(1))
    assert desk.table() is None and desk.wanted() == ()

    async def until(done: Callable[[], object]) -> None:
        for _ in range(4_000):
            if done():
                return
            clock.move(0.05)
            await asyncio.sleep(0.001)
        raise AssertionError("it never came")

    async with running(desk.run()):
        assert desk.open(SBIN) == ""
        await until(lambda: desk.wanted())
        assert set(desk.wanted()) == {*LEGS, FUTURE}, "a share without options falls back to NIFTY"
        board.set(FUTURE.key, quote(24_810 * E4, 24_700 * E4, 500))
        for i in LEGS:
            board.set(i.key, quote((260 if i.symbol.endswith("CE") else 240) * E4, 200 * E4, 500))
        await until(lambda: desk.table().atm is not None and desk.table().pcr)  # type: ignore[union-attr]

        table = desk.table()
        assert table is not None and table.note == "SBIN has no options here"
        assert table.atm is not None
        assert table.strikes[table.atm].strike_e4 == 24_800 * E4
        assert (table.forward_e4, table.forward_from, table.pcr) == (24_810 * E4, "future", 1.0)
        call = table.strikes[1].call
        assert call.instrument == option(24_800, "CE") and 0 < call.delta < 1 and 0 < call.volatility < 1
        assert call.interest_change == 0

        revision = desk.revision
        clock.move(5)
        await asyncio.sleep(0.02)
        assert desk.revision == revision, "nothing moved, nothing is computed"
        moved = quote(270 * E4, 200 * E4, 500)
        board.set(LEGS[2].key, Quote(**{n: getattr(moved, n) for n in Quote.__slots__} | {"open_interest": 1_250_750}))
        await until(lambda: desk.revision > revision)
        assert desk.table().strikes[1].call.interest_change == 750  # type: ignore[union-attr]

        desk.close()
        assert desk.wanted() == () and desk.table() is None


def test_without_contracts_a_chain_is_refused_in_words() -> None:
    desk = ChainDesk(ManualClock(), Board(), None, lambda: None)

    assert desk.open(None) == "there are no option contracts in this session"
