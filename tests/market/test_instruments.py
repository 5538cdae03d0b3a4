"""The instrument master and the catalogue: scales by segment, tolerance, and search in a trader's words."""

import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Exchange, InstrumentKey, Kind
from core.market.instruments import Catalogue
from core.market.master import parse

_SBIN = {
    "token": "3045",
    "symbol": "SBIN-EQ",
    "name": "SBIN",
    "expiry": "",
    "strike": "-1.000000",
    "lotsize": "1",
    "instrumenttype": "",
    "exch_seg": "NSE",
    "tick_size": "5.000000",
}


def _row(**changes: Any) -> dict[str, Any]:
    return _SBIN | changes


def _option(token: str, symbol: str, strike: str, **changes: Any) -> dict[str, Any]:
    base = {"name": "NIFTY", "expiry": "02DEC2025", "lotsize": "75", "instrumenttype": "OPTIDX", "exch_seg": "NFO"}
    return _row(**base | {"token": token, "symbol": symbol, "strike": strike} | changes)


_ROWS = [
    _row(token="500112", symbol="SBIN", exch_seg="BSE"),
    _row(token="3045B", symbol="SBIN-BL"),
    _row(),
    _row(token="9", symbol="SBINX-EQ", name="SBINX"),
    _row(token="99926000", symbol="Nifty 50", name="NIFTY", instrumenttype="AMXIDX", tick_size="0.000000", strike="0"),
    _option("2", "NIFTY09DEC2526000CE", "2600000.000000", expiry="09DEC2025"),
    _option("1", "NIFTY02DEC2526000CE", "2600000.000000"),
    _option("3", "NIFTY02DEC2526000PE", "2600000.000000"),
    _option("4", "NIFTY30DEC25FUT", "-1.000000", expiry="30DEC2025", instrumenttype="FUTIDX", tick_size="10.000000"),
    _option("5", "011NSETEST30DEC25FUT", "-1", name="011NSETEST", expiry="30DEC2025", instrumenttype="FUTSTK"),
    _option("6", "USDINR25D0589.25CE", "892500000.000000", exch_seg="CDS", instrumenttype="OPTCUR", name="USDINR",
            expiry="05DEC2025", tick_size="25000.000000", lotsize="1"),
]  # fmt: skip


def _catalogue() -> Catalogue:
    return Catalogue.read(json.dumps(_ROWS).encode())[0]


def _symbols(text: str, limit: int = 5, on: str = "") -> list[str]:
    return [i.symbol for i in _catalogue().search(text, limit, on)]


def test_scales_by_segment() -> None:
    catalogue = _catalogue()
    share, option = catalogue.by_symbol(Exchange.NSE, "SBIN-EQ"), catalogue.get(InstrumentKey(Exchange.NFO, "1"))
    currency, index = catalogue.get(InstrumentKey(Exchange.CDS, "6")), catalogue.by_symbol(Exchange.NSE, "Nifty 50")

    assert share is not None and option is not None and currency is not None and index is not None
    assert (share.kind, share.tick_e4, share.lot, share.strike_e4, share.expiry) == (Kind.EQUITY, 500, 1, 0, "")
    assert (option.kind, option.strike_e4, option.lot, option.expiry) == (Kind.OPTION, 260_000_000, 75, "2025-12-02")
    assert (currency.strike_e4, currency.tick_e4) == (892_500, 25)
    assert (index.kind, index.tick_e4) == (Kind.INDEX, 0)


def test_the_2026_shape_has_a_freeze_quantity_and_may_hold_anything_else() -> None:
    raw = json.dumps([_row(freeze_qty="1800", is_cas_enabled=True, new={"a": 1}), _row(token="7", freeze_qty="")])

    master = parse(raw.encode())

    assert [i.freeze_quantity for i in master.instruments] == [1_800, None]


@pytest.mark.parametrize(
    "bad",
    [
        _row(token=""),
        _row(symbol=None),
        _row(tick_size="x"),
        _row(instrumenttype="???"),
        _option("1", "NIFTY", "2600000", expiry="soon"),
        _option("1", "NIFTY", "2600000", lotsize="-1"),
        17,
        None,
    ],
)
def test_a_bad_row_is_counted_and_costs_only_itself(bad: Any) -> None:
    master = parse(json.dumps([_row(), bad, _row(token="8")]).encode())

    assert (master.rows, master.bad, len(master.instruments)) == (3, 1, 2)


