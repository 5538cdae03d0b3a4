"""Recordings of many shapes as one stream of ticks: files recognised by their columns, merged by time of arrival.

A row is parsed when its turn comes. Rows that are cut short, have no time or no price are left out and counted. Times
never step back within a file: the order of arrival rules, for some feeds mix whole seconds with milliseconds.
"""

import gzip
import heapq
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import msgspec

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.errors import UserError
from core.exchange import formats
from core.exchange.listing import Listing
from core.exchange.tick import Tick
from core.exchange.universe import universe_file
from core.money import parse_price_e4

SUFFIXES = (".csv.gz", ".csv", ".jsonl.gz", ".jsonl")
FILES_MAX = 500
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}_(.+)")
_TOKENED = re.compile(r"([A-Z0-9&-]+)_OPT_(\d+)")
_STRIKE = re.compile(r"([A-Z0-9&-]+?)_(\d{3,6})(CE|PE)?")
_SPAN = re.compile(r"(.+?)_\d{4}-\d{2}(_\d{4}-\d{2})?")
_INDICES = {
    "Nifty_Bank": "99926009",
    "Nifty Bank": "99926009",
    "Nifty 50": "99926000",
    "NIFTY50": "99926000",
    "INDIAVIX": "99926017",
}
_LIMIT_CHARS = 1 << 20


class _Share(msgspec.Struct):
    token: str
    tick: str


class _Names(msgspec.Struct):
    cash: dict[str, _Share]
    option_lots: dict[str, int]
    option_tick: str


class Recording:
    """The files of a recording; `take` gives tick after tick. UserError when there is none that can be used."""

    next: Tick | None

    def __init__(self, path: Path) -> None:
        self._names = _names()
        self.instruments: dict[InstrumentKey, Instrument] = {}
        self._labels: dict[str, InstrumentKey] = {}
        self.left_out = 0
        self._files = [(file, formats.recognise(file, *_head(file))) for file in _files(path)]
        self._begin()
        if self.next is None:
            raise UserError(f"The recording {path} holds no rows.")

    def take(self) -> Tick | None:
        """The next tick in time, None at the end."""
        taken, self.next = self.next, next(self._merged, None)
        return taken

    def rewind(self) -> None:
        """Begin again."""
        self._begin()

    def _begin(self) -> None:
        readers = [self._timed(shape, number) for number, (_, shape) in enumerate(self._files)]
        self._merged = heapq.merge(*readers, key=lambda tick: (tick.time_ns, tick.number))
        self.next = next(self._merged, None)

    def _timed(self, shape: formats.Shape, number: int) -> Iterator[Tick]:
        latest_ns = 0
        for raw in shape.ticks():
            if raw is None:
                self.left_out += 1
                continue
            latest_ns = max(latest_ns, raw.time_ns)
            yield Tick(latest_ns, number, self._key(raw.label, shape), raw)

    def _key(self, label: str, shape: formats.Shape) -> InstrumentKey:
        key = self._labels.get(label)
        if key is None:
            instrument = self._instrument(label, shape)
            key = self._labels[label] = instrument.key
            self.instruments[key] = instrument
        return key

    def _instrument(self, label: str, shape: formats.Shape) -> Instrument:
        """The instrument a label means: a share, an index, a future, or an option, some known by token only."""
        name = _DATED.sub(r"\1", label)
        name = _SPAN.sub(r"\1", name) if _SPAN.fullmatch(name) else name
        lots, tick_e4 = self._names.option_lots, parse_price_e4(self._names.option_tick) or 500
        if (option := _TOKENED.fullmatch(name)) is not None:
            return Instrument(Exchange.NFO, option[2], name, option[1], Kind.OPTION, lots.get(option[1], 1), tick_e4)
        if name in _INDICES or shape.is_index:
            token = _INDICES.get(name) or {"NIFTY": "99926000", "BANKNIFTY": "99926009"}.get(name, name[:25])
            return Instrument(Exchange.NSE, token, name.replace("_", " "), name, Kind.INDEX, tick_e4=0)
        if "_FUT" in name or shape.is_future or (name.isdigit() and len(name) > 4):
            under, _, token = name.partition("_FUT")
            token = token.strip("_") or name.replace("_", "")[:25]
            return Instrument(Exchange.NFO, token, name, under, Kind.FUTURE, lots.get(under, 1), tick_e4)
        if (option := _STRIKE.fullmatch(name)) is not None:
            strike_e4, lot = int(option[2]) * 10_000, lots.get(option[1], 1)
            token = name.replace("_", "")[:25]
            return Instrument(Exchange.NFO, token, name, option[1], Kind.OPTION, lot, tick_e4, "", strike_e4)
        plain = name.removesuffix("-EQ")
        share = self._names.cash.get(plain, _Share(plain[:25], "0.05"))
        tick_e4 = parse_price_e4(share.tick) or 500
        return Instrument(Exchange.NSE, share.token, f"{plain}-EQ", plain, Kind.EQUITY, tick_e4=tick_e4)

    def survey(self) -> None:
        """Name every instrument, also those whose first row is yet to come."""
        for _, shape in self._files:
            for label in shape.labels():
                self._key(label, shape)


def listing_of(instrument: Instrument) -> Listing:
    """A listing with what a recording tells; circuits and the year's range stay 0, which is unknown."""
    names = {Kind.OPTION: "OPTIDX", Kind.FUTURE: "FUTIDX", Kind.INDEX: "AMXIDX", Kind.EQUITY: ""}
    return Listing(instrument, 0, type_name=names[instrument.kind])


def _files(path: Path) -> list[Path]:
    """The files of a recording, shares first."""
    if path.is_file():
        return [path]
    found = [f for f in path.iterdir() if f.name.endswith(SUFFIXES)] if path.is_dir() else []
    if not found:
        raise UserError(f"There is no recording at {path}. Name a file ({', '.join(SUFFIXES)}) or a folder of them.")
    if len(found) > FILES_MAX:
        raise UserError(f"{path} holds {len(found)} files; a recording has at most {FILES_MAX}.")
    return sorted(found, key=lambda f: ("_OPT_" in f.name, f.name))


def _head(file: Path) -> tuple[str, str]:
    """The first two lines."""
    try:
        with formats.open_text(file) as text:
            return text.readline(_LIMIT_CHARS), text.readline(_LIMIT_CHARS)
    except (OSError, EOFError, UnicodeDecodeError, gzip.BadGzipFile) as e:
        raise UserError(f"The recording {file} cannot be read ({e}).") from e


def _names() -> _Names:
    """Names of recordings and of the practice universe together."""
    data = resources.files("core.exchange.data")
    names = msgspec.json.decode(data.joinpath("recorded.json").read_bytes(), type=_Names)
    names.cash |= {row.name: _Share(row.token, row.tick) for row in universe_file().cash}
    return names
