"""Each ready story on a clock of the test's: what it does to the market, or to a client of the broker."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyotp

from core.clock import NS_PER_S, ManualClock, ist
from core.domain import Exchange, InstrumentKey, Kind
from core.exchange import paths
from core.exchange.control import Control
from core.exchange.faults import Faults
from core.exchange.gateway import Gateway
from core.exchange.scenarios import SCENARIOS
from core.exchange.serve import _tell
from core.exchange.services import build_services
from core.exchange.sessions import Sessions, new_credentials
from core.exchange.setting import PLAIN, Setting
from tests.exchange.practice_day import FEW, SBIN, START_NS, Day
from tests.exchange.wire import USER, place_body

WEDNESDAY = date(2026, 3, 4)
TATASTEEL, RELIANCE = InstrumentKey(Exchange.NSE, "3499"), InstrumentKey(Exchange.NSE, "2885")
NIFTY = InstrumentKey(Exchange.NSE, "99926000")
MARKET = {"ordertype": "MARKET", "price": "0"}


def told(name: str, setting: Setting = PLAIN) -> Day:
    scenario = SCENARIOS[name]
    start = ist(scenario.starts_ns(WEDNESDAY)).isoformat()
    return Day(start=start, setting=replace(setting, events=scenario.events))


def moved(day: Day, key: InstrumentKey, since_e4: int) -> float:
    return day.practice.market.last_e4(key) / since_e4 - 1


def test_gap_open() -> None:
    day, plain = told("gap-open"), Day(start="2026-03-04T09:15:00+05:30")
    for one in (day, plain):
        one.practice.market.watch([RELIANCE, SBIN])
        one.walk(30, 1)
    for key in (RELIANCE, SBIN, NIFTY):
        close_e4 = day.practice.market.listings[key].close_e4
        assert -0.036 < moved(day, key, close_e4) < -0.018
        assert abs(moved(plain, key, close_e4)) < 0.01, "an ordinary opening does not"
    opened = day.practice.market.figures[SBIN].open_e4 / day.practice.market.listings[SBIN].close_e4 - 1
    assert -0.036 < opened < -0.02, "the first trade is there already"


def test_circuit_lock() -> None:
    day = told("circuit-lock")
    day.to("2026-03-04T09:24:10+05:30")
    day.walk(20, 1)
    waiting: list[int] = []
    for _ in range(60):
        day.walk(1, 1)
        seen = day.practice.market.snapshot(TATASTEEL)
        assert not seen.asks, "nobody sells"
        assert len(seen.bids) >= 5 and seen.bids[0].price_e4 == seen.last_e4 == seen.listing.upper_e4
        waiting.append(seen.bids[0].quantity)
    assert waiting[-1] > 10 * seen.listing.typical and waiting == sorted(waiting), "buyers queue at the circuit"
    terms = {"tradingsymbol": "TATASTEEL-EQ", "symboltoken": "3499"}
    order = day.placed(**MARKET, **terms, quantity="9000")
    assert order.status == "open" and order.working_e4 == seen.listing.upper_e4, "it waits at the circuit"
    day.walk(30, 1)
    assert order.filled == 0, "behind the others, and nobody sells"
    sold = day.placed(**MARKET, **terms, transactiontype="SELL", quantity="100")
    assert (sold.status, sold.average_e4) == ("complete", seen.listing.upper_e4), "a seller finds buyers at once"
    row = day.practice.market.listings[TATASTEEL]
    beyond = str((row.upper_e4 + row.instrument.tick_e4) / 10_000)
    assert getattr(day.order(**terms, price=beyond), "code", "") == "AB1007"


def test_flash_crash() -> None:
    day = told("flash-crash", FEW)
    day.walk(30, 1)
    before = {key: day.practice.market.last_e4(key) for key in (RELIANCE, SBIN, NIFTY)}
    day.to("2026-03-04T11:02:20+05:30")
    day.walk(20, 1)
    assert all(-0.065 < moved(day, key, price) < -0.04 for key, price in before.items())
    day.to("2026-03-04T11:09:30+05:30")
    day.walk(20, 1)
    assert all(-0.02 < moved(day, key, price) < 0.01 for key, price in before.items()), "it comes back"


def test_halted_scrip() -> None:
    day = told("halted-scrip", FEW)
    market = day.practice.market
    day.walk(35, 1)
    then, other = market.snapshot(SBIN), market.snapshot(RELIANCE)
    day.walk(60, 1)
    now = market.snapshot(SBIN)
    assert (now.volume, now.bids, now.asks, now.last_ns) == (then.volume, then.bids, then.asks, then.last_ns)
    assert market.snapshot(RELIANCE).volume > other.volume, "the others trade on"
    day.to("2026-03-04T09:40:35+05:30")
    day.walk(20, 1)
    assert market.snapshot(SBIN).volume > then.volume, "it trades again"


def test_expiry_day() -> None:
    day = told("expiry-day")
    practice, market = day.practice, day.practice.market
    assert practice.day == date(2026, 3, 10), "the next Tuesday"
    last_e4 = market.last_e4(NIFTY)
    options = [r for r in market.listings.values() if r.instrument.expiry == "2026-03-10" and r.is_call]
    calls = [r for r in options if r.instrument.kind is Kind.OPTION and r.instrument.name == "NIFTY"]
    deep = min(calls, key=lambda r: abs(r.instrument.strike_e4 - last_e4 * 98 // 100))
    far = min(calls, key=lambda r: abs(r.instrument.strike_e4 - last_e4 * 102 // 100))
    day.walk(20, 1)
    start, prices = float(practice.funds_row()["net"]), list[int]()
    for row in (deep, far):
        terms = {"tradingsymbol": row.instrument.symbol, "symboltoken": row.instrument.token, "exchange": "NFO"}
        lot = str(row.instrument.lot)
        order = day.placed(**MARKET, **terms, producttype="CARRYFORWARD", quantity=lot)
        prices.append(order.average_e4)
        assert order.status == "complete", order
    seen: list[int] = []
    for minute in (4, 9, 14, 19, 24):
        day.to(f"2026-03-10T15:{minute:02d}:50+05:30")
        seen.append(market.last_e4(NIFTY))
    assert max(seen) / min(seen) - 1 > 0.004, "it swings"
    day.to("2026-03-10T15:30:01+05:30")
    spot_e4 = market.last_e4(NIFTY)
    day.to("2026-03-11T09:20:00+05:30")
    assert practice.position_rows() == [], "both have ended"
    worth = max(0, spot_e4 - deep.instrument.strike_e4) + max(0, spot_e4 - far.instrument.strike_e4)
    gained = float(practice.funds_row()["net"]) - start
    units = deep.instrument.lot
    assert -600 < gained - (worth - sum(prices)) * units / 10_000 < 0, "what they were worth, less charges"


class Sockets:
    """Stands for the two sockets: what a scenario cut."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def drop_market(self) -> None:
        self.dropped.append("stream")

    def drop_orders(self) -> None:
        self.dropped.append("orders")


