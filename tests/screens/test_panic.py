"""PANIC: reachable from everywhere, two keys, and nothing by accident."""

from terminal.screens.panic import PanicScreen
from terminal.screens.ticket import TicketScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import running
from tests.screens.fake_desk import FakeDesk


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
