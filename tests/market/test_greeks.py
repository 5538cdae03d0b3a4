"""Black-76 against an independent pricer (error function, finite differences) and against recorded chains."""

import csv
import gzip
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import iso_to_ns
from core.market.chain import max_pain, parity_forward, ratio, years_to
from core.market.greeks import greeks, implied_volatility, price
from tests.market.shared import shared

RATE = 0.065


def _normal(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def plain_price(call: bool, f: float, k: float, t: float, r: float, v: float) -> float:
    """Black's formula, written down once more with another function for the normal distribution."""
    s = v * math.sqrt(t)
    d1 = (math.log(f / k) + s * s / 2) / s
    sign = 1 if call else -1
    return math.exp(-r * t) * sign * (f * _normal(sign * d1) - k * _normal(sign * (d1 - s)))


def _one(value: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([value])


_CASE = st.tuples(
    st.booleans(), st.floats(0.7, 1.4), st.floats(1 / 365, 1.0), st.floats(0.0, 0.12), st.floats(0.05, 1.5)
)


@given(_CASE)
@settings(max_examples=300, deadline=None)
def test_price_is_the_independent_pricers(case: tuple[bool, float, float, float, float]) -> None:
    call, moneyness, t, r, v = case
    f, k = 25_000.0, 25_000.0 * moneyness

    ours = float(price(np.array([call]), f, _one(k), t, r, _one(v))[0])

    assert ours == pytest.approx(plain_price(call, f, k, t, r, v), abs=1e-6)


@given(_CASE)
@settings(max_examples=300, deadline=None)
def test_the_implied_volatility_gives_the_premium_back(case: tuple[bool, float, float, float, float]) -> None:
    call, moneyness, t, r, v = case
    f, k = 25_000.0, 25_000.0 * moneyness
    premium = plain_price(call, f, k, t, r, v)

    found = float(implied_volatility(np.array([call]), _one(premium), f, _one(k), t, r)[0])

    intrinsic = math.exp(-r * t) * max(0.0, (f - k) if call else (k - f))
    if premium - intrinsic > 0.01:
        assert plain_price(call, f, k, t, r, found) == pytest.approx(premium, abs=1e-4)
        assert found == pytest.approx(v, abs=2e-3)
    else:
        assert math.isnan(found) or plain_price(call, f, k, t, r, found) == pytest.approx(premium, abs=1e-2)


@given(_CASE)
@settings(max_examples=200, deadline=None)
def test_greeks_are_the_slopes_of_the_independent_pricer(case: tuple[bool, float, float, float, float]) -> None:
    call, moneyness, t, r, v = case
    f, k = 1_000.0, 1_000.0 * moneyness
    g = greeks(np.array([call]), f, _one(k), t, r, _one(v))

    def slope(up: float, down: float, width: float) -> float:
        return (up - down) / width

    h = 1e-2
    delta = slope(plain_price(call, f + h, k, t, r, v), plain_price(call, f - h, k, t, r, v), 2 * h)
    w = f * v * math.sqrt(t) * 0.02
    near = plain_price(call, f + w, k, t, r, v) + plain_price(call, f - w, k, t, r, v)
    gamma = (near - 2 * plain_price(call, f, k, t, r, v)) / (w * w)
    vega = slope(plain_price(call, f, k, t, r, v + 1e-4), plain_price(call, f, k, t, r, v - 1e-4), 2e-4) / 100
    dt = t * 1e-4
    theta = slope(plain_price(call, f, k, t - dt, r, v), plain_price(call, f, k, t + dt, r, v), 2 * dt) / 365
    rho = slope(plain_price(call, f, k, t, r + 1e-5, v), plain_price(call, f, k, t, r - 1e-5, v), 2e-5) / 100

    assert float(g.delta[0]) == pytest.approx(delta, abs=1e-5)
    assert float(g.gamma[0]) == pytest.approx(gamma, rel=1e-3, abs=1e-6)
    assert float(g.vega[0]) == pytest.approx(vega, abs=1e-4)
    assert float(g.theta[0]) == pytest.approx(theta, abs=1e-3)
    assert float(g.rho[0]) == pytest.approx(rho, abs=1e-4)


@pytest.mark.parametrize(
    ("premium", "why"),
    [(0.0, "zero"), (-5.0, "below zero"), (999.0, "under exercise"), (float("nan"), "unknown"), (26_000.0, "too much")],
)  # fmt: skip
def test_no_volatility_is_no_answer(premium: float, why: str) -> None:
    found = implied_volatility(np.array([True]), _one(premium), 25_000.0, _one(24_000.0), 0.02, 0.0)

    assert math.isnan(found[0]), why


def test_an_expired_option_and_an_empty_chain_give_no_answer() -> None:
    assert np.isnan(implied_volatility(np.array([True]), _one(10.0), 100.0, _one(100.0), 0.0, RATE)).all()
    assert implied_volatility(np.zeros(0, bool), np.zeros(0), 100.0, np.zeros(0), 0.1, RATE).size == 0


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40), st.floats(1e-6, 3.0))
@settings(max_examples=150, deadline=None)
def test_whatever_is_quoted_raises_nothing(premiums: list[float], years: float) -> None:
    strikes = 20_000.0 + 250 * np.arange(len(premiums))
    call = np.arange(len(premiums)) % 2 == 0
    with np.errstate(all="ignore"):
        found = implied_volatility(call, np.array(premiums), 24_000.0, strikes, years, RATE)

    assert found.shape == strikes.shape
    assert not (found <= 0).any()