class Broker:
    """The whole REST side of the exchange in this process, on a manual clock, while a scenario is told."""

    def __init__(self, name: str) -> None:
        day = Day()
        self.clock: ManualClock = day.clock
        self.practice, self.sockets = day.practice, Sockets()
        self.practice.clock.anchor(START_NS)
        self.faults = Faults(random.Random(3), self.clock.mono_ns)
        self.sessions = Sessions(new_credentials(), self.clock, self.practice.switches)
        services: Any = build_services(self.practice, self.sessions, self.faults)
        self.gateway = Gateway(services, self.practice, self.sessions, self.faults, None, {})
        sockets: Any = self.sockets
        control = Control(self.practice, self.faults, sockets, self.sessions, (), (), lambda: None)
        self.story = asyncio.ensure_future(_tell(SCENARIOS[name], control.strike, self.clock))
        self.jwt = ""

    async def login(self) -> Any:
        mine = self.sessions.credentials
        code = pyotp.TOTP(mine.totp_secret).at(self.clock.real_ns() // NS_PER_S)
        body = {"clientcode": mine.client_code, "password": mine.pin, "totp": code}
        answer = json.loads((await self.ask("POST", paths.LOGIN_PATH, body))[1])
        if answer["status"]:
            self.jwt = answer["data"]["jwtToken"]
        return answer

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, float]:
        """Status, body and virtual seconds; status 0 when there was no answer."""
        headers = [("x-privatekey", self.sessions.credentials.api_key), ("authorization", f"Bearer {self.jwt}")]
        headers.append(("content-type", "application/json"))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(k.encode(), v.encode()) for k, v in headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 1),
        }
        sent: list[Any] = []
        message = {
            "type": "http.request",
            "body": b"" if body is None else json.dumps(body).encode(),
            "more_body": False,
        }

        async def receive() -> Any:
            return message

        async def send(part: Any) -> None:
            sent.append(part)

        began_ns = self.clock.mono_ns()
        call: Awaitable[None] = self.gateway(scope, receive, send)
        task = asyncio.ensure_future(call)
        while not task.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if not task.done():
                self.clock.move(0.1)
        await task
        taken_s = (self.clock.mono_ns() - began_ns) / NS_PER_S
        return (sent[0]["status"], sent[1]["body"], taken_s) if sent else (0, b"", taken_s)

    async def wait(self, seconds: float) -> None:
        self.clock.move(seconds)
        for _ in range(20):
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.story.cancel()
        with suppress(asyncio.CancelledError):
            await self.story


