"""The shapes of recordings, each recognised by its columns: depth-5 rows, SmartAPI rows, bars, and others' feeds.

Defects of real recorders are mended where they are certain: sides that were swapped for a whole file, an ask kept in a
bid's column. A single crossed row is passed on as it was recorded.
"""

import contextlib
import csv
import gzip
import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from core.clock import IST, NS_PER_MS, NS_PER_S
from core.errors import UserError
from core.exchange.book import LevelView
from core.exchange.tick import Raw
from core.money import wire_e4, wire_int

Row = dict[str, str]
Parse = Callable[[Row, str], Raw | None]
_SAMPLE = 2_000
_DEPTH = 5
_BAR_NS = (0, 14 * NS_PER_S, 31 * NS_PER_S, 59 * NS_PER_S)
"""Where in its minute the four prices of a bar stand."""
_PARTS = (3, 2, 2, 3)
_LINE_MAX = 4 << 20
_DISORDER = 1_000
"""So many rows ahead a bar file is put in the order of time: a few rows of real ones are out of place."""
BAR_ROWS_MAX = 1_000_000
"""Rows of a bar file of many names, each a block of its own: they are sorted whole."""


class _Feed(msgspec.Struct):
    ltpc: dict[str, msgspec.Raw]


class _Feeds(msgspec.Struct):
    feeds: dict[str, _Feed]


class Shape(NamedTuple):
    """How a file is read: `ticks` begins anew at each call, None stands for a row that is left out.

    `labels` names what the file holds, without parsing its rows.
    """

    ticks: Callable[[], Iterator[Raw | None]]
    labels: Callable[[], Iterable[str]]
    is_future: bool = False
    is_index: bool = False


def recognise(file: Path, first: str, second: str) -> Shape:
    """The shape of a file by its first line; UserError when it is none that is known."""
    label = file.name.split(".")[0]
    if first.lstrip().startswith("{"):
        return Shape(lambda: _upstox(file), lambda: _upstox_labels(file))
    columns = next(csv.reader([first]), [])
    has = set(columns)
    if {"recv_ist", "ltt_ms", "bp5", "aq5", "volume"} <= has:
        return _table(file, label, _depth5)
    if {"ist", "exch_ms", "bp1", "ap1"} <= has:
        swapped = _is_swapped(file)
        return _table(file, label, lambda row, name: _best(row, name, swapped))
    if {"ist", "ltp", "volume", "bq1"} <= has:
        return _table(file, label, _angel_volume)
    if {"recv_ist", "ltp", "tbq", "tsq"} <= has:
        return _table(file, label, _angel_totals)
    if {"Symbol", "exchange_timestamp", "bid_price_1"} <= has:
        return Shape(
            _table(file, label, _breeze).ticks,
            lambda: (f"{name}_FUT" for name in _column(file, "Symbol")),
            is_future=True,
        )
    if {"symbol", "buyPrice1", "sellPrice5", "date1"} <= has:
        return Shape(lambda: _nse_quotes(file), lambda: _column(file, "symbol"))
    if {"ts", "open", "high", "low", "close"} <= has:
        index = "index" in file.parent.name or (label.startswith(("NIFTY", "INDIAVIX")) and "names" not in label)
        shift = NS_PER_S * 60 if index and _ends_its_minutes(second) else 0
        if "symbol" in has:
            return Shape(lambda: _bars(file, label, shift, BAR_ROWS_MAX), lambda: _column(file, "symbol"))
        return Shape(lambda: _bars(file, label, shift, _DISORDER), lambda: (label,), is_index=index)
    missing = next(iter(sorted({"recv_ist", "ltp"} - has)), "bp5")
    raise UserError(f"{file} is no depth-5 recording nor another known one: the column {missing} is missing.")


