"""The practice universe of a trading day: shares, indices, futures, option chains, commodities and currencies."""

import calendar
from dataclasses import replace
from datetime import date, time, timedelta
from importlib import resources

import msgspec

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.exchange.calendar import at
from core.exchange.listing import SHARE_SPREAD_E6, Listing, band
from core.exchange.pricing import option_e4, years_to
from core.money import parse_price_e4

EQUITY_BAND_PERCENT = 10
FUTURE_BAND_PERCENT = 10
OPTION_SPREAD_E6 = 2_600
EXPIRES = time(15, 30)
_TOKENS_A_CHAIN, _STRIKES_MAX = 1_000_000, 2_000


class CashRow(msgspec.Struct):
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
    """Follows an index or a share; `months` 0 is the near contract."""

    exchange: str
    token: str
    name: str
    underlying: str
    lot: int
    tick: str
    freeze: int
    typical: int
    premium_e6: int
    months: int
    type: str
    spread_e6: int


class _Outright(msgspec.Struct):
    """A future with a price of its own; it expires on the first weekday at or before `expiry_day` of a month."""

    exchange: str
    token: str
    name: str
    lot: int
    tick: str
    close: str
    typical: int
    freeze: int
    type: str
    expiry_day: int
    spread_e6: int
    low_52w: str
    high_52w: str


class _Chain(msgspec.Struct):
    number: int
    exchange: str
    name: str
    future: str
    expiry: str
    step: str
    each_side: int
    lot: int
    tick: str
    freeze: int
    typical: int
    vol_e6: int
    type: str


class UniverseFile(msgspec.Struct):
    cash: list[CashRow]
    indices: list[_Index]
    futures: list[_Future]
    outrights: list[_Outright]
    chains: list[_Chain]


def universe_file() -> UniverseFile:
    raw = resources.files("core.exchange.data").joinpath("universe.json").read_bytes()
    return msgspec.json.decode(raw, type=UniverseFile)


def listings_of(day: date) -> dict[InstrumentKey, Listing]:
    """Everything listed on a trading day, shares first, in the order of the data file, options last."""
    universe = universe_file()
    rows = [_share(row) for row in universe.cash] + [_index(row) for row in universe.indices]
    spot = {row.instrument.token: row for row in rows}
    rows += [_future(row, spot[row.underlying], day) for row in universe.futures]
    rows += [_outright(row, day) for row in universe.outrights]
    futures = {row.instrument.token: row for row in rows if row.instrument.kind is Kind.FUTURE}
    for chain in universe.chains:
        rows += _options(chain, futures[chain.future], day)
    return {row.key: row for row in rows}


def expiry_of(day: date, months: int = 0) -> date:
    """The monthly expiry: the last Tuesday of the month, or of the next month once that has passed."""
    year, month = day.year, day.month
    if _last_tuesday(year, month) < day:
        year, month = _later(year, month, 1)
    return _last_tuesday(*_later(year, month, months))


def weekly_expiry(day: date) -> date:
    """The next Tuesday that is no monthly expiry."""
    tuesday = day + timedelta(days=(calendar.TUESDAY - day.weekday()) % 7)
    return tuesday + timedelta(days=7) if tuesday == _last_tuesday(tuesday.year, tuesday.month) else tuesday


def symbol_of(name: str, exchange: Exchange, expiry: date, tail: str) -> str:
    """A contract's trading symbol: MCX options and currencies leave the day out, the others do not."""
    dated = f"{expiry:%y%b}" if exchange is Exchange.CDS or (exchange is Exchange.MCX and tail != "FUT") else ""
    return f"{name}{dated or f'{expiry:%d%b%y}'}{tail}".upper()


def price_of(text: str) -> int:
    price_e4 = parse_price_e4(text)
    assert price_e4 is not None, text
    return price_e4


