"""The chain model: contracts of an expiry, the forward it is priced on, and what it says of a recorded NSE chain."""

import gzip
import json
import math
from typing import Any

import numpy as np
import pytest

from core.clock import iso_to_ns
from core.domain import Exchange, Instrument, Kind
from core.market.chain import Chain, InterestBase, expiries, legs, make_chain, years_to
from core.market.greeks import price
from core.market.instruments import Catalogue
from core.views import Level, Quote
from tests.market.shared import real_catalogue, shared


def _quote(ltp: float, bid: float = 0, ask: float = 0, interest: int = 0, volume: int = 0) -> Quote:
    def side(at: float) -> tuple[Level, ...]:
        return (Level(round(at * 10_000), 75 if at else 0, 1),)

    return Quote(
        has_ltp=ltp > 0, ltp_e4=round(ltp * 10_000), ltq=1, average_e4=0, volume=volume, total_buy=0, total_sell=0,
        open_e4=0, high_e4=0, low_e4=0, close_e4=0, last_trade_s=1, open_interest=interest, upper_e4=0, lower_e4=0,
        bids=side(bid), asks=side(ask), exchange_ms=1,
    )  # fmt: skip


def _option(strike: int, right: str) -> Instrument:
    symbol = f"NIFTY23SEP25{strike}{right}"
    return Instrument(Exchange.NFO, symbol, symbol, "NIFTY", Kind.OPTION, 75, 5, "2025-09-23", strike * 10_000)


FUTURE = Instrument(Exchange.NFO, "F", "NIFTY23SEP25FUT", "NIFTY", Kind.FUTURE, 75, 10, "2025-09-23")
STRIKES = range(24_000, 26_001, 100)
CATALOGUE = Catalogue([FUTURE, *(_option(s, right) for s in STRIKES for right in ("CE", "PE"))])
YEARS, RATE, VOLATILITY = 5 / 365, 0.065, 0.12


def _priced(forward: float, i: Instrument) -> float:
    call = np.array([i.symbol.endswith("CE")])
    return float(price(call, forward, np.array([i.strike_e4 / 10_000]), YEARS, RATE, np.array([VOLATILITY]))[0])


def _chain(forward: float, *, future: bool) -> Chain:
    def quote(i: Instrument) -> Quote | None:
        if i is FUTURE or i.kind is Kind.FUTURE:
            return _quote(forward) if future else None
        return _quote(_priced(forward, i), interest=100)

    return make_chain(legs(CATALOGUE, Exchange.NFO, "NIFTY", "2025-09-23"), quote, YEARS, RATE)


@pytest.mark.parametrize("future", [True, False])
def test_the_forward_and_the_smile_come_back(future: bool) -> None:
    chain = _chain(25_037.0, future=future)

    assert chain.forward_from == ("future" if future else "parity")
    assert chain.forward == pytest.approx(25_037.0, abs=0.01)
    assert chain.atm is not None and chain.strikes[chain.atm] == 25_000
    near = np.abs(chain.strikes - 25_037) < 700
    assert np.abs(chain.calls.volatility[near] - VOLATILITY).max() < 1e-3
    assert np.abs(chain.puts.volatility[near] - VOLATILITY).max() < 1e-3
    parity = chain.calls.greeks.delta - chain.puts.greeks.delta
    assert parity[near] == pytest.approx(math.exp(-RATE * YEARS), abs=1e-3)
    assert chain.pcr == 1.0 and chain.max_pain == 25_000


def test_nothing_quoted_is_a_chain_of_dashes() -> None:
    chain = make_chain(legs(CATALOGUE, Exchange.NFO, "NIFTY", "2025-09-23"), lambda i: None, YEARS)

    assert (chain.forward_from, chain.atm, chain.pcr, chain.max_pain) == ("none", None, None, None)
    assert np.isnan(chain.calls.volatility).all() and np.isnan(chain.puts.greeks.delta).all()


def test_an_empty_chain_is_one() -> None:
    chain = make_chain(legs(CATALOGUE, Exchange.NFO, "NIFTY", "2030-01-01"), lambda i: None, YEARS)

    assert len(chain.strikes) == 0 and chain.atm is None


