"""Owners of gate facts whose answers a test sets by hand."""

from dataclasses import dataclass, field
from typing import Any

from core.clock import NS_PER_MS, ManualClock
from core.config import Limits
from core.domain import Instrument, InstrumentKey, Product
from core.facts import Operation
from core.orders.blotter import Blotter
from core.orders.checks.facts import DayResult, Money
from core.orders.gate import Gate
from core.orders.positions import Positions
from core.views import Freshness, Level, Quote
from tests.builders import NIFTY_CALL, NIFTY_FUT, RELIANCE, SBIN


@dataclass
class FakeAuthority:
    halted: str = ""
    modes: dict[Operation, str] = field(default_factory=dict)
    typed: dict[Operation, str] = field(default_factory=dict)
    """What the mode says to a typed confirmation, where that differs."""
    session: str = ""
    store: str = ""
    reconciled: str = ""
    market: str = ""
    sent: int = 0

    def halted_text(self) -> str:
        return self.halted

    def mode_text(self, operation: Operation, confirmed: bool) -> str:
        found = self.typed if confirmed and operation in self.typed else self.modes
        return found.get(operation, "")

    def session_text(self) -> str:
        return self.session

    def store_text(self) -> str:
        return self.store

    def reconciled_text(self) -> str:
        return self.reconciled

    def market_text(self, instrument: Instrument) -> str:
        return self.market

    def messages_sent(self) -> int:
        return self.sent


def quote(**changes: object) -> Quote:
    values: dict[str, object] = dict(
        has_ltp=True,
        ltp_e4=1412_5500,
        ltq=1,
        average_e4=1410_0000,
        volume=1000,
        total_buy=100,
        total_sell=100,
        open_e4=1400_0000,
        high_e4=1420_0000,
        low_e4=1395_0000,
        close_e4=1401_0500,
        last_trade_s=0,
        open_interest=0,
        upper_e4=1541_1500,
        lower_e4=1260_9500,
        bids=(Level(1412_5000, 10_000, 3),),
        asks=(Level(1412_6000, 10_000, 3),),
        exchange_ms=0,
    )
    return Quote(**{**values, **changes})  # type: ignore[arg-type]


class FakeQuotes:
    """Every instrument has one quote, 0.2 s old and fresh, until the test says otherwise."""

    def __init__(self) -> None:
        self._revision = 0
        self.now = quote()
        self.age: int | None = 200
        self.fresh = Freshness.FRESH
        self.known = True

    @property
    def now(self) -> Quote:
        return self._now

    @now.setter
    def now(self, value: Quote) -> None:
        self._now, self._revision = value, self._revision + 1

    def slot(self, key: InstrumentKey) -> int | None:
        return 0 if self.known else None

    def revision(self, slot: int) -> int:
        return self._revision

    def quote(self, slot: int) -> Quote:
        return self.now

    def age_ms(self, slot: int) -> int | None:
        return self.age

    def freshness(self, slot: int) -> Freshness:
        return self.fresh


class FakeRates:
    """`wait` is of the shared second, `wait_long` of minute and hour, in ns."""

    def __init__(self) -> None:
        self.wait: object = 0
        self.wait_long: object = 0
        self.free = 9
        self.taken: list[Operation] = []

    def wait_second_ns(self, operation: Operation) -> Any:
        return self.wait

    def wait_long_ns(self, operation: Operation) -> Any:
        return self.wait_long

    def room(self, operation: Operation) -> int:
        return self.free

    def take(self, operation: Operation) -> Any:
        if self.wait == 0 and self.wait_long == 0:
            self.taken.append(operation)
        return self.wait or self.wait_long


@dataclass
class FakeOutside:
    """Everything known and in order: ten lakh of funds, no loss, no ban, nothing latched."""

    clock: ManualClock
    address: Any = ""
    locked: Any = ""
    offset_ms: Any = 0
    positions_ms: Any = 100
    master: Any = ""
    entry: Any = ""
    freeze: Any = "the instrument's"
    ban: Any = False
    is_early: Any = False
    is_blocked: Any = False
    holdings: Any = 0
    protection: Any = 1_000_000
    usable_e4: Any = 10_00_000 * 10_000
    capital_e4: Any = 10_00_000 * 10_000
    money_age_ms: Any = 0
    no_money: bool = False
    profit_e4: Any = 0
    day_age_ms: Any = 0
    no_day: bool = False
    loss: Any = ""
    reduce_only: Any = ""
    orders: Any = 0

    def address_text(self) -> Any:
        return self.address

    def locked_text(self) -> Any:
        return self.locked

    def clock_offset_ms(self) -> Any:
        return self.offset_ms

    def positions_age_ms(self) -> Any:
        return self.positions_ms

    def master_text(self) -> Any:
        return self.master

    def entry_text(self, instrument: Instrument, product: Product) -> Any:
        return self.entry

    def freeze_quantity(self, instrument: Instrument) -> Any:
        return instrument.freeze_quantity if self.freeze == "the instrument's" else self.freeze

    def banned(self, instrument: Instrument) -> Any:
        return self.ban

    def early(self) -> Any:
        return self.is_early

    def blocked(self, instrument: Instrument) -> Any:
        return self.is_blocked

    def holdings_free(self, key: InstrumentKey) -> Any:
        return self.holdings

    def protection_e4(self, instrument: Instrument, reference_e4: int) -> Any:
        return self.protection

    def money(self) -> Money | None:
        if self.no_money:
            return None
        return Money(self.usable_e4, self.capital_e4, self.clock.mono_ns() - self.money_age_ms * NS_PER_MS)

    def day(self) -> DayResult | None:
        return None if self.no_day else DayResult(self.profit_e4, self.day_age_ms)

    def loss_text(self) -> Any:
        return self.loss

    def reduce_only_text(self, key: InstrumentKey) -> Any:
        return self.reduce_only

    def orders_today(self) -> Any:
        return self.orders


class GateRig:
    """A gate on fakes, all of them open to the test."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = ManualClock()
        self.authority = FakeAuthority()
        self.quotes = FakeQuotes()
        self.rates = FakeRates()
        self.outside = FakeOutside(self.clock)
        self.blotter = Blotter(lambda before, after, source: None)
        self.positions = Positions(self.blotter)
        self.master: dict[InstrumentKey, Instrument] = {i.key: i for i in (RELIANCE, SBIN, NIFTY_FUT, NIFTY_CALL)}
        self.gate = Gate(
            self.clock,
            limits or Limits(),
            self.authority,
            self.quotes,
            self.blotter,
            self.positions,
            self.rates,
            self.master.get,
            self.outside,
        )
