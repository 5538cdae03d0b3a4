"""The pure parts: cells, columns, shedding, the key table, the banner."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from core.domain import Instrument
from core.facts import Cause, LadderMode
from core.money import show_price
from terminal.actions import ACTIONS, Action, Scope, key_name
from terminal.keymap import complaints
from terminal.repeats import Repeats
from tests.screens.fake_desk import CALL, FUTURE, RELIANCE, status
from widgets import cells
from widgets.banner import banner_lines
from widgets.cells import Cell, fit, width_of
from widgets.columns import Column, place
from widgets.header import status_line
from widgets.hints import Hint, hint_line
from widgets.shed import Part, shed

MS = 1_000_000


def text(line):
    return "".join(c.text for c in line)


@given(st.text(max_size=40), st.integers(0, 30), st.booleans())
def test_fit_is_exactly_as_wide_as_asked(word, width, right):
    """Whatever the text: wide letters, combining marks, none."""
    clean = "".join(c for c in word if c.isprintable())
    assert cell_len(fit(clean, width, right=right)) == width


@given(st.integers(0, 10**13))
def test_a_price_reads_back(price_e4):
    shown = show_price(price_e4 // 100 * 100)
    assert round(float(shown.replace(",", "")) * 100) == price_e4 // 100


@pytest.mark.parametrize(
    ("age_ms", "shown"), [(None, ""), (0, "0s"), (999, "0s"), (47_000, "47s"), (131_000, "2m11"), (3_720_000, "1h02")]
)
def test_age(age_ms, shown):
    assert cells.age(age_ms) == shown


@pytest.mark.parametrize(("bps", "shown"), [(82, "+0.82%"), (-9, "-0.09%"), (0, "+0.00%"), (-1234, "-12.34%")])
def test_percent_has_its_sign(bps, shown):
    assert cells.percent(bps) == shown


@pytest.mark.parametrize(("units", "shown"), [(99_999, "99,999"), (6_120_455, "61.2L"), (41_000_000, "4.10Cr")])
def test_lakh(units, shown):
    assert cells.lakh(units) == shown


def test_names_of_derivatives():
    assert [cells.name(i) for i in (RELIANCE, FUTURE, CALL)] == ["RELIANCE", "NIFTY 30DEC FUT", "NIFTY 30DEC 24800CE"]
    assert [cells.short_name(CALL, w) for w in (19, 13, 9)] == ["NIFTY 30DEC 24800CE", "NIFTY 24800CE", "N…24800CE"]


@given(st.integers(0, 200))
def test_columns_never_need_more_than_the_width_but_for_the_last(width):
    columns = (Column("a", "A", 10, grow=True), Column("b", "B", 5, rank=1), Column("c", "C", 8, rank=2))
    placed = place(columns, width)
    used = sum(p.width for p in placed) + len(placed) - 1
    assert used == width or placed == place(columns[:1], 0)
    assert placed[0].column.id == "a"


@given(st.integers(0, 160))
def test_the_status_line_begins_with_the_mode_at_every_width(width):
    line = status_line(status(), width)
    assert text(line).split()[0] == "PRACTICE"
    assert width_of(line) <= max(width, 26)


@given(st.integers(20, 160))
def test_panic_is_never_dropped_from_the_hints(width):
    hints = tuple(Hint(k, "word", n) for n, k in enumerate("abcdefgh", 1))
    line = text(hint_line(hints, Hint("F12", "PANIC", 0), width))
    assert "F12 PANIC" in line or width < 26
    assert len(line) <= width


def test_shortening_comes_before_leaving():
    parts = (Part((Cell("aaaa"),)), Part((Cell("bbbbbbbb"),), (Cell("b"),), rank=1), Part((Cell("cc"),), rank=2))
    assert text(shed(parts, 30, Cell("|"))) == "aaaa|bbbbbbbb|cc"
    assert text(shed(parts, 10, Cell("|"))) == "aaaa|b|cc"
    assert text(shed(parts, 7, Cell("|"))) == "aaaa|b"


def test_the_shipped_keys_are_good():
    assert complaints(ACTIONS) == ()


def act(action_id, *keys, scope=Scope.TRADE):
    return Action(action_id, keys, "label", scope, "nothing")


KILL = act("panic", "f12", scope=Scope.EVERYWHERE)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ((act("a", "x"),), "no key opens PANIC"),
        ((replace(KILL, keys=()),), "no key"),
        ((KILL, act("a", "x"), act("b", "x")), "bound to 'a' and 'b'"),
        ((KILL, act("a", "f12")), "taken everywhere by 'panic'"),
        ((KILL, act("a", "x"), act("a", "y")), "stands twice"),
        ((KILL, act("a", "ctrl+c")), "does not reach"),
        ((KILL, act("a")), "has no key"),
    ],
)
def test_bad_key_tables_are_refused(table, word):
    assert any(word in c for c in complaints(table)), complaints(table)


def test_the_same_key_in_two_scopes_is_no_clash():
    assert complaints((KILL, act("a", "x"), act("b", "x", scope=Scope.PRICE))) == ()


@pytest.mark.parametrize(
    ("key", "name"), [("f12", "F12"), ("ctrl+k", "Ctrl+K"), ("slash", "/"), ("b", "b"), ("escape", "Esc")]
)
def test_key_names(key, name):
    assert key_name(key) == name


def test_repeats():
    """Held is a chain of gaps under 700 ms; another key breaks it; so does a pause."""
    keys = Repeats()
    told = []
    for key, at_ms in (("x", 0), ("x", 400), ("x", 1_000), ("x", 1_700), ("x", 2_400), ("down", 2_500), ("x", 2_600)):
        keys.note(key, at_ms * MS)
        told.append(keys.repeated)
    assert told == [False, True, True, False, False, False, False]


def test_banner_says_how_many_more_and_never_a_negative_wait():
    causes = tuple(Cause(c, LadderMode.READ_ONLY, f"{c} failing", status().market_ns, 500) for c in ("orders", "data"))
    now = replace(status(), ladder=LadderMode.READ_ONLY, causes=causes)
    (line,) = banner_lines(now, 10**12, "", 120)
    assert text(line).strip() == "READ-ONLY - orders failing since 14:32:07, next test 0 s (and 1 more)"


def test_an_expiry_that_is_no_date_falls_back_to_the_symbol():
    odd = replace(FUTURE, expiry="soon")
    assert isinstance(odd, Instrument)
    assert cells.name(odd) == odd.symbol