def test_max_pain_pays_holders_least() -> None:
    strikes = np.array([100.0, 110.0, 120.0])
    calls, puts = np.array([10.0, 50.0, 5.0]), np.array([5.0, 40.0, 10.0])

    def paid(at: float) -> float:
        return sum(c * max(0, at - k) + p * max(0, k - at) for k, c, p in zip(strikes, calls, puts, strict=True))

    assert max_pain(strikes, calls, puts) == min(strikes, key=paid) == 110.0
    assert max_pain(strikes, np.zeros(3), np.zeros(3)) is None


# -- recorded chains -------------------------------------------------------------------------------------------------


def _recorded_2026(expiry: str, at: str) -> tuple[dict[str, dict[float, dict[str, str]]], float]:
    sides: dict[str, dict[float, dict[str, str]]] = {"CE": {}, "PE": {}}
    spot = 0.0
    with gzip.open(shared("option_chain", "NIFTY_2026-08-19_greeks.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            if (row["timestamp"], row["expiry"]) == (at, expiry):
                sides[row["option_type"]][float(row["strike"])] = row
                spot = float(row["spot"])
    return sides, spot


def _columns(side: dict[float, dict[str, str]], strikes: Any, name: str) -> Any:
    return np.array([float(side[k][name]) for k in strikes])


def test_the_recorded_volatilities_of_2026_are_ours_under_their_assumptions() -> None:
    """Their program prices on the spot grown at 6.5 %; so priced, ours are theirs but for when each was read."""
    for expiry, day in (("25-Aug-2026", "2026-08-25"), ("01-Sep-2026", "2026-09-01")):
        sides, spot = _recorded_2026(expiry, "202608191200")
        strikes = np.array(sorted(set(sides["CE"]) & set(sides["PE"])))
        years = years_to(day, iso_to_ns("2026-08-19T12:00:00+05:30"))
        near = np.abs(strikes - spot) < 600
        for right in ("CE", "PE"):
            call = np.full(len(strikes), right == "CE")
            premium = _columns(sides[right], strikes, "ltp")
            ours = implied_volatility(call, premium, spot * math.exp(RATE * years), strikes, years, RATE) * 100
            apart = np.abs(ours - _columns(sides[right], strikes, "iv"))[near]
            assert np.nanmedian(apart) < 0.35 and np.nanmax(apart) < 2.5, (expiry, right)


def test_on_the_parity_forward_call_and_put_of_a_strike_agree_better_than_recorded() -> None:
    """What the difference is worth: the recorded call and put volatilities of one strike lie points apart."""
    sides, spot = _recorded_2026("25-Aug-2026", "202608191200")
    strikes = np.array(sorted(set(sides["CE"]) & set(sides["PE"])))
    years = years_to("2026-08-25", iso_to_ns("2026-08-19T12:00:00+05:30"))
    calls, puts = (_columns(sides[right], strikes, "ltp") for right in ("CE", "PE"))
    forward = parity_forward(strikes, calls, puts, years, RATE)
    near = np.abs(strikes - spot) < 400
    yes = np.ones(len(strikes), bool)
    ours = np.abs(
        implied_volatility(yes, calls, forward, strikes, years, RATE)
        - implied_volatility(~yes, puts, forward, strikes, years, RATE)
    )[near]
    theirs = np.abs(_columns(sides["CE"], strikes, "iv") - _columns(sides["PE"], strikes, "iv"))[near] / 100

    assert forward == pytest.approx(spot * math.exp(0.127 * years), rel=1e-4)  # the future stood this far over the spot
    assert np.nanmedian(ours) < 0.5 * np.nanmedian(theirs)


def test_upstox_greeks_of_2026_are_ours_at_their_volatility() -> None:
    with gzip.open(shared("option_chain", "upstox_chain_NIFTY_2026-04-07.json.gz")) as file:
        rows = json.load(file)["response"]["data"]
    strikes = np.array([row["strike_price"] for row in rows])
    spot = rows[0]["underlying_spot_price"]
    years = years_to("2026-04-07", iso_to_ns("2026-04-02T12:04:54+05:30"))

    def column(name: str) -> Any:
        return np.array([float(row["call_options"]["option_greeks"][name]) for row in rows])

    near = (np.abs(strikes - spot) < 600) & (column("iv") > 0)
    ours = greeks(np.ones(len(strikes), bool), spot, strikes, years, 0.0, column("iv") / 100)

    assert np.max(np.abs(ours.delta - column("delta"))[near]) < 0.012
    assert np.max(np.abs(ours.vega[near] / column("vega")[near] - 1)) < 0.03
    assert np.max(np.abs(ours.theta[near] / column("theta")[near] - 1)) < 0.03


def test_pcr_of_a_recorded_nse_chain() -> None:
    with gzip.open(shared("option_chain", "nse_raw_NIFTY_2025-12-05.json.gz")) as file:
        page = json.load(file)["filtered"]
    calls = np.array([row.get("CE", {}).get("openInterest", 0) for row in page["data"]], float)
    puts = np.array([row.get("PE", {}).get("openInterest", 0) for row in page["data"]], float)

    assert ratio(puts, calls) == pytest.approx(page["PE"]["totOI"] / page["CE"]["totOI"])
