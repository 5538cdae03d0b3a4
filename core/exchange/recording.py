"""Reading depth-5 recordings: gz CSV files, one instrument each, merged by the time of arrival, a row at a time."""

import csv
import gzip
import heapq
import re
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec

from core.clock import IST, NS_PER_MS, NS_PER_S
from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.errors import UserError
from core.exchange.book import LevelView
from core.exchange.listing import Listing
from core.exchange.snapshot import Snapshot
from core.money import parse_price_e4, wire_e4, wire_int

SUFFIX = ".csv.gz"
_OPTION = re.compile(r"([A-Z0-9&-]+)_OPT_(\d+)")
_NEEDED = ("recv_ist", "ltt_ms", "ltp", "ltq", "prev_close", "atp", "volume", "tbq", "tsq", "open", "high", "low")
_DEPTH = 5

Columns = dict[str, int]
"""Where each column of a file stands."""


class Recorded(NamedTuple):
    """One row as it was read; `row` is parsed when somebody asks."""

    time_ns: int
    number: int
    key: InstrumentKey
    row: list[str]


class _Share(msgspec.Struct):
    token: str
    tick: str


class _Names(msgspec.Struct):
    cash: dict[str, _Share]
    option_lots: dict[str, int]
    option_tick: str


class _Row(msgspec.Struct):
    name: str
    token: str
    tick: str


class _Universe(msgspec.Struct):
    cash: list[_Row]


class Recording:
    """The files of a recording, opened but read only as `rows` is drawn.

    UserError when there is none, or one that is no depth-5 file.
    """

    def __init__(self, path: Path) -> None:
        names = _names()
        self.columns: dict[InstrumentKey, Columns] = {}
        instruments: dict[InstrumentKey, Instrument] = {}
        readers = []
        for number, file in enumerate(_files(path)):
            instrument = _instrument(file.name.removesuffix(SUFFIX), names)
            columns, rows = _open(file)
            instruments[instrument.key], self.columns[instrument.key] = instrument, columns
            readers.append(_timed(rows, columns["recv_ist"], number, instrument.key))
        self._merged = heapq.merge(*readers)
        self.next: Recorded | None = next(self._merged, None)
        if self.next is None:
            raise UserError(f"The recording {path} holds no rows.")
        self.instruments = instruments

    def take(self) -> Recorded | None:
        """The next row in time, None at the end."""
        taken, self.next = self.next, next(self._merged, None)
        return taken


def listing_of(instrument: Instrument) -> Listing:
    """A listing with what a recording tells; circuits and the year's range stay 0, which is unknown."""
    return Listing(instrument, 0, type_name="OPTIDX" if instrument.kind is Kind.OPTION else "")


def snapshot_of(listing: Listing, columns: Columns, recorded: Recorded, sequence: int) -> Snapshot:
    """A row as a snapshot. How many orders stand at a level is not recorded: 0."""
    row = recorded.row

    def price(name: str) -> int:
        return wire_e4(row[columns[name]]) or 0

    def count(name: str) -> int:
        return (wire_int(row[columns[name]]) or 0) if name in columns else 0

    def levels(side: str) -> tuple[LevelView, ...]:
        pairs = [(price(f"{side}p{n}"), count(f"{side}q{n}")) for n in range(1, _DEPTH + 1)]
        return tuple(LevelView(p, q, 0) for p, q in pairs if p and q)

    return Snapshot(
        listing=listing,
        sequence=sequence,
        time_ns=recorded.time_ns,
        last_e4=price("ltp"),
        close_e4=price("prev_close"),
        open_e4=price("open"),
        high_e4=price("high"),
        low_e4=price("low"),
        last_quantity=count("ltq"),
        last_ns=count("ltt_ms") * NS_PER_MS,
        average_e4=price("atp"),
        volume=count("volume"),
        total_buy=count("tbq"),
        total_sell=count("tsq"),
        open_interest=count("oi"),
        bids=levels("b"),
        asks=levels("a"),
    )


def _files(path: Path) -> list[Path]:
    """The files of a recording, shares first."""
    if path.is_file():
        return [path]
    files = sorted(path.glob(f"*{SUFFIX}"), key=lambda f: ("_OPT_" in f.name, f.name)) if path.is_dir() else []
    if not files:
        raise UserError(f"There is no recording at {path}. Name a depth-5 {SUFFIX} file or a folder of them.")
    return files


def _open(file: Path) -> tuple[Columns, Iterator[list[str]]]:
    try:
        text = gzip.open(file, "rt", encoding="utf-8", newline="")  # noqa: SIM115  it is read as long as the replay runs
        rows = csv.reader(text)
        header = next(rows, [])
    except (OSError, EOFError, UnicodeDecodeError) as e:
        raise UserError(f"The recording {file} cannot be read ({e}).") from e
    depth = [f"{side}{what}{n}" for n in range(1, _DEPTH + 1) for side in "ba" for what in "pq"]
    missing = [name for name in (*_NEEDED, *depth) if name not in header]
    if missing:
        raise UserError(f"{file} is no depth-5 recording: the column {missing[0]} is missing.")
    return {name: index for index, name in enumerate(header)}, rows


def _timed(rows: Iterator[list[str]], at: int, number: int, key: InstrumentKey) -> Iterator[Recorded]:
    """Rows with their time; a row that is cut short or has no time is left out."""
    width = 0
    for row in rows:
        width = width or len(row)
        if len(row) != width:
            continue
        try:
            moment = datetime.fromisoformat(row[at]).replace(tzinfo=IST)
        except ValueError:
            continue
        whole = int(moment.replace(microsecond=0).timestamp())
        yield Recorded(whole * NS_PER_S + moment.microsecond * 1_000, number, key, row)


def _instrument(label: str, names: _Names) -> Instrument:
    """The instrument a file name means: `NAME` is a share, `NAME_OPT_TOKEN` an option known by its token only."""
    if (option := _OPTION.fullmatch(label)) is not None:
        lot, tick = names.option_lots.get(option[1], 1), parse_price_e4(names.option_tick) or 0
        return Instrument(Exchange.NFO, option[2], label, option[1], Kind.OPTION, lot, tick)
    share = names.cash.get(label, _Share(label[:25], "0.05"))
    tick_e4 = parse_price_e4(share.tick) or 0
    return Instrument(Exchange.NSE, share.token, f"{label}-EQ", label, Kind.EQUITY, tick_e4=tick_e4)


def _names() -> _Names:
    """Names of recordings and of the practice universe together."""
    data = resources.files("core.exchange.data")
    names = msgspec.json.decode(data.joinpath("recorded.json").read_bytes(), type=_Names)
    universe = msgspec.json.decode(data.joinpath("universe.json").read_bytes(), type=_Universe)
    names.cash |= {row.name: _Share(row.token, row.tick) for row in universe.cash}
    return names
