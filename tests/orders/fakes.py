"""Owners of gate facts whose answers a test sets by hand."""

from dataclasses import dataclass, field

from core.clock import ManualClock
from core.config import Limits
from core.domain import Instrument, InstrumentKey
from core.facts import Operation
from core.orders.blotter import Blotter
from core.orders.gate import Gate
from core.orders.positions import Positions
from core.views import Freshness, Level, Quote
from tests.builders import NIFTY_FUT, RELIANCE, SBIN


@dataclass
class FakeAuthority:
    halted: str = ""
    modes: dict[Operation, str] = field(default_factory=dict)
    session: str = ""
    store: str = ""
    reconciled: str = ""
    market: str = ""
    sent: int = 0

    def halted_text(self) -> str:
        return self.halted

    def mode_text(self, operation: Operation, confirmed: bool) -> str:
        return self.modes.get(operation, "")

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
        bids=(Level(1412_5000, 100, 3),),
        asks=(Level(1412_6000, 100, 3),),
        exchange_ms=0,
    )
    return Quote(**{**values, **changes})  # type: ignore[arg-type]


class FakeQuotes:
    """Every instrument has one quote, 0.2 s old and fresh, until the test says otherwise."""

    def __init__(self) -> None:
        self.now = quote()
        self.age: int | None = 200
        self.fresh = Freshness.FRESH
        self.known = True

    def slot(self, key: InstrumentKey) -> int | None:
        return 0 if self.known else None

    def revision(self, slot: int) -> int:
        return 1

    def quote(self, slot: int) -> Quote:
        return self.now

    def age_ms(self, slot: int) -> int | None:
        return self.age

    def freshness(self, slot: int) -> Freshness:
        return self.fresh


class FakeRates:
    def __init__(self) -> None:
        self.wait = 0
        self.taken: list[Operation] = []

    def wait_ns(self, operation: Operation) -> int:
        return self.wait

    def take(self, operation: Operation) -> int:
        if self.wait == 0:
            self.taken.append(operation)
        return self.wait


class GateRig:
    """A gate on fakes, all of them open to the test."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = ManualClock()
        self.authority = FakeAuthority()
        self.quotes = FakeQuotes()
        self.rates = FakeRates()
        self.blotter = Blotter(lambda before, after, source: None)
        self.positions = Positions(self.blotter)
        self.master = {i.key: i for i in (RELIANCE, SBIN, NIFTY_FUT)}
        self.gate = Gate(
            self.clock,
            limits or Limits(),
            self.authority,
            self.quotes,
            self.blotter,
            self.positions,
            self.rates,
            self.master.get,
        )
