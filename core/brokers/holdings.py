"""What is held in the demat account, from the getAllHolding answer (wire page 3.1: `holdings` may be null)."""

from collections.abc import Mapping
from typing import Any

from core.account import Holding
from core.domain import Exchange
from core.money import wire_e4, wire_int
from core.text import plain


def holdings(data: Any) -> tuple[Holding | None, ...] | None:
    """The rows, None in the place of one that cannot be used; None for an answer that is no holdings answer."""
    if data is None:
        return ()
    rows = data.get("holdings") if isinstance(data, Mapping) else data
    if rows is None:
        return ()
    return tuple(_holding(row) for row in rows) if isinstance(rows, list) else None


def _holding(row: Any) -> Holding | None:
    if not isinstance(row, Mapping):
        return None
    symbol, token = plain(str(row.get("tradingsymbol") or ""), 60), plain(str(row.get("symboltoken") or ""), 60)
    whole, coming = wire_int(row.get("quantity")), wire_int(row.get("t1quantity")) or 0
    try:
        exchange = Exchange(str(row.get("exchange", "")).upper())
    except ValueError:
        return None
    if not symbol or not token or whole is None or whole < 0 or not 0 <= coming <= whole:
        return None
    return Holding(
        exchange=exchange,
        token=token,
        symbol=symbol,
        settled=whole - coming,
        unsettled=coming,
        average_e4=wire_e4(row.get("averageprice")) or 0,
        close_e4=wire_e4(row.get("close")) or 0,
    )
