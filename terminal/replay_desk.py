"""The desk over a tape: what was recorded, look only; and the running of the screen with it."""

import asyncio
from pathlib import Path

import msgspec

from core.brokers import order_frames
from core.clock import NS_PER_S, Clock, SystemClock
from core.config import Limits
from core.domain import Exchange, Fill, Instrument, InstrumentKey, Kind, Order
from core.engine.charts import ChartDesk
from core.engine.eventlog import EventLog
from core.engine.lists import ListDesk
from core.errors import TeziError, UserError
from core.facts import EventKind, LadderMode
from core.feed.deck import TapeDeck
from core.feed.recorder import instruments
from core.market.sessions import session
from core.market.trends import Trends
from core.market.watchlists import Watchlist, Watchlists
from core.store.tape import Damaged, Run, TapeFile
from core.store.tape import Kind as RecordKind
from core.supervise import Supervisor
from core.text import plain
from core.views import Freshness, Quote, Status, StreamStatus
from terminal.empty_views import EmptyAccount, EmptyChains, EmptyViews
from terminal.look_only import LookOnly

LOOK_ONLY = "a tape is played: look only"
SAMPLE_NS = 5 * NS_PER_S
NAME = "Tape"


class TapeBoard:
    """`core.engine.parts.Board` and the clock of the tape, whichever board is played now: winding back makes a new one.

    `wall_ns` and `mono_ns` are the tape's, `sleep` is real: tasks go on while the tape is paused.
    """

    def __init__(self, deck: TapeDeck, real: Clock) -> None:
        self._deck, self._real = deck, real

    def wall_ns(self) -> int:
        return self._deck.player.clock.wall_ns()

    def real_ns(self) -> int:
        return self._real.real_ns()

    def mono_ns(self) -> int:
        return self._deck.player.clock.mono_ns()

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)

    def add(self, instrument: Instrument) -> int:
        return self._deck.player.board.add(instrument)

    def slot(self, key: InstrumentKey) -> int | None:
        return self._deck.player.board.slot(key)

    def revision(self, slot: int) -> int:
        return self._deck.player.board.revision(slot)

    def quote(self, slot: int) -> Quote:
        return self._deck.player.board.quote(slot)

    def age_ms(self, slot: int) -> int | None:
        return self._deck.player.board.age_ms(slot)

    def freshness(self, slot: int) -> Freshness:
        return self._deck.player.board.freshness(slot)

    def fresh_count(self) -> int:
        return self._deck.player.board.fresh_count()

    def use(self, limits: Limits) -> None:
        self._deck.player.board.use(limits)


class TapeRows:
    """Instruments, orders and fills that the tape named so far."""

    note = ""

    def __init__(self) -> None:
        self.known: dict[InstrumentKey, Instrument] = {}
        self._orders: dict[str, Order] = {}
        self.revision = 0

    def clear(self) -> None:
        self._orders.clear()
        self.revision += 1

    def put(self, order: Order) -> None:
        self._orders[order.tag] = order
        self.revision += 1

    def orders(self) -> tuple[Order, ...]:
        return tuple(reversed(self._orders.values()))

    def fills(self) -> tuple[Fill, ...]:
        return ()

    def get(self, key: InstrumentKey) -> Instrument | None:
        return self.known.get(key)

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        return next((i for i in self.known.values() if (i.exchange, i.symbol) == (exchange, symbol)), None)

    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]:
        words = text.upper().split()
        return tuple(i for i in self.known.values() if all(w in f"{i.symbol} {i.name}".upper() for w in words))[:limit]

    def all(self) -> tuple[Instrument, ...]:
        return tuple(self.known.values())


