"""The trade screen: what it shows, and what each key does."""

from dataclasses import replace

import pytest

from core.domain import OrderState, Side
from core.facts import Event, EventKind, Operation
from core.views import Freshness, Submitted
from terminal.screens.panic import PanicScreen
from terminal.screens.search import SearchScreen
from terminal.screens.ticket import TicketScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import NARROW, WIDE, running
from tests.screens.fake_desk import NOON_NS, RELIANCE, SBIN, TATACHEM, WIPRO, YESBANK, FakeDesk, order, read_only
from widgets.blotter import OrdersGrid
from widgets.bottom import BottomPane
from widgets.depth import DepthPane
from widgets.ink import Ink
from widgets.watch import WatchGrid


def watch(d):
    return d.app.screen.query_one(WatchGrid)


async def test_first_word_and_cursor():
    """The first word is the mode; the focus is on the watchlist with the cursor on the first row."""
    async with running(FakeDesk()) as d:
        assert d.text.split()[0] == "PRACTICE"
        assert watch(d).has_focus
        assert watch(d).cursor_key == RELIANCE.key
        d.line("▸ RELIANCE  +100")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_everything_a_trader_needs_is_shown(size):
    async with running(FakeDesk(), size) as d:
        for part in (
            "Feed ●",
            "10/12",
            "API",
            "OPS 2/9",
            "+12,345.50",
            "24,812.35",
            "1,412.55",
            "1,412.50",
            "1,412.60",
        ):
            d.line(part)
        assert all(len(line) == size[0] for line in d.text.splitlines())


async def test_stale_and_down_rows_are_marked_in_words_of_one_sign():
    """A stale price has `~`, a dead feed `!`, and neither has the colour of the day."""
    async with running(FakeDesk()) as d:
        assert d.line("YESBANK").lstrip("│ ")[0] == "~"
        assert d.line("TATACHEM").lstrip("│ ")[0] == "!"
        assert "47s" in d.line("YESBANK")
        for row in (YESBANK.key, TATACHEM.key):
            cells = watch(d).row_cells(d.app.desk, row)
            assert (cells["ltp"].ink, cells["change"].ink) == (Ink.DIM, Ink.DIM)
        assert watch(d).row_cells(d.app.desk, RELIANCE.key)["ltp"].ink is Ink.GAIN
        assert "2m11" in d.line("TATACHEM")


async def test_only_rows_whose_revision_moved_are_drawn_again():
    """A frame draws the row that ticked and no other."""
    desk = FakeDesk()
    async with running(desk) as d:
        drawn = []
        grid = watch(d)
        real = grid.row_cells
        grid.row_cells = lambda a_desk, key: drawn.append(key) or real(a_desk, key)
        desk.quotes.move(SBIN.key, 8_200_000)
        await d.frame()
        assert drawn == [SBIN.key]
        assert "820.00" in d.line("SBIN")
        await d.frame()
        assert drawn == [SBIN.key]


async def test_cursor_stays_with_the_instrument_when_rows_change_places():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("down", "down")
        key = watch(d).cursor_key
        desk.list.reverse()
        await d.frame()
        assert watch(d).cursor_key == key
        desk.list = [i for i in desk.list if i.key != key]
        await d.frame()
        assert watch(d).cursor_key in {i.key for i in desk.list}


async def test_movement():
    desk = FakeDesk()
    steps = (
        ("down", 1),
        ("j", 2),
        ("k", 1),
        ("end", 8),
        ("down", 8),
        ("home", 0),
        ("up", 0),
        ("pagedown", 8),
        ("pageup", 0),
    )
    async with running(desk) as d:
        for key, row in steps:
            await d.press(key)
            assert watch(d).cursor_key == desk.list[row].key, key
            assert d.app.screen.query_one(DepthPane).instrument == desk.list[row], key


async def test_long_list_scrolls_with_the_cursor():
    desk = FakeDesk()
    desk.list += [replace(WIPRO, token=str(90_000 + n), symbol=f"MANY{n}-EQ") for n in range(60)]
    async with running(desk) as d:
        await d.press("end")
        d.line("▸·MANY59")
        await d.press("home")
        d.line("▸ RELIANCE  +100")


async def test_ticket_opens_at_the_touch():
    async with running(FakeDesk()) as d:
        for key, side, price in (
            ("b", "BUY", "1412.60"),
            ("f1", "BUY", "1412.60"),
            ("s", "SELL", "1412.50"),
            ("f2", "SELL", "1412.50"),
        ):
            await d.press(key)
            assert d.line("· MIS · LIMIT").split("─ ", 1)[1].startswith(side)
            assert (d.field("price"), d.field("quantity")) == (price, "1")
            await d.press("escape")


async def test_ticket_from_depth_orders_and_positions_is_for_their_row():
    async with running(FakeDesk()) as d:
        await d.press("down", "d")
        assert d.app.screen.query_one(DepthPane).has_focus
        await d.press("b")
        d.line("BUY ▸ sell   HDFCBANK")
        await d.press("escape", "f3", "b")
        d.line("BUY ▸ sell   SBIN")
        await d.press("escape", "f9", "down", "s")
        d.line("SELL   NIFTY 30DEC 24800CE")


