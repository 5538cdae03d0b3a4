"""The watchlist on the Trade screen: its keys, over the real lists of a session."""

from pathlib import Path

import pytest

from core.domain import Instrument
from core.engine.lists import ListDesk
from core.market.trends import Trends
from core.market.watchlists import Watchlist, Watchlists, entry
from terminal.actions import ACTIONS, Scope
from terminal.screens.dialogs import KeysScreen
from terminal.screens.prompts import PickScreen, PromptScreen
from terminal.screens.search import SearchScreen
from terminal.screens.trade import TradeScreen
from tests.engine.fakes import FakeMaster
from tests.screens.driver import NARROW, WIDE, Driver, running
from tests.screens.fake_desk import (
    BANKNIFTY,
    CALL,
    HDFCBANK,
    INFY,
    KNOWN,
    LISTED,
    NIFTY,
    RELIANCE,
    SBIN,
    WIPRO,
    FakeDesk,
)
from widgets.watch import WatchGrid, list_title


class ListedDesk(FakeDesk):
    """The fake desk with the real lists; `kept` is what would be written."""

    def __init__(self, *shown: Instrument) -> None:
        super().__init__()
        self.kept: list[Watchlists] = []
        self.trends = Trends()
        rows = tuple(entry(i) for i in (shown or LISTED))
        start = Watchlists().put(Watchlist("Core", rows)).put(Watchlist("Banks", (entry(SBIN), entry(HDFCBANK))))
        self.lists = ListDesk(
            self.clock, self.quotes, FakeMaster(KNOWN), self.positions, start, (NIFTY, BANKNIFTY), self.trends,
            self.kept.append, lambda: None, self.elsewhere,
        )  # type: ignore[arg-type]  # fmt: skip

    def watchlist(self) -> tuple[Instrument, ...]:
        return self.lists.shown()


def grid(d: Driver) -> WatchGrid:
    return d.app.screen_stack[0].query_one(WatchGrid)


def shown(d: Driver) -> list[str]:
    return [row.symbol for row in d.app.desk.lists.rows()]


async def test_brackets_step_lists_in_the_watchlist_and_tables_elsewhere() -> None:
    async with running(ListedDesk()) as d:
        d.line("Watch [Core] Banks")
        await d.press("]")
        d.line("Watch Core [Banks]")
        assert shown(d) == ["SBIN-EQ", "HDFCBANK-EQ"] and grid(d).cursor_key == SBIN.key
        await d.press("f9", "]")
        d.line("Watch Core [Banks]")
        assert d.app.screen.focused is not None and d.app.screen.focused.id == "orders"


async def test_the_row_is_moved_and_removed_and_the_cursor_goes_with_it() -> None:
    desk = ListedDesk()
    async with running(desk) as d:
        await d.press("shift+down", "J")
        assert shown(d)[:3] == ["HDFCBANK-EQ", "INFY-EQ", "RELIANCE-EQ"] and grid(d).cursor_key == RELIANCE.key
        await d.press("K")
        assert shown(d)[1] == "RELIANCE-EQ"
        await d.press("delete")
        assert "RELIANCE-EQ" not in shown(d) and grid(d).cursor_key == INFY.key
        assert "RELIANCE-EQ is off the list" in d.toasts()
        assert [e.symbol for e in desk.kept[-1].get("Core").entries] == shown(d)


async def test_keys_of_the_list_do_nothing_when_the_focus_is_elsewhere() -> None:
    desk = ListedDesk()
    async with running(desk) as d:
        await d.press("f3", "delete", "J", "p", "g")
        assert desk.kept == [] and "go there first" in d.toasts()[0]
        assert isinstance(d.app.screen, TradeScreen)


async def test_an_instrument_is_found_and_added_by_keys() -> None:
    desk = ListedDesk()
    async with running(desk) as d:
        await d.press("plus", *"wip")
        assert isinstance(d.app.screen, SearchScreen)
        await d.press("enter")
        assert shown(d)[-1] == "WIPRO-EQ" and grid(d).cursor_key == WIPRO.key


async def test_what_another_exchange_lists_is_marked_and_refused_in_the_search() -> None:
    desk = ListedDesk()
    desk.search = lambda text, limit: (Instrument(WIPRO.exchange, "5", "ABCD-EQ", "ABCD", WIPRO.kind),)  # type: ignore[method-assign]
    async with running(desk) as d:
        await d.press("/", *"abcd")
        assert "not on the practice exchange" in d.line("ABCD")
        await d.press("enter")
        assert isinstance(d.app.screen, SearchScreen) and "cannot be added" in d.toasts()[0]
        assert desk.kept == []


async def test_the_search_says_what_it_waits_for_and_looks_again_when_it_is_there() -> None:
    desk = FakeDesk()
    desk.note = "building the instrument index: writing 40000 of 119298"
    found: list[Instrument] = []
    desk.search = lambda text, limit: tuple(found)  # type: ignore[method-assign]
    async with running(desk) as d:
        await d.press("/", *"wipro")
        d.line("writing 40000 of 119298")
        d.line("nothing found")
        found.append(WIPRO)
        desk.note = ""
        await d.frame()
        d.line("▸ WIPRO")
        assert "writing" not in d.text