class ReplayDesk(LookOnly):
    """Implements `core.views.Desk`. Every command that would change an account is refused with a reason."""

    refusal, code, remedy = LOOK_ONLY, "REPLAY", "leave the replay to trade"

    def __init__(self, tape: TapeFile, real: Clock, speed: float) -> None:
        self._rows = TapeRows()
        self._trends = Trends()
        self._sampled_ns = 0
        self.replay = TapeDeck(tape, real, speed, self._record, order_frames.recorded)
        self._board = TapeBoard(self.replay, real)
        self.events = EventLog(self._board)
        self.orders, self.positions = self._rows, EmptyViews()
        self.elsewhere = "not on this tape"
        self.chains, self.account = EmptyChains(), EmptyAccount()
        self.lists = ListDesk(
            self._board, self._board, self._rows, self.positions, Watchlists().put(Watchlist(NAME)), (), self._trends,
            lambda lists: None, lambda: None, self.elsewhere,
        )  # fmt: skip
        self.charts = ChartDesk(self._board, self._board, None, session, lambda: None)
        self.replay.on_beat = self._beat
        self.replay.player.step(1)

    @property
    def clock(self) -> Clock:
        return self._board

    @property
    def quotes(self) -> TapeBoard:
        return self._board

    def wound_back(self) -> None:
        """Everything that grew with the tape begins anew."""
        self._trends.clear()
        self._rows.clear()
        self._sampled_ns = 0

    def watchlist(self) -> tuple[Instrument, ...]:
        return self.lists.shown()

    def pins(self) -> tuple[Instrument, ...]:
        chosen = self.lists.pins()
        return chosen or tuple(i for i in self._rows.all() if i.kind is Kind.INDEX)[:4]

    def instrument(self, key: InstrumentKey) -> Instrument | None:
        return self._rows.get(key)

    def search(self, text: str, limit: int) -> tuple[Instrument, ...]:
        return self._rows.search(text, limit)

    def search_note(self) -> str:
        return ""

    def preset_quantity(self, instrument: Instrument) -> int:
        return instrument.lot

    def status(self) -> Status:
        now_ns = self.clock.wall_ns()
        market = session(Exchange.NSE, now_ns)
        tape = self.replay
        playing = tape.word in ("playing", "paused", "seeking", "at the end")
        stream = StreamStatus("tape", "live" if playing else "down", None, tape.word)
        return Status(
            mode_word="REPLAY", account="", ladder=LadderMode.NORMAL, probation=False, causes=(), market_ns=now_ns,
            session_word=market.word, closes_in_s=market.closes_in_s, streams=(stream,), circuits=(),
            fresh=self._board.fresh_count(), wanted=len(self._rows.known), dropped_frames=0, orders_last_second=0,
            orders_per_second_max=0, open_pnl_e4=0, realised_e4=0, waiting="", loop_lag_ms=0.0,
            journal_word="look only",
        )  # fmt: skip

    def _beat(self) -> None:
        if self.clock.wall_ns() - self._sampled_ns < SAMPLE_NS:
            return
        self._sampled_ns = self.clock.wall_ns()
        rows = [(key, self._board.slot(key)) for key in self._rows.known]
        self._trends.sample((key, self._board.quote(slot).ltp_e4) for key, slot in rows if slot is not None)

    def _record(self, run: Run) -> None:
        """What is no price: instruments, orders, modes, connections."""
        if run.kind is RecordKind.FRAME:
            return
        if run.kind is RecordKind.WANTED:
            self._wanted(run.data)
        elif run.kind in (RecordKind.INTENT, RecordKind.UPDATE):
            self._order(run.data)
        elif run.kind is RecordKind.MODE:
            self.events.add(EventKind.MODE, _mode_text(run.data))
        elif run.kind is RecordKind.EVENT:
            self.events.add(EventKind.FEED, f"connection {run.channel + 1}: {run.data.decode('ascii', 'replace')}")
        elif run.kind is RecordKind.GAP:
            self.events.add(EventKind.FEED, "the tape has a gap here: it was not written in time", True)

    def _wanted(self, body: bytes) -> None:
        for instrument in instruments(body):
            if instrument.key not in self._rows.known:
                self._rows.known[instrument.key] = instrument
                if instrument.kind is not Kind.INDEX:
                    self.lists.forget_unknown()
                    self.lists.add(instrument)

    def _order(self, body: bytes) -> None:
        try:
            order = msgspec.json.decode(body, type=Order)
        except msgspec.MsgspecError:
            self.events.add(EventKind.ORDER, "an order on the tape cannot be read")
            return
        self._rows.put(order)
        self.events.add(EventKind.ORDER, f"{order.side.letter} {order.quantity} {order.symbol} {order.state.word}")


def open_desk(path: Path, tape: TapeFile, speed: float) -> ReplayDesk:
    """The desk at the beginning of a tape. Raises UserError for one that holds nothing or is damaged there."""
    if not tape.spans:
        raise UserError(f"tape {path}: holds no records. Choose another: tezi tape list")
    try:
        return ReplayDesk(tape, SystemClock(), speed)
    except Damaged as e:
        raise UserError(f"tape {path}: {e}. What is wrong where: tezi tape verify {path}") from e


async def show(path: Path, desk: ReplayDesk) -> int:
    """The screen on a tape until it is left; gives the exit code. Raises TeziError when it broke."""
    from terminal.app import TeziApp

    real = SystemClock()
    app = TeziApp(desk)
    failed: list[str] = []
    tasks = Supervisor(real, lambda where, error: failed.append(f"{where} failed: {error}"))

    def rewound() -> None:
        desk.wound_back()
        app.attach(desk)

    desk.replay.on_rewind = rewound

    async def play() -> None:
        await app.first_paint.wait()
        await asyncio.to_thread(__import__, "terminal.screens.modals")
        await desk.replay.run()

    tasks.keep("tape", play)
    tasks.keep("charts", desk.charts.run)
    await app.run_async()
    await tasks.stop()
    if failed:
        raise TeziError(f"tape {path}: {failed[0]}")
    return app.return_code or 0


def _mode_text(body: bytes) -> str:
    """`NORMAL to READ-ONLY: orders failing`, from what `terminal.recording` writes."""
    try:
        before, after, causes = msgspec.json.decode(body, type=tuple[str, str, list[str]])
    except msgspec.MsgspecError:
        return plain(body.decode("utf-8", "replace"), 160)
    return plain(f"{before} to {after}" + (f": {causes[0]}" if causes else ""), 160)
