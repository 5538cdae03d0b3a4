"""What an order would block, by a cautious table of our own: never less than a broker asks in ordinary times. Pure.

Not verified with the live broker; its own margin calculator decides in the end, and refuses what we let through.
"""

from core.domain import Instrument, Kind, Product, Side
from core.market.live import INDEX_NAMES

CASH_PERCENT = {Product.INTRADAY: 25, Product.DELIVERY: 100, Product.MARGIN: 100, Product.CARRYFORWARD: 100}
INDEX_PERCENT, STOCK_PERCENT = 15, 25


def need_e4(instrument: Instrument, product: Product, side: Side, units: int, price_e4: int) -> int:
    """Margin or premium for opening `units`, 1/10,000 rupee, rounded up.

    Shares: a share of the value by product. Bought options: the premium. Futures, and options sold: a share of the
    notional (for an option that of its strike).
    """
    if units <= 0:
        return 0
    if not instrument.is_derivative:
        return -(-price_e4 * units * CASH_PERCENT[product] // 100)
    percent = INDEX_PERCENT if instrument.name in INDEX_NAMES else STOCK_PERCENT
    if instrument.kind is Kind.OPTION:
        if side is Side.BUY:
            return price_e4 * units
        return -(-instrument.strike_e4 * units * percent // 100)
    return -(-price_e4 * units * percent // 100)


def worth_e4(instrument: Instrument, product: Product, worst_net: int, price_e4: int) -> int:
    """What one position at its worst counts against the gross limit: shares at full value, contracts by margin."""
    if not instrument.is_derivative:
        return price_e4 * abs(worst_net)
    return need_e4(instrument, product, Side.BUY if worst_net > 0 else Side.SELL, abs(worst_net), price_e4)


def worst_net(net: int, buys: int, sells: int) -> int:
    """The position of largest size that resting orders can make of `net`; the long one when both are equal."""
    longest, shortest = net + buys, net - sells
    return longest if abs(longest) >= abs(shortest) else shortest
