"""Option greeks in the manner of the optionGreek call: Black 1976 on the underlying's price, without interest. Pure."""

import math
from typing import NamedTuple

YEAR_DAYS = 365.0
VOLATILITY = (0.01, 5.0)
_STEPS = 60


class Greeks(NamedTuple):
    """Volatility in percent; theta for a calendar day, vega for a percent of volatility."""

    delta: float
    gamma: float
    theta: float
    vega: float
    volatility: float


def greeks_of(price: float, spot: float, strike: float, years: float, call: bool) -> Greeks | None:
    """Greeks at the volatility that the price implies; None when no volatility gives that price."""
    if min(price, spot, strike, years) <= 0:
        return None
    sigma = _implied(price, spot, strike, years, call)
    if sigma is None:
        return None
    root = sigma * math.sqrt(years)
    d1 = math.log(spot / strike) / root + root / 2
    density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    delta = _normal(d1) if call else _normal(d1) - 1
    vega = spot * density * math.sqrt(years)
    theta = -vega * sigma / (2 * years)
    return Greeks(delta, density / (spot * root), theta / YEAR_DAYS, vega / 100, sigma * 100)


def value(spot: float, strike: float, years: float, sigma: float, call: bool) -> float:
    root = sigma * math.sqrt(years)
    d1 = math.log(spot / strike) / root + root / 2
    d2 = d1 - root
    return spot * _normal(d1) - strike * _normal(d2) if call else strike * _normal(-d2) - spot * _normal(-d1)


def _implied(price: float, spot: float, strike: float, years: float, call: bool) -> float | None:
    """Volatility by halving: the value rises with it."""
    low, high = VOLATILITY
    if not value(spot, strike, years, low, call) <= price <= value(spot, strike, years, high, call):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if value(spot, strike, years, middle, call) < price:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _normal(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2
