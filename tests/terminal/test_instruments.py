"""`tezi instruments`, `tezi facts` and `tezi doctor` as they are called, and the lists that survive a restart."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock, iso_to_ns
from core.domain import Exchange
from core.market.instruments import Catalogue
from core.market.masterfile import NAME, update
from core.market.watchlists import FILE, Entry, Watchlist, Watchlists, load
from terminal.catalogues import HeldMaster, WithOthers
from terminal.commands.doctor import examine
from terminal.screens.search import result_line
from terminal.watchlists import ListKeeper, starting
from tests.terminal.test_cli import tezi


def _row(token: str, symbol: str, name: str, **changes: Any) -> dict[str, Any]:
    base = {"token": token, "symbol": symbol, "name": name, "expiry": "", "strike": "-1.000000", "lotsize": "1"}
    return base | {"instrumenttype": "", "exch_seg": "NSE", "tick_size": "5.000000"} | changes


_OPT = {"name": "NIFTY", "lotsize": "75", "instrumenttype": "OPTIDX", "exch_seg": "NFO"}
ROWS = [
    _row("2885", "RELIANCE-EQ", "RELIANCE"),
    _row("3045", "SBIN-EQ", "SBIN"),
    _row("500112", "SBIN", "SBIN", exch_seg="BSE"),
    _row("11", "NIFTY23SEP2524800CE", **_OPT, expiry="23SEP2025", strike="2480000.000000"),
    _row("12", "NIFTY30SEP2524800CE", **_OPT, expiry="30SEP2025", strike="2480000.000000"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "master.json.gz").write_bytes(gzip.compress(json.dumps(ROWS).encode()))
    done = tezi("instruments", "update", "--from", tmp_path / "master.json.gz", "--home", tmp_path / "home", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["instruments"] == 5
    return tmp_path / "home"


def test_search_prints_the_agreed_objects(home: Path) -> None:
    done = tezi("instruments", "search", "nifty", "24800", "ce", "--on", "2025-09-24", "--json", "--home", home)

    (found,) = json.loads(done.stdout)
    agreed = {"symbol": "NIFTY30SEP2524800CE", "token": "12", "exchange": "NFO", "expiry": "2025-09-30"}
    assert found.items() >= (agreed | {"strike": 24_800, "lot": 75}).items()
    first = json.loads(tezi("instruments", "search", "sbin", "--json", env={"TEZI_HOME": str(home)}).stdout)
    assert [(i["symbol"], i["exchange"]) for i in first] == [("SBIN-EQ", "NSE"), ("SBIN", "BSE")]
    nothing = tezi("instruments", "search", "zzzz", "--json", "--home", home)
    assert (nothing.returncode, json.loads(nothing.stdout)) == (0, [])


def test_mistakes_are_plain_lines(home: Path, tmp_path: Path) -> None:
    empty = tezi("instruments", "search", "sbin", "--home", tmp_path / "none")
    day = tezi("instruments", "search", "sbin", "--on", "tomorrow", "--home", home)
    (tmp_path / "half.json").write_text(json.dumps(ROWS)[:-20])
    half = tezi("instruments", "update", "--from", tmp_path / "half.json", "--home", home)
    absent = tezi("instruments", "update", "--from", tmp_path / "absent.json", "--home", home)

    assert (empty.returncode, day.returncode, half.returncode, absent.returncode) == (3, 2, 1, 1)
    assert "tezi instruments update" in empty.stderr and "'tomorrow' is no date" in day.stderr
    assert "held are kept" in half.stderr
    for done in (empty, day, half, absent):
        assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert Catalogue.open(home / NAME).count() == 5


def test_doctor_says_what_is_old_and_what_to_do(home: Path, tmp_path: Path) -> None:
    late = examine(home, iso_to_ns("2030-01-01T10:00:00+05:30"))
    bare = examine(tmp_path / "nothing", iso_to_ns("2026-02-10T10:00:00+05:30"))

    by_name = {f.name: f for f in late}
    assert {n for n, f in by_name.items() if f.result == "warn"} == {
        "instruments",
        "calendar",
        "freeze",
        "protection",
        "bans",
    }
    assert all(f.remedy for f in late if f.result != "pass")
    assert {f.name: f.result for f in bare}["freeze"] == "pass"
    (home / NAME).write_bytes(b"rubbish" * 100)
    done = tezi("doctor", "--json", "--home", home)
    assert done.returncode == 1
    assert {f["name"]: f["result"] for f in json.loads(done.stdout)}["instruments"] == "fail"


def test_a_newer_file_of_facts_is_taken_over_and_an_older_refused(tmp_path: Path) -> None:
    new = {"as_of": "2026-09-01", "days": [{"day": "2026-09-01", "names": ["X"], "source": "a test"}]}
    (tmp_path / "bans.json").write_text(json.dumps(new))
    taken = tezi("facts", "update", "--from", tmp_path / "bans.json", "--home", tmp_path / "home")
    (tmp_path / "bans.json").write_text(json.dumps(new | {"as_of": "2026-08-01"}))
    older = tezi("facts", "update", "--from", tmp_path / "bans.json", "--home", tmp_path / "home")
    shown = tezi("facts", "list", "--json", "--home", tmp_path / "home")

    assert (taken.returncode, older.returncode) == (0, 1)
    bans = next(row for row in json.loads(shown.stdout) if row["name"] == "bans")
    assert bans["from"].endswith("bans.json") and "2026-09-01" in bans["age"]


def _catalogue(*tokens: str) -> Catalogue:
    return Catalogue.read(json.dumps([r for r in ROWS if r["token"] in tokens]).encode())[0]


def test_rows_of_a_loaded_master_are_found_but_are_not_there_to_trade(home: Path) -> None:
    others = HeldMaster(home)
    both = WithOthers(_catalogue("2885", "3045"), others)
    assert both.note == ""

    first = both.search("sbin", 5)
    assert first and others.wait(10) is not None and both.note == ""
    found = both.search("sbin", 5)

    assert [i.token for i in found] == ["3045", "500112"]
    assert both.get(found[0].key) is not None and both.get(found[1].key) is None
    assert len(both.all()) == 2
    elsewhere = "".join(
        cell.text for cell in result_line(found[1], 80, at=False, elsewhere="not on the practice exchange")
    )
    assert "not on the practice exchange" in elsewhere and "SBIN" in elsewhere
    (home / NAME).write_bytes(b"rubbish")
    damaged = HeldMaster(home)
    assert damaged.wait(10) is None and "tezi instruments update" in damaged.note
    assert HeldMaster(home / "none").catalogue() is None


def test_a_master_named_at_the_start_is_built_beside_and_says_how_far_it_is(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "master.json"
    source.write_text(json.dumps(ROWS))

    built = HeldMaster(tmp_path / "fresh", source)

    assert built.note != ""
    found = built.wait(30)
    assert found is not None and found.count() == Catalogue.open(home / NAME).count() and built.note == ""
    source.write_text(json.dumps(ROWS)[:-40])
    refused = HeldMaster(tmp_path / "fresh", source)
    kept = refused.wait(30)
    assert kept is not None and kept.count() == found.count()
    assert refused.note.endswith("The instruments held are kept.") or "master" in refused.note


def _symbols(lists: Watchlists) -> list[str]:
    return [e.symbol for e in lists.get(lists.chosen).entries]


def test_the_first_start_has_reliance_on_top_and_futures_in_a_list_of_their_own() -> None:
    today = _catalogue("2885", "3045", "11")

    lists = starting(today, (), Watchlists())

    assert lists.lists[0].entries[0].symbol == "RELIANCE-EQ" and lists.chosen == "Main"


def test_kept_lists_come_as_they_were_and_configured_symbols_before_them(tmp_path: Path) -> None:
    today = _catalogue("2885", "3045", "11")
    sbin, gone = Entry(Exchange.NSE, "3045", "SBIN-EQ", "banks"), Entry(Exchange.NFO, "99", "NIFTY26AUG25FUT")
    kept = Watchlists().put(Watchlist("Mine", (sbin, gone), sort="-chg")).put(Watchlist("b"))

    assert starting(today, (), kept) == kept
    configured = starting(today, ("RELIANCE",), kept)
    assert _symbols(configured) == ["RELIANCE-EQ"]
    assert [one.name for one in configured.lists] == ["Config", "Mine", "b"]
    assert _symbols(starting(_catalogue("2885"), (), kept)) == ["RELIANCE-EQ"]
    assert starting(_catalogue("2885"), (), kept).get("Mine") == kept.get("Mine")


async def test_every_change_is_in_the_file_and_the_configured_list_is_not(tmp_path: Path) -> None:
    today = _catalogue("2885", "3045", "11")
    keeper = ListKeeper(tmp_path, ManualClock())
    lists = starting(
        today, ("RELIANCE",), Watchlists().put(Watchlist("Mine", (Entry(Exchange.NSE, "3045", "SBIN-EQ"),)))
    )

    keeper.keep(lists.put(Watchlist("new")))
    keeper.flush()

    again = load(tmp_path / FILE)
    assert [one.name for one in again.lists] == ["Mine", "new"] and again.chosen == "Mine"
    (tmp_path / FILE).unlink()
    keeper.flush()
    assert not (tmp_path / FILE).exists()


def test_a_damaged_file_of_lists_stops_the_start_in_plain_words(tmp_path: Path) -> None:
    from core.errors import UserError

    (tmp_path / FILE).write_text("{")
    with pytest.raises(UserError, match=FILE):
        load(tmp_path / FILE)


def test_the_file_is_made_the_same_way_by_both_doors(home: Path, tmp_path: Path) -> None:
    loaded = update(tmp_path / "other", json.dumps(ROWS).encode(), "a test", 1)

    assert loaded.instruments == Catalogue.open(home / NAME).count()
