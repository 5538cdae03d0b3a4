"""What the visible book says: balance of sides, what a quantity would cost now, and where own orders stand. Pure.

Only the levels that the broker sends (five) are known; what lies behind is not guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.domain import Order, Side
from core.money import divide_rounded
from core.views import Level, Quote


@dataclass(frozen=True, slots=True)
class Walk:
    """Taking a quantity from the book now. `filled` units of `wanted` are visible; the rest is beyond what is known.

    `average_e4` over the filled part (rounded to even), `worst_e4` the last price touched, `cost_e4` what that part
    costs more (buying) or brings less (selling) than at the best price: in 1/10,000 rupee. All 0 when nothing fills.
    """

    wanted: int
    filled: int
    average_e4: int
    worst_e4: int
    cost_e4: int
    levels: int

    @property
    def complete(self) -> bool:
        return self.filled == self.wanted

    @property
    def slippage_bps(self) -> float | None:
        """The cost in 1/100 percent of the best price's value; None when nothing fills."""
        value_e4 = self.average_e4 * self.filled
        best_e4 = value_e4 - self.cost_e4 if self.worst_e4 >= self.average_e4 else value_e4 + self.cost_e4
        return self.cost_e4 * 10_000 / best_e4 if best_e4 > 0 else None


def walk(quote: Quote, side: Side, quantity: int) -> Walk:
    """What buying takes from the asks, or selling from the bids. Levels without quantity are passed over."""
    levels = [level for level in (quote.asks if side is Side.BUY else quote.bids) if level.quantity > 0]
    left, value_e4, worst_e4, used = quantity, 0, 0, 0
    for level in levels:
        if left <= 0:
            break
        taken = min(left, level.quantity)
        left, value_e4, worst_e4, used = left - taken, value_e4 + taken * level.price_e4, level.price_e4, used + 1
    filled = quantity - max(left, 0)
    if filled <= 0 or not used:
        return Walk(quantity, 0, 0, 0, 0, 0)
    cost_e4 = side.value * (value_e4 - filled * levels[0].price_e4)
    return Walk(quantity, filled, divide_rounded(value_e4, filled), worst_e4, cost_e4, used)


def walks(quote: Quote, quantities: Iterable[int]) -> tuple[tuple[Walk, Walk], ...]:
    """Buying and selling each quantity."""
    return tuple((walk(quote, Side.BUY, q), walk(quote, Side.SELL, q)) for q in quantities)


def book_ratio(quote: Quote) -> float | None:
    """Bid share of all quantity in the visible levels, 0 to 1; None for an empty book."""
    bid, ask = sum(x.quantity for x in quote.bids), sum(x.quantity for x in quote.asks)
    return bid / (bid + ask) if bid + ask > 0 else None


def total_ratio(quote: Quote) -> float | None:
    """The same of the whole market's totals, which the exchange sends beside the levels."""
    total = quote.total_buy + quote.total_sell
    return quote.total_buy / total if total > 0 else None


def spread_e4(quote: Quote) -> int | None:
    """Best ask less best bid; None when a side is empty. Negative for a crossed book, which is shown as it is."""
    return quote.ask_e4 - quote.bid_e4 if quote.bid_e4 and quote.ask_e4 else None


@dataclass(frozen=True, slots=True)
class Own:
    """Our units at one price: how many orders they are in, and the level they stand in (0 the best, None if unseen)."""

    price_e4: int
    quantity: int
    orders: int
    level: int | None


def own_orders(quote: Quote, orders: Sequence[Order], side: Side) -> tuple[Own, ...]:
    """Our live orders of one instrument and side by price, best first."""
    by_price: dict[int, tuple[int, int]] = {}
    for order in orders:
        if order.side is side and order.leaves > 0 and order.price_e4 > 0:
            quantity, count = by_price.get(order.price_e4, (0, 0))
            by_price[order.price_e4] = (quantity + order.leaves, count + 1)
    levels = quote.bids if side is Side.BUY else quote.asks
    at = {level.price_e4: n for n, level in enumerate(levels) if level.quantity > 0}
    ordered = sorted(by_price.items(), reverse=side is Side.BUY)
    return tuple(Own(price, quantity, count, at.get(price)) for price, (quantity, count) in ordered)


def queue_ahead(level: Level, ours: int) -> int:
    """Units at a level that are not ours: at most this many stand before us."""
    return max(0, level.quantity - ours)
