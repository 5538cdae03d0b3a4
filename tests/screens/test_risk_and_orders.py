"""Screens 2 and 6: orders with their states in words and their trace; limits, protections, what will bite."""

from dataclasses import replace

import pytest

from core.account import Caution, DayLoss, Gauge, GuardState, Traced
from core.domain import OrderState
from core.facts import Operation
from core.views import Choice
from terminal.screens.choice import CancelScreen, ChoiceScreen
from terminal.screens.orders import OrdersScreen
from terminal.screens.risk import RiskScreen
from tests.screens.driver import NARROW, WIDE, running
from tests.screens.fake_desk import NOON_NS, FakeDesk, read_only
from tests.screens.test_positions_screen import guard
from widgets.orders import MEANS

E4 = 10_000


def test_every_state_has_its_words():
    assert set(MEANS) == set(OrderState)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_orders_with_states_and_their_meaning(size):
    async with running(FakeDesk(), size) as driver:
        await driver.press("2")
        assert isinstance(driver.app.screen, OrdersScreen)
        assert "UNKNOWN" in driver.line("SBIN")
        assert "nobody knows whether it arrived" in driver.text
        await driver.press("down")
        assert "in the exchange's book" in driver.text


async def test_x_cancels_the_focused_order_and_only_a_live_one():
    desk = FakeDesk()
    async with running(desk) as driver:
        await driver.press("2", "down", "x")
        assert desk.asked("cancel") == [("cancel", "t5")]
        await driver.press("end", "x")
        assert len(desk.asked("cancel")) == 1
        assert any("nothing to cancel" in text for text in driver.toasts())


async def test_filters_of_orders():
    async with running(FakeDesk(), WIDE) as driver:
        await driver.press("2", "f")
        assert "only live" in driver.text and "INFY" not in driver.text
        await driver.press("f", "f")
        assert "only filled" in driver.text and "INFY" in driver.text and "YESBANK" not in driver.text


async def test_the_trace_shows_what_was_on_screen():
    desk = FakeDesk()
    desk.account.traces["t5"] = Traced(
        at_ns=NOON_NS, mode="NORMAL", position=40, quote="fresh", age_ms=180, last_e4=1412_5500,
        bids=((1412_5000, 1250, 12),), asks=((1412_6000, 900, 7),), checks={"G14": "price 0.2 s old", "G18": "far"},
        denied=("G18",),
    )  # fmt: skip
    async with running(desk, (120, 60)) as driver:
        await driver.press("2", "down", "enter")
        for words in ("What I saw at 14:32:07", "1,412.50", "price 0.2 s old", "fresh, 0.2 s old", "40   mode NORMAL"):
            assert words in driver.text, words
        assert "DENIED" in driver.line("G18") and "passed" in driver.line("G14")


async def test_a_trace_that_is_not_there_yet_or_failed_says_so():
    desk = FakeDesk()
    async with running(desk, (120, 60)) as driver:
        await driver.press("2", "down", "enter")
        assert "reading the store" in driver.text
        desk.account.traces["t5"] = Traced(failed="nothing was kept: it was not asked for here")
        await driver.frame()
        assert "nothing was kept" in driver.text


def risky() -> FakeDesk:
    desk = FakeDesk()
    desk.account.gauge_rows = (
        Gauge("Day loss", "8,000.00", "10,000.00", 0.8, "2,000.00"),
        Gauge("Orders in a second", "9", "9", 1.0, "0"),
        Gauge("One F&O order", "", "2 lots", 0.0),
    )
    key = desk.positions.position_rows[0].key
    desk.account.guard_rows[key] = guard(key, state=GuardState.BLOCKED, why="G1 stop reached, denied by G1")
    desk.account.caution_rows[key] = (Caution("SQ-OFF", "the broker closes MIS at about 15:15", loud=True),)
    return desk


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_limits_with_what_is_used_and_left(size):
    async with running(risky(), size) as driver:
        await driver.press("6")
        assert isinstance(driver.app.screen, RiskScreen)
        row = driver.line("Day loss  ")
        assert "8,000.00" in row and "80%" in row
        if size is WIDE:
            assert "▓" * 13 + "░" * 3 in row and "2,000.00" in row
        assert driver.line("Orders in a second").lstrip("│ ▸").startswith("!") or "!" in driver.line("Orders in a")


async def test_protections_and_what_will_bite():
    async with running(risky()) as driver:
        await driver.press("6", "tab")
        assert "BLOCKED" in driver.line("RELIANCE") and "denied by G1" in driver.text
        assert "not by the broker" in driver.text
        await driver.press("tab")
        assert "the broker closes MIS at about 15:15" in driver.line("RELIANCE")


async def test_the_day_loss_limit_needs_the_whole_phrase():
    desk = risky()
    desk.account.loss = DayLoss(10_200 * E4, 10_000 * E4, 0, "day loss 10,200.00 reached the limit 10,000.00")
    async with running(desk) as driver:
        await driver.press("6", "u")
        assert "20,200.00" in driver.text
        await driver.type_into("unlatch-typed", "yes")
        await driver.press("enter")
        assert "'yes' was typed" in driver.text and desk.account.loss.latched
        await driver.type_into("unlatch-typed", "ALLOW MORE LOSS")
        await driver.press("enter")
        assert isinstance(driver.app.screen, RiskScreen) and not desk.account.loss.latched
        await driver.press("u")
        assert any("not latched" in text for text in driver.toasts())


async def test_a_ticket_opens_from_each_of_these_screens():
    desk = risky()
    async with running(desk) as driver:
        await driver.press("2", "down", "b")
        assert driver.ticket
        await driver.press("escape", "6", "tab", "s")
        assert driver.ticket and not desk.sent()


async def test_an_order_that_nobody_confirmed_asks_a_person_here_too():
    desk = FakeDesk()
    desk.orders.order_rows[0] = replace(desk.orders.order_rows[0], state=OrderState.UNCONFIRMED)
    async with running(desk) as driver:
        await driver.press("2", "f", "f", "enter")
        await driver.press("escape", "down", "enter")
        assert isinstance(driver.app.screen, ChoiceScreen)
        await driver.press("n", "enter")
        assert desk.asked("decide") == [("decide", "t5", Choice.NOT_PLACED)]


async def test_a_cancel_while_the_order_service_fails_wants_a_typed_word():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    desk.reasons[Operation.CANCEL] = "needs a confirmation of its own"
    async with running(desk) as driver:
        await driver.press("2", "down", "x")
        assert isinstance(driver.app.screen, CancelScreen) and not desk.asked("cancel")
