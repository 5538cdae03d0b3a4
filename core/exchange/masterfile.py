"""`--universe`: any part of a real instrument master as the practice universe. Prices are invented where unknown.

A derivative's underlying is worth what the strikes of its name say: the middle of the nearest expiry's strikes. What is
known to the shipped universe keeps its close; another share's close is drawn from its token.
"""

import gzip
import hashlib
import lzma
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

import msgspec

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.errors import UserError
from core.exchange.listed import Listed
from core.exchange.listing import Listing, band
from core.exchange.universe import (
    EQUITY_BAND_PERCENT,
    FUTURE_BAND_PERCENT,
    option_listing,
    price_of,
    universe_file,
)

BYTES_MAX = 256 << 20
ROWS_MAX = 400_000
_KINDS = {"": Kind.EQUITY, "AMXIDX": Kind.INDEX, "INDEX": Kind.INDEX, "UNDCUR": Kind.INDEX, "COMDTY": Kind.INDEX}
_EXCHANGES = dict(Exchange.__members__)
_STRIKE_SCALE = {"CDS": 10_000_000, "NCO": 10_000}
_VOL_E6 = {"NIFTY": 118_000, "BANKNIFTY": 131_000}
_VOL_OTHER_E6 = 260_000
_PREMIUM_E6_A_MONTH = 4_000


class _Row(msgspec.Struct):
    """The nine texts of a master row; unknown keys are ignored."""

    token: str
    symbol: str
    name: str = ""
    expiry: str = ""
    strike: str = "-1"
    lotsize: str = "1"
    instrumenttype: str = ""
    exch_seg: str = ""
    tick_size: str = "5"
    freeze_qty: str = ""


class Master:
    """A master file, read once. UserError when it is none or lists nothing that can be traded."""

    def __init__(self, path: Path) -> None:
        rows = _read(path)
        self._instruments: dict[InstrumentKey, Instrument] = {}
        self._types: dict[InstrumentKey, str] = {}
        for row in rows:
            if (instrument := _instrument(row)) is not None:
                key = InstrumentKey(instrument.exchange, instrument.token)
                self._instruments[key], self._types[key] = instrument, row.instrumenttype
        self._kept: tuple[date, Listed] | None = None
        if all(i.kind is Kind.INDEX for i in self._instruments.values()):
            raise UserError(
                f"The universe {path} lists nothing that can be traded here. Give an Angel instrument master."
            )

    def day(self, ordinary: date) -> date:
        """The day to practise on: the ordinary one, or its first expiry: what has expired is not in a master."""
        expiries = sorted({i.expiry for i in self._instruments.values() if i.expiry})
        return min(ordinary, date.fromisoformat(expiries[0])) if expiries else ordinary

    def listings(self, day: date) -> Listed:
        """What has not expired, shares first, then indices, futures and options; options wait for their price."""
        if self._kept is None or self._kept[0] != day:
            self._kept = day, self._listed(day)
        return self._kept[1]

    def _listed(self, day: date) -> Listed:
        today = day.isoformat()
        alive = {key: i for key, i in self._instruments.items() if not i.expiry or i.expiry >= today}
        options = {key: i for key, i in alive.items() if i.kind is Kind.OPTION}
        others = [i for i in alive.values() if i.kind is not Kind.OPTION]
        others.sort(key=lambda i: (_ORDER[i.kind], i.symbol != "RELIANCE-EQ"))
        prices = _Prices(options.values())
        listed: dict[InstrumentKey, Listing] = {}
        near: dict[tuple[Exchange, str], Listing] = {}
        for instrument in others:
            row = _plain(instrument, prices, self._types[instrument.key], day)
            listed[row.key] = row
            if row.instrument.kind is Kind.FUTURE:
                best = near.setdefault((instrument.exchange, instrument.name), row)
                if instrument.expiry < best.instrument.expiry:
                    near[(instrument.exchange, instrument.name)] = row
        types = self._types
        return Listed(_with_indices(listed), options, lambda i: _option(i, near, prices, types[i.key], day))


_ORDER = {Kind.EQUITY: 0, Kind.INDEX: 1, Kind.FUTURE: 2}


