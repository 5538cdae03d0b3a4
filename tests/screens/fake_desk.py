"""A rich desk in memory for the tests of the screen. Every command is recorded; every answer can be set."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.clock import NS_PER_S, ManualClock, iso_to_ns
from core.domain import (
    Exchange,
    Fill,
    Instrument,
    InstrumentKey,
    Kind,
    Order,
    OrderIntent,
    OrderState,
    OrderType,
    Position,
    PositionKey,
    Product,
    Side,
    Validity,
)
from core.facts import Cause, CircuitState, Event, EventKind, LadderMode, Operation
from core.marketviews import Chains, Charts, ListRow, Lists, Replay
from core.secret import Secret
from core.views import (
    BooksReport,
    CheckResult,
    Choice,
    CircuitStatus,
    Freshness,
    GuardStatus,
    Headroom,
    Level,
    PanicPlan,
    Quote,
    Status,
    StreamStatus,
    Submitted,
    Unanswered,
    Verdict,
)
from terminal.empty_desk import EmptyChains, EmptyCharts
from tests.screens.fake_account import FakeAccount

NOON_NS = iso_to_ns("2025-11-27T14:32:07+05:30")
E4 = 10_000


def share(token: str, symbol: str) -> Instrument:
    return Instrument(Exchange.NSE, token, f"{symbol}-EQ", symbol, Kind.EQUITY)


RELIANCE = share("2885", "RELIANCE")
HDFCBANK = share("1333", "HDFCBANK")
INFY = share("1594", "INFY")
TCS = share("11536", "TCS")
SBIN = share("3045", "SBIN")
TATACHEM = share("3405", "TATACHEM")
YESBANK = share("11915", "YESBANK")
FUTURE = Instrument(
    Exchange.NFO, "37054", "NIFTY30DEC25FUT", "NIFTY", Kind.FUTURE, 75, 1_000, "2025-12-30", 0, 1_800
)  # fmt: skip
CALL = Instrument(
    Exchange.NFO, "43650", "NIFTY30DEC2524800CE", "NIFTY", Kind.OPTION, 75, 500, "2025-12-30", 24_800 * E4, 1_800
)  # fmt: skip
NIFTY = Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY 50", Kind.INDEX, tick_e4=0)
BANKNIFTY = Instrument(Exchange.NSE, "99926009", "Nifty Bank", "BANKNIFTY", Kind.INDEX, tick_e4=0)
WIPRO = share("3787", "WIPRO")

LISTED = (RELIANCE, HDFCBANK, INFY, TCS, SBIN, TATACHEM, YESBANK, FUTURE, CALL)
KNOWN = (*LISTED, WIPRO, NIFTY, BANKNIFTY)

PRICES_E4 = {
    RELIANCE.key: (14_125_500, 14_010_500),
    HDFCBANK.key: (19_682_000, 19_743_000),
    INFY.key: (18_450_000, 18_246_000),
    TCS.key: (41_027_500, 41_048_000),
    SBIN.key: (8_124_000, 8_088_500),
    TATACHEM.key: (9_681_500, 9_866_000),
    YESBANK.key: (234_000, 233_500),
    FUTURE.key: (248_610_000, 247_620_000),
    CALL.key: (1_423_500, 1_331_500),
    WIPRO.key: (2_410_500, 2_400_000),
    NIFTY.key: (248_123_500, 247_085_500),
    BANKNIFTY.key: (521_041_000, 521_980_500),
}


def quote(last_e4: int, close_e4: int, tick_e4: int) -> Quote:
    """A plausible book round a last price; an index has none."""
    bids = tuple(Level(last_e4 - tick_e4 * (i + 1), 1_250 + 731 * i, 12 + 5 * i) for i in range(5))
    asks = tuple(Level(last_e4 + tick_e4 * (i + 1), 900 + 645 * i, 7 + 4 * i) for i in range(5))
    return Quote(
        has_ltp=True, ltp_e4=last_e4, ltq=15, average_e4=last_e4 - 38_300, volume=6_120_455, total_buy=412_908,
        total_sell=305_117, open_e4=close_e4 + 9_500, high_e4=max(last_e4, close_e4) + 63_500,
        low_e4=min(last_e4, close_e4) - 29_500, close_e4=close_e4, last_trade_s=NOON_NS // NS_PER_S - 1,
        open_interest=1_250_000, upper_e4=close_e4 * 11 // 10, lower_e4=close_e4 * 9 // 10,
        bids=bids if tick_e4 else (), asks=asks if tick_e4 else (), exchange_ms=NOON_NS // 1_000_000,
    )  # fmt: skip


class FakeQuotes:
    """A board whose rows are set by hand."""

    def __init__(self) -> None:
        self._slots: dict[InstrumentKey, int] = {}
        self._quotes: list[Quote] = []
        self._revisions: list[int] = []
        self._ages_ms: list[int | None] = []
        self._fresh: list[Freshness] = []
        self.raises: Exception | None = None

    def set(
        self, key: InstrumentKey, value: Quote, age_ms: int | None = 200, fresh: Freshness = Freshness.FRESH
    ) -> None:
        slot = self._slots.setdefault(key, len(self._slots))
        if slot == len(self._quotes):
            self._quotes.append(value)
            self._revisions.append(0)
            self._ages_ms.append(age_ms)
            self._fresh.append(fresh)
        self._quotes[slot], self._ages_ms[slot], self._fresh[slot] = value, age_ms, fresh
        self._revisions[slot] += 1

    def move(self, key: InstrumentKey, last_e4: int) -> None:
        """A trade at another price; the book stays."""
        self.set(key, replace(self._quotes[self._slots[key]], ltp_e4=last_e4))

    def slot(self, key: InstrumentKey) -> int | None:
        if self.raises:
            raise self.raises
        return self._slots.get(key)

    def revision(self, slot: int) -> int:
        return self._revisions[slot]

    def quote(self, slot: int) -> Quote:
        return self._quotes[slot]

    def age_ms(self, slot: int) -> int | None:
        return self._ages_ms[slot]

    def freshness(self, slot: int) -> Freshness:
        return self._fresh[slot]


@dataclass
class FakeRows:
    """Orders, fills, positions and events behind one revision each."""

    revision: int = 1
    order_rows: list[Order] = field(default_factory=list)
    fill_rows: list[Fill] = field(default_factory=list)
    position_rows: list[Position] = field(default_factory=list)
    event_rows: list[Event] = field(default_factory=list)
    raises: Exception | None = None

    def orders(self) -> tuple[Order, ...]:
        if self.raises:
            raise self.raises
        return tuple(self.order_rows)

    def fills(self) -> tuple[Fill, ...]:
        return tuple(self.fill_rows)

    def positions(self) -> tuple[Position, ...]:
        if self.raises:
            raise self.raises
        return tuple(self.position_rows)

    def latest(self, count: int) -> tuple[Event, ...]:
        if self.raises:
            raise self.raises
        return tuple(self.event_rows[:count])


def order(
    tag: str, instrument: Instrument, side: Side, quantity: int, price_e4: int, state: OrderState, **more: object
) -> Order:
    """An order row of a working day."""
    row = Order(
        tag=tag, intent_id=f"i-{tag}", exchange=instrument.exchange, token=instrument.token, symbol=instrument.symbol,
        side=side, quantity=quantity, price_e4=price_e4, trigger_e4=0, order_type=OrderType.LIMIT,
        product=Product.INTRADAY, validity=Validity.DAY, source="ticket", state=state, created_ns=NOON_NS,
        real_ns=NOON_NS, updated_ns=NOON_NS, broker_id=f"2511270004{len(tag):05d}", ack_ms=84,
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def position(
    instrument: Instrument, net: int, average_e4: int, realised_e4: int = 0, product: Product = Product.INTRADAY
) -> Position:
    bought, sold = max(net, 0), max(-net, 0)
    return Position(
        instrument.exchange, instrument.token, instrument.symbol, product, net, average_e4, bought, sold,
        bought * average_e4, sold * average_e4, realised_e4,
    )  # fmt: skip


def fill(fill_id: str, instrument: Instrument, side: Side, quantity: int, price_e4: int) -> Fill:
    return Fill(
        fill_id, "251127000400001", instrument.exchange, instrument.token, instrument.symbol, side,
        Product.INTRADAY, quantity, price_e4, NOON_NS,
    )  # fmt: skip


def passes(count: int = 12) -> Verdict:
    names = (
        "ready",
        "authority",
        "clock",
        "address",
        "instrument",
        "lot",
        "quantity",
        "value",
        "price",
        "age",
        "rate",
        "funds",
    )
    return Verdict(
        tuple(CheckResult(f"G{n + 1}", names[n % 12], True, f"{names[n % 12]} within its limit") for n in range(count))
    )


def denies(
    code: str = "G9", compared: str = "price 5.00% from LTP, limit 2.00%", remedy: str = "move the price"
) -> Verdict:
    return Verdict((*passes().results[:8], CheckResult(code, "price", False, compared, remedy)))


PASSWORD = "correct horse battery"


class FakeLists:
    """One list, that of the desk; what is asked is recorded there and answered with `refuses`. For more, give the desk
    the real lists."""

    def __init__(self, desk: "FakeDesk") -> None:
        self._desk = desk
        self._rows: tuple[ListRow, ...] = ()
        self.revision = 1
        self.names, self.chosen, self.sort, self.filter = ("Core",), "Core", "", ""
        self.refuses = ""
        self.trends: dict[InstrumentKey, tuple[int, ...]] = {}

    def rows(self) -> tuple[ListRow, ...]:
        rows = tuple(ListRow(i.key, i.symbol, "", i) for i in self._desk.list)
        if rows != self._rows:
            self._rows = rows
        return self._rows

    def pins(self) -> tuple[Instrument, ...]:
        return (NIFTY, BANKNIFTY) if self._desk.list else ()

    def trend(self, key: InstrumentKey) -> tuple[int, ...]:
        return self.trends.get(key, ())

    def columns(self) -> tuple[str, ...]:
        return ("symbol", "chg")

    def groups(self) -> tuple[str, ...]:
        return ()

    def step(self, by: int) -> None:
        self._desk.calls.append(("step", by))

    def add(self, instrument: Instrument) -> str:
        self._desk.calls.append(("watch", instrument))
        if instrument not in self._desk.list and not self.refuses:
            self._desk.list.append(instrument)
        return self.refuses

    def __getattr__(self, name: str):
        def ask(*args: object) -> str:
            self._desk.calls.append((name, *args))
            return self.refuses

        return ask


class FakeDesk:
    """Implements `core.views.Desk` over lists. `calls` is what was asked of it, in order."""

    def __init__(self, clock: ManualClock | None = None, *, filled: bool = True) -> None:
        self.clock = clock or ManualClock(NOON_NS)
        self.quotes = FakeQuotes()
        self.orders, self.positions, self.events = FakeRows(), FakeRows(), FakeRows()
        self.calls: list[tuple[object, ...]] = []
        self.account = FakeAccount(self)
        self.list: list[Instrument] = []
        self.lists: Lists = FakeLists(self)
        self.charts: Charts = EmptyCharts()
        self.chains: Chains = EmptyChains()
        self.replay: Replay | None = None
        self.elsewhere = "not on the practice exchange"
        self.note = ""
        self.reasons: dict[Operation, str] = {}
        self.verdict = passes()
        self.room = Headroom(141, {"G12": 38_000, "G23": 141}, "G23")
        self.answer: Submitted | None = None
        self.halted = False
        self.guarded = GuardStatus()
        self.touches = 0
        self.submits_raise: Exception | None = None
        self.checks_raise: Exception | None = None
        self.status_raises: Exception | None = None
        self.now = status()
        if filled:
            self._fill()

    def _fill(self) -> None:
        self.list = list(LISTED)
        for i in KNOWN:
            last_e4, close_e4 = PRICES_E4[i.key]
            self.quotes.set(i.key, quote(last_e4, close_e4, i.tick_e4))
        self.quotes.set(YESBANK.key, quote(*PRICES_E4[YESBANK.key], 100), 47_000, Freshness.STALE)
        self.quotes.set(TATACHEM.key, quote(*PRICES_E4[TATACHEM.key], 500), 131_000, Freshness.DOWN)
        self.orders.order_rows = [
            order("t5", RELIANCE, Side.BUY, 50, 14_124_000, OrderState.WORKING),
            order("t4", RELIANCE, Side.SELL, 25, 14_127_000, OrderState.PARTIAL, filled=10, average_e4=14_127_000),
            order("t3", SBIN, Side.BUY, 100, 8_110_000, OrderState.UNKNOWN, broker_id="", ack_ms=None,
                  reason="no answer within 5 s"),
            order("t2", YESBANK, Side.SELL, 5_000, 234_000, OrderState.DENIED, ack_ms=None, broker_id="",
                  reason="quote age 41 s, limit 5 s"),
            order("t1", INFY, Side.BUY, 10, 18_400_000, OrderState.FILLED, filled=10, average_e4=18_399_500),
        ]  # fmt: skip
        self.orders.fill_rows = [
            fill("f2", RELIANCE, Side.SELL, 10, 14_127_000),
            fill("f1", INFY, Side.BUY, 10, 18_399_500),
        ]
        self.positions.position_rows = [
            position(RELIANCE, 100, 13_984_000),
            position(CALL, -150, 1_512_000, product=Product.CARRYFORWARD),
            position(TATACHEM, 200, 9_810_000),
            position(SBIN, 0, 0, 665_0000),
        ]
        self.events.event_rows = [
            Event(NOON_NS, EventKind.ORDER, "B 50 RELIANCE LMT 1,412.40 MIS ACKED 251127000418  84 ms"),
            Event(NOON_NS - 9 * NS_PER_S, EventKind.RISK, "denied S 5,000 YESBANK: quote age 41 s, limit 5 s"),
            Event(NOON_NS - 27 * NS_PER_S, EventKind.FEED, "TATACHEM silent for 90 s (1 of 12); the others are fresh"),
            Event(NOON_NS - 115 * NS_PER_S, EventKind.RECONCILE, "broker book = own book (2 orders, 3 positions)"),
        ]  # fmt: skip

    # Views.

    def status(self) -> Status:
        if self.status_raises:
            raise self.status_raises
        return replace(self.now, market_ns=self.clock.wall_ns())

    def watchlist(self) -> tuple[Instrument, ...]:
        return tuple(self.list)

    def pins(self) -> tuple[Instrument, ...]:
        return self.lists.pins()

    def search_note(self) -> str:
        return self.note

    def instrument(self, key: InstrumentKey) -> Instrument | None:
        return next((i for i in KNOWN if i.key == key), None)

    def search(self, text: str, limit: int) -> tuple[Instrument, ...]:
        words = text.upper().split()
        return tuple(i for i in KNOWN if all(w in f"{i.symbol} {i.name}".upper() for w in words))[:limit]

    def preset_quantity(self, instrument: Instrument) -> int:
        return instrument.lot

    def forbidden(self, operation: Operation) -> str:
        return self.reasons.get(operation, "")

    def check(self, intent: OrderIntent) -> Verdict:
        if self.checks_raise:
            raise self.checks_raise
        return self.verdict

    def headroom(self, intent: OrderIntent) -> Headroom:
        return self.room

    def panic_plan(self) -> PanicPlan:
        return PanicPlan(tuple(o for o in self.orders.order_rows if o.state.live), self.halted)

    def send_again(self, tag: str) -> OrderIntent | None:
        row = next(o for o in self.orders.order_rows if o.tag == tag)
        instrument = self.instrument(row.key)
        if row.state not in (OrderState.NOT_SENT, OrderState.DENIED, OrderState.REJECTED) or instrument is None:
            return None
        return OrderIntent(f"again-{tag}", instrument, row.side, row.quantity, row.price_e4, row.product)

    # Commands.

    def submit(self, intent: OrderIntent) -> Submitted:
        self.calls.append(("submit", intent))
        if self.submits_raise:
            raise self.submits_raise
        if self.answer is not None:
            return self.answer
        if self.verdict.denials:
            return Submitted(refused=f"{self.verdict.denials[0].code}: nothing was sent")
        tag = f"n{len(self.orders.order_rows)}"
        self.add(order(tag, intent.instrument, intent.side, intent.quantity, intent.price_e4, OrderState.SENDING))
        return Submitted(tag=tag)

    def cancel(self, tag: str, typed: str = "") -> Submitted:
        self.calls.append(("cancel", tag, typed) if typed else ("cancel", tag))
        if typed not in ("", "CANCEL"):
            return Submitted(refused="type CANCEL in capitals")
        return self.answer or Submitted(tag=tag)

    def books(self) -> BooksReport | None:
        return None

    def reconcile(self) -> None:
        """Nothing to compare."""

    def split(self, intent: OrderIntent) -> tuple[OrderIntent, ...]:
        return (intent,)

    def submit_all(self, intents: Sequence[OrderIntent]) -> tuple[Submitted, ...]:
        return tuple(self.submit(i) for i in intents)

    def exit(self, key: PositionKey) -> tuple[Submitted, ...]:
        self.calls.append(("exit", key))
        return (Submitted(tag="x1"),)

    def flatten(self) -> tuple[Submitted, ...]:
        self.calls.append(("flatten",))
        return (Submitted(tag="x1"),)

    def reverse(self, key: PositionKey) -> tuple[Submitted, ...]:
        self.calls.append(("reverse", key))
        return (Submitted(tag="x1"),)

    def modify(self, tag: str, quantity: int, price_e4: int, trigger_e4: int = 0) -> Submitted:
        self.calls.append(("modify", tag, quantity, price_e4, trigger_e4))
        return self.answer or Submitted(tag=tag)

    def unanswered(self, tag: str) -> Unanswered | None:
        row = next(o for o in self.orders.order_rows if o.tag == tag)
        asked = Unanswered(row, 100, 100 + 2 * row.quantity)
        return asked if row.state is OrderState.UNCONFIRMED else None

    def decide(self, tag: str, choice: Choice) -> Submitted:
        self.calls.append(("decide", tag, choice))
        return self.answer or Submitted(tag=tag)

    def send_beside(self, tag: str, typed: str) -> OrderIntent | str:
        self.calls.append(("send_beside", tag, typed))
        row = next(o for o in self.orders.order_rows if o.tag == tag)
        if typed != str(row.quantity):
            return f"type the quantity {row.quantity}"
        found = self.instrument(row.key)
        assert found is not None
        return OrderIntent(f"beside-{tag}", found, row.side, row.quantity, row.price_e4, row.product)

    def cancel_all(self) -> int:
        self.calls.append(("cancel_all",))
        return len(self.panic_plan().cancels)

    def halt(self, why: str) -> None:
        self.calls.append(("halt", why))
        self.halted = True
        cause = Cause("HALT", LadderMode.HALTED, "halted by key", self.clock.wall_ns())
        self.now = replace(self.now, ladder=LadderMode.HALTED, causes=(cause,))

    def retry_circuit(self, name: str) -> Submitted:
        self.calls.append(("retry_circuit", name))
        return Submitted(tag="the next test is due now")

    def force_circuit(self, name: str) -> Submitted:
        self.calls.append(("force_circuit", name))
        return Submitted(tag="held open by hand")

    def resume(self, typed: str) -> Submitted:
        self.calls.append(("resume", typed))
        if typed != "RESUME":
            return Submitted(refused="type RESUME in capitals")
        self.halted = False
        self.now = replace(self.now, ladder=LadderMode.NORMAL, causes=())
        return Submitted(tag="resumed")

    def guard(self) -> GuardStatus:
        return self.guarded

    def touched(self) -> None:
        self.touches += 1

    def lock(self) -> Submitted:
        self.calls.append(("lock",))
        self.guarded = replace(self.guarded, locked=self.guarded.has_vault)
        return Submitted(tag="locked") if self.guarded.has_vault else Submitted(refused="there is no vault")

    def unlock(self, password: Secret) -> None:
        self.calls.append(("unlock", password.reveal()))
        if password.reveal() == PASSWORD:
            self.guarded = replace(self.guarded, locked=False, said="")
        else:
            self.guarded = replace(self.guarded, said="that is not the password")

    def confirm_limits(self, typed: Secret) -> Submitted:
        self.calls.append(("confirm_limits", typed.reveal()))
        return self.answer or Submitted(tag="confirmed")

    def keep_limits(self) -> None:
        self.calls.append(("keep_limits",))

    # For tests.

    def add(self, row: Order) -> None:
        self.orders.order_rows.insert(0, row)
        self.orders.revision += 1

    def tell(self, event: Event) -> None:
        self.events.event_rows.insert(0, event)
        self.events.revision += 1

    def sent(self) -> list[OrderIntent]:
        """The intents that were submitted."""
        return [c[1] for c in self.calls if c[0] == "submit" and isinstance(c[1], OrderIntent)]

    def asked(self, name: str) -> list[tuple[object, ...]]:
        return [c for c in self.calls if c[0] == name]


def status() -> Status:
    """A calm afternoon."""
    return Status(
        mode_word="PRACTICE", account="A123456", ladder=LadderMode.NORMAL, probation=False, causes=(),
        market_ns=NOON_NS, session_word="NSE OPEN", closes_in_s=57 * 60 + 53,
        streams=(
            StreamStatus("market", "live", 18, "3 connections, 0 gaps"),
            StreamStatus("orders", "live", 2_100, "heartbeat 2 s ago"),
        ),
        circuits=(
            CircuitStatus("orders", CircuitState.CLOSED, 0, 27, None, "", 84),
            CircuitStatus("data", CircuitState.CLOSED, 0, 112, None, "", 61),
            CircuitStatus("auth", CircuitState.CLOSED, 0, 2, None, "", 190),
        ),
        fresh=10, wanted=12, dropped_frames=0, orders_last_second=2, orders_per_second_max=9,
        open_pnl_e4=660_5000, realised_e4=11_685_0000, waiting="", loop_lag_ms=1.4, journal_word="fsync each intent",
    )  # fmt: skip


def read_only(clock: ManualClock) -> Status:
    """The orders circuit is open, the next probe is 4 s away."""
    since = clock.wall_ns() - 96 * NS_PER_S
    cause = Cause("ORDERS", LadderMode.READ_ONLY, "orders failing", since, clock.mono_ns() + 4 * NS_PER_S)
    circuit = CircuitStatus("orders", CircuitState.OPEN, 5, 32, 4_000, "no answer within 5 s (5 times in a row)", 84)
    calm = status()
    return replace(calm, ladder=LadderMode.READ_ONLY, causes=(cause,), circuits=(circuit, *calm.circuits[1:]))