def open_text(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8", newline="")
    return file.open("rt", encoding="utf-8", newline="")


def _table(file: Path, label: str, parse: Parse) -> Shape:
    def ticks() -> Iterator[Raw | None]:
        for row in _rows(file):
            yield None if row is None else parse(row, label)

    return Shape(ticks, lambda: (label,))


def _column(file: Path, name: str) -> Iterable[str]:
    """The different values of a column, in the order of appearance."""
    found: dict[str, None] = {}
    with open_text(file) as text:
        reader = csv.reader(text)
        columns = next(reader, [])
        at = columns.index(name)
        try:
            found.update((row[at], None) for row in reader if len(row) == len(columns) and row[at])
        except (OSError, EOFError, UnicodeDecodeError, csv.Error) as e:
            raise UserError(f"The recording {file} breaks off ({e}).") from e
    return found


def _rows(file: Path) -> Iterator[Row | None]:
    """Rows by column name; None for one with too few or too many values."""
    try:
        with open_text(file) as text:
            reader = csv.reader(text)
            columns = next(reader, [])
            for row in reader:
                yield dict(zip(columns, row, strict=True)) if len(row) == len(columns) else None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as e:
        raise UserError(f"The recording {file} breaks off ({e}).") from e


def _time_ns(text: str) -> int:
    """Epoch ns of an Indian time without a zone; 0 when it is none."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=IST)
    except ValueError:
        return 0
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * NS_PER_S + moment.microsecond * 1_000


def _price(row: Row, name: str) -> int:
    return wire_e4(row.get(name, "")) or 0


def _count(row: Row, name: str) -> int:
    text = row.get(name, "")
    return wire_int(text) or (int(float(text)) if text.replace(".", "", 1).isdigit() else 0)


def _levels(row: Row, prices: str, quantities: str) -> tuple[LevelView, ...]:
    """The levels that have a price and a quantity. How many orders stand there is not recorded: 0."""
    found = ((_price(row, prices.format(n)), _count(row, quantities.format(n))) for n in range(1, _DEPTH + 1))
    return tuple(LevelView(price_e4, quantity, 0) for price_e4, quantity in found if price_e4 and quantity)


def _whole(raw: Raw) -> Raw | None:
    return raw if raw.time_ns and raw.last_e4 else None


def _depth5(row: Row, label: str) -> Raw | None:
    return _whole(
        Raw(
            time_ns=_time_ns(row["recv_ist"]),
            label=label,
            last_e4=_price(row, "ltp"),
            last_quantity=_count(row, "ltq"),
            last_ns=_count(row, "ltt_ms") * NS_PER_MS,
            close_e4=_price(row, "prev_close"),
            open_e4=_price(row, "open"),
            high_e4=_price(row, "high"),
            low_e4=_price(row, "low"),
            average_e4=_price(row, "atp"),
            volume=_count(row, "volume"),
            total_buy=_count(row, "tbq"),
            total_sell=_count(row, "tsq"),
            open_interest=_count(row, "oi"),
            bids=_levels(row, "bp{}", "bq{}"),
            asks=_levels(row, "ap{}", "aq{}"),
        )
    )


def _best(row: Row, label: str, swapped: bool) -> Raw | None:
    bids, asks = _levels(row, "bp{}", "bq{}"), _levels(row, "ap{}", "aq{}")
    if swapped:
        bids, asks = asks, bids
    last_ns = _count(row, "exch_ms") * NS_PER_MS
    quantity = _count(row, "ltq")
    raw = Raw(_time_ns(row["ist"]), label, _price(row, "ltp"), quantity, last_ns, bids=bids, asks=asks)
    return _whole(raw)


def _angel_volume(row: Row, label: str) -> Raw | None:
    return _whole(
        Raw(
            _time_ns(row["ist"]),
            label,
            _price(row, "ltp"),
            _count(row, "ltq"),
            volume=_count(row, "volume"),
            total_buy=_count(row, "bq1"),
            total_sell=_count(row, "aq1"),
            open_interest=_count(row, "oi"),
        )
    )


def _angel_totals(row: Row, label: str) -> Raw | None:
    totals = _count(row, "tbq"), _count(row, "tsq")
    return _whole(Raw(_time_ns(row["recv_ist"]), label, _price(row, "ltp"), total_buy=totals[0], total_sell=totals[1]))


def _breeze(row: Row, label: str) -> Raw | None:
    """Its recorder kept the best bid in the first pair of bid columns and the best ask in the second."""
    bid = LevelView(_price(row, "bid_price_1"), _count(row, "bid_qty_1"), 0)
    ask = LevelView(_price(row, "bid_price_2"), _count(row, "bid_qty_2"), 0)
    return _whole(
        Raw(
            _time_ns(row["exchange_timestamp"]),
            f"{row['Symbol']}_FUT",
            _price(row, "last_price"),
            _count(row, "last_traded_quantity"),
            volume=_count(row, "volume_traded"),
            total_buy=_count(row, "total_buy_qty"),
            total_sell=_count(row, "total_sell_qty"),
            open_interest=_count(row, "open_interest"),
            bids=(bid,) if bid.price_e4 and bid.quantity else (),
            asks=(ask,) if ask.price_e4 and ask.quantity else (),
        )
    )


def _nse_quote(row: Row, label: str) -> Raw | None:
    return _whole(
        Raw(
            _nse_time_ns(row["date1"]) or _nse_time_ns(row["secDate"]),
            row["symbol"],
            _price(row, "lastPrice"),
            close_e4=_price(row, "previousClose"),
            open_e4=_price(row, "open"),
            high_e4=_price(row, "dayHigh"),
            low_e4=_price(row, "dayLow"),
            average_e4=_price(row, "averagePrice"),
            volume=_count(row, "totalTradedVolume"),
            total_buy=_count(row, "totalBuyQuantity"),
            total_sell=_count(row, "totalSellQuantity"),
            bids=_levels(row, "buyPrice{}", "buyQuantity{}"),
            asks=_levels(row, "sellPrice{}", "sellQuantity{}"),
        )
    )


def _nse_quotes(file: Path) -> Iterator[Raw | None]:
    """The file holds one name after the other: its rows are put in the order of time, and parsed when due."""
    rows = list(_rows(file))
    yield from (None for row in rows if row is None)
    for row in sorted((row for row in rows if row is not None), key=_nse_order):
        yield _nse_quote(row, "")


_MONTHS = {
    name: f"{n:02d}"
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}


def _nse_order(row: Row) -> str:
    """A text that sorts as the time of a quote does: `28/11/2019 14:17:44`, else `28-Nov-2019 14:00:00`."""
    text = row["date1"] if "/" in row["date1"] else row["secDate"]
    month, year = (text[3:5], text[6:]) if text[2:3] == "/" else (_MONTHS.get(text[3:6], ""), text[7:])
    return f"{year[:4]}{month}{text[:2]}{year[4:]}"


def _nse_time_ns(text: str) -> int:
    for pattern in ("%d/%m/%Y %H:%M:%S", "%d-%b-%Y %H:%M:%S"):
        try:
            return int(datetime.strptime(text, pattern).replace(tzinfo=IST).timestamp()) * NS_PER_S
        except ValueError:
            continue
    return _time_ns(text)


def _is_swapped(file: Path) -> bool:
    """Whether bid and ask stand in each other's columns: most rows that have both are crossed."""
    both = crossed = 0
    for row in islice(_rows(file), _SAMPLE):
        bid, ask = (_price(row, "bp1"), _price(row, "ap1")) if row is not None else (0, 0)
        if bid and ask:
            both += 1
            crossed += bid > ask
    return crossed * 2 > both


def _upstox(file: Path) -> Iterator[Raw | None]:
    try:
        with open_text(file) as text:
            while line := text.readline(_LINE_MAX):
                yield from _upstox_line(line)
    except (OSError, EOFError, UnicodeDecodeError) as e:
        raise UserError(f"The recording {file} breaks off ({e}).") from e


def _upstox_labels(file: Path) -> Iterable[str]:
    """What any message names."""
    names = msgspec.json.Decoder(_Feeds)
    found: dict[str, None] = {}
    try:
        with open_text(file) as text:
            while line := text.readline(_LINE_MAX):
                with contextlib.suppress(msgspec.MsgspecError):
                    found.update((k.split("|")[-1], None) for k, v in names.decode(line).feeds.items() if v.ltpc)
    except (OSError, EOFError, UnicodeDecodeError) as e:
        raise UserError(f"The recording {file} breaks off ({e}).") from e
    return found


def _upstox_line(line: str) -> Iterator[Raw | None]:
    """One message of last prices; its instruments share the newest trade time in it."""
    try:
        feeds = json.loads(line)["feeds"]
        said = {name: feed["ltpc"] for name, feed in feeds.items() if feed["ltpc"]}
        newest_ms = max((int(price["ltt"]) for price in said.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield None
        return
    for name, price in said.items():
        last_ns = int(price["ltt"]) * NS_PER_MS
        quantity, close_e4 = wire_int(price.get("ltq", "0")) or 0, wire_e4(price.get("cp")) or 0
        label = name.split("|")[-1]
        yield _whole(Raw(newest_ms * NS_PER_MS, label, wire_e4(price.get("ltp")) or 0, quantity, last_ns, close_e4))


def _ends_its_minutes(second: str) -> bool:
    """Some index files stamp a bar with the end of its minute: they begin at 09:16, or at 09:08 with a pre-open bar."""
    clock = second.split(",")[0][11:16]
    return clock in ("09:08", "09:16")


def _bars(file: Path, label: str, shift_ns: int, disorder: int) -> Iterator[Raw | None]:
    """Each bar as four trades inside its minute: open, the nearer end first, the other end, close."""
    for at_text, rows in groupby(sorted_rows(file, disorder), key=lambda row: "" if row is None else row["ts"]):
        at_ns = _time_ns(at_text) - shift_ns if at_text else 0
        if at_ns <= 0:
            yield from (None for _ in rows)
            continue
        minute = [row for row in rows if row is not None]
        for phase in range(4):
            yield from (_bar_tick(row, label, at_ns, phase) for row in minute)


def _bar_tick(row: Row, label: str, at_ns: int, phase: int) -> Raw | None:
    """One of a bar's four trades; their quantities add up to its volume."""
    o, h, low, c = (_price(row, name) for name in ("open", "high", "low", "close"))
    path = (o, low, h, c) if c >= o else (o, h, low, c)
    parts = [_count(row, "volume") * part // sum(_PARTS) for part in _PARTS[:-1]]
    traded = [*parts, _count(row, "volume") - sum(parts)][phase]
    time_ns = at_ns + _BAR_NS[phase]
    return _whole(Raw(time_ns, row.get("symbol") or label, path[phase], traded, time_ns, traded=traded))


def sorted_rows(file: Path, disorder: int) -> Iterator[Row | None]:
    """The rows of a bar file in the order of time, as far as none is more than `disorder` rows late."""
    ahead: list[tuple[str, int, Row]] = []
    for number, row in enumerate(_rows(file)):
        if row is None:
            yield None
        elif len(ahead) < disorder:
            heapq.heappush(ahead, (row["ts"], number, row))
        else:
            yield heapq.heappushpop(ahead, (row["ts"], number, row))[2]
    while ahead:
        yield heapq.heappop(ahead)[2]
