"""The broker's instrument master, read tolerantly: bad rows are counted, never fatal, unknown keys are ignored.

Both shapes are known: nine text values (2025), and those plus `freeze_qty` and `is_cas_enabled` (2026). Strike and
tick size are text in paise, but 1e-7 rupee in the currency segment (checked against all 130,473 rows of the
2025-09-17 master, where the number in every option symbol agrees).
"""

import sys
from dataclasses import dataclass
from typing import Any

import msgspec

from core.domain import Exchange, Instrument, Kind
from core.money import wire_e4
from core.text import SYMBOL_MAX, plain

_NAME_MAX = 40
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: f"{number:02d}" for number, name in enumerate(_MONTH_NAMES, 1)}
_EXCHANGES = {e.value: e for e in Exchange}
_UNTRADED = {"AMXIDX", "INDEX", "COMDTY", "UNDIRC", "UNDCUR", "UNDIRD", "UNDIRT"}
"""Indices, and the underlyings that the commodity and currency segments list beside their contracts."""


class Row(msgspec.Struct, gc=False):
    """One row as sent; any value may be missing or a number."""

    token: Any = ""
    symbol: Any = ""
    name: Any = ""
    expiry: Any = ""
    strike: Any = ""
    lotsize: Any = ""
    instrumenttype: Any = ""
    exch_seg: Any = ""
    tick_size: Any = ""
    freeze_qty: Any = None


@dataclass(frozen=True, slots=True)
class Master:
    """What a master held. `other_segments`: rows of segments we do not know; `bad`: rows that made no sense."""

    instruments: tuple[Instrument, ...]
    rows: int
    other_segments: int
    bad: int


def parse(raw: bytes) -> Master:
    """The instruments of a master file (JSON). An unreadable file gives no instruments and one bad row."""
    rows, bad = _rows(raw)
    total = len(rows) + bad
    number = _Numbers()
    found: list[Instrument] = []
    other = 0
    for row in rows:
        exchange = _EXCHANGES.get(row.exch_seg) if isinstance(row.exch_seg, str) else None
        if exchange is None:
            other += 1
            continue
        instrument = _instrument(row, exchange, number)
        if instrument is None:
            bad += 1
        else:
            found.append(instrument)
    return Master(tuple(found), total, other, bad)


def _rows(raw: bytes) -> tuple[list[Row], int]:
    """The rows, and how many were no objects."""
    try:
        return msgspec.json.decode(raw, type=list[Row]), 0
    except (msgspec.MsgspecError, RecursionError, ValueError):
        pass
    try:
        values: Any = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return [], 1
    if not isinstance(values, list):
        return [], 1
    objects = [v for v in values if isinstance(v, dict)]
    return msgspec.convert(objects, list[Row]), len(values) - len(objects)


class _Numbers:
    """Decimal texts to integers, each distinct text parsed once: a master repeats few of them very often."""

    def __init__(self) -> None:
        self._e4: dict[str, int | None] = {}
        self._expiries: dict[str, str] = {}

    def e4(self, value: Any) -> int | None:
        text = str(value)
        if text not in self._e4:
            self._e4[text] = wire_e4(value)
        return self._e4[text]

    def expiry(self, value: Any) -> str:
        text = str(value)
        if text not in self._expiries:
            self._expiries[text] = sys.intern(_expiry(value))
        return self._expiries[text]


def _instrument(row: Row, exchange: Exchange, number: _Numbers) -> Instrument | None:
    """One row as an instrument. A contract without expiry or strike can be watched; the gate denies trading it."""
    token, symbol = _text(row.token, SYMBOL_MAX), _text(row.symbol, SYMBOL_MAX)
    kind = _kind(row.instrumenttype)
    if not token or not symbol or kind is None:
        return None
    lot, tick_e4 = _units(row.lotsize, number), _scaled(row.tick_size, exchange, number)
    if kind is Kind.EQUITY and tick_e4 == 0:
        kind = Kind.INDEX  # four index rows of old (26000 and others) stand among the shares, without a tick
    expiry = number.expiry(row.expiry)
    unreadable = not expiry and str(row.expiry or "").strip() != ""
    if kind in (Kind.FUTURE, Kind.OPTION) and (lot is None or unreadable):
        return None
    strike_e4 = _scaled(row.strike, exchange, number) if kind is Kind.OPTION else 0
    if kind is not Kind.INDEX and not tick_e4:
        return None
    return Instrument(
        exchange=exchange,
        token=token,
        symbol=symbol,
        name=sys.intern(_text(row.name, _NAME_MAX)),
        kind=kind,
        lot=lot or 1,
        tick_e4=0 if kind is Kind.INDEX else tick_e4 or 0,
        expiry=expiry,
        strike_e4=max(0, strike_e4 or 0),
        freeze_quantity=_units(row.freeze_qty, number),
    )


def _text(value: Any, limit: int) -> str:
    """Safe text without blanks around it; the common case costs one look."""
    if type(value) is str and len(value) <= limit and value.isascii() and value.isprintable():
        return value.strip()
    return plain(value, limit).strip()


def _kind(text: Any) -> Kind | None:
    kind = str(text).strip().upper() if text is not None else ""
    if kind == "":
        return Kind.EQUITY
    if kind in _UNTRADED:
        return Kind.INDEX
    if kind.startswith("FUT"):
        return Kind.FUTURE
    return Kind.OPTION if kind.startswith("OPT") else None


def _scaled(value: Any, exchange: Exchange, number: _Numbers) -> int | None:
    """A strike or tick in 1/10,000 rupee. A currency tick below 100 is in paise after all (seen both ways)."""
    raw_e4 = number.e4(value)
    if raw_e4 is None:
        return None
    return raw_e4 // 10_000_000 if exchange is Exchange.CDS and raw_e4 >= 1_000_000 else raw_e4 // 100


def _units(value: Any, number: _Numbers) -> int | None:
    e4 = number.e4(value)
    return e4 // 10_000 if e4 is not None and e4 > 0 and e4 % 10_000 == 0 else None


def _expiry(value: Any) -> str:
    """`02DEC2025` as `2025-12-02`; empty when it is none."""
    text = str(value).strip().upper()
    month = _MONTHS.get(text[2:5], "")
    well_formed = len(text) == 9 and month and text[:2].isascii() and (text[:2] + text[5:]).isdigit()
    return f"{text[5:]}-{month}-{text[:2]}" if well_formed else ""
