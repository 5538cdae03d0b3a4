"""Stage 2: does the price make sense now?"""

from core.domain import OrderIntent, OrderType, Side
from core.market.live import oldest_ms, sound
from core.money import E4, PRICE_MAX_E4
from core.orders.checks.codes import G14, G15, G16, G17, G18, G19
from core.orders.checks.facts import Facts
from core.views import Freshness

OPTION_COLLAR_E4 = 2 * E4
CHEAP_OPTION_E4 = 10 * E4
CHEAP_OPTION_TICKS = 50
REDUCING_COLLAR = 3
"""A proved closing order may reach three times as far."""


def market(f: Facts, i: OrderIntent) -> int:
    """Quote, hours, band, exchange range, collar, book."""
    failed = 0
    if not quote_live(f):
        failed |= G14
    if f.market != "" or (f.entry != "" and not f.reducing):
        failed |= G15
    low, high, price = f.lower_e4, f.upper_e4, i.price_e4
    if (
        low is None
        or high is None
        or not (0 < low <= price <= high <= PRICE_MAX_E4)
        or (i.trigger_e4 and not low <= i.trigger_e4 <= high)
    ):
        failed |= G16
    if not f.cash and not in_range(f, i):
        failed |= G17
    reference = reference_e4(f, i.side)
    if reference is None or not (price - reference) * i.side <= reach_e4(f, reference):
        failed |= G18
    if takes_liquidity(f, i) and not book_bears(f, i):
        failed |= G19
    return failed


def quote_live(f: Facts) -> bool:
    """Whether the row is marked fresh, and again what that mark stands on, in case it cannot be believed."""
    age, last = f.age_ms, f.last_e4
    if f.freshness is not Freshness.FRESH or age is None or last is None:
        return False
    return 0 <= age <= age_ms_max(f) and sound(last, f.bid_e4, f.ask_e4)


def age_ms_max(f: Facts) -> int:
    return oldest_ms(f.limits, on_index=f.index)


def in_range(f: Facts, i: OrderIntent) -> bool:
    """Within the exchange's limit price protection, as we reckon it; a reducing order is only warned."""
    low, high = f.range_low_e4, f.range_high_e4
    return low is not None and high is not None and 0 <= low <= i.price_e4 <= high


def reference_e4(f: Facts, side: Side) -> int | None:
    """The touch that the order would meet, the worse of now and 10 s ago; without one the last price."""
    if side is Side.BUY:
        now, before = f.ask_e4, f.ask_before_e4
        touch = min(now, before) if now > 0 and before > 0 else now
    else:
        now, before = f.bid_e4, f.bid_before_e4
        touch = max(now, before)
    if now > 0 and touch > 0:
        return touch if touch <= PRICE_MAX_E4 else None
    last = f.last_e4
    return last if last is not None and 0 < last <= PRICE_MAX_E4 else None


def reach_e4(f: Facts, reference: int) -> int:
    """How far beyond the reference a price may be."""
    limits = f.limits
    if f.option:
        if f.index and reference < CHEAP_OPTION_E4:
            reach = CHEAP_OPTION_TICKS * f.tick_e4
        else:
            reach = max(reference * limits.collar_option_bps // 10_000, OPTION_COLLAR_E4)
    else:
        reach = reference * (limits.collar_cash_bps if f.cash else limits.collar_futures_bps) // 10_000
    return reach * REDUCING_COLLAR if f.reducing else reach


def takes_liquidity(f: Facts, i: OrderIntent) -> bool:
    """Whether it would trade at once against what is shown."""
    if i.order_type is not OrderType.LIMIT:
        return False
    return i.price_e4 >= f.ask_e4 > 0 if i.side is Side.BUY else 0 < i.price_e4 <= f.bid_e4


def book_bears(f: Facts, i: OrderIntent) -> bool:
    """The spread is no wider, and the order no larger a part of the visible book, than allowed."""
    limits, depth = f.limits, f.depth_sell if i.side is Side.BUY else f.depth_buy
    if not (i.quantity - f.filled) * 10_000 <= depth * limits.book_share_bps_max:
        return False
    widest = limits.spread_option_bps_max if f.option else limits.spread_cash_bps_max
    if f.bid_e4 <= 0 or f.ask_e4 <= 0:
        return False
    return (f.ask_e4 - f.bid_e4) * 10_000 <= f.bid_e4 * widest
