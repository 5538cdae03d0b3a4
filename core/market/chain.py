"""The option chain of one underlying and expiry: what each strike quotes, implies and holds. Pure, by arrays.

Numbers for looking at: prices in rupees as floats, open interest and volume in units. What is sent is never taken
from here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.clock import iso_to_ns
from core.domain import Exchange, Instrument, Kind
from core.market.greeks import Array, Flags, Greeks, greeks, implied_volatility
from core.market.instruments import Catalogue
from core.views import Quote

RATE = 0.065
"""Default yearly rate, continuous: near the 91-day Treasury bill of 2025. NSE's own page computes with 10 %."""
YEAR_NS = 365 * 86_400 * 1_000_000_000
_PARITY_STRIKES = 6
_WIDE = 0.4
"""A spread over this share of the middle says nothing about the price."""


@dataclass(frozen=True, slots=True)
class Legs:
    """The contracts of a chain, by rising strike; a strike may lack a side. `future` is the one to price on, if any."""

    exchange: Exchange
    name: str
    expiry: str
    strikes_e4: tuple[int, ...]
    calls: tuple[Instrument | None, ...]
    puts: tuple[Instrument | None, ...]
    future: Instrument | None

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Everything to subscribe."""
        legs = [i for pair in zip(self.calls, self.puts, strict=True) for i in pair if i is not None]
        return (*legs, *([self.future] if self.future else []))


class LegQuotes(Protocol):
    """The last known market of an instrument; None when there is none."""

    def __call__(self, instrument: Instrument) -> Quote | None: ...


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the chain, an array entry a strike. `premium` is NaN when nothing trustworthy is quoted."""

    premium: Array
    ltp: Array
    bid: Array
    ask: Array
    volume: Array
    interest: Array
    volatility: Array
    greeks: Greeks


@dataclass(frozen=True, slots=True)
class Chain:
    """`forward_from` says what the forward is: `future`, `parity` or `none` (then nothing is implied).

    `atm` is the index of the strike nearest to the forward, None without one. `pcr` is put over call open interest.
    """

    legs: Legs
    strikes: Array
    calls: Side
    puts: Side
    forward: float
    forward_from: str
    years: float
    atm: int | None
    pcr: float | None
    pcr_volume: float | None
    max_pain: float | None


def legs(catalogue: Catalogue, exchange: Exchange, name: str, expiry: str) -> Legs:
    """The chain's contracts from the instruments of the day."""
    by_strike: dict[int, dict[str, Instrument]] = {}
    contracts = catalogue.contracts(exchange, name)
    for i in contracts:
        if i.kind is Kind.OPTION and i.expiry == expiry and i.strike_e4:
            by_strike.setdefault(i.strike_e4, {})[i.symbol[-2:]] = i
    strikes = sorted(by_strike)
    futures = sorted((i for i in contracts if i.kind is Kind.FUTURE and i.expiry == expiry), key=lambda i: i.symbol)
    return Legs(
        exchange, name, expiry, tuple(strikes),
        tuple(by_strike[s].get("CE") for s in strikes), tuple(by_strike[s].get("PE") for s in strikes),
        futures[0] if futures else None,
    )  # fmt: skip


def expiries(catalogue: Catalogue, exchange: Exchange, name: str, on: str) -> tuple[str, ...]:
    """The days on which options of an underlying expire, from a day on."""
    contracts = catalogue.contracts(exchange, name)
    return tuple(sorted({i.expiry for i in contracts if i.kind is Kind.OPTION and i.expiry >= on}))


def years_to(expiry: str, now_ns: int, closes: str = "15:30") -> float:
    """Calendar years until the close of the expiry day, Indian time; 0 after it."""
    return max(0, iso_to_ns(f"{expiry}T{closes}:00+05:30") - now_ns) / YEAR_NS


