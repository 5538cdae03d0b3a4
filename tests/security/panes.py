"""Hostile texts on their way: through the parser of their kind, into a desk, through every pane, to the driver."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from unittest import mock

from textual import events
from textual.drivers import headless_driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.widgets import Input

from core.brokers import wire
from core.brokers.envelope import Envelope, open_envelope
from core.clock import ManualClock
from core.domain import Fill, Instrument, Order, OrderState, Position, Side
from core.engine.eventlog import EventLog
from core.facts import Cause, EventKind, LadderMode
from core.market import master
from core.text import plain
from core.views import CheckResult, Submitted, Verdict
from terminal.app import TeziApp
from terminal.screens.details import order_details
from terminal.screens.dialogs import LinesScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import Driver
from tests.screens.fake_desk import NOON_NS, RELIANCE, FakeDesk, order, position, quote, status
from tests.security.texts import forbidden, hostile
from widgets.pane import Pane

SIZE = (100, 60)
"""One pane at a time, with many rows: most texts for a frame."""
ROWS = 48
INNER = 10
TABLES = ("watch", "orders", "trades", "positions", "health")


@dataclass
class Report:
    """How many texts went to each pane, what reached the driver, and what of it was forbidden."""

    texts: Counter[str] = field(default_factory=Counter)
    written: int = 0
    found: list[str] = field(default_factory=list)


class Capture(HeadlessDriver):
    """A driver that is written to as a real one is, and looks at every byte."""

    report = Report()

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.report.written += len(data)
        if len(self.report.found) < 20:
            self.report.found += list(forbidden(data))[:3]


@asynccontextmanager
async def captured(desk: FakeDesk, report: Report) -> AsyncIterator[Driver]:
    """The app on a desk, with every write going into `report`."""
    kind = type("Captured", (Capture,), {"report": report})
    app = TeziApp(desk, paint_hz=0)
    with mock.patch.object(headless_driver, "HeadlessDriver", kind):
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.frame()
            yield driver


class Feeder:
    """Puts texts into a desk, round by round, each through the parser of its kind."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.desk = FakeDesk(ManualClock(NOON_NS))
        self.report = Report()
        self._log = EventLog(self.desk.clock, lambda event: self.desk.tell(event))

    def text(self, pane: str, count: int = 1) -> str:
        self.report.texts[pane] += count
        return hostile(self.random)

    def instruments(self, pane: str, count: int) -> tuple[Instrument, ...]:
        """Rows of an instrument master with hostile symbols and names, as the parser lets them through."""
        rows = [
            {
                **{"token": str(n + 1), "symbol": "S" + self.text(pane), "name": self.text(pane), "lotsize": "1"},
                **{"exch_seg": "NSE", "tick_size": "5.0", "instrumenttype": "", "strike": "-1", "expiry": ""},
            }
            for n in range(count)
        ]
        files = [json.dumps([row]).encode() for row in rows]  # a lone surrogate makes a file unreadable, not a row
        found = tuple(i for file in files for i in master.parse(file).instruments)
        assert len(found) > count // 2
        return found

    def rows(self, table: str) -> None:
        """New texts for one table, and for what stands round it."""
        desk = self.desk
        if table == "watch":
            desk.list = list(self.instruments("watch", ROWS))
            for instrument in desk.list:
                desk.quotes.set(instrument.key, quote(100_000, 99_000, 500))
        elif table == "orders":
            desk.orders.order_rows = [self.order("orders", n) for n in range(ROWS)]
        elif table == "trades":
            desk.orders.fill_rows = [self.fill(n) for n in range(ROWS)]
        elif table == "positions":
            desk.positions.position_rows = [self.position(n) for n in range(ROWS)]
        desk.orders.revision += 1
        desk.positions.revision += 1
        self.around()

    def around(self) -> None:
        """Header, banner, events, health."""
        desk, calm = self.desk, status()
        for _ in range(5):
            self._log.add(EventKind.ORDER, self.text("events"))
        del desk.events.event_rows[40:]
        cause = Cause("ORDERS", LadderMode.READ_ONLY, plain(self.text("banner"), 160), desk.clock.wall_ns())
        desk.now = replace(
            calm,
            account=plain(self.text("header"), 20),
            waiting=plain(self.text("header"), 100),
            ladder=LadderMode.READ_ONLY,
            causes=(cause,),
            circuits=tuple(replace(c, error=plain(self.text("health"), 160)) for c in calm.circuits),
            streams=tuple(replace(s, detail=plain(self.text("health"), 160)) for s in calm.streams),
        )

    def order(self, pane: str, n: int) -> Order:
        row = wire.broker_order(
            {
                **{"orderid": f"{n}" + self.text(pane), "uniqueorderid": self.text(pane), "ordertag": self.text(pane)},
                **{"exchange": "NSE", "transactiontype": "BUY", "producttype": "INTRADAY", "ordertype": "LIMIT"},
                **{"duration": "DAY", "quantity": "10", "symboltoken": "2885", "price": 10, "orderstatus": "rejected"},
                **{"tradingsymbol": "S" + self.text(pane), "text": self.text(pane)},
            }
        )
        assert row is not None
        made = order(f"{n}{row.tag}", RELIANCE, Side.BUY, 10, 100_000, OrderState.REJECTED)
        return replace(
            made, symbol=row.symbol, reason=row.reason, broker_id=row.broker_id, unique_id=row.unique_id
        )  # fmt: skip

    def fill(self, n: int) -> Fill:
        row = {"orderid": "1", "fillid": f"{n}" + self.text("trades"), "fillsize": "1", "fillprice": "10"}
        row |= {"filltime": "10:00:00", "transactiontype": "BUY", "producttype": "INTRADAY"}
        found = wire.fill(row | {"tradingsymbol": "S" + self.text("trades")}, {"1": RELIANCE.key}, NOON_NS)
        assert found is not None
        return found

    def position(self, n: int) -> Position:
        row = {"exchange": "NSE", "symboltoken": str(n), "producttype": "INTRADAY", "netqty": "1", "buyqty": "1"}
        found = wire.position(row | {"sellqty": "0", "tradingsymbol": "S" + self.text("positions")})
        assert found is not None
        return replace(position(RELIANCE, 1, 100_000), token=found.token, symbol=found.symbol)

    def message(self, pane: str) -> str:
        """A broker's refusal, from the envelope that it would come in."""
        raw = json.dumps({"status": False, "message": self.text(pane), "errorcode": self.text(pane), "data": None})
        found = open_envelope(raw.encode("utf-8", "replace"))
        return f"{found.code}: {found.message}" if isinstance(found, Envelope) else found.text


