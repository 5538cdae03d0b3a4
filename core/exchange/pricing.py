"""Prices of options on a future that agree with each other: calls by Black's formula, puts by parity. Pure.

No interest: call minus put is future minus strike, exactly, in 1/10,000 rupee. One volatility for a whole chain:
so prices are convex in the strike at every age, which a smile would have to be fitted for.
"""

import math

YEAR_NS = 365 * 86_400 * 1_000_000_000
LEAST_YEARS = 1e-6


def years_to(expiry_ns: int, now_ns: int) -> float:
    """Years of 365 days, never 0: at its last moment an option is worth what it would pay."""
    return max(LEAST_YEARS, (expiry_ns - now_ns) / YEAR_NS)


def call_e4(strike_e4: int, future_e4: int, vol_e6: int, years: float) -> int:
    """Black's price of a call, in 1/10,000 rupee, never under what it would pay now nor under 0."""
    spread = vol_e6 / 1e6 * math.sqrt(years)
    high = math.log(future_e4 / strike_e4) / spread + spread / 2
    value = future_e4 * _below(high) - strike_e4 * _below(high - spread)
    return max(0, future_e4 - strike_e4, round(value))


def option_e4(is_call: bool, strike_e4: int, future_e4: int, vol_e6: int, years: float) -> int:
    """A call's or a put's price in 1/10,000 rupee."""
    call = call_e4(strike_e4, future_e4, vol_e6, years)
    return call if is_call else call - future_e4 + strike_e4


def _below(x: float) -> float:
    """The standard normal distribution."""
    return 0.5 * math.erfc(-x / 1.4142135623730951)
