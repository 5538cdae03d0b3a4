"""The desk before there is one: nothing in it, and a line that says what is being waited for."""

from core.account import Caution, DayLoss, Gauge, Guard, Holding, Leg, MarkBy, Purse, TicketCost, Totals, Traced, total
from core.clock import Clock
from core.domain import Fill, Instrument, InstrumentKey, Order, OrderIntent, Position, PositionKey
from core.facts import Event, LadderMode, Operation
from core.secret import Secret
from core.views import CheckResult, Freshness, GuardStatus, Headroom, PanicPlan, Quote, Status, Submitted, Verdict
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
        self._account = EmptyAccount()

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def quotes(self) -> EmptyQuotes:
        return self._quotes

    @property
    def orders(self) -> EmptyViews:
        return self._views

    @property
    def positions(self) -> EmptyViews:
        return self._views

    @property
    def account(self) -> EmptyAccount:
        return self._account

    @property
    def events(self) -> EmptyViews:
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

    def watch(self, instrument: Instrument) -> None:
        """Nothing to add to yet."""

    def preset_quantity(self, instrument: Instrument) -> int:
        return 1

    def forbidden(self, operation: Operation) -> str:
        return NOT_YET

    def headroom(self, intent: OrderIntent) -> Headroom:
        return Headroom(0, {})

    def check(self, intent: OrderIntent) -> Verdict:
        return Verdict((CheckResult("START", "ready", False, NOT_YET, "wait"),))

    def submit(self, intent: OrderIntent) -> Submitted:
        return Submitted(refused=NOT_YET)

    def cancel(self, tag: str) -> Submitted:
        return Submitted(refused=NOT_YET)

    def send_again(self, tag: str) -> OrderIntent | None:
        return None

    def panic_plan(self) -> PanicPlan:
        return PanicPlan((), False)

    def cancel_all(self) -> int:
        return 0

    def halt(self, why: str) -> None:
        """Nothing can leave an empty desk."""

    def resume(self, typed: str) -> Submitted:
        return Submitted(refused=NOT_YET)

    def guard(self) -> GuardStatus:
        return GuardStatus()

    def touched(self) -> None:
        """There is nothing to lock yet."""

    def lock(self) -> Submitted:
        return Submitted(refused=NOT_YET)

    def unlock(self, password: Secret) -> None:
        """Nothing is locked."""

    def confirm_limits(self, typed: Secret) -> Submitted:
        return Submitted(refused=NOT_YET)

    def keep_limits(self) -> None:
        """Nothing waits."""
