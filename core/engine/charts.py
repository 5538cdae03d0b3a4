"""The open chart: older candles from the broker, the newest from ticks, joined. One chart at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from core.clock import NS_PER_S, Clock, ist_day
from core.domain import Bar, Exchange, Instrument
from core.engine.parts import Board
from core.market.candles import BarBuilder, Interval, join, laid_out
from core.market.history import History
from core.market.sessions import Session, opens_s
from core.marketviews import Series
from core.supervise import Wake

NAMES = {
    "1m": Interval.ONE_MINUTE,
    "3m": Interval.THREE_MINUTE,
    "5m": Interval.FIVE_MINUTE,
    "10m": Interval.TEN_MINUTE,
    "15m": Interval.FIFTEEN_MINUTE,
    "30m": Interval.THIRTY_MINUTE,
    "1h": Interval.ONE_HOUR,
    "1D": Interval.ONE_DAY,
}
BACK_DAYS = {"1m": 4, "3m": 7, "5m": 10, "10m": 20, "15m": 30, "30m": 60, "1h": 120, "1D": 500}
"""Calendar days shown, by interval: a few hundred candles each, and one request (wire page 4.3 limits)."""
LOOK_S = 0.05
"""How often the board is read for the chart: the broker sends few packets a second for one instrument, so that none
is missed but in bursts; those are mended when history is asked again."""
IDLE_S = 3_600.0
AGAIN_NS = 60 * NS_PER_S
FAILED_NS = 5 * NS_PER_S
"""Today's candles are asked again this often while the chart is open: the broker's are made of every trade."""


@dataclass(slots=True)
class _Open:
    instrument: Instrument
    name: str
    builder: BarBuilder
    told: tuple[Bar, ...] = ()
    note: str = "asking for older candles"
    asked_ns: int | None = None
    failed: bool = False
    seen: int = 0


class ChartDesk:
    """Implements `core.marketviews.Charts`. `run` until cancelled; it sleeps while no chart is open."""

    def __init__(
        self,
        clock: Clock,
        board: Board,
        history: History | None,
        session: Callable[[Exchange, int], Session],
        changed: Callable[[], None],
    ) -> None:
        self._clock, self._board, self._history = clock, board, history
        self._session, self._changed = session, changed
        self._open: _Open | None = None
        self._opened, self._asking = Wake(clock), Wake(clock)
        self._made: tuple[int, Series | None] = (-1, None)
        self.revision = 0

    def intervals(self) -> tuple[str, ...]:
        return tuple(NAMES)

    def wanted(self) -> tuple[Instrument, ...]:
        return (self._open.instrument,) if self._open else ()

    def open(self, instrument: Instrument, interval: str) -> None:
        now = self._open
        if now is not None and now.instrument == instrument and now.name == interval:
            return
        day = ist_day(self._clock.wall_ns())
        builder = BarBuilder(NAMES[interval], opens_s(instrument.exchange, day))
        self._open = _Open(instrument, interval, builder)
        self.revision += 1
        self._changed()
        self._opened.set()
        self._asking.set()

    def close(self) -> None:
        self._open = None
        self.revision += 1
        self._changed()

    def series(self) -> Series | None:
        if self._made[0] != self.revision:
            self._made = (self.revision, self._make())
        return self._made[1]

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look(), name="chart ticks")
            tasks.create_task(self._ask_again(), name="chart history")

    async def _look(self) -> None:
        while True:
            if self._open is not None:
                self._take(self._open)
            await self._opened.wait(LOOK_S if self._open is not None else IDLE_S)

    async def _ask_again(self) -> None:
        while True:
            if self._open is not None and self._due(self._open):
                await self._ask(self._open)
            await self._asking.wait(1.0 if self._open is not None else IDLE_S)

    def _due(self, now: _Open) -> bool:
        if self._history is None:
            now.note = "no older candles in this session"
            return False
        again_ns = FAILED_NS if now.failed else AGAIN_NS
        return now.asked_ns is None or self._clock.mono_ns() - now.asked_ns > again_ns

    def _take(self, now: _Open) -> None:
        """The last price into the bars, when a packet came since."""
        slot = self._board.slot(now.instrument.key)
        revision = self._board.revision(slot) if slot is not None else 0
        if slot is None or revision == now.seen:
            return
        now.seen = revision
        q = self._board.quote(slot)
        at_s = (q.exchange_ms // 1_000) or q.last_trade_s
        if q.has_ltp and at_s and self._session(now.instrument.exchange, at_s * NS_PER_S).open:
            now.builder.tick(at_s, q.ltp_e4, q.volume)
            self.revision += 1

    async def _ask(self, now: _Open) -> None:
        assert self._history is not None
        now.asked_ns = self._clock.mono_ns()
        today = ist_day(self._clock.wall_ns())

        def progress(done: int, of: int) -> None:
            now.note = f"older candles: {done} of {of} parts" if done < of else ""
            self.revision += 1

        days = back(today, BACK_DAYS[now.name])
        loaded = await self._history.load(now.instrument.key, NAMES[now.name], days, progress)
        now.told, now.failed = loaded.bars, bool(loaded.failed)
        now.note = f"older candles are missing: {loaded.failed}" if loaded.failed else ""
        self.revision += 1

    def _make(self) -> Series | None:
        now = self._open
        if now is None:
            return None
        interval = NAMES[now.name]
        live = now.builder.bars()
        bars = join(now.told, live, now.builder.partial_s)
        starts, slots = laid_out(bars, interval)
        missing = sum(1 for bar in slots if bar is None)
        newest = live[-1].start_s if live else None
        return Series(now.instrument, now.name, interval.seconds, slots, starts, missing, now.note, newest)


def back(today: str, count: int) -> list[str]:
    """The working days of the last `count` calendar days, today included; holidays have no bars and cost nothing."""
    last = date.fromisoformat(today)
    days = (last - timedelta(days=n) for n in range(count + 1))
    return sorted(day.isoformat() for day in days if day.weekday() < 5 or day == last)