@pytest.mark.parametrize("part", [dict(strike="-1.000000"), dict(strike="0.000000"), dict(expiry="")])
def test_a_contract_with_a_part_missing_can_still_be_watched(part: dict[str, str]) -> None:
    (found,) = parse(json.dumps([{**_option("1", "NIFTY", "2600000"), **part}]).encode()).instruments

    assert found.kind is Kind.OPTION
    assert (found.strike_e4 == 0) is ("strike" in part)
    assert (found.expiry == "") is ("expiry" in part)


def test_numbers_instead_of_text_are_accepted() -> None:
    master = parse(json.dumps([_row(token=3045, strike=-1, lotsize=1, tick_size=5.0)]).encode())

    assert master.instruments[0].token == "3045" and master.instruments[0].tick_e4 == 500


@pytest.mark.parametrize("raw", [b"", b"{}", b"[", b"\xff", b"[" * 100_000])
def test_an_unreadable_file_gives_nothing_and_does_not_raise(raw: bytes) -> None:
    assert parse(raw).instruments == ()


@given(st.lists(st.dictionaries(st.sampled_from(sorted(_SBIN)), st.none() | st.integers() | st.text(max_size=12))))
@settings(max_examples=150, deadline=None)
def test_no_rows_raise(changes: list[dict[str, Any]]) -> None:
    rows = [_SBIN | change for change in changes]

    master = parse(json.dumps(rows).encode())

    assert len(master.instruments) + master.bad + master.other_segments == master.rows == len(rows)


def test_the_share_comes_first_and_nse_before_bse() -> None:
    assert _symbols("sbin")[:2] == ["SBIN-EQ", "SBIN"]
    assert _symbols("SBIN-EQ")[0] == "SBIN-EQ"


def test_words_narrow_to_one_contract_nearest_expiry_first() -> None:
    assert _symbols("nifty 2 dec 26000 ce") == ["NIFTY02DEC2526000CE"]
    assert _symbols("nifty 26000 ce") == ["NIFTY02DEC2526000CE", "NIFTY09DEC2526000CE"]
    assert _symbols("nifty fut") == ["NIFTY30DEC25FUT"]
    assert _symbols("nifty")[0] == "Nifty 50"


def test_expired_and_test_instruments_do_not_show() -> None:
    assert _symbols("nifty 26000 ce", on="2025-12-03") == ["NIFTY09DEC2526000CE"]
    assert _symbols("011") == []


def test_nothing_typed_or_nothing_found_is_nothing() -> None:
    assert _symbols("") == _symbols("  ") == _symbols("zzz") == _symbols("sbin", 0) == []


def _shared(name: str) -> bytes:
    path = Path(os.environ.get("TEZI_SHARED", "../shared")) / "data" / "instruments" / name
    if not path.exists():
        pytest.skip("no recorded data: set TEZI_SHARED")
    raw = path.read_bytes()
    return lzma.decompress(raw) if name.endswith(".xz") else raw


def test_every_row_of_a_real_master_is_understood() -> None:
    catalogue, master = Catalogue.read(_shared("OpenAPIScripMaster_2025-09-17.json.xz"))

    assert (master.rows, master.bad, master.other_segments) == (130_473, 0, 11_175)
    reliance = catalogue.get(InstrumentKey(Exchange.NSE, "2885"))
    assert reliance is not None and reliance.symbol == "RELIANCE-EQ"
    assert catalogue.search("reliance", 1)[0].symbol == "RELIANCE-EQ"
    assert catalogue.search("banknifty fut", 1)[0].symbol == "BANKNIFTY30SEP25FUT"
    assert catalogue.search("nifty 23 sep 25000 ce", 1)[0].symbol == "NIFTY23SEP2525000CE"


def test_the_2026_sample_is_understood() -> None:
    master = parse(_shared("schema_2026_sample.json"))

    assert master.bad == 0 and len(master.instruments) + master.other_segments == master.rows > 0