async def test_lists_are_made_renamed_and_deleted_with_a_question() -> None:
    desk = ListedDesk()
    async with running(desk) as d:
        await d.press("n", *"Mine", "enter")
        assert desk.lists.chosen == "Mine" and "no instruments yet" in d.text
        await d.press("n", *"Core", "enter")
        assert isinstance(d.app.screen, PromptScreen)
        d.line("a watchlist named 'Core' is there already")
        await d.press("escape", "N")
        await d.type_into("prompt-text", "Other")
        await d.press("enter")
        assert desk.lists.names == ("Core", "Banks", "Other")
        await d.press("D", "escape")
        assert desk.lists.names == ("Core", "Banks", "Other")
        await d.press("D")
        d.line("Delete the list Other with 0 instruments?")
        await d.press("enter")
        assert desk.lists.names == ("Core", "Banks")


async def test_sorting_is_chosen_and_chosen_again_turns_it() -> None:
    desk = ListedDesk()
    async with running(desk) as d:
        await d.press("o")
        assert isinstance(d.app.screen, PickScreen)
        at = 1 + desk.lists.columns().index("chg")
        await d.press(*["down"] * at, "enter")
        assert desk.lists.sort == "-chg" and shown(d)[0] == CALL.symbol
        d.line("sort chg falling")
        await d.press("o", "enter")
        assert desk.lists.sort == "chg" and shown(d)[-1] == CALL.symbol
        await d.press("o", *["up"] * at, "enter")
        assert desk.lists.sort == "" and shown(d)[0] == "RELIANCE-EQ"


async def test_a_filter_hides_rows_says_so_and_a_wrong_one_is_explained() -> None:
    desk = ListedDesk()
    async with running(desk) as d:
        await d.press("f", *"chg > 1", "enter")
        assert shown(d) == ["INFY-EQ", CALL.symbol]
        d.line("filter chg > 1")
        await d.press("f")
        await d.type_into("prompt-text", "colour > 1")
        await d.press("enter")
        assert isinstance(d.app.screen, PromptScreen) and "a column (age, chg," in d.text
        await d.type_into("prompt-text", "chg > 99")
        await d.press("enter")
        d.line("nothing passes the filter: f changes it")


async def test_groups_have_headings_on_which_the_cursor_never_rests() -> None:
    desk = ListedDesk(RELIANCE, SBIN, HDFCBANK)
    async with running(desk) as d:
        await d.press("down", "g", *"banks", "enter", "up", "g")
        await d.type_into("prompt-text", "banks")
        await d.press("enter")
        d.line("other (1)")
        d.line("banks (2)")
        seen = []
        await d.press("home")
        for _ in range(5):
            seen.append(grid(d).cursor_key)
            await d.press("down")
        assert seen == [RELIANCE.key, SBIN.key, HDFCBANK.key, HDFCBANK.key, HDFCBANK.key]
        await d.press("up", "up", "up")
        assert grid(d).cursor_key == RELIANCE.key
        d.line("other (1)")


async def test_a_pin_goes_to_the_second_line() -> None:
    async with running(ListedDesk()) as d:
        second = d.text.splitlines()[1]
        assert "BANKNIFTY" in second and "RELIANCE" not in second
        await d.press("p")
        assert "RELIANCE 1,412.55" in d.text.splitlines()[1]
        await d.press("p")
        assert "RELIANCE" not in d.text.splitlines()[1]


async def test_a_csv_comes_in_by_its_path(tmp_path: Path) -> None:
    desk = ListedDesk(RELIANCE)
    (tmp_path / "mine.csv").write_text("SBIN,NSE,banks\nINFY\n")
    async with running(desk) as d:
        await d.press("I")
        await d.type_into("prompt-text", str(tmp_path / "nowhere.csv"))
        await d.press("enter")
        assert isinstance(d.app.screen, PromptScreen) and "nowhere.csv: cannot be read" in d.text
        await d.type_into("prompt-text", str(tmp_path / "mine.csv"))
        await d.press("enter")
        assert "added 2 of 2 from mine.csv" in d.toasts()
        assert {"SBIN-EQ", "INFY-EQ"} < set(shown(d))


async def test_trends_are_drawn_and_the_date_of_the_market_stands_above() -> None:
    desk = ListedDesk()
    for price_e4 in (10, 20, 30, 80):
        desk.trends.sample([(RELIANCE.key, price_e4)])
    async with running(desk) as d:
        assert "▁▂▃█" in d.line("▸ RELIANCE")
        assert d.text.splitlines()[1].rstrip().endswith("27 Nov 2025")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_every_key_of_the_list_stands_in_the_overlay(size: tuple[int, int]) -> None:
    async with running(ListedDesk(), size) as d:
        await d.press("?")
        assert isinstance(d.app.screen, KeysScreen)
        wanted = {
            a.label for a in ACTIONS if a.scope in (Scope.WATCH, Scope.SCREENS) and not a.id.startswith("screen.")
        }
        written = "\n".join("".join(c.text for c in line) for line in d.app.screen._lines)
        assert [label for label in wanted if label[:20] not in written] == []


@pytest.mark.parametrize(
    ("names", "narrow", "title"),
    [
        (("A",), False, "Watch A"),
        (("A", "B"), False, "Watch [A] B"),
        (("A", "B"), True, "Watch 1/2 A"),
        (("A", *(f"a long name {n}" for n in range(9))), False, "Watch 1/10 A"),
    ],
)
def test_titles(names: tuple[str, ...], narrow: bool, title: str) -> None:
    assert list_title(names, "A", narrow=narrow) == title