class _Prices:
    """The close of a name or token, in 1/10,000 rupee."""

    def __init__(self, options: Iterable[Instrument]) -> None:
        universe = universe_file()
        known = [(row.token, row.name, row.close) for row in universe.cash]
        known += [(row.token, row.name, row.close) for row in universe.indices]
        known += [("", row.name, row.close) for row in universe.outrights]
        self._tokens = {token: price_of(close) for token, _, close in known}
        self._names = {name: price_of(close) for _, name, close in known}
        strikes: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i in options:
            strikes[(i.name, i.expiry)].append(i.strike_e4)
        self._strikes: dict[str, int] = {}
        for (name, _), values in sorted(strikes.items(), reverse=True):
            self._strikes[name] = round(statistics.median(values))

    def of(self, instrument: Instrument) -> int:
        """Strikes speak first (they fit the master's day), then what is known, then the token's digits."""
        known = self._strikes.get(instrument.name) or self._names.get(instrument.name)
        close_e4 = known or self._tokens.get(instrument.token) or self._drawn(instrument)
        tick_e4 = instrument.tick_e4 or 500
        return max(tick_e4 * 20, close_e4 // tick_e4 * tick_e4)

    @staticmethod
    def _drawn(instrument: Instrument) -> int:
        digest = hashlib.sha256(f"{instrument.exchange}/{instrument.token}".encode()).digest()
        return (50 + int.from_bytes(digest[:3], "big") % 2_450) * 10_000


def _plain(instrument: Instrument, prices: _Prices, kind: str, day: date) -> Listing:
    close_e4 = prices.of(instrument)
    if instrument.kind is Kind.INDEX:
        return Listing(instrument, close_e4, type_name=kind)
    percent = EQUITY_BAND_PERCENT
    if instrument.kind is Kind.FUTURE:
        percent = FUTURE_BAND_PERCENT
        months = max(0, (date.fromisoformat(instrument.expiry) - day).days) / 30
        close_e4 = round(close_e4 * (1 + months * _PREMIUM_E6_A_MONTH / 1e6))
        close_e4 = close_e4 // instrument.tick_e4 * instrument.tick_e4
    lower, upper = band(close_e4, instrument.tick_e4, percent)
    typical = max(instrument.lot * 2, 1_500_000_000 // close_e4 // instrument.lot * instrument.lot)
    year = close_e4 * 78 // 100, close_e4 * 119 // 100
    return Listing(instrument, close_e4, lower, upper, *year, typical, open_interest=0, type_name=kind)


def _option(
    instrument: Instrument,
    near: Mapping[tuple[Exchange, str], Listing],
    prices: _Prices,
    kind: str,
    day: date,
) -> Listing:
    """Priced from the near future of its name, else from the strikes alone, standing still."""
    future = near.get((instrument.exchange, instrument.name))
    vol_e6 = _VOL_E6.get(instrument.name, _VOL_OTHER_E6)
    if future is not None:
        return option_listing(instrument, future, instrument.lot * 2, vol_e6, kind, day)
    stand_in = Instrument(instrument.exchange, "", "", instrument.name, Kind.FUTURE, instrument.lot, instrument.tick_e4)
    row = option_listing(instrument, Listing(stand_in, prices.of(stand_in)), instrument.lot * 2, vol_e6, kind, day)
    return replace(row, members=())


def _with_indices(listed: dict[InstrumentKey, Listing]) -> dict[InstrumentKey, Listing]:
    """Indices move with the listed members of the shipped universe, and the futures of their names with them."""
    members_of: dict[str, tuple[InstrumentKey, ...]] = {}
    shares = [key for key, row in listed.items() if row.instrument.kind is Kind.EQUITY and key.exchange is Exchange.NSE]
    for row in universe_file().indices:
        keys = [InstrumentKey(Exchange.NSE, token) for token in row.members]
        members_of[row.token] = tuple(k for k in keys if k in listed) or tuple(shares[:30])
    spot: dict[str, InstrumentKey] = {}
    for key, listing in listed.items():
        if listing.instrument.kind is Kind.INDEX:
            listed[key] = replace(listing, members=members_of.get(key.token, ()))
            spot.setdefault(listing.instrument.name, key)
        elif listing.instrument.kind is Kind.EQUITY and key.exchange is Exchange.NSE:
            spot[listing.instrument.name] = key
    for key, listing in listed.items():
        if listing.instrument.kind is Kind.FUTURE and (under := spot.get(listing.instrument.name)) is not None:
            premium_e6 = listing.close_e4 * 1_000_000 // listed[under].close_e4 - 1_000_000
            listed[key] = replace(listing, members=(under,), premium_e6=premium_e6)
    return listed


def _read(path: Path) -> list[_Row]:
    openers: dict[str, Callable[[Path], bytes]] = {".gz": _gunzip, ".xz": _unxz}
    try:
        raw = openers.get(path.suffix, _plain_bytes)(path)
        rows = msgspec.json.decode(raw, type=list[_Row], strict=False)
    except (OSError, EOFError, lzma.LZMAError) as e:
        raise UserError(f"The universe {path} cannot be read ({e}).") from e
    except msgspec.MsgspecError as e:
        raise UserError(f"The universe {path} is no instrument master: {e}.") from e
    if len(raw) >= BYTES_MAX or len(rows) > ROWS_MAX:
        raise UserError(f"The universe {path} is longer than {ROWS_MAX} rows or {BYTES_MAX >> 20} MiB.")
    return rows


def _gunzip(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read(BYTES_MAX)


def _unxz(path: Path) -> bytes:
    with lzma.open(path) as file:
        return file.read(BYTES_MAX)


def _plain_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BYTES_MAX)


def _instrument(row: _Row) -> Instrument | None:
    """The instrument a row means; None for one that cannot be listed (other segments, no tick, unreadable)."""
    exchange = _EXCHANGES.get(row.exch_seg)
    if exchange is None or not row.token.isascii() or not 0 < len(row.token) <= 25 or not row.symbol:
        return None
    kind, tick_e4 = _kind(row), _scaled(row.tick_size, row.exch_seg)
    lot, strike_e4 = _whole(row.lotsize), _scaled(row.strike, row.exch_seg)
    if kind is Kind.INDEX:
        tick_e4, lot, strike_e4 = 0, 1, 0
    elif tick_e4 <= 0 or lot <= 0:
        return None
    expiry = _expiry(row.expiry)
    if (
        expiry is None
        or (kind in (Kind.FUTURE, Kind.OPTION)) != bool(expiry)
        or (kind is Kind.OPTION and strike_e4 <= 0)
    ):
        return None
    freeze = _whole(row.freeze_qty)
    return Instrument(
        exchange,
        row.token,
        row.symbol,
        row.name or row.symbol,
        kind,
        lot,
        tick_e4,
        expiry,
        strike_e4 if kind is Kind.OPTION else 0,
        freeze_quantity=freeze if freeze > 0 else None,
    )


def _kind(row: _Row) -> Kind:
    if row.instrumenttype.startswith("OPT"):
        return Kind.OPTION
    return Kind.FUTURE if row.instrumenttype.startswith("FUT") else _KINDS.get(row.instrumenttype, Kind.INDEX)


@lru_cache(maxsize=2_000)
def _expiry(text: str) -> str | None:
    """An ISO date, empty for none, None for what is no date. A master has few different ones."""
    try:
        return datetime.strptime(text, "%d%b%Y").date().isoformat() if text else ""  # noqa: DTZ007
    except ValueError:
        return None


@lru_cache(maxsize=20_000)
def _scaled(text: str, segment: str) -> int:
    """A strike or a tick in 1/10,000 rupee; written times 100, for currencies times 10,000,000."""
    try:
        value_e4 = int(Decimal(text or "0") * 10_000)
    except (InvalidOperation, ValueError, OverflowError):
        return 0
    return max(0, value_e4) // _STRIKE_SCALE.get(segment, 100)


@lru_cache(maxsize=20_000)
def _whole(text: str) -> int:
    try:
        return int(float(text or 0))
    except ValueError:
        return 0