def make_chain(legs: Legs, quote: LegQuotes, years: float, rate: float = RATE) -> Chain:
    """The chain from what is quoted now."""
    strikes = np.array(legs.strikes_e4, np.float64) / 10_000
    call_quotes, put_quotes = _read(legs.calls, quote), _read(legs.puts, quote)
    future = quote(legs.future) if legs.future is not None else None
    forward, source = 0.0, "none"
    if future is not None and (middle := _middle(future)) > 0:
        forward, source = middle, "future"
    else:
        forward = parity_forward(strikes, call_quotes.premium, put_quotes.premium, years, rate)
        source = "parity" if forward > 0 else "none"
    calls = _side(call_quotes, np.ones(len(strikes), np.bool_), forward, strikes, years, rate)
    puts = _side(put_quotes, np.zeros(len(strikes), np.bool_), forward, strikes, years, rate)
    return Chain(
        legs, strikes, calls, puts, forward, source, years,
        int(np.argmin(np.abs(strikes - forward))) if forward > 0 and len(strikes) else None,
        ratio(puts.interest, calls.interest), ratio(puts.volume, calls.volume),
        max_pain(strikes, calls.interest, puts.interest),
    )  # fmt: skip


def parity_forward(strikes: Array, calls: Array, puts: Array, years: float, rate: float) -> float:
    """The forward that put and call imply: the median of strike + (call - put) grown, where both sides are nearest to
    each other in price; 0 when no strike has both."""
    both = np.flatnonzero(np.isfinite(calls) & np.isfinite(puts))
    if not both.size:
        return 0.0
    apart = calls[both] - puts[both]
    near = both[np.argsort(np.abs(apart), kind="stable")[:_PARITY_STRIKES]]
    return float(np.median(strikes[near] + (calls[near] - puts[near]) * np.exp(rate * years)))


def max_pain(strikes: Array, calls: Array, puts: Array) -> float | None:
    """The strike at which all options together would pay their holders least; None without open interest."""
    if not len(strikes) or not (np.nansum(calls) + np.nansum(puts)) > 0:
        return None
    settle = strikes[:, None]
    paid = (np.maximum(settle - strikes, 0) * np.nan_to_num(calls)).sum(axis=1)
    paid += (np.maximum(strikes - settle, 0) * np.nan_to_num(puts)).sum(axis=1)
    return float(strikes[int(np.argmin(paid))])


class InterestBase:
    """Open interest when each contract was first seen in a session: the stream carries no previous day's.

    `change` is against that; `since_ns` (epoch) says since when, for the screen to show.
    """

    def __init__(self, day: str, now_ns: int) -> None:
        self.day, self.since_ns = day, now_ns
        self._first: dict[Instrument, int] = {}

    def change(self, instrument: Instrument, interest: int) -> int:
        """Units more or less than when it was first seen; 0 the first time."""
        return interest - self._first.setdefault(instrument, interest)


@dataclass(frozen=True, slots=True)
class _Columns:
    premium: Array
    ltp: Array
    bid: Array
    ask: Array
    volume: Array
    interest: Array


def _read(instruments: tuple[Instrument | None, ...], quote: Callable[[Instrument], Quote | None]) -> _Columns:
    table = np.zeros((6, len(instruments)))
    table[0] = np.nan
    for n, instrument in enumerate(instruments):
        q = quote(instrument) if instrument is not None else None
        if q is not None:
            table[:, n] = (
                _middle(q) or np.nan, q.ltp_e4 / 10_000, q.bid_e4 / 10_000, q.ask_e4 / 10_000, q.volume,
                q.open_interest,
            )  # fmt: skip
    return _Columns(*table)


def _middle(q: Quote) -> float:
    """The middle of a sensible spread, else the last price, else 0. In rupees."""
    if 0 < q.bid_e4 <= q.ask_e4 and (q.ask_e4 - q.bid_e4) * 2 <= _WIDE * (q.ask_e4 + q.bid_e4):
        return (q.bid_e4 + q.ask_e4) / 20_000
    return q.ltp_e4 / 10_000 if q.has_ltp else 0.0


def _side(columns: _Columns, call: Flags, forward: float, strikes: Array, years: float, rate: float) -> Side:
    if forward > 0:
        volatility = implied_volatility(call, columns.premium, forward, strikes, years, rate)
    else:
        volatility = np.full(len(strikes), np.nan)
    return Side(
        columns.premium, columns.ltp, columns.bid, columns.ask, columns.volume, columns.interest, volatility,
        greeks(call, forward or np.nan, strikes, years, rate, volatility),
    )  # fmt: skip


def ratio(over: Array, under: Array) -> float | None:
    """Total over total, as in put over call open interest; None when there is nothing under the line."""
    total = float(np.nansum(under))
    return float(np.nansum(over)) / total if total > 0 else None