def option_listing(instrument: Instrument, future: Listing, typical: int, vol_e6: int, kind: str, day: date) -> Listing:
    """An option priced from its future at the previous close."""
    expiry_ns = at(date.fromisoformat(instrument.expiry), EXPIRES)
    years = years_to(expiry_ns, at(day, time(9, 15)))
    is_call, tick_e4 = instrument.symbol.endswith("CE"), instrument.tick_e4
    close_e4 = option_e4(is_call, instrument.strike_e4, future.close_e4, vol_e6, years)
    close_e4 = max(tick_e4, close_e4 // tick_e4 * tick_e4)
    room_e4 = max(future.close_e4 // 20, close_e4)
    upper_e4 = (close_e4 + room_e4) // tick_e4 * tick_e4
    away = abs(instrument.strike_e4 - future.close_e4) / future.close_e4
    interest = round(40_000 / (1 + (away * 40) ** 2)) * instrument.lot
    return Listing(
        instrument,
        close_e4,
        tick_e4,
        upper_e4,
        tick_e4,
        upper_e4,
        typical,
        (future.key,),
        open_interest=interest,
        type_name=kind,
        spread_e6=OPTION_SPREAD_E6,
        vol_e6=vol_e6,
    )


def _later(year: int, month: int, months: int) -> tuple[int, int]:
    count = year * 12 + month - 1 + months
    return count // 12, count % 12 + 1


def _last_tuesday(year: int, month: int) -> date:
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last.replace(day=last.day - (last.weekday() - calendar.TUESDAY) % 7)


def _dated(day: date, number: int) -> date:
    """The weekday at or before the numbered day of this month, or of the next month once that has passed."""
    year, month = day.year, day.month
    while True:
        found = date(year, month, min(number, calendar.monthrange(year, month)[1]))
        found -= timedelta(days=max(0, found.weekday() - calendar.FRIDAY))
        if found >= day:
            return found
        year, month = _later(year, month, 1)


def _share(row: CashRow) -> Listing:
    tick_e4, close_e4 = price_of(row.tick), price_of(row.close)
    lower, upper = band(close_e4, tick_e4, EQUITY_BAND_PERCENT)
    share = Instrument(
        Exchange.NSE, row.token, row.symbol, row.name, Kind.EQUITY, tick_e4=tick_e4, freeze_quantity=row.freeze
    )
    low, high = price_of(row.low_52w), price_of(row.high_52w)
    return Listing(share, close_e4, lower, upper, low, high, row.typical, spread_e6=SHARE_SPREAD_E6)


def _index(row: _Index) -> Listing:
    index = Instrument(Exchange(row.exchange), row.token, row.symbol, row.name, Kind.INDEX, tick_e4=0)
    members = tuple(InstrumentKey(Exchange.NSE, token) for token in row.members)
    low, high = price_of(row.low_52w), price_of(row.high_52w)
    return Listing(
        index, price_of(row.close), 0, 0, low, high, members=members, leverage=row.leverage, type_name="AMXIDX"
    )


def _contract(row: _Future | _Outright, expiry: date, close_e4: int, low_high: tuple[int, int]) -> Listing:
    tick_e4, exchange = price_of(row.tick), Exchange(row.exchange)
    lower, upper = band(close_e4, tick_e4, FUTURE_BAND_PERCENT)
    future = Instrument(
        exchange,
        row.token,
        symbol_of(row.name, exchange, expiry, "FUT"),
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
        *low_high,
        row.typical,
        open_interest=row.typical * 1_600,
        type_name=row.type,
        spread_e6=row.spread_e6,
    )


def _future(row: _Future, spot: Listing, day: date) -> Listing:
    tick_e4 = price_of(row.tick)
    close_e4 = spot.close_e4 * (1_000_000 + row.premium_e6) // 1_000_000 // tick_e4 * tick_e4
    found = _contract(row, expiry_of(day, row.months), close_e4, (spot.low_52w_e4, spot.high_52w_e4))
    return _following(found, spot.key, row.premium_e6)


def _following(future: Listing, spot: InstrumentKey, premium_e6: int) -> Listing:
    return replace(future, members=(spot,), premium_e6=premium_e6)


def _outright(row: _Outright, day: date) -> Listing:
    low_high = price_of(row.low_52w), price_of(row.high_52w)
    return _contract(row, _dated(day, row.expiry_day), price_of(row.close), low_high)


def _options(chain: _Chain, future: Listing, day: date) -> list[Listing]:
    """Calls and puts at strikes around the future's close."""
    expiry = weekly_expiry(day) if chain.expiry == "weekly" else date.fromisoformat(future.instrument.expiry)
    step_e4 = price_of(chain.step)
    middle = round(future.close_e4 / step_e4)
    strikes = range(middle - chain.each_side, middle + chain.each_side + 1)
    return [_option(chain, future, day, expiry, strike, right) for strike in strikes for right in ("CE", "PE")]


def _option(chain: _Chain, future: Listing, day: date, expiry: date, strike: int, right: str) -> Listing:
    exchange, strike_e4 = Exchange(chain.exchange), strike * price_of(chain.step)
    place = expiry.toordinal() % 500 * _STRIKES_MAX + strike % (_STRIKES_MAX // 2) * 2 + (right == "PE")
    option = Instrument(
        exchange,
        str(chain.number * _TOKENS_A_CHAIN + place),
        symbol_of(chain.name, exchange, expiry, f"{strike_e4 / 10_000:g}{right}"),
        chain.name,
        Kind.OPTION,
        chain.lot,
        price_of(chain.tick),
        expiry.isoformat(),
        strike_e4,
        freeze_quantity=chain.freeze,
    )
    return option_listing(option, future, chain.typical, chain.vol_e6, chain.type, day)
