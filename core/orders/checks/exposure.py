"""Stage 3: position and money."""

from core.domain import OrderIntent, Product, Side
from core.money import E4
from core.orders.checks.codes import G20, G21, G22, G23, G24, G25, G26, G32, G36, G37
from core.orders.checks.facts import MONEY_MAX_E4, UNITS_MAX, Facts
from core.orders.need import need_e4, worst_net, worth_e4

FUNDS_AGE_MS_MAX = 120_000
DAY_AGE_MS_MAX = 30_000
UNKNOWN_ALL_MAX = 3
OPEN_EXTRA, OPEN_EXTRA_HERE = 10, 5
"""How many orders beyond the limits a proved closing order may make."""
REDUCING_SIZE = 2
TRADE_TO_TRADE = ("-BE", "-BZ", "-T0", "-ST", "-SZ", "-BL")


def units(f: Facts, i: OrderIntent) -> int:
    """What may trade at the worst: the new rest, or the old one while the change is not confirmed."""
    rest = i.quantity - f.filled
    return rest if rest > f.old_leaves else f.old_leaves


def size(f: Facts, i: OrderIntent) -> int:
    """Restrictions and cover, and how large one order may be."""
    failed = 0
    if f.reduce_only != "" and not f.reducing:
        failed |= G20
    if not f.reducing and not unrestricted(f, i):
        failed |= G21
    if i.product is Product.DELIVERY and i.side is Side.SELL and not covered(f, i):
        failed |= G22
    if not within_size(f, i):
        failed |= G23
    return failed


def exposure(f: Facts, i: OrderIntent) -> int:
    """What the account would look like with this order, at its worst."""
    failed = 0
    limits = f.limits
    if not within_position(f, i):
        failed |= G24
    if not funded(f, i):
        failed |= G25
    if not day_bears(f):
        failed |= G26
    extra, extra_here = (OPEN_EXTRA, OPEN_EXTRA_HERE) if f.reducing else (0, 0)
    if (
        f.open_all is None
        or not 0 <= f.open_all < limits.open_orders_max + extra
        or f.open_here is None
        or not 0 <= f.open_here < limits.open_orders_instrument_max + extra_here
    ):
        failed |= G32
    if f.unknown_here != 0 or f.unknown_all is None or not 0 <= f.unknown_all < UNKNOWN_ALL_MAX:
        failed |= G36
    if f.naked_more != 0:
        failed |= G37
    return failed


def unrestricted(f: Facts, i: OrderIntent) -> bool:
    """Neither under ban, nor trade-to-trade bought for the day, nor on the own list. An index is never under ban."""
    if f.blocked:
        return False
    if f.cash:
        return i.product is not Product.INTRADAY or not i.instrument.symbol.endswith(TRADE_TO_TRADE)
    return f.index or f.banned is False or (f.banned is None and f.early)


def covered(f: Facts, i: OrderIntent) -> bool:
    """Shares sold from the holding: what was bought today and what is free, less what is offered already."""
    if f.net is None:
        return False
    wanted = units(f, i) + f.leaves_sell
    bought = f.net if f.net > 0 else 0
    return wanted <= bought or (
        f.holdings_free is not None and wanted <= bought + min(max(0, f.holdings_free), UNITS_MAX)
    )


def within_size(f: Facts, i: OrderIntent) -> bool:
    limits, quantity = f.limits, units(f, i)
    times = REDUCING_SIZE if f.reducing else 1
    if f.cash:
        most_e4 = limits.order_value_rupees_max * E4 * times
        return quantity <= limits.order_quantity_max * times and quantity * i.price_e4 <= most_e4
    if not quantity <= limits.order_lots_max * f.lot * times:
        return False
    if not f.option or f.reducing:
        return True
    if i.side is Side.SELL:
        return limits.option_selling is True
    return quantity * i.price_e4 <= limits.option_buy_rupees_max * E4


