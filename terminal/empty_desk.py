"""The desk before there is one: nothing in it, and a line that says what is being waited for."""

from pathlib import Path

from core.account import Caution, DayLoss, Gauge, Guard, Holding, Leg, MarkBy, Purse, TicketCost, Totals, Traced, total
from core.clock import Clock
from core.domain import Fill, Instrument, InstrumentKey, Order, OrderIntent, Position, PositionKey
from core.facts import Event, LadderMode, Operation
from core.marketviews import Chains, ChainTable, Charts, ListRow, Lists, Replay, Series
from core.secret import Secret
from core.views import (
    CheckResult,
    EventView,
    Freshness,
    GuardStatus,
    Headroom,
    OrderView,
    PanicPlan,
    PositionView,
    Quote,
    QuoteView,
    Status,
    Submitted,
    Verdict,
)
from widgets.quotes import NO_QUOTE

NOT_YET = "the terminal is still starting"


class EmptyViews:
    """No quotes, no orders, no positions, no events."""

    revision = 0

    def orders(self) -> tuple[Order, ...]:
        return ()

    def fills(self) -> tuple[Fill, ...]:
        return ()

    def positions(self) -> tuple[Position, ...]:
        return ()

    def latest(self, count: int) -> tuple[Event, ...]:
        return ()


class EmptyQuotes:
    """A board on which nothing was ever wanted."""

    def slot(self, key: InstrumentKey) -> int | None:
        return None

    def revision(self, slot: int) -> int:
        return 0

    def quote(self, slot: int) -> Quote:
        return NO_QUOTE

    def age_ms(self, slot: int) -> int | None:
        return None

    def freshness(self, slot: int) -> Freshness:
        return Freshness.NEVER


class EmptyLists:
    """No lists; every command is refused."""

    revision = 0
    names: tuple[str, ...] = ()
    chosen = sort = filter = ""

    def rows(self) -> tuple[ListRow, ...]:
        return ()

    def pins(self) -> tuple[Instrument, ...]:
        return ()

    def trend(self, key: InstrumentKey) -> tuple[int, ...]:
        return ()

    def columns(self) -> tuple[str, ...]:
        return ()

    def groups(self) -> tuple[str, ...]:
        return ()

    def step(self, by: int) -> None:
        """There is none to step to."""

    def choose(self, name: str) -> str:
        return NOT_YET

    def create(self, name: str) -> str:
        return NOT_YET

    def rename(self, name: str) -> str:
        return NOT_YET

    def delete(self) -> str:
        return NOT_YET

    def add(self, instrument: Instrument) -> str:
        return NOT_YET

    def remove(self, key: InstrumentKey) -> str:
        return NOT_YET

    def move(self, key: InstrumentKey, by: int) -> str:
        return NOT_YET

    def regroup(self, key: InstrumentKey, group: str) -> str:
        return NOT_YET

    def sort_by(self, column: str) -> str:
        return NOT_YET

    def filter_by(self, text: str) -> str:
        return NOT_YET

    def pin(self, instrument: Instrument) -> str:
        return NOT_YET

    def take_csv(self, path: Path) -> str:
        return NOT_YET


class EmptyCharts:
    """No chart can be opened."""

    revision = 0

    def series(self) -> Series | None:
        return None

    def intervals(self) -> tuple[str, ...]:
        return ("1m",)

    def open(self, instrument: Instrument, interval: str) -> None:
        """Nothing to open yet."""

    def close(self) -> None:
        """Nothing is open."""


