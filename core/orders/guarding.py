"""The rules of a stop, a target and a trailing stop kept by us: when they are hit, and what closes. Pure.

They are hit by the last trade. What closes is a limit order through the book as far as market price protection allows;
no order is ever a market order.
"""

from dataclasses import replace

from core.account import Guard
from core.clock import hms
from core.config import Limits
from core.domain import Exchange, Instrument, Kind, Side
from core.money import E4, show_price

INDEX_NAMES = frozenset({"NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY", "NIFTYNXT50", "SENSEX", "BANKEX", "SENSEX50"})
"""Underlyings whose derivatives settle in cash (general knowledge of NSE and BSE contract lists)."""


def follow(guard: Guard, last_e4: int) -> Guard:
    """The guard with the best price seen: a trailing stop only ever tightens."""
    better = last_e4 > guard.best_e4 if guard.long else last_e4 < guard.best_e4
    return replace(guard, best_e4=last_e4) if guard.trail_e4 and better else guard


def hit(guard: Guard, last_e4: int) -> str:
    """Which level this trade reaches: `stop`, `trail`, `target`, or nothing. A stop goes before a target."""
    sign = 1 if guard.long else -1
    stop_e4 = guard.stop_now_e4
    if stop_e4 and (last_e4 - stop_e4) * sign <= 0:
        return "stop" if stop_e4 == guard.stop_e4 else "trail"
    if guard.target_e4 and (last_e4 - guard.target_e4) * sign >= 0:
        return "target"
    return ""


def refusal(instrument: Instrument, net: int, last_e4: int | None, stop_e4: int, target_e4: int, trail_e4: int) -> str:
    """Why these levels cannot be watched, with the values compared; empty when they can."""
    if not net:
        return f"{instrument.label} has no open position: nothing to protect"
    if last_e4 is None:
        return f"{instrument.label} has no price: a level cannot be judged"
    tick_e4 = instrument.tick_e4
    for name, level_e4 in (("stop", stop_e4), ("target", target_e4), ("trailing distance", trail_e4)):
        if level_e4 < 0 or (level_e4 and (tick_e4 <= 0 or level_e4 % tick_e4)):
            return f"the {name} {show_price(level_e4)} is not a multiple of the tick {show_price(tick_e4)}"
    if trail_e4 >= last_e4:
        return f"the trailing distance {show_price(trail_e4)} is not below the price {show_price(last_e4)}"
    sign = 1 if net > 0 else -1
    if stop_e4 and (last_e4 - stop_e4) * sign <= 0:
        return f"the stop {show_price(stop_e4)} is reached already: the last price is {show_price(last_e4)}"
    if target_e4 and (target_e4 - last_e4) * sign <= 0:
        return f"the target {show_price(target_e4)} is reached already: the last price is {show_price(last_e4)}"
    return ""


def protection_kind(instrument: Instrument) -> str:
    """The name of an instrument's rule of market price protection."""
    if not instrument.is_derivative:
        return "equity"
    what = "option" if instrument.kind is Kind.OPTION else "future"
    if instrument.exchange in (Exchange.MCX, Exchange.NCDEX):
        return f"commodity {what}"
    return f"{'index' if instrument.name in INDEX_NAMES else 'stock'} {what}"


def marketable_e4(side: Side, touch_e4: int, through_e4: int, tick_e4: int, lower_e4: int, upper_e4: int) -> int:
    """A limit `through_e4` beyond the touch, on the tick, inside the day's band where one is known (0: not known)."""
    if side is Side.SELL:
        price_e4 = -(-(touch_e4 - through_e4) // tick_e4) * tick_e4
        return max(price_e4, lower_e4, tick_e4)
    price_e4 = (touch_e4 + through_e4) // tick_e4 * tick_e4
    return min(price_e4, upper_e4) if upper_e4 else price_e4


def slice_units(limits: Limits, instrument: Instrument, units: int, price_e4: int) -> int:
    """How much of `units` one closing order may hold: twice what an opening one may, and no more than the freeze."""
    lot = max(1, instrument.lot)
    most = units if instrument.freeze_quantity is None else min(units, instrument.freeze_quantity)
    if instrument.is_derivative:
        most = min(most, limits.order_lots_max * 2 * lot)
    else:
        by_value = limits.order_value_rupees_max * 2 * E4 // max(1, price_e4)
        most = min(most, limits.order_quantity_max * 2, by_value)
    return max(lot, most // lot * lot)


def levels(guard: Guard) -> str:
    """`stop 1,390.00, target 1,430.00, trailing 5.00, set 10:02:11`."""
    named = (("stop", guard.stop_e4), ("target", guard.target_e4), ("trailing", guard.trail_e4))
    parts = [f"{name} {show_price(value_e4)}" for name, value_e4 in named if value_e4]
    return ", ".join((*parts, f"set {hms(guard.set_ns)}"))
