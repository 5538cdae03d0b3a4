"""How the screens look. A picture proves looks only; the behaviour stands in the tests beside this one."""

import pytest

from core.clock import NS_PER_S
from core.facts import Operation
from terminal.app import TeziApp
from terminal.screens.ticket import READ_NS
from tests.screens.driver import NARROW, WIDE
from tests.screens.fake_desk import FakeDesk, denies, read_only
from tests.screens.test_market_screens import market_desk
from tests.screens.test_positions_screen import desk_with_protection
from tests.screens.test_risk_and_orders import risky


@pytest.fixture
def shot(snap_compare):
    """Compare the app on a desk after some keys; frames are made by hand, there is no paint timer."""

    def compare(desk, size, *keys):
        async def before(pilot):
            await pilot.app.first_paint.wait()
            for key in keys:
                await pilot.press(key)
                if key in "bs":  # a ticket takes Enter once it was there to be read
                    desk.clock.move(READ_NS / NS_PER_S)
            pilot.app.paint()
            await pilot.pause()

        return snap_compare(TeziApp(desk, paint_hz=0), terminal_size=size, run_before=before)

    return compare


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_trade(shot, size):
    assert shot(FakeDesk(), size)


def test_orders(shot):
    assert shot(FakeDesk(), WIDE, "f3", "down")


def test_ticket_buy(shot):
    assert shot(FakeDesk(), WIDE, "b")


def test_ticket_sell_denied(shot):
    desk = FakeDesk()
    desk.verdict = denies()
    assert shot(desk, NARROW, "s", "enter")


def test_panic_armed(shot):
    assert shot(FakeDesk(), WIDE, "f12", "c")


def test_read_only_and_health(shot):
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    desk.reasons[Operation.OPEN] = "READ-ONLY: orders are failing"
    assert shot(desk, WIDE, "f9", "left_square_bracket")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_positions(shot, size):
    assert shot(desk_with_protection(), size, "3")


def test_protect(shot):
    assert shot(desk_with_protection(), WIDE, "3", "e")


def test_orders_screen(shot):
    assert shot(FakeDesk(), WIDE, "2")


def test_risk(shot):
    assert shot(risky(), WIDE, "6")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("key", ["4", "c"], ids=["chain", "chart"])
def test_market_screens(shot, size, key):
    assert shot(market_desk(), size, key)
