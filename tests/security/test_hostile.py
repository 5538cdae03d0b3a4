"""Hostile texts through every pane: nothing but what a frame is made of reaches the terminal."""

from random import Random
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import DOT, MARKS_MAX, plain
from tests.screens.fake_desk import FakeDesk
from tests.security.drawn import PANES, draw
from tests.security.panes import TABLES, Report, captured, feed
from tests.security.texts import forbidden, hostile

TEXTS = 2_000


async def test_F50_no_forbidden_byte_reaches_the_driver() -> None:
    report = await feed(TEXTS, modal_rounds=1, seed=1)

    assert report.found == []
    assert all(report.texts[table] >= TEXTS for table in TABLES if table != "health")
    assert set(report.texts) == {
        *TABLES, "events", "header", "banner", "search", "paste", "details", "panic", "toast", "ticket",
    }  # fmt: skip
    assert report.written > 500_000


def test_F50_two_thousand_through_each_pane_that_shows_few_at_a_time() -> None:
    report = draw(TEXTS, seed=2)

    assert report.found == []
    assert all(report.texts[pane] >= TEXTS for pane in PANES)


def test_the_look_at_drawn_lines_sees_what_was_not_made_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.security.drawn.plain", lambda text, limit=0: text)
    assert draw(200, seed=2).found


@pytest.mark.parametrize("raw", ["\x1b[7777m", "a\u202eb", "\x9b2J", "e" + "\u0301" * 9, "\u200b", "\ue000"])
async def test_the_look_at_the_driver_sees_what_was_not_made_safe(raw: str) -> None:
    """The same text put past the parsers: this is what a pane would send on."""
    desk, report = FakeDesk(), Report()
    async with captured(desk, report) as driver:
        assert report.found == []
        driver.app.notify(f"x {raw} y", markup=False)
        await driver.frame()

    assert report.found


@pytest.mark.parametrize(
    "written",
    [
        "\x1b[0m",
        "\x1b[1;38;5;9;48;2;1;2;3m",
        "\x1b[m",
        "\x1b[12;80H",
        "\x1b[?2026h\x1b[?2026l",
        "\x07",
        "हिन्दी",
        "漢字 x",
    ],
)
def test_what_frames_are_made_of_is_allowed(written: str) -> None:
    assert list(forbidden(written)) == []


@pytest.mark.parametrize(
    "written",
    [
        "\x1b[7777m",
        "\x1b[2J",
        "\x1b]52;c;eA==\x07",
        "\x1b[?1049l",
        "\x1b[38m\x1bc",
        "a\x07",
        "\r",
        "\x1b[1;2;3H",
        "\x1b[999m",
    ],
)
def test_other_sequences_are_not(written: str) -> None:
    assert list(forbidden(written))


def test_a_thousand_hostile_texts_of_each_seed_become_plain() -> None:
    for seed in range(10):
        random = Random(seed)
        for _ in range(1_000):
            safe = plain(hostile(random), 300)
            assert list(forbidden(safe)) == [], safe
            assert len(safe) <= 300


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=400), st.integers(1, 300))
def test_plain_is_safe_bounded_stable_and_composed(raw: str, limit: int) -> None:
    safe = plain(raw, limit)

    assert list(forbidden(safe)) == []
    assert len(safe) <= limit
    assert plain(safe, limit) == safe
    assert normalize("NFC", safe) == safe


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        (None, ""),
        ("rejected\r\nnow\t!", "rejected  now !"),
        ("a\u202eb\u200bc", f"a{DOT}b{DOT}c"),
        ("\x1b]52;c;x\x07", f"{DOT}]52;c;x{DOT}"),
        ("e\u0301", "é"),
        ("x" + "\u0316" * 6, "x" + "\u0316" * MARKS_MAX + DOT * 2),
        ("\u0316x", f"{DOT}x"),
        ("मार्जिन कम है", "मार्जिन कम है"),
        ("क्ष्म्यँ", "क्ष्म्यँ"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\u3164\u115f\ufe0f", DOT * 3),
        ("[b]x[/b]", "[b]x[/b]"),
        ("\ud800", DOT),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_plain_by_example(raw: str | None, safe: str) -> None:
    assert plain(raw) == safe
