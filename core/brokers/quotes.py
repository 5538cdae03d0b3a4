"""The quote call (`api.market.data`): what is asked, and rows to values (official Market Data page; not verified with
the live broker). Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.clock import IST
from core.domain import Exchange, InstrumentKey
from core.money import wire_e4, wire_int
from core.ports import RestLevel, RestQuote

_DEPTH = 5
_EMPTY: RestLevel = (0, 0, 0)


def request(keys: Sequence[InstrumentKey]) -> bytes:
    """The body for all of these, with everything that there is of each."""
    tokens: dict[str, list[str]] = {}
    for key in keys:
        tokens.setdefault(key.exchange.value, []).append(key.token)
    return msgspec.json.encode({"mode": "FULL", "exchangeTokens": tokens})


def quotes(data: Any, asked: Sequence[InstrumentKey]) -> Mapping[InstrumentKey, RestQuote] | None:
    """What was fetched of what was asked; None when the answer is none. A row that cannot be read, has no last price
    or was not asked for is left out: a partial answer is normal, and what is missing stays as old as it is."""
    rows = data.get("fetched") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        return None
    wanted, found = set(asked), {}
    for row in rows:
        made = _quote(row) if isinstance(row, dict) else None
        if made is not None and made[0] in wanted:
            found[made[0]] = made[1]
    return found


def _quote(row: Mapping[str, Any]) -> tuple[InstrumentKey, RestQuote] | None:
    ltp_e4, token = wire_e4(row.get("ltp")), row.get("symbolToken")
    try:
        exchange = Exchange(str(row.get("exchange")))
    except ValueError:
        return None
    if ltp_e4 is None or not isinstance(token, str):
        return None
    depth = row.get("depth")
    book = depth if isinstance(depth, dict) else {}
    return InstrumentKey(exchange, token), RestQuote(
        ltp_e4=ltp_e4,
        ltq=_count(row.get("lastTradeQty")),
        average_e4=_price(row.get("avgPrice")),
        volume=_count(row.get("tradeVolume")),
        total_buy=_count(row.get("totBuyQuan")),
        total_sell=_count(row.get("totSellQuan")),
        open_e4=_price(row.get("open")),
        high_e4=_price(row.get("high")),
        low_e4=_price(row.get("low")),
        close_e4=_price(row.get("close")),
        last_trade_s=_ms(row.get("exchTradeTime")) // 1_000,
        open_interest=_count(row.get("opnInterest")),
        upper_e4=_price(row.get("upperCircuit")),
        lower_e4=_price(row.get("lowerCircuit")),
        bids=_levels(book.get("buy")),
        asks=_levels(book.get("sell")),
        exchange_ms=_ms(row.get("exchFeedTime")),
    )


def _price(value: Any) -> int:
    return wire_e4(value) or 0


def _count(value: Any) -> int:
    return max(0, wire_int(value) or 0)


def _levels(rows: Any) -> tuple[RestLevel, ...]:
    made = [
        (_price(r.get("price")), _count(r.get("quantity")), _count(r.get("orders"))) if isinstance(r, dict) else _EMPTY
        for r in (rows[:_DEPTH] if isinstance(rows, list) else [])
    ]
    return tuple(made + [_EMPTY] * (_DEPTH - len(made)))


def _ms(value: Any) -> int:
    """`26-Nov-2025 11:34:56` Indian time as epoch ms; 0 when it is none."""
    try:
        moment = datetime.strptime(str(value), "%d-%b-%Y %H:%M:%S").replace(tzinfo=IST)
    except ValueError:
        return 0
    return max(0, int(moment.timestamp())) * 1_000
