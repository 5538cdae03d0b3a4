"""The watchlists of a session: what is shown, what is asked, what is kept, what is subscribed."""

from itertools import pairwise
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.config import Limits
from core.domain import Instrument, InstrumentKey, Kind, Position, Product
from core.engine.lists import ListDesk
from core.market.trends import SAMPLES_MAX, Trends
from core.market.watchlists import Watchlist, Watchlists, entry
from core.views import Freshness
from tests.builders import NIFTY, NIFTY_FUT, RELIANCE, SBIN
from tests.engine.fakes import FakeMaster
from tests.screens.fake_desk import FakeQuotes, quote

ABSENT = Instrument(NIFTY_FUT.exchange, "1", "GONE26NOVFUT", "GONE", Kind.FUTURE)


class Held:
    revision = 1

    def positions(self) -> tuple[Position, ...]:
        return (Position(SBIN.exchange, SBIN.token, SBIN.symbol, Product.INTRADAY, 50, 1, 50, 0, 1, 0, 0),)


class Board(FakeQuotes):
    def add(self, instrument: Instrument) -> int:
        return 0

    def fresh_count(self) -> int:
        return 0

    def use(self, limits: Limits) -> None:
        """Every price of it is fresh, whatever the limits."""


class Rig:
    """A list of three, with prices; `kept` and `asked` are what came out."""

    def __init__(self, *entries: Instrument) -> None:
        self.clock, self.board, self.trends = ManualClock(), Board(), Trends()
        self.kept: list[Watchlists] = []
        self.asked = 0
        rows = entries or (RELIANCE, SBIN, NIFTY_FUT)
        start = Watchlists().put(Watchlist("Main", tuple(entry(i) for i in rows)))
        master = FakeMaster([RELIANCE, SBIN, NIFTY_FUT, NIFTY])
        self.lists = ListDesk(
            self.clock, self.board, master, Held(), start, (NIFTY,), self.trends, self.kept.append, self._want,
            "not on the practice exchange",
        )  # fmt: skip
        for i, last_e4 in ((RELIANCE, 101_0000), (SBIN, 105_0000), (NIFTY_FUT, 99_0000)):
            self.board.set(i.key, quote(last_e4, 100_0000, i.tick_e4), 1_000, Freshness.FRESH)

    def _want(self) -> None:
        self.asked += 1

    def symbols(self) -> list[str]:
        return [row.symbol for row in self.lists.rows()]

    def second(self) -> list[str]:
        """What is shown a second later, when rows may change places again."""
        self.clock.move(1)
        return self.symbols()


def test_a_change_is_kept_subscribed_and_shown_under_another_revision() -> None:
    rig = Rig()
    before = rig.lists.revision

    assert rig.lists.remove(SBIN.key) == ""

    assert rig.symbols() == ["RELIANCE-EQ", "NIFTY29DEC26FUT"]
    assert rig.lists.revision > before and rig.asked == 1
    assert [e.symbol for e in rig.kept[-1].get("Main").entries] == rig.symbols()
    rows = rig.lists.rows()
    assert rig.lists.rows() is rows
    rig.lists.remove(SBIN.key)
    assert len(rig.kept) == 1


def test_what_the_exchange_does_not_list_is_not_added_and_said() -> None:
    rig = Rig()

    assert rig.lists.add(ABSENT) == "GONE26NOVFUT is not on the practice exchange and was not added"
    assert "not pinned" in rig.lists.pin(ABSENT)
    assert rig.kept == []


def test_an_entry_that_is_not_listed_today_keeps_its_row_and_its_name() -> None:
    rig = Rig(RELIANCE, ABSENT)

    assert [(row.symbol, row.instrument) for row in rig.lists.rows()] == [
        ("RELIANCE-EQ", RELIANCE),
        ("GONE26NOVFUT", None),
    ]
    assert rig.lists.wanted() == (RELIANCE,)


def test_a_token_given_anew_is_found_by_its_symbol() -> None:
    old = Instrument(SBIN.exchange, "777", SBIN.symbol, SBIN.name, Kind.EQUITY)

    rig = Rig(old)

    assert rig.lists.shown() == (SBIN,)
    assert rig.lists.remove(SBIN.key) == "" and rig.symbols() == []


def test_lists_are_made_named_chosen_and_deleted_but_never_the_last() -> None:
    rig = Rig()

    assert rig.lists.create("Banks") == "" and rig.lists.chosen == "Banks" and rig.symbols() == []
    assert "already" in rig.lists.create("Banks")
    assert "plain characters" in rig.lists.create("")
    assert rig.lists.add(SBIN) == "" and rig.symbols() == ["SBIN-EQ"]
    assert rig.lists.rename("Bank") == "" and rig.lists.names == ("Main", "Bank")
    rig.lists.step(1)
    assert rig.lists.chosen == "Main"
    assert rig.lists.choose("Bank") == "" and rig.lists.delete() == ""
    assert rig.lists.names == ("Main",) and "only list" in rig.lists.delete()