def test_the_middle_of_a_sensible_spread_beats_an_old_last_price() -> None:
    def quote(i: Instrument) -> Quote | None:
        if i.kind is Kind.FUTURE:
            return _quote(25_000)
        fair = _priced(25_000, i)
        wide = i.strike_e4 == 25_500 * 10_000
        return _quote(fair, 0.05, 900) if wide else _quote(fair * 3, fair * 0.99, fair * 1.01)

    chain = make_chain(legs(CATALOGUE, Exchange.NFO, "NIFTY", "2025-09-23"), quote, YEARS, RATE)

    at = [int(np.flatnonzero(chain.strikes == s)[0]) for s in (25_000, 25_500)]
    assert chain.calls.volatility[at] == pytest.approx([VOLATILITY, VOLATILITY], abs=2e-3)


def test_the_contracts_of_the_real_catalogue() -> None:
    days = expiries(real_catalogue(), Exchange.NFO, "NIFTY", "2025-09-18")
    chain = legs(real_catalogue(), Exchange.NFO, "NIFTY", "2025-09-30")

    assert days[:3] == ("2025-09-23", "2025-09-30", "2025-10-07")
    assert chain.future is not None and chain.future.symbol == "NIFTY30SEP25FUT"
    at = chain.strikes_e4.index(25_000 * 10_000)
    call, put = chain.calls[at], chain.puts[at]
    assert call is not None and call.symbol == "NIFTY30SEP2525000CE"
    assert put is not None and put.symbol == "NIFTY30SEP2525000PE"
    assert list(chain.strikes_e4) == sorted(set(chain.strikes_e4)) and len(chain.strikes_e4) > 90
    assert legs(real_catalogue(), Exchange.NFO, "NIFTY", "2025-09-23").future is None
    sensex = legs(real_catalogue(), Exchange.BFO, "SENSEX", "2025-09-25")
    assert sensex.future is not None and len(sensex.strikes_e4) > 50


def test_a_recorded_nse_chain() -> None:
    """PCR of all rows is the page's own; of one expiry the forward lies near the spot and the smile is a market's."""
    with gzip.open(shared("option_chain", "nse_raw_NIFTY_2025-12-05.json.gz")) as file:
        page = json.load(file)
    rows: dict[str, dict[str, Any]] = {}
    for row in page["records"]["data"]:
        if row["expiryDate"] == "09-Dec-2025":
            for right in ("CE", "PE"):
                if right in row:
                    rows[f"NIFTY23SEP25{row['strikePrice']}{right}"] = row[right]
    strikes = sorted({int(symbol[12:-2]) for symbol in rows})
    catalogue = Catalogue([_option(s, right) for s in strikes for right in ("CE", "PE")])

    def quote(i: Instrument) -> Quote | None:
        r = rows.get(i.symbol)
        if r is None:
            return None
        return _quote(r["lastPrice"], r["bidprice"], r["askPrice"], r["openInterest"], r["totalTradedVolume"])

    years = years_to("2025-12-09", iso_to_ns("2025-12-05T15:30:00+05:30"))
    chain = make_chain(legs(catalogue, Exchange.NFO, "NIFTY", "2025-09-23"), quote, years)
    spot = page["records"]["underlyingValue"]

    assert years == 4 / 365
    assert chain.forward_from == "parity" and abs(chain.forward / spot - 1) < 0.003
    oi = {right: sum(r["openInterest"] for s, r in rows.items() if s.endswith(right)) for right in ("CE", "PE")}
    assert chain.pcr == pytest.approx(oi["PE"] / oi["CE"])
    assert chain.max_pain is not None and abs(chain.max_pain - spot) < 300
    near = np.abs(chain.strikes - spot) < 400
    apart = np.abs(chain.calls.volatility - chain.puts.volatility)[near]
    assert np.nanmedian(apart) < 0.006
    assert 0.05 < np.nanmedian(chain.calls.volatility[near]) < 0.2


def test_interest_changes_count_from_what_was_first_seen() -> None:
    base = InterestBase("2025-09-18", 1)

    assert [base.change(FUTURE, n) for n in (1_000, 1_075, 900)] == [0, 75, -100]


def test_years_end_at_the_close_of_the_expiry_day() -> None:
    assert years_to("2025-09-23", iso_to_ns("2025-09-22T15:30:00+05:30")) == 1 / 365
    assert years_to("2025-09-23", iso_to_ns("2025-09-23T15:30:01+05:30")) == 0