async def test_slow_broker_morning() -> None:
    broker = Broker("slow-broker-morning")
    await broker.wait(0)
    while not (answer := await _tried(broker.login)):
        pass
    assert answer["status"] is True
    asked = [await broker.ask("GET", USER + "getRMS") for _ in range(30)]
    assert sum(seconds >= 1.7 for _, _, seconds in asked) > 5, "half of the answers are slow"
    assert sum(status == 503 for status, _, _ in asked) >= 1, "some err"
    placed = [await broker.ask("POST", paths.PLACE_PATH, place_body(ordertag=f"n{n}")) for n in range(25)]
    lost = [n for n, (status, _, _) in enumerate(placed) if status == 0]
    tags = {row["ordertag"] for row in broker.practice.order_rows()}
    assert lost and {f"n{n}" for n in lost} & tags, "answers were lost, orders were not"
    while broker.clock.mono_ns() < (1_000 + 95) * NS_PER_S:
        await broker.wait(5)
    assert broker.sockets.dropped == ["stream", "orders"]
    later = [await broker.ask("GET", USER + "getRMS") for _ in range(20)]
    assert {status for status, _, _ in later} == {200}, "then it is well again"
    assert not any(record.faults for record in list(broker.gateway.requests)[-20:])
    await broker.end()


async def _tried(login: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await login()
    except json.JSONDecodeError:
        return None


async def test_token_rollover() -> None:
    broker = Broker("token-rollover")
    assert (await broker.login())["status"] is True
    older = broker.jwt
    status, body, _ = await broker.ask("GET", USER + "getRMS")
    assert status == 200 and json.loads(body)["status"] is True
    await broker.wait(31)
    assert broker.sockets.dropped == ["stream", "orders"]
    assert json.loads((await broker.ask("GET", USER + "getRMS"))[1])["errorCode"] == "AG8002"
    assert (await broker.login())["errorcode"] == "AB1004", "the first login fails"
    assert (await broker.login())["status"] is True and broker.jwt != older
    assert json.loads((await broker.ask("GET", USER + "getRMS"))[1])["status"] is True
    await broker.end()


def test_every_scenario_has_a_test_and_a_place_in_the_docs() -> None:
    mine = {name[5:].replace("_", "-") for name in globals() if name.startswith("test_")}
    assert set(SCENARIOS) <= mine
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text().split("## Scenarios", 1)[1].split("##")[0]
    assert {name for name in SCENARIOS if f"`{name}`" in text} == set(SCENARIOS)
