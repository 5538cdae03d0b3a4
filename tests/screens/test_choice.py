"""The dialogue of an order without a confirmed state, and the cancel that needs a word."""

from dataclasses import replace

import pytest

from core.domain import OrderState
from core.facts import Operation
from core.views import Choice
from terminal.screens.choice import CancelScreen, ChoiceScreen
from terminal.screens.ticket import TicketScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import NARROW, WIDE, running
from tests.screens.fake_desk import FakeDesk, read_only


def lost_desk() -> FakeDesk:
    """The first order row is one that nobody confirmed."""
    desk = FakeDesk()
    desk.orders.order_rows.sort(key=lambda o: o.state is not OrderState.UNKNOWN)
    desk.orders.order_rows[0] = replace(
        desk.orders.order_rows[0], state=OrderState.UNCONFIRMED, reason="absent from 7 clean order books"
    )
    return desk


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_enter_on_the_row_asks_and_wait_is_armed(size):
    desk = lost_desk()
    async with running(desk, size=size) as d:
        await d.press("f3", "enter")
        assert isinstance(d.app.screen, ChoiceScreen)
        d.line("UNCONFIRMED: absent from 7 clean order books")
        d.line("You hold +100. If it and a second one both fill: +300.")
        desk.clock.move(1)
        await d.press("enter")
        assert desk.asked("decide") == [("decide", "t3", Choice.WAIT)]
        assert isinstance(d.app.screen, TradeScreen)


async def test_not_placed_needs_its_letter_and_enter():
    desk = lost_desk()
    async with running(desk) as d:
        await d.press("f3", "enter", "n")
        assert not desk.calls
        desk.clock.move(1)
        await d.press("enter")
        assert desk.calls == [("decide", "t3", Choice.NOT_PLACED)]


async def test_a_second_order_needs_the_quantity_and_opens_a_ticket():
    desk = lost_desk()
    async with running(desk) as d:
        await d.press("f3", "enter", "r", "9")
        desk.clock.move(1)
        await d.press("enter")
        d.line("type the quantity 100")
        desk.clock.move(1)
        await d.press(*"100", "enter")
        assert isinstance(d.app.screen, TicketScreen)
        assert desk.sent() == []
        desk.clock.move(1)
        await d.press("enter")
        assert [i.intent_id for i in desk.sent()] == ["beside-t3"]


async def test_escape_decides_nothing_and_a_found_order_ends_the_question():
    desk = lost_desk()
    async with running(desk) as d:
        await d.press("f3", "enter", "escape")
        assert not desk.calls
        await d.press("enter")
        desk.orders.order_rows[0] = replace(desk.orders.order_rows[0], state=OrderState.WORKING)
        await d.frame()
        d.line("The order has a confirmed state now.")


async def test_a_cancel_in_read_only_needs_the_word():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    desk.reasons[Operation.CANCEL] = "Cancelling needs a confirmation of its own in READ-ONLY: orders failing."
    async with running(desk) as d:
        await d.press("f3", "x")
        assert isinstance(d.app.screen, CancelScreen)
        assert not desk.calls
        desk.clock.move(1)
        await d.press("enter", *"cancel", "enter")
        d.line("type CANCEL in capitals")
        desk.clock.move(1)
        await d.press(*"CANCEL", "enter")
        assert desk.asked("cancel")[-1] == ("cancel", "t3", "CANCEL")
        assert isinstance(d.app.screen, TradeScreen)


async def test_escape_sends_no_cancel():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    desk.reasons[Operation.CANCEL] = "Cancelling needs a confirmation of its own in READ-ONLY: orders failing."
    async with running(desk) as d:
        await d.press("f3", "x", "escape")
        assert not desk.calls
