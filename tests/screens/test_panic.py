"""PANIC: reachable from everywhere, two keys, and nothing by accident."""

from dataclasses import replace

import pytest

from core.domain import OrderState, Side
from terminal.screens.panic import PanicScreen, cancel_time, leg_lines
from terminal.screens.ticket import TicketScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import NARROW, WIDE, running
from tests.screens.fake_desk import RELIANCE, FakeDesk, order


async def test_opens_over_everything():
    """Inside inputs and over modals too; Esc brings back what was there."""
    async with running(FakeDesk()) as d:
        for before in ((), ("b",), ("b", "tab"), ("slash", "a"), ("question_mark",), ("f3", "enter")):
            await d.press(*before)
            under = d.app.screen
            for key in ("f12", "ctrl+k"):
                await d.press(key)
                assert isinstance(d.app.screen, PanicScreen), (before, key)
                d.line("Cancel all orders")
                await d.press("escape")
                assert d.app.screen is under
            if before:
                await d.press("escape")


async def test_cancel_all_needs_its_letter_and_enter():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f12", "enter")
        assert not desk.calls
        await d.press("c")
        assert not desk.calls
        await d.press("enter")
        assert desk.calls == [("cancel_all",)]
        d.line("asked to cancel 3 orders")


async def test_halt_is_the_first_thing_that_happens():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f12", "h", "enter")
        assert desk.calls[0] == ("halt", "PANIC key")
        d.line("HALTED: nothing new leaves")


async def test_the_overlay_stays_after_a_result_and_takes_the_next_key():
    """A key pressed after an action must not fall on the trading screen below."""
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f12", "c", "enter")
        desk.clock.move(5)
        await d.frame()
        await d.press("h", "enter")
        assert [c[0] for c in desk.calls] == ["cancel_all", "halt"]
        assert isinstance(d.app.screen, PanicScreen)
        await d.press("escape")
        assert isinstance(d.app.screen, TradeScreen)
        d.line("HALTED - halted by key")
        d.line("F12 then u undoes it")


async def test_esc_does_nothing():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f12", "h", "escape")
        assert not desk.calls
        assert isinstance(d.app.screen, TradeScreen)


async def test_undo_needs_the_word():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f12", "u")
        d.line("nothing is halted")
        desk.halt("test")
        await d.press("u", "r", "e", "s", "u", "m", "e", "enter")
        assert desk.halted
        d.line("type RESUME in capitals")
        await d.type_into("panic-typed", "")
        await d.press("R", "E", "S", "U", "M", "E", "enter")
        assert not desk.halted


async def test_letters_typed_into_the_word_arm_nothing():
    desk = FakeDesk()
    desk.halt("test")
    async with running(desk) as d:
        await d.press("f12", "u", "R", "c", "h")
        assert d.field("panic-typed") == "Rch"


async def test_the_ticket_underneath_survives_and_a_held_enter_does_not_send_it():
    """Enter ran the cancel; its repeats must not fall through to the ticket."""
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "f12", "c", "enter", "enter", "enter", "enter")
        assert isinstance(d.app.screen, PanicScreen)
        await d.press("escape")
        assert isinstance(d.app.screen, TicketScreen)
        assert not desk.sent()
        desk.clock.move(1)
        await d.press("enter")
        assert len(desk.sent()) == 1


async def test_a_second_press_opens_no_second_overlay():
    async with running(FakeDesk()) as d:
        await d.press("f12", "f12", "escape")
        assert isinstance(d.app.screen, TradeScreen)


async def test_panic_works_while_the_views_are_broken():
    desk = FakeDesk()
    async with running(desk) as d:
        desk.quotes.raises = desk.orders.raises = RuntimeError("no views")
        desk.status_raises = RuntimeError("no status")
        await d.press("f12", "h", "enter")
        assert desk.halted


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_every_leg_of_cancel_all_is_followed_to_its_end(size):
    """No summary hides a leg: each stands with its state, those that still trade first."""
    desk = FakeDesk()
    async with running(desk, size) as d:
        await d.press("f12")
        d.line("3, free, at once: B 50 RELIANCE")
        await d.press("c", "enter")
        d.line("cancelled 0, asked 0, left 3")
        rows = desk.orders.order_rows
        rows[0] = replace(rows[0], state=OrderState.CANCELLED)
        rows[1] = replace(rows[1], change="cancel")
        rows[2] = replace(rows[2], state=OrderState.FILLED)
        desk.orders.revision += 1
        await d.frame()
        d.line("cancelled 1, asked 1, left 0, ended otherwise 1")
        d.line("S 25 RELIANCE 1,412.70  PARTIAL, cancel asked")
        d.line("B 50 RELIANCE 1,412.40  CANCELLED")
        d.line("B 100 SBIN 811.00  FILLED")


def test_the_time_that_cancels_take():
    assert [cancel_time(n) for n in (1, 9, 10, 50)] == ["at once", "at once", "1 s at least", "5 s at least"]


def test_more_legs_than_lines_are_counted():
    legs = tuple(order(f"t{n}", RELIANCE, Side.BUY, n + 1, 14_000_000, OrderState.WORKING) for n in range(30))

    lines = leg_lines(legs, 80, 6)
    assert len(lines) == 6
    assert "and 26 more" in lines[-1][0].text