class EmptyChains:
    """No chain can be opened."""

    revision = 0

    def table(self) -> ChainTable | None:
        return None

    def open(self, near: Instrument | None) -> str:
        return NOT_YET

    def underlyings(self) -> tuple[str, ...]:
        return ()

    def step_underlying(self, by: int) -> str:
        return NOT_YET

    def step_expiry(self, by: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


class EmptyAccount:
    """Nothing made, nothing held, nothing known."""

    revision = 0

    def legs(self) -> tuple[Leg, ...]:
        return ()

    def totals(self) -> Totals:
        return total(())

    def mark_by(self) -> MarkBy:
        return MarkBy.LAST

    def set_mark(self, by: MarkBy) -> None:
        """Nothing to value yet."""

    def guard(self, key: PositionKey) -> Guard | None:
        return None

    def guards(self) -> tuple[Guard, ...]:
        return ()

    def protect(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        return Submitted(refused=NOT_YET)

    def cautions(self, key: PositionKey) -> tuple[Caution, ...]:
        return ()

    def square_off_s(self, key: PositionKey) -> int | None:
        return None

    def day_loss(self) -> DayLoss:
        return DayLoss(0, 0, 0)

    def unlatch(self, typed: str) -> Submitted:
        return Submitted(refused=NOT_YET)

    def purse(self) -> Purse:
        return Purse(None, None, None, None, None, NOT_YET)

    def holdings(self) -> tuple[Holding, ...]:
        return ()

    def holdings_word(self) -> str:
        return NOT_YET

    def gauges(self) -> tuple[Gauge, ...]:
        return ()

    def ticket_cost(self, intent: OrderIntent) -> TicketCost:
        return TicketCost(0, None)

    def trace(self, tag: str) -> Traced | None:
        return Traced(failed=NOT_YET)


class EmptyDesk:
    """Implements `core.views.Desk`. `waiting` may be set at any time; every command is refused with a reason."""

    def __init__(self, waiting: str, mode_word: str, clock: Clock) -> None:
        self.waiting = waiting
        self._mode_word = mode_word
        self._clock = clock
        self._views = EmptyViews()
        self._quotes = EmptyQuotes()
        self.why = NOT_YET
        self.lists: Lists = EmptyLists()
        self.charts: Charts = EmptyCharts()
        self.chains: Chains = EmptyChains()
        self.replay: Replay | None = None
        self.elsewhere = "not known yet"
        self._account = EmptyAccount()

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def quotes(self) -> QuoteView:
        return self._quotes

    @property
    def orders(self) -> OrderView:
        return self._views

    @property
    def positions(self) -> PositionView:
        return self._views

    @property
    def account(self) -> EmptyAccount:
        return self._account

    @property
    def events(self) -> EventView:
        return self._views

    def status(self) -> Status:
        return Status(
            mode_word=self._mode_word, account="", ladder=LadderMode.NORMAL, probation=False, causes=(),
            market_ns=self._clock.wall_ns(), session_word="starting", closes_in_s=None, streams=(), circuits=(),
            fresh=0, wanted=0, dropped_frames=0, orders_last_second=0, orders_per_second_max=0, open_pnl_e4=0,
            realised_e4=0, waiting=self.waiting, loop_lag_ms=0.0, journal_word="not open yet",
        )  # fmt: skip

    def watchlist(self) -> tuple[Instrument, ...]:
        return ()

    def pins(self) -> tuple[Instrument, ...]:
        return ()

    def instrument(self, key: InstrumentKey) -> Instrument | None:
        return None

    def search(self, text: str, limit: int) -> tuple[Instrument, ...]:
        return ()

    def search_note(self) -> str:
        return self.why

    def preset_quantity(self, instrument: Instrument) -> int:
        return 1

    def forbidden(self, operation: Operation) -> str:
        return self.why

    def headroom(self, intent: OrderIntent) -> Headroom:
        return Headroom(0, {})

    def check(self, intent: OrderIntent) -> Verdict:
        return Verdict((CheckResult("START", "ready", False, self.why, "wait"),))

    def submit(self, intent: OrderIntent) -> Submitted:
        return Submitted(refused=self.why)

    def cancel(self, tag: str) -> Submitted:
        return Submitted(refused=self.why)

    def send_again(self, tag: str) -> OrderIntent | None:
        return None

    def panic_plan(self) -> PanicPlan:
        return PanicPlan((), False)

    def cancel_all(self) -> int:
        return 0

    def halt(self, why: str) -> None:
        """Nothing can leave an empty desk."""

    def resume(self, typed: str) -> Submitted:
        return Submitted(refused=self.why)

    def guard(self) -> GuardStatus:
        return GuardStatus()

    def touched(self) -> None:
        """There is nothing to lock yet."""

    def lock(self) -> Submitted:
        return Submitted(refused=self.why)

    def unlock(self, password: Secret) -> None:
        """Nothing is locked."""

    def confirm_limits(self, typed: Secret) -> Submitted:
        return Submitted(refused=self.why)

    def keep_limits(self) -> None:
        """Nothing waits."""
