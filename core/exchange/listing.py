"""What the practice exchange lists: the shares, indices and the future of one trading day."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources

import msgspec

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.money import parse_price_e4

EQUITY_BAND_PERCENT = 10
FUTURE_BAND_PERCENT = 10
_SEGMENT = {
    Exchange.NSE: 1,
    Exchange.NFO: 2,
    Exchange.BSE: 3,
    Exchange.BFO: 4,
    Exchange.MCX: 5,
    Exchange.NCDEX: 7,
    Exchange.CDS: 13,
}
SEGMENTS: Mapping[int, Exchange] = {number: exchange for exchange, number in _SEGMENT.items()}
"""The stream's exchange types (official WebSocket 2.0 page)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed instrument on one day. Prices in 1/10,000 rupee; `typical` is units of an ordinary order.

    `members` are the keys whose mean return moves an index, times `leverage`; a future follows its one member with
    `premium_e6` millionths on top.
    """

    instrument: Instrument
    close_e4: int
    lower_e4: int = 0
    upper_e4: int = 0
    low_52w_e4: int = 0
    high_52w_e4: int = 0
    typical: int = 0
    members: tuple[InstrumentKey, ...] = ()
    leverage: int = 1
    premium_e6: int = 0
    open_interest: int = 0
    type_name: str = ""

    @property
    def key(self) -> InstrumentKey:
        return self.instrument.key

    @property
    def segment(self) -> int:
        """The stream's exchange type."""
        return _SEGMENT[self.instrument.exchange]

    @property
    def tradable(self) -> bool:
        return self.instrument.kind is not Kind.INDEX


class _Cash(msgspec.Struct):
    token: str
    symbol: str
    name: str
    tick: str
    close: str
    typical: int
    freeze: int
    low_52w: str
    high_52w: str


class _Index(msgspec.Struct):
    exchange: str
    token: str
    symbol: str
    name: str
    close: str
    members: list[str]
    low_52w: str
    high_52w: str
    leverage: int = 1


class _Future(msgspec.Struct):
    token: str
    name: str
    underlying: str
    lot: int
    tick: str
    freeze: int
    typical: int
    premium_e6: int


class _Universe(msgspec.Struct):
    cash: list[_Cash]
    indices: list[_Index]
    futures: list[_Future]


def listings_of(day: date) -> dict[InstrumentKey, Listing]:
    """Everything listed on a trading day, shares first, in the order of the data file."""
    raw = resources.files("core.exchange.data").joinpath("universe.json").read_bytes()
    universe = msgspec.json.decode(raw, type=_Universe)
    rows = [_share(row) for row in universe.cash] + [_index(row) for row in universe.indices]
    spot = {row.instrument.token: row for row in rows}
    rows += [_future(row, spot[row.underlying], day) for row in universe.futures]
    return {row.key: row for row in rows}


def band(close_e4: int, tick_e4: int, percent: int) -> tuple[int, int]:
    """Lower and upper circuit, rounded to ticks inside the band."""
    margin_e4 = close_e4 * percent // 100
    lower = -(-(close_e4 - margin_e4) // tick_e4) * tick_e4
    return lower, (close_e4 + margin_e4) // tick_e4 * tick_e4


def expiry_of(day: date) -> date:
    """The near monthly expiry: the last Tuesday of the month, or of the next month once that has passed."""
    this = _last_tuesday(day.year, day.month)
    if this >= day:
        return this
    return _last_tuesday(day.year + day.month // 12, day.month % 12 + 1)


def _last_tuesday(year: int, month: int) -> date:
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last.replace(day=last.day - (last.weekday() - calendar.TUESDAY) % 7)


def _price(text: str) -> int:
    price_e4 = parse_price_e4(text)
    assert price_e4 is not None, text
    return price_e4


def _share(row: _Cash) -> Listing:
    tick_e4, close_e4 = _price(row.tick), _price(row.close)
    lower, upper = band(close_e4, tick_e4, EQUITY_BAND_PERCENT)
    share = Instrument(
        Exchange.NSE, row.token, row.symbol, row.name, Kind.EQUITY, tick_e4=tick_e4, freeze_quantity=row.freeze
    )
    low, high = _price(row.low_52w), _price(row.high_52w)
    return Listing(share, close_e4, lower, upper, low, high, row.typical)


def _index(row: _Index) -> Listing:
    index = Instrument(Exchange(row.exchange), row.token, row.symbol, row.name, Kind.INDEX, tick_e4=0)
    members = tuple(InstrumentKey(Exchange.NSE, token) for token in row.members)
    low, high = _price(row.low_52w), _price(row.high_52w)
    return Listing(
        index, _price(row.close), 0, 0, low, high, members=members, leverage=row.leverage, type_name="AMXIDX"
    )


def _future(row: _Future, spot: Listing, day: date) -> Listing:
    tick_e4, expiry = _price(row.tick), expiry_of(day)
    close_e4 = spot.close_e4 * (1_000_000 + row.premium_e6) // 1_000_000 // tick_e4 * tick_e4
    lower, upper = band(close_e4, tick_e4, FUTURE_BAND_PERCENT)
    symbol = f"{row.name}{expiry:%d%b%y}FUT".upper()
    future = Instrument(
        Exchange.NFO,
        row.token,
        symbol,
        row.name,
        Kind.FUTURE,
        row.lot,
        tick_e4,
        expiry.isoformat(),
        freeze_quantity=row.freeze,
    )
    return Listing(
        future,
        close_e4,
        lower,
        upper,
        spot.low_52w_e4,
        spot.high_52w_e4,
        row.typical,
        (spot.key,),
        premium_e6=row.premium_e6,
        open_interest=row.lot * 210_000,
        type_name="FUTIDX",
    )