def within_position(f: Facts, i: OrderIntent) -> bool:
    """One instrument and the whole account, with every resting and unknown order filled the worst way."""
    net, mark, known, gross = f.net, f.mark_e4, f.known, f.gross_e4
    if net is None or known is None or mark is None or gross is None or f.money is None or f.unpriced:
        return False
    if not (0 < mark <= MONEY_MAX_E4 and gross >= 0 and -UNITS_MAX <= net <= UNITS_MAX):
        return False
    quantity, price = units(f, i), i.price_e4 if i.price_e4 > mark else mark
    if i.side is Side.BUY:
        worst = worst_net(net, f.leaves_buy + quantity, f.leaves_sell)
    else:
        worst = worst_net(net, f.leaves_buy, f.leaves_sell + quantity)
    limits = f.limits
    if f.cash:
        if not abs(worst) * price <= limits.position_value_rupees_max * E4:
            return False
    elif not abs(worst) <= limits.position_lots_max * f.lot:
        return False
    capital = f.money.capital_e4
    after = gross - f.gross_own_e4 + worth_e4(known, i.product, worst, price)
    return 0 < capital <= MONEY_MAX_E4 and after <= capital * limits.gross_times_capital_max


def opening_units(f: Facts, i: OrderIntent) -> int:
    """How many units of the order are beyond what closes the position, after what already rests on its side."""
    return _opening(f, i.side, units(f, i))


def _opening(f: Facts, side: Side, quantity: int) -> int:
    net, same = f.net or 0, f.leaves_buy if side is Side.BUY else f.leaves_sell
    closing = max(0, -net if side is Side.BUY else net)
    return max(0, quantity + same - closing) - max(0, same - closing)


def needed_e4(f: Facts, i: OrderIntent) -> int | None:
    """What the opening part of the order would block; None while the instrument is not known."""
    return (
        None
        if f.known is None
        else need_e4(f.known, i.product, i.side, opening_units(f, i), max(i.price_e4, f.mark_e4 or 0))
    )


def added_e4(f: Facts, i: OrderIntent) -> int:
    """What a change would block beyond what its order blocks already, 1/10,000 rupee; 0 when it asks for no more."""
    need, old = needed_e4(f, i), f.target
    if need is None or old is None or f.known is None:
        return 0
    held = need_e4(f.known, old.product, old.side, _opening(f, old.side, old.leaves), old.price_e4)
    return max(0, need - held)


def usable_e4(f: Facts) -> int | None:
    """What new orders may need, with its reserve kept back; None when the funds are not known well enough."""
    money, age, reserved = f.money, f.money_age_ms, f.reserved_e4
    if money is None or age is None or reserved is None or not 0 <= age <= FUNDS_AGE_MS_MAX or not reserved >= 0:
        return None
    if not -MONEY_MAX_E4 <= money.usable_e4 <= MONEY_MAX_E4:
        return None
    return money.usable_e4 * f.limits.funds_use_bps_max // 10_000 - reserved


def funded(f: Facts, i: OrderIntent) -> bool:
    usable, need = usable_e4(f), needed_e4(f, i)
    return usable is not None and need is not None and need <= usable


def loss_limit_e4(f: Facts) -> int | None:
    """The smaller of the fixed loss and the share of the day's capital; None while that is not known."""
    if f.money is None or not 0 < f.money.capital_e4 <= MONEY_MAX_E4:
        return None
    share_e4 = f.money.capital_e4 * f.limits.day_loss_bps_max // 10_000
    return min(share_e4, f.limits.day_loss_rupees_max * E4)


def day_bears(f: Facts) -> bool:
    """The loss of today is below its limit, and known; with nothing open its age does not matter."""
    most, day = loss_limit_e4(f), f.day
    if f.loss_latch != "" or most is None or day is None:
        return False
    if not (0 <= day.age_ms <= DAY_AGE_MS_MAX or f.any_open is False):
        return False
    return -most < day.profit_e4 <= MONEY_MAX_E4