async def test_an_index_gets_no_ticket():
    desk = FakeDesk()
    desk.list.insert(0, desk.pins()[0])
    async with running(desk) as d:
        await d.press("home", "b")
        assert isinstance(d.app.screen, TradeScreen)
        assert "index" in d.toasts()[0]


async def test_panes_in_turn():
    async with running(FakeDesk()) as d:
        screen = d.app.screen
        await d.press("tab")
        assert screen.focused.id == "depth"
        await d.press("tab")
        assert screen.focused.id == "positions"
        await d.press("tab")
        assert screen.focused.id == "watch"
        await d.press("shift+tab")
        assert screen.focused.id == "positions"


async def test_tables_of_the_bottom_pane():
    async with running(FakeDesk()) as d:
        for key, table in (
            ("f3", "orders"),
            ("f8", "trades"),
            ("f9", "positions"),
            ("]", "orders"),
            ("[", "positions"),
            ("[", "health"),
        ):
            await d.press(key)
            assert d.app.screen.query_one(BottomPane).shown == table
            assert d.app.screen.focused.id == table


async def test_unknown_orders_are_pinned_on_top_and_states_stand_in_capitals():
    async with running(FakeDesk()) as d:
        await d.press("f3")
        lines = [
            line for line in d.text.splitlines() if any(w in line for w in ("UNKNOWN", "WORKING", "PARTIAL", "DENIED"))
        ]
        assert "UNKNOWN" in lines[0]
        assert "no answer within 5 s" in lines[0]


async def test_health_names_circuits_streams_and_the_machine():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    async with running(desk) as d:
        await d.press("f9", "[")
        assert "open" in d.line("circuit orders")
        assert "4 s" in d.line("circuit orders")
        assert "live" in d.line("stream market")
        d.line("1.4ms")
        d.line("fsync each intent")


async def test_x_cancels_the_order_of_the_row_once_while_held():
    """A held key repeats; the same order key within 700 ms is ignored."""
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f3", "down", "x", "x", "x")
        assert desk.asked("cancel") == [("cancel", "t5")]
        desk.clock.move(0.8)
        await d.press("x")
        assert len(desk.asked("cancel")) == 2


async def test_x_says_why_a_cancel_is_forbidden():
    desk = FakeDesk()
    desk.reasons[Operation.CANCEL] = "READ-ONLY: cancels wait for the broker"
    async with running(desk) as d:
        await d.press("f3", "x")
        assert not desk.asked("cancel")
        assert "READ-ONLY: cancels wait" in d.toasts()[0]


async def test_x_shows_a_refusal():
    desk = FakeDesk()
    desk.answer = Submitted(refused="[b]already gone[/b]")
    async with running(desk) as d:
        await d.press("f3", "x")
        assert "[b]already gone[/b]" in d.toasts()[0]


async def test_x_on_a_position_prefills_an_exit():
    """The other side, all of it, the same product."""
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f9", "down", "x")
        d.line("BUY · NRML · LIMIT")
        assert d.field("quantity") == "150"
        await d.press("enter")
        (intent,) = desk.sent()
        assert (intent.side, intent.quantity, intent.product.short, intent.source) == (Side.BUY, 150, "NRML", "exit")


async def test_r_offers_a_denied_order_again_and_sends_nothing_by_itself():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("f3", "r")
        assert "cannot be sent again" in d.toasts()[0]
        await d.press("end", "up", "r")
        assert (d.field("quantity"), d.field("price")) == ("5000", "23.40")
        assert not desk.sent()
        await d.press("enter")
        assert [(i.intent_id, i.side) for i in desk.sent()] == [("again-t2", Side.SELL)]


async def test_enter_on_an_order_shows_all_of_it():
    async with running(FakeDesk()) as d:
        await d.press("f3", "enter")
        for part in ("Our tag", "t3", "UNKNOWN", "no answer within 5 s", "LIMIT MIS DAY"):
            d.line(part)
        await d.press("escape")
        assert isinstance(d.app.screen, TradeScreen)


async def test_find_adds_and_goes_there():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("slash", *"wip")
        assert isinstance(d.app.screen, SearchScreen)
        d.line("▸ WIPRO")
        await d.press("enter")
        assert desk.asked("watch") == [("watch", WIPRO)]
        assert watch(d).cursor_key == WIPRO.key
        assert watch(d).has_focus
        d.line("▸ WIPRO")


async def test_find_letters_are_text_not_keys():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("slash", "b", "s", "x", "1", "question_mark")
        assert d.field("search-text") == "bsx1?"
        await d.press("enter")
        assert not desk.calls


async def test_screens_that_do_not_exist_say_so():
    async with running(FakeDesk()) as d:
        await d.press("1", "8")
        assert d.toasts() == ["Audit: not yet"]


