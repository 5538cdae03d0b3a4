"""Black-76: price, implied volatility and greeks of European options on a forward, whole chains at once.

Indian index and stock options are European. Pricing on the forward (the future, or what put and call imply) needs no
dividend. Importing this module imports `scipy.special` (some 0.1 s): do it when a chain is first opened.

Floats are right here: these are estimates to look at, never an amount that is sent. Prices in rupees, `years` in
calendar years, `rate` continuous. Arrays of one shape go in, arrays of that shape come out; NaN is "no answer".
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
DAYS = 365.0
"""Theta is a calendar day's."""
_ROUNDS_MAX = 40
_CLOSE = 1e-10
_LEAST = 1e-9
"""Less time value than this, in units of the nearer price, is rounding: a paisa on 25,000 is 4e-7."""
_WIDEST = 20.0
"""Largest total volatility (volatility times root of time) that is looked at."""
_ROOT_2PI = 2.5066282746310002


@dataclass(frozen=True, slots=True)
class Greeks:
    """Of one unit. `delta` against the forward, discounted; `gamma` per rupee; `theta` rupees a calendar day; `vega`
    rupees per point of volatility (0.01); `rho` rupees per point of the rate with the forward held (Black-76)."""

    delta: Array
    gamma: Array
    theta: Array
    vega: Array
    rho: Array


def price(call: Flags, forward: Array | float, strike: Array, years: float, rate: float, volatility: Array) -> Array:
    """Discounted Black-76 prices."""
    total = volatility * np.sqrt(years)
    with np.errstate(divide="ignore", invalid="ignore"):
        d1 = np.log(forward / strike) / total + total / 2
    sign = np.where(call, 1.0, -1.0)
    value = sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * (d1 - total)))
    return np.asarray(np.exp(-rate * years) * value, np.float64)


def implied_volatility(
    call: Flags, premium: Array, forward: Array | float, strike: Array, years: float, rate: float
) -> Array:
    """The volatility at which Black-76 gives each premium; NaN where none does.

    None: a premium at or under what exercise is worth, at or over what any volatility gives, not a number, or an option
    that has expired. In-the-money premiums are turned into the other side's by parity first, so that what is solved is
    only time value. Newton on the logarithm of the price, kept inside a bracket.
    """
    volatility = np.full(strike.shape, np.nan)
    if years <= 0 or not strike.size:
        return volatility
    forwards = np.broadcast_to(np.asarray(forward, np.float64), strike.shape)
    away = np.abs(np.log(forwards / strike))
    undiscounted = premium * np.exp(rate * years)
    intrinsic = np.maximum(np.where(call, forwards - strike, strike - forwards), 0.0)
    low = np.minimum(forwards, strike)
    value = (undiscounted - intrinsic) / low
    """Time value of the out-of-the-money side with the smaller of forward and strike as the unit: 0 to 1."""
    with np.errstate(invalid="ignore"):
        solvable = np.flatnonzero((value > _LEAST) & (value < 1 - 1e-12) & (premium > 0))
    if solvable.size:
        total = _total_volatility(value[solvable], away[solvable])
        volatility[solvable] = np.where(total < _WIDEST * 0.999, total / np.sqrt(years), np.nan)
    return volatility


def greeks(call: Flags, forward: Array | float, strike: Array, years: float, rate: float, volatility: Array) -> Greeks:
    """Greeks at given volatilities; NaN where the volatility is NaN."""
    root = float(np.sqrt(max(years, 0.0)))
    total = volatility * root
    discount = float(np.exp(-rate * years))
    sign = np.where(call, 1.0, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        d1 = np.log(forward / strike) / total + total / 2
        density = (discount / _ROOT_2PI) * np.exp(-d1 * d1 / 2)
        delta = discount * sign * ndtr(sign * d1)
        value = forward * delta - discount * strike * sign * ndtr(sign * (d1 - total))
        gamma = density / (forward * total)
        vega = forward * root * density
        theta = rate * value - forward * density * volatility / (2 * root)
    return Greeks(
        delta=np.asarray(delta, np.float64),
        gamma=np.asarray(gamma, np.float64),
        theta=np.asarray(theta / DAYS, np.float64),
        vega=np.asarray(vega / 100, np.float64),
        rho=np.asarray(-years * value / 100, np.float64),
    )


def _total_volatility(value: Array, away: Array) -> Array:
    """Solve for the total volatility of an out-of-the-money option whose value is given in units of the nearer price.

    With x = `away`, the log distance of strike and forward, that value is N(-x/v + v/2) - e^x N(-x/v - v/2). Starts at
    the inflexion sqrt(2x), or nearer by the tail's own shape exp(-x^2 / 2v^2); takes Halley's steps on the logarithm.
    """
    grown, target = np.exp(away), np.log(value)
    inflexion = np.sqrt(2 * away)
    tail = away / np.sqrt(np.maximum(-2 * target - 2, 1e-3))
    total = np.clip(np.where(tail < inflexion, tail, np.maximum(inflexion, value * _ROOT_2PI)), 1e-6, _WIDEST / 2)
    low, high = np.full(value.shape, 1e-9), np.full(value.shape, _WIDEST)
    for _ in range(_ROUNDS_MAX):
        first = total / 2 - away / total
        second = first - total
        found = np.maximum(ndtr(first) - grown * ndtr(second), 1e-300)
        error = np.log(found) - target
        if np.abs(error).max() < _CLOSE:
            break
        slope = np.exp(-first * first / 2) / (_ROOT_2PI * found)
        newton = error / np.maximum(slope, 1e-300)
        bend = newton / 2 * (first * second / total - slope)
        stepped = total - newton / np.maximum(1 - bend, 0.2)
        above = error > 0
        high, low = np.where(above, total, high), np.where(above, low, total)
        total = np.where((stepped > low) & (stepped < high), stepped, (low + high) / 2)
    return total
