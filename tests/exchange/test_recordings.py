"""Every shape of recording through the replayed market: what it streams is what the file says, read independently."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby, islice, pairwise
from pathlib import Path

import pytest

from core.exchange.masterfile import Master
from core.exchange.quoterows import master_row
from core.exchange.recording import Recording
from core.exchange.tape import TapeFloor
from core.exchange.universe import listings_of

Said = dict[str, list[tuple[int, ...]]]
"""By symbol: last price in paise, and where the shape has them best bid and ask with quantities."""
TICKS = 400


def rows_of(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt") as text:
        reader = csv.reader(text)
        columns = next(reader)
        yield from (dict(zip(columns, row, strict=True)) for row in reader if len(row) == len(columns))


def paise(text: str) -> int:
    return round(float(text or 0) * 100)


def whole(text: str) -> int:
    return int(float(text or 0))


def level(price: str, quantity: str) -> tuple[int, int]:
    """A level that is not there is 0 and 0."""
    return (paise(price), whole(quantity)) if paise(price) and whole(quantity) else (0, 0)


def depth5(file: Path) -> Iterable[tuple[str, tuple[int, ...]]]:
    for row in rows_of(file):
        levels = [v for n in range(1, 6) for v in level(row[f"bp{n}"], row[f"bq{n}"])]
        levels += [v for n in range(1, 6) for v in level(row[f"ap{n}"], row[f"aq{n}"])]
        yield "MAXHEALTH-EQ", (paise(row["ltp"]), whole(row["volume"]), *levels)


def best(symbol: str, swapped: bool) -> Callable[[Path], Iterable[tuple[str, tuple[int, ...]]]]:
    def read(file: Path) -> Iterable[tuple[str, tuple[int, ...]]]:
        for row in rows_of(file):
            bid, ask = level(row["bp1"], row["bq1"]), level(row["ap1"], row["aq1"])
            yield symbol, (paise(row["ltp"]), *(ask + bid if swapped else bid + ask))

    return read


def last_only(symbol: str) -> Callable[[Path], Iterable[tuple[str, tuple[int, ...]]]]:
    return lambda file: ((symbol, (paise(row["ltp"]),)) for row in rows_of(file))


def breeze(file: Path) -> Iterable[tuple[str, tuple[int, ...]]]:
    for row in rows_of(file):
        yield f"{row['Symbol']}_FUT", (paise(row["last_price"]), whole(row["volume_traded"]))


def nse_quotes(file: Path) -> Iterable[tuple[str, tuple[int, ...]]]:
    """The file is a block for each name; a market shows them by their time."""

    def moment(row: dict[str, str]) -> datetime:
        if "/" in row["date1"]:
            return datetime.strptime(row["date1"] + "Z", "%d/%m/%Y %H:%M:%S%z")
        return datetime.strptime(row["secDate"] + "Z", "%d-%b-%Y %H:%M:%S%z")

    for row in sorted(rows_of(file), key=moment):
        yield f"{row['symbol']}-EQ", (paise(row["lastPrice"]), whole(row["totalTradedVolume"]))


def upstox(file: Path) -> Iterable[tuple[str, tuple[int, ...]]]:
    with gzip.open(file, "rt") as text:
        for line in text:
            try:
                feeds = json.loads(line)["feeds"]
            except (ValueError, KeyError):
                continue
            for name, feed in feeds.items():
                if feed["ltpc"]:
                    yield name.split("|")[-1], (paise(str(feed["ltpc"]["ltp"])),)


SHAPES: dict[str, tuple[str, Callable[[Path], Iterable[tuple[str, tuple[int, ...]]]]]] = {
    "depth5": ("depth5_2025-12-15/MAXHEALTH.csv.gz", depth5),
    "best swapped": ("smartapi_2026-05/2026-05-13_INFY-EQ.csv.gz", best("INFY-EQ", True)),
    "best": ("smartapi_2026-05/2026-05-14_INFY-EQ.csv.gz", best("INFY-EQ", False)),
    "index": ("smartapi_2026-05/2026-05-14_Nifty_Bank.csv.gz", last_only("Nifty Bank")),
    "volume": ("smartapi_2025-06/2025-06-16_SBIN.csv.gz", last_only("SBIN-EQ")),
    "totals": ("smartapi_2025-06-18_nifty50/RELIANCE.csv.gz", last_only("RELIANCE-EQ")),
    "breeze": ("breeze_futures_2025-11-17.csv.gz", breeze),
    "nse quotes": ("nse_quotes_depth5_2019-11.csv.gz", nse_quotes),
    "upstox": ("upstox_ltpc_2024-08-01.jsonl.gz", upstox),
}


def played(floor: TapeFloor, ticks: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each tick as the market shows it: symbol, last, volume, five bids, five asks."""
    recording = floor.recording
    for _ in range(ticks):
        if (coming := recording.next) is None:
            return
        floor.step(coming.time_ns, most=1)
        assert coming.key in floor.take_changed()
        seen = floor.snapshot(coming.key)
        flat = [v for side in (seen.bids, seen.asks) for v in five(side)]
        yield seen.listing.instrument.symbol, (seen.last_e4 // 100, seen.volume, *flat)


def five(levels: tuple[tuple[int, int, int], ...]) -> list[int]:
    flat = [v for price_e4, quantity, _ in levels[:5] for v in (price_e4 // 100, quantity)]
    return flat + [0] * (10 - len(flat))


def by_symbol(ticks: Iterable[tuple[str, tuple[int, ...]]]) -> Said:
    found: Said = defaultdict(list)
    for symbol, values in ticks:
        found[symbol].append(values)
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_its_prices_in_their_order(name: str, shared: Path) -> None:
    file, read = shared / "data" / "ticks" / SHAPES[name][0], SHAPES[name][1]
    shown = list(played(TapeFloor(Recording(file)), TICKS))
    said = list(islice(read(file), TICKS))
    assert [(symbol, picked(tick, name)) for symbol, tick in shown] == said


def picked(tick: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The part of a shown tick that a shape speaks of."""
    if name == "depth5":
        return tick
    if name in ("best", "best swapped"):
        return (tick[0], *tick[2:4], *tick[12:14])
    return tick[:2] if name in ("breeze", "nse quotes") else tick[:1]


def test_bars_become_ticks_that_make_the_same_bars_again(shared: Path) -> None:
    file = shared / "data" / "bars_1m" / "smartapi" / "SBIN-EQ_2021-03.csv.gz"
    floor = TapeFloor(Recording(file))
    (key,) = floor.listings
    wanted = list(islice(rows_of(file), 60))
    for _ in played(floor, 4 * len(wanted)):
        pass
    bars = floor.bars(key)
    names = ("open", "high", "low", "close")
    assert [tuple(v // 100 for v in bar[1:5]) for bar in bars] == [tuple(paise(r[n]) for n in names) for r in wanted]
    assert [bar[5] for bar in bars] == [int(r["volume"]) for r in wanted]


def test_bars_that_stand_out_of_order_are_played_in_order(shared: Path) -> None:
    floor = TapeFloor(Recording(shared / "data" / "bars_1m" / "nse_2016" / "RELIANCE.csv.gz"))
    (key,) = floor.listings
    for _ in played(floor, 4 * 375):
        pass
    starts = [bar[0] for bar in floor.bars(key)]
    assert [b - a for a, b in pairwise(starts)] == [60] * 374


def test_a_listing_of_many_names_is_known_before_their_first_tick(shared: Path) -> None:
    floor = TapeFloor(Recording(shared / "data" / "ticks" / "nse_quotes_depth5_2019-11.csv.gz"))
    assert len(floor.listings) == 100
    floor = TapeFloor(Recording(shared / "data" / "bars_1m" / "smartapi" / "NIFTY50_names_2025-06-20.csv.gz"))
    assert len(floor.listings) == 32


def test_the_master_of_the_exchange_can_be_read_back(tmp_path: Path) -> None:
    """Tick, lot and strike of every segment survive, currencies too, which are written on a scale of their own."""
    day = date(2026, 3, 3)
    listed = listings_of(day)
    path = tmp_path / "master.json"
    path.write_text(json.dumps([master_row(row) for row in listed.values()]))
    back = Master(path).listings(day)
    currencies = [r for r in listed.values() if r.instrument.exchange.value == "CDS"]
    assert currencies and master_row(currencies[0])["tick_size"] == "25000.000000"
    for key, row in listed.items():
        mine, read = row.instrument, back[key].instrument
        facts = (mine.tick_e4, mine.lot, mine.strike_e4, mine.expiry)
        assert mine.kind.value == "IDX" or facts == (read.tick_e4, read.lot, read.strike_e4, read.expiry), mine.symbol


def test_groups_of_a_minute_keep_their_names_apart(shared: Path) -> None:
    file = shared / "data" / "bars_1m" / "smartapi" / "NIFTY50_names_2025-06-20.csv.gz"
    floor = TapeFloor(Recording(file))
    shown = by_symbol(played(floor, 4 * 32 * 3))
    wanted = {s: list(rows)[:3] for s, rows in groupby(rows_of(file), key=lambda r: r["symbol"])}
    for symbol, ticks in shown.items():
        closes = [t[0] for t in ticks][3::4]
        assert closes == [paise(r["close"]) for r in wanted[symbol][: len(closes)]], symbol
