"""`tezi instruments`, `tezi facts` and `tezi doctor` as they are called, and the lists that survive a restart."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from core.clock import iso_to_ns
from core.domain import Exchange, Instrument, InstrumentKey
from core.market.instruments import Catalogue
from core.market.masterfile import NAME, update
from core.market.watchlists import FILE, Entry, Watchlist, Watchlists, load, save
from terminal.catalogues import WithOthers, held_master
from terminal.commands.doctor import examine
from terminal.screens.search import result_line
from terminal.watchlists import remember, starting, watchlist
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
    both = WithOthers(_catalogue("2885", "3045"), held_master(home))

    found = both.search("sbin", 5)

    assert [i.token for i in found] == ["3045", "500112"]
    assert both.get(found[0].key) is not None and both.get(found[1].key) is None
    assert len(both.all()) == 2
    elsewhere = "".join(cell.text for cell in result_line(found[1], 80, at=False, here=False))
    assert "not on the practice exchange" in elsewhere and "SBIN" in elsewhere
    (home / NAME).write_bytes(b"rubbish")
    assert held_master(home) is None


def _symbols(instruments: tuple[Instrument, ...]) -> list[str]:
    return [i.symbol for i in instruments]


def test_the_list_is_there_after_a_restart(tmp_path: Path) -> None:
    today = _catalogue("2885", "3045", "11")
    reliance, sbin = (today.get(InstrumentKey(Exchange.NSE, t)) for t in ("2885", "3045"))
    assert reliance is not None and sbin is not None
    assert starting(today, (), tmp_path) == watchlist(today, ())

    remember(tmp_path, (sbin, reliance))

    assert _symbols(starting(today, (), tmp_path)) == ["SBIN-EQ", "RELIANCE-EQ"]
    assert _symbols(starting(today, ("RELIANCE",), tmp_path)) == ["RELIANCE-EQ"]
    assert _symbols(starting(_catalogue("3045", "11"), (), tmp_path)) == ["SBIN-EQ"]


def test_remembering_keeps_other_lists_groups_and_what_is_gone_today(tmp_path: Path) -> None:
    old = Entry(Exchange.NFO, "99", "NIFTY26AUG25FUT", "index")
    kept = (
        Watchlists().put(Watchlist("Main", (Entry(Exchange.NSE, "3045", "SBIN-EQ", "banks"), old))).put(Watchlist("b"))
    )
    save(tmp_path / FILE, kept)
    today = _catalogue("2885", "3045")

    remember(tmp_path, today.all())

    again = load(tmp_path / FILE)
    assert [(e.symbol, e.group) for e in again.get("Main").entries] == [
        ("RELIANCE-EQ", ""),
        ("SBIN-EQ", "banks"),
        ("NIFTY26AUG25FUT", "index"),
    ]
    assert [w.name for w in again.lists] == ["Main", "b"]


def test_a_damaged_file_of_lists_stops_the_start_in_plain_words(tmp_path: Path) -> None:
    from core.errors import UserError

    (tmp_path / FILE).write_text("{")
    with pytest.raises(UserError, match=FILE):
        starting(_catalogue("2885"), (), tmp_path)


def test_the_file_is_made_the_same_way_by_both_doors(home: Path, tmp_path: Path) -> None:
    loaded = update(tmp_path / "other", json.dumps(ROWS).encode(), "a test", 1)

    assert loaded.instruments == Catalogue.open(home / NAME).count()