async def test_keys_overlay_lists_the_keys():
    async with running(FakeDesk()) as d:
        await d.press("question_mark")
        d.line("F12 Ctrl+K")
        d.line("buy ticket for the row")


async def test_banner_names_mode_cause_since_and_next_try():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    async with running(desk) as d:
        assert "READ-ONLY - orders failing since 14:30:31, next test 4 s" in d.text
        desk.clock.move(2.5)
        await d.frame()
        assert "next test 2 s" in d.text
        desk.now = replace(desk.now, ladder=FakeDesk().now.ladder, causes=())
        await d.frame()
        await d.frame()
        assert "READ-ONLY" not in d.text


async def test_foreign_text_is_shown_literally():
    """Markup and escapes of a broker are characters, in tables, events, toasts and details."""
    desk = FakeDesk()
    evil = "[bold red]RMS[/] [/b] [@click=app.quit]x[/]"
    desk.add(order("t9", SBIN, Side.BUY, 1, 500, OrderState.REJECTED, reason=evil, symbol="[b]X[/]"))
    async with running(desk) as d:
        desk.tell(Event(NOON_NS, EventKind.ORDER, evil, loud=True))
        await d.press("f3")
        assert evil in d.text
        d.app.say(evil)
        await d.frame()
        assert d.toasts() == [evil]
        await d.press("end", "enter")
        assert "[bold red]RMS[/] [/b]" in d.text


async def test_loud_events_are_toasts_only_where_a_modal_covers_the_event_pane():
    desk = FakeDesk()
    desk.tell(Event(NOON_NS, EventKind.MODE, "before we came", loud=True))
    async with running(desk) as d:
        assert d.toasts() == []
        desk.tell(Event(NOON_NS + 1, EventKind.MODE, "READ-ONLY now", loud=True))
        desk.tell(Event(NOON_NS + 2, EventKind.ORDER, "quiet"))
        await d.frame()
        await d.frame()
        assert d.toasts() == []
        await d.press("b")
        desk.tell(Event(NOON_NS + 3, EventKind.ORDER, "filled meanwhile", loud=True))
        await d.frame()
        assert d.toasts() == ["filled meanwhile"]


async def test_depth_shows_own_orders_position_and_stale_words():
    desk = FakeDesk()
    async with running(desk) as d:
        assert "B 50" in d.line("1,412.40 │")
        assert "S 15" in d.line("1,412.70")
        assert "+100 MIS @ 1,398.40" in d.text
        desk.quotes.set(RELIANCE.key, desk.quotes.quote(desk.quotes.slot(RELIANCE.key)), 9_000, Freshness.STALE)
        await d.frame()
        assert "~ stale 9s" in d.line("RELIANCE NSE EQ")


@pytest.mark.parametrize("size", [(60, 24), (80, 20), (40, 10), (20, 5)])
async def test_small_terminals_show_one_pane_and_panic_works(size):
    desk = FakeDesk()
    async with running(desk, size) as d:
        assert d.text.split()[0] == "PRACTICE"
        assert ("too small" in d.text) == (size < (40, 10))
        await d.press("tab", "tab", "tab")
        assert watch(d).has_focus
        await d.press("f12")
        assert isinstance(d.app.screen, PanicScreen)
        await d.press("h", "enter")
        assert desk.halted


async def test_resize_keeps_the_cursor_and_the_ticket():
    async with running(FakeDesk()) as d:
        await d.press("down", "b")
        await d.pilot.resize_terminal(80, 24)
        await d.frame()
        assert isinstance(d.app.screen, TicketScreen)
        d.line("HDFCBANK")


@pytest.mark.parametrize(("before", "after"), [((120, 40), (80, 24)), ((80, 24), (120, 40)), ((200, 60), (80, 24))])
async def test_after_a_resize_the_header_fits_and_the_cursors_row_is_in_view(before, after):
    desk = FakeDesk()
    async with running(desk, size=before) as d:
        await d.press("end")
        await d.pilot.resize_terminal(*after)
        await d.frame()
        await d.frame()
        grid = d.app.screen.query_one(WatchGrid)
        head, row = d.line("Symbol"), d.line("▸")
        assert grid.current().label in row or "CE" in row
        assert ("Ex" in head.split("│")[1]) is ("ex" in grid.shown_columns())
        ltp = head.index("LTP") + 3
        assert row[ltp - 1].isdigit() and row[ltp] == " "


async def test_orders_opens_at_the_top_where_the_live_ones_are():
    desk = FakeDesk()
    async with running(desk, size=(80, 24)) as d:
        await d.press("f3", "end", "f9")
        for n in range(12):
            desk.add(order(f"z{n}", SBIN, Side.BUY, 1, 500_0000, OrderState.WORKING))
        await d.frame()
        await d.press("f3")
        grid = d.app.screen.query_one(OrdersGrid)
        assert grid.cursor_key == grid.keys[0]
        assert "▸" in d.text
