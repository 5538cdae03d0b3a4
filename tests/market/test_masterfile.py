"""The instrument file survives every bad master (F59): refused by name, and the one held stays byte for byte."""

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.domain import Exchange
from core.market.instruments import Catalogue
from core.market.masterfile import NAME, MasterRefused, unpack, update

Rows = list[dict[str, Any]]


def _share(n: int, **changes: Any) -> dict[str, Any]:
    base = {"token": str(n), "symbol": f"SHARE{n}-EQ", "name": f"SHARE{n}", "expiry": "", "strike": "-1.000000"}
    return base | {"lotsize": "1", "instrumenttype": "", "exch_seg": "NSE", "tick_size": "5.000000"} | changes


def _option(n: int, **changes: Any) -> dict[str, Any]:
    base = {"token": str(90_000 + n), "symbol": f"NIFTY30DEC25{20_000 + n}CE", "name": "NIFTY", "expiry": "30DEC2025"}
    base |= {"strike": f"{(20_000 + n) * 100}.000000", "lotsize": "75", "instrumenttype": "OPTIDX", "exch_seg": "NFO"}
    return base | {"tick_size": "5.000000"} | changes


def _good() -> Rows:
    return [_share(n) for n in range(200)] + [_option(n) for n in range(200)]


def _load(folder: Path, rows: Rows) -> None:
    update(folder, json.dumps(rows).encode(), "test", 1)


def _changed(at: Callable[[dict[str, Any]], bool], **changes: Any) -> Rows:
    return [row | changes if at(row) else row for row in _good()]


BAD: dict[str, bytes] = {
    "truncated": json.dumps(_good()).encode()[:-30],
    "empty": b"",
    "no list": b'{"status": true}',
    "an error page": b"<html>Access denied</html>",
    "halved": json.dumps(_good()[::2]).encode(),
    "every row twice": json.dumps(_good() + _good()).encode(),
    "tokens dealt anew": json.dumps([_share(n, symbol=f"OTHER{n}-EQ") for n in range(200)] + _good()[200:]).encode(),
    "another lot": json.dumps(_changed(lambda r: r["exch_seg"] == "NFO", lotsize="65")).encode(),
    "shares without a tick": json.dumps(_changed(lambda r: r["exch_seg"] == "NFO", tick_size="0.000000")).encode(),
    "nothing but rubbish": json.dumps([1, 2, 3]).encode(),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_master_is_refused_and_yesterdays_is_kept(tmp_path: Path, name: str) -> None:
    _load(tmp_path, _good())
    before = (tmp_path / NAME).read_bytes()

    with pytest.raises(MasterRefused):
        update(tmp_path, BAD[name], "test", 2)

    assert (tmp_path / NAME).read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


def test_an_ordinary_next_day_is_taken_over(tmp_path: Path) -> None:
    _load(tmp_path, _good())
    tomorrow = [_share(0, symbol="RENAMED-EQ"), *_good()[1:395], _option(500), {"what": "is this"}]

    loaded = update(tmp_path, json.dumps(tomorrow).encode(), "tomorrow", 2)

    assert (loaded.instruments, loaded.rows, loaded.other_segments, loaded.first_expiry) == (396, 397, 1, "2025-12-30")
    catalogue = Catalogue.open(tmp_path / NAME)
    assert catalogue.by_symbol(Exchange.NSE, "RENAMED-EQ") is not None
    assert (catalogue.facts["source"], catalogue.facts["loaded_ns"]) == ("tomorrow", "2")


def test_one_row_twice_costs_only_itself(tmp_path: Path) -> None:
    rows = [_share(n) for n in range(2_000)]
    _load(tmp_path, [*rows, _share(7, symbol="SECOND-EQ")])

    catalogue = Catalogue.open(tmp_path / NAME)
    assert catalogue.count() == 2_000
    assert catalogue.by_symbol(Exchange.NSE, "SECOND-EQ") is None


def test_a_master_in_any_dress(tmp_path: Path) -> None:
    raw = json.dumps(_good()).encode()
    for name, packed in (("m.json", raw), ("m.json.gz", gzip.compress(raw)), ("m.json.xz", lzma.compress(raw))):
        (tmp_path / name).write_bytes(packed)
        assert unpack(tmp_path / name) == raw, name


@pytest.mark.parametrize("packed", [gzip.compress(b"[]" * 50_000), lzma.compress(b"[]" * 50_000)], ids=["gz", "xz"])
def test_a_packed_file_that_is_cut_or_damaged_is_refused(tmp_path: Path, packed: bytes) -> None:
    for bad in (packed[:-9], packed[:20] + b"\x00\xff" * 4 + packed[28:]):
        (tmp_path / "m").write_bytes(bad)
        with pytest.raises(MasterRefused):
            unpack(tmp_path / "m")


def test_a_small_file_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.market.masterfile.RAW_MAX", 1_000)
    (tmp_path / "m").write_bytes(gzip.compress(b" " * 5_000))

    with pytest.raises(MasterRefused, match="unpacks"):
        unpack(tmp_path / "m")


def test_what_is_held_and_cannot_be_read_is_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a database")

    _load(tmp_path, _good())

    assert Catalogue.open(tmp_path / NAME).count() == 400


def test_progress_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    update(tmp_path, json.dumps([_share(n) for n in range(25_000)]).encode(), "test", 1, said.append)

    assert [s.split()[0] for s in said] == ["reading", "judging", "writing", "writing"]