def test_every_list_is_subscribed_the_chosen_one_first() -> None:
    rig = Rig(RELIANCE)
    rig.lists.create("Other")
    rig.lists.add(SBIN)

    assert rig.lists.wanted() == (SBIN, RELIANCE)


def test_sorting_by_a_price_holds_still_for_a_second() -> None:
    rig = Rig()
    assert rig.lists.sort_by("-chg") == ""
    assert rig.symbols() == ["SBIN-EQ", "RELIANCE-EQ", "NIFTY29DEC26FUT"]

    rig.board.move(NIFTY_FUT.key, 120_0000)

    assert rig.symbols()[0] == "SBIN-EQ"
    assert rig.second()[0] == "NIFTY29DEC26FUT"
    assert "clear the sorting" in rig.lists.move(SBIN.key, 1)
    assert "no column" in rig.lists.sort_by("colour")
    assert rig.lists.sort_by("") == "" and rig.symbols() == ["RELIANCE-EQ", "SBIN-EQ", "NIFTY29DEC26FUT"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("chg > 2", ["SBIN-EQ"]),
        ("kind = FUT or chg = 1", ["RELIANCE-EQ", "NIFTY29DEC26FUT"]),
        ("held > 0", ["SBIN-EQ"]),
        ("age < 5s and not exch = NFO", ["RELIANCE-EQ", "SBIN-EQ"]),
        ("symbol ~ nif", ["NIFTY29DEC26FUT"]),
        ("", ["RELIANCE-EQ", "SBIN-EQ", "NIFTY29DEC26FUT"]),
    ],
)
def test_filters(text: str, left: list[str]) -> None:
    rig = Rig()

    assert rig.lists.filter_by(text) == ""

    assert rig.symbols() == left


def test_a_filter_that_does_not_read_changes_nothing() -> None:
    rig = Rig()

    assert "a column" in rig.lists.filter_by("colour > 2")
    assert rig.lists.filter == "" and rig.kept == []


def test_groups_have_headings_with_counts() -> None:
    rig = Rig()
    rig.lists.regroup(SBIN.key, "banks")

    assert [(row.symbol, row.heading, row.count) for row in rig.lists.rows()] == [
        ("other", True, 2),
        ("RELIANCE-EQ", False, 0),
        ("NIFTY29DEC26FUT", False, 0),
        ("banks", True, 1),
        ("SBIN-EQ", False, 0),
    ]
    assert rig.lists.groups() == ("banks",)


def test_pins_come_and_go_and_without_any_the_indices_stand() -> None:
    rig = Rig()
    assert rig.lists.pins() == (NIFTY,)

    rig.lists.pin(SBIN)
    assert rig.lists.pins() == (NIFTY, SBIN)
    rig.lists.pin(NIFTY)
    rig.lists.pin(SBIN)
    assert rig.lists.pins() == (NIFTY,)


def test_a_csv_is_added_whole_or_not_at_all(tmp_path: Path) -> None:
    rig = Rig(RELIANCE)
    good, bad, none = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "empty.csv"
    good.write_text("symbol,exchange,group\nSBIN,NSE,banks\nRELIANCE-EQ,,\nNIFTY29DEC26FUT,NFO,\n")
    bad.write_text("SBIN\nNOSUCH\nXYZ,LSE\n")
    none.write_text("\n\n")

    assert rig.lists.take_csv(bad) == (
        "bad.csv: not on the practice exchange: line 2: NOSUCH, line 3: XYZ. Nothing was added; mend the file"
    )
    assert "no symbol" in rig.lists.take_csv(none)
    assert "cannot be read" in rig.lists.take_csv(tmp_path / "absent.csv")
    (tmp_path / "raw.csv").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in rig.lists.take_csv(tmp_path / "raw.csv")
    assert rig.kept == []
    assert rig.lists.take_csv(good) == "added 2 of 3 from good.csv"
    assert {row.symbol for row in rig.lists.rows() if not row.heading} == {"RELIANCE-EQ", "SBIN-EQ", "NIFTY29DEC26FUT"}


def test_a_trend_is_there_after_two_samples_and_spans_the_day_with_few() -> None:
    trends, key = Trends(), InstrumentKey(SBIN.exchange, SBIN.token)
    trends.sample([(key, 100)])
    assert trends.of(key) == ()

    for n in range(1, 4_000):
        trends.sample([(key, 100 + n), (RELIANCE.key, 0)])
        assert len(trends.of(key)) <= SAMPLES_MAX

    line = trends.of(key)
    assert len(line) >= SAMPLES_MAX // 2 - 1 and line[0] < 1_000 and line[-1] > 3_000
    steps = {b - a for a, b in pairwise(line)}
    assert len(steps) == 1
    assert trends.of(RELIANCE.key) == ()
    trends.clear()
    assert trends.of(key) == ()
