"""Stage 1: is this a well-formed order for this instrument?"""

from core.domain import Instrument, Kind, OrderIntent, OrderType, Product, Side, Validity
from core.money import PRICE_MAX_E4
from core.orders.checks.codes import G10, G11, G12, G13
from core.orders.checks.facts import UNITS_MAX, Facts

CASH_PRODUCTS = (Product.INTRADAY, Product.DELIVERY)
DERIVATIVE_PRODUCTS = (Product.INTRADAY, Product.CARRYFORWARD)


def well_formed(i: object) -> bool:
    """Whether it is an intent, and each field has exactly its type (a bool is no quantity)."""
    return (
        type(i) is OrderIntent
        and type(i.quantity) is int
        and type(i.price_e4) is int
        and type(i.trigger_e4) is int
        and type(i.instrument) is Instrument
        and type(i.side) is Side
        and type(i.order_type) is OrderType
        and type(i.product) is Product
        and type(i.validity) is Validity
        and type(i.confirmed) is tuple
        and type(i.intent_id) is str
        and i.intent_id != ""
        and -UNITS_MAX <= i.quantity <= UNITS_MAX
        and -PRICE_MAX_E4 <= i.price_e4 <= PRICE_MAX_E4
    )


def structure(f: Facts, i: OrderIntent) -> int:
    """Instrument, type, quantity, price."""
    failed = 0
    if not instrument_fits(f, i):
        failed |= G10
    products = CASH_PRODUCTS if f.cash else DERIVATIVE_PRODUCTS
    limit = i.order_type is OrderType.LIMIT
    if (
        not (limit or i.order_type is OrderType.STOPLOSS_LIMIT)
        or i.validity is not Validity.DAY
        or i.product not in products
    ):
        failed |= G11
    if not quantity_fits(f, i):
        failed |= G12
    tick = f.tick_e4
    if not (tick > 0 and i.price_e4 > 0 and i.price_e4 % tick == 0):
        failed |= G13
    elif i.trigger_e4 != 0 if limit else not trigger_fits(f, i):
        failed |= G13
    return failed


def quantity_fits(f: Facts, i: OrderIntent) -> bool:
    """Whole lots, more than is filled, no more than the freeze quantity; only shares may do without one."""
    lot, quantity, freeze = f.lot, i.quantity, f.freeze
    if not (lot > 0 and quantity > f.filled and quantity % lot == 0):
        return False
    if freeze is None:
        return f.cash
    return freeze <= UNITS_MAX and quantity <= freeze // lot * lot


def instrument_fits(f: Facts, i: OrderIntent) -> bool:
    """The master of today knows this very contract, and it can still be traded; to close, an old one's row will do."""
    known, old = f.known, f.master != "" and not f.reducing
    if known is None or old or known.symbol != i.instrument.symbol or known.kind is Kind.INDEX:
        return False
    if f.cash:
        return True
    return f.today != "" and f.today <= known.expiry and (not f.option or known.strike_e4 > 0)


def trigger_fits(f: Facts, i: OrderIntent) -> bool:
    """A stop waits on the far side of the market, and its limit lies beyond its trigger."""
    last, trigger = f.last_e4, i.trigger_e4
    if last is None or not last > 0 or trigger <= 0 or trigger % f.tick_e4:
        return False
    if i.side is Side.BUY:
        return last < trigger <= i.price_e4
    return last > trigger >= i.price_e4
