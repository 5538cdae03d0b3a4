"""Watchlists as values, their file, CSV import, and filter expressions."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.errors import UserError
from core.market import watchlists as w
from core.market.rowfilter import compile_filter

COLUMNS = frozenset({"chg", "age", "vol", "exch", "symbol", "held"})


def _e(n: int, group: str = "") -> w.Entry:
    return w.Entry(Exchange.NSE, str(n), f"S{n}-EQ", group)


def _list(*numbers: int) -> w.Watchlist:
    return w.Watchlist("one", tuple(_e(n) for n in numbers))


def _tokens(one: w.Watchlist) -> str:
    return "".join(e.token for e in one.entries)


def _key(n: int) -> InstrumentKey:
    return InstrumentKey(Exchange.NSE, str(n))


def test_adding_moving_removing() -> None:
    one = _list(1, 2, 3)

    assert _tokens(w.add(one, _e(4))) == "1234"
    assert _tokens(w.add(one, _e(4), at=1)) == "1423"
    assert w.add(one, _e(2)) is one
    assert _tokens(w.move(one, _key(3), -1)) == "132"
    assert _tokens(w.move(one, _key(1), 99)) == "231"
    assert _tokens(w.move(one, _key(9), 1)) == "123"
    assert _tokens(w.remove(one, _key(2))) == "13"


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(-8, 8)), max_size=20))
def test_moving_never_loses_an_entry(moves: list[tuple[int, int]]) -> None:
    one = _list(1, 2, 3, 4, 5, 6)
    for number, by in moves:
        one = w.move(one, _key(number), by)

    assert sorted(_tokens(one)) == list("123456")


def test_lists_by_name() -> None:
    lists = w.Watchlists().put(w.Watchlist("a")).put(w.Watchlist("b")).put(w.Watchlist("c"))

    assert (lists.chosen, lists.stepped(1).chosen, lists.stepped(-1).chosen) == ("a", "b", "c")
    assert lists.without("a").chosen == "b"
    assert lists.without("a").without("b").without("c").chosen == ""
    assert [one.name for one in lists.renamed("b", "bank").lists] == ["a", "bank", "c"]
    for bad in ("", " x", "x" * 25, "a\x1bb"):
        with pytest.raises(UserError):
            lists.put(w.Watchlist(bad))
        with pytest.raises(UserError):
            lists.renamed("a", bad)
    with pytest.raises(UserError, match="there are a, b, c"):
        lists.get("z")


def test_a_full_list_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(w, "ENTRIES_MAX", 3)
    with pytest.raises(UserError, match="another list"):
        w.add(_list(1, 2, 3), _e(4))


def test_groups_sorting_and_what_has_no_value() -> None:
    one = w.Watchlist("one", (_e(1, "banks"), _e(2), _e(3, "banks"), _e(4), _e(5, "banks")), sort="-chg")
    values = {"1": 1.0, "3": 3.0, "4": -1.0, "5": None, "2": 0.0}

    lines = w.arrange(one, lambda e, column: values[e.token] if column == "chg" else None)

    shown = [line.entry.token if line.entry else line.group for line in lines]
    assert shown == ["banks", "3", "1", "5", "other", "2", "4"]
    rising = w.arrange(msgspec.structs.replace(one, sort="chg"), lambda e, _: values[e.token])
    assert [line.entry.token for line in rising if line.entry] == list("13542")
    plain = w.arrange(_list(2, 1), lambda e, _: None)
    assert [line.entry.token for line in plain if line.entry] == ["2", "1"] and len(plain) == 2


def test_kept_across_a_restart(tmp_path: Path) -> None:
    lists = w.Watchlists(pins=(_e(9),)).put(msgspec.structs.replace(_list(1, 2), sort="-chg", filter="chg > 2"))

    w.save(tmp_path / w.FILE, lists)

    assert w.load(tmp_path / w.FILE) == lists
    assert [p.name for p in tmp_path.iterdir()] == [w.FILE]
    assert w.load(tmp_path / "none.json") == w.Watchlists()


@pytest.mark.parametrize(
    "raw", [b"", b"[", b'{"lists": 7}', b'{"lists": [{"name": "a", "entries": [{"exchange": "X"}]}]}']
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / w.FILE
    path.write_bytes(raw)

    with pytest.raises(UserError, match=w.FILE):
        w.load(path)
    assert path.read_bytes() == raw


def _find(exchange: str, symbol: str) -> Instrument | None:
    known = {"SBIN": "3045", "RELIANCE": "2885"}
    if symbol not in known or exchange not in ("", "NSE"):
        return None
    return Instrument(Exchange.NSE, known[symbol], f"{symbol}-EQ", symbol, Kind.EQUITY)


@pytest.mark.parametrize(
    "text",
    [
        "SBIN,NSE,banks\nXYZ\nRELIANCE\nSBIN\n",
        "\ufeffgroup,symbol,exchange\nbanks,SBIN,NSE\n,XYZ,\n\n,RELIANCE,\n",
        "NSE:SBIN,,banks\nXYZ\nNSE:RELIANCE\n",
    ],
)
def test_csv_import(text: str) -> None:
    entries, unknown = w.from_csv(text, _find)

    assert [(e.symbol, e.group) for e in entries] == [("SBIN-EQ", "banks"), ("RELIANCE-EQ", "")]
    assert len(unknown) == 1 and unknown[0].endswith(": XYZ")


@given(st.text(max_size=200))
def test_no_csv_raises(text: str) -> None:
    w.from_csv(text.replace("\r", " ").replace("\0", " "), _find)


ROW = {"chg": 2.5, "age": 3, "vol": 250_000, "exch": "NFO", "symbol": "NIFTY25NOVFUT", "held": None}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("chg > 2 and age < 5s", True),
        ("chg > 2.5", False),
        ("chg >= 2.5%", True),
        ("exch = nfo", True),
        ("exch != nfo", False),
        ("symbol ~ nifty", True),
        ('symbol ~ "25nov"', True),
        ("vol >= 2L and vol < 1cr", True),
        ("not chg > 2 or exch = NFO", True),
        ("not (chg > 2 or exch = NFO)", False),
        ("held > 0", False),
        ("held = 0", False),
        ("not held > 0", True),
        ("chg > -1", True),
        ("chg>2and age<5", None),
    ],
)
def test_filters(text: str, fits: bool | None) -> None:
    if fits is None:
        with pytest.raises(UserError):
            compile_filter(text, COLUMNS)
    else:
        assert compile_filter(text, COLUMNS)(ROW) is fits


@pytest.mark.parametrize(
    "text",
    ["chg", "chg >", "> 2", "nope > 2", "chg > abc", "(chg > 2", "chg > 2)", "chg > 2 age < 3", "chg ( 2", "and",
     "("  * 99, "x" * 300, "chg > 2;", "__import__('os') = 1", "not " * 60 + "chg > 1"],
)  # fmt: skip
def test_a_wrong_filter_is_explained(text: str) -> None:
    with pytest.raises(UserError, match="filter"):
        compile_filter(text, COLUMNS)


@given(st.text('chgae<>=!~() andornt0123456789%sLKcr"', max_size=60))
def test_any_text_is_a_filter_or_a_user_error(text: str) -> None:
    try:
        test = compile_filter(text, COLUMNS)
    except UserError:
        return
    assert test(ROW) in (True, False)
