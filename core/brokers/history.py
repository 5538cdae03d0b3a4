"""getCandleData: what is asked, and rows to bars (official Historical page; recorded SBIN 2021-03-02). Pure."""

from typing import Any

import msgspec

from core.clock import NS_PER_S, iso_to_ns
from core.domain import InstrumentKey
from core.money import wire_e4, wire_int
from core.ports import Bar


def request(key: InstrumentKey, interval: str, first: str, last: str) -> bytes:
    """The body; the texts are `YYYY-MM-DD HH:MM`, Indian time."""
    return msgspec.json.encode(
        {
            "exchange": key.exchange.value,
            "symboltoken": key.token,
            "interval": interval,
            "fromdate": first,
            "todate": last,
        }
    )


def bars(data: Any) -> tuple[Bar, ...] | None:
    """Rows `[start, open, high, low, close, volume]` in rupees, sorted, the later of two with one start; None when any
    row cannot be read: a list with holes must not look like a whole one. No data at all is no bars."""
    if data is None:
        return ()
    if not isinstance(data, list):
        return None
    found: dict[int, Bar] = {}
    for row in data:
        bar = _bar(row)
        if bar is None:
            return None
        found[bar.start_s] = bar
    return tuple(found[start_s] for start_s in sorted(found))


def _bar(row: Any) -> Bar | None:
    if not isinstance(row, list) or len(row) < 6 or not isinstance(row[0], str):
        return None
    try:
        start_s = iso_to_ns(row[0]) // NS_PER_S
    except ValueError:
        return None
    open_e4, high_e4, low_e4, close_e4 = (wire_e4(value) for value in row[1:5])
    volume = wire_int(row[5])
    if open_e4 is None or high_e4 is None or low_e4 is None or close_e4 is None or volume is None or volume < 0:
        return None
    return Bar(start_s, open_e4, max(open_e4, high_e4, close_e4), min(open_e4, low_e4, close_e4), close_e4, volume)