async def feed(texts: int, modal_rounds: int, seed: int) -> Report:
    """At least `texts` of them through each table of the trade screen, and `modal_rounds` of each modal."""
    feeder = Feeder(seed)
    async with captured(feeder.desk, feeder.report) as driver:
        for table in TABLES:
            _show(driver, table)
            while feeder.report.texts[table] < (texts if table != "health" else texts // 10):
                feeder.rows(table)
                await driver.frame()
                assert not driver.app._exit, "a text ended the program"
        for _ in range(modal_rounds):
            for modal in (_search, _details, _panic, _toast, _ticket):
                await modal(feeder, driver)
                assert not driver.app._exit, f"a text ended the program ({modal.__name__})"
        broken = [pane.broken for pane in driver.app.screen.query(Pane) if pane.broken]
        assert not broken, broken
    return feeder.report


def _show(driver: Driver, table: str) -> None:
    screen = driver.app.screen
    assert isinstance(screen, TradeScreen)
    if table == "watch":
        screen._go("watch")
    else:
        screen.action_bottom(table)


async def _search(feeder: Feeder, driver: Driver) -> None:
    with mock.patch.object(feeder.desk, "search", lambda text, limit: feeder.instruments("search", 12)):
        await driver.press("slash")
        for _ in range(INNER):
            await driver.press("x")
        field = driver.app.screen.query_one("#search-text", Input)
        for _ in range(INNER):
            field.post_message(events.Paste(feeder.text("paste")))
        await driver.frame()
        await driver.press("escape")


async def _details(feeder: Feeder, driver: Driver) -> None:
    driver.app.push_screen(LinesScreen("Order", order_details(feeder.order("details", 1)), "Esc close"))
    await driver.frame()
    await driver.press("escape")


async def _panic(feeder: Feeder, driver: Driver) -> None:
    await driver.press("f12")
    for _ in range(INNER):
        rows = [replace(feeder.order("panic", n), state=OrderState.WORKING) for n in range(4)]
        feeder.desk.orders.order_rows = rows
        await driver.frame()
    await driver.press("escape")


async def _toast(feeder: Feeder, driver: Driver) -> None:
    for _ in range(INNER):
        driver.app.say(feeder.message("toast"), bad=True)
    await driver.frame()
    driver.app.clear_notifications()
    await driver.frame()


async def _ticket(feeder: Feeder, driver: Driver) -> None:
    desk = feeder.desk
    _show(driver, "watch")
    await driver.press("b")
    assert driver.ticket
    for _ in range(INNER):
        said = [(feeder.message("ticket"), feeder.message("ticket")) for _ in range(3)]
        desk.verdict = Verdict(tuple(CheckResult("G9", "price", False, *pair) for pair in said))
        await driver.press("up")
    desk.verdict, desk.answer = Verdict(()), Submitted(refused=feeder.message("ticket"))
    await driver.press("enter")
    await driver.press("escape")
