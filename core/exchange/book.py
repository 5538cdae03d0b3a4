"""One order book: price-time priority, integer prices, partial fills. Pure: no time, no randomness, no account."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.domain import Side


@dataclass(slots=True)
class Resting:
    """An order on the book; `order_id` is positive for the crowd and negative for the account."""

    order_id: int
    side: Side
    price_e4: int
    leaves: int


class Match(NamedTuple):
    """One execution, at the resting order's price."""

    resting_id: int
    taking_id: int
    taking_side: Side
    price_e4: int
    quantity: int


class LevelView(NamedTuple):
    price_e4: int
    quantity: int
    orders: int


class _Level:
    """The orders at one price, oldest first."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.orders: dict[int, Resting] = {}
        self.quantity = 0


class Book:
    """Both sides of one instrument. Prices in 1/10,000 rupee."""

    def __init__(self) -> None:
        self._levels: dict[Side, dict[int, _Level]] = {Side.BUY: {}, Side.SELL: {}}
        self._prices: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}
        self._orders: dict[int, Resting] = {}
        self._totals = {Side.BUY: 0, Side.SELL: 0}

    def submit(self, order_id: int, side: Side, quantity: int, price_e4: int, rest: bool = True) -> list[Match]:
        """Match what crosses; what is left rests at its price, behind what is there, or is dropped."""
        matches: list[Match] = []
        left = quantity
        while left:
            best = self.best(Side(-side))
            if best is None or (best - price_e4) * side > 0:
                break
            left -= self._hit(order_id, side, best, left, matches)
        if left and rest:
            self._rest(Resting(order_id, side, price_e4, left))
        return matches

    def cancel(self, order_id: int) -> int:
        """Take an order off; gives what was left of it, 0 when it is not on the book."""
        order = self._orders.get(order_id)
        if order is None:
            return 0
        self._shrink(order, order.leaves)
        return_value, order.leaves = order.leaves, 0
        return return_value

    def decrease(self, order_id: int, leaves: int) -> None:
        """Make an order smaller; it keeps its place. `leaves` is what shall be left, at least 1."""
        order = self._orders[order_id]
        assert 0 < leaves <= order.leaves
        level = self._levels[order.side][order.price_e4]
        cut = order.leaves - leaves
        level.quantity -= cut
        self._totals[order.side] -= cut
        order.leaves = leaves

    def resting(self, order_id: int) -> Resting | None:
        return self._orders.get(order_id)

    def best(self, side: Side) -> int | None:
        """The best price of a side, None when it is empty."""
        prices = self._prices[side]
        if not prices:
            return None
        return prices[-1] if side is Side.BUY else prices[0]

    def worst(self, side: Side) -> int | None:
        """The price of a side that is furthest from the touch, None when it is empty."""
        prices = self._prices[side]
        if not prices:
            return None
        return prices[0] if side is Side.BUY else prices[-1]

    def best_first(self, side: Side) -> Iterator[int]:
        """Prices that have orders, best first; the book must not change meanwhile."""
        return reversed(self._prices[side]) if side is Side.BUY else iter(self._prices[side])

    def prices(self, side: Side) -> list[int]:
        """Ascending prices that have orders."""
        return self._prices[side]

    def quantity_at(self, side: Side, price_e4: int) -> int:
        level = self._levels[side].get(price_e4)
        return level.quantity if level else 0

    def ids_at(self, side: Side, price_e4: int) -> list[int]:
        """The orders at a price, oldest first."""
        level = self._levels[side].get(price_e4)
        return list(level.orders) if level else []

    def depth(self, side: Side, count: int = 5) -> Iterator[LevelView]:
        """The best levels, best first."""
        prices = self._prices[side]
        best_first = reversed(prices[-count:]) if side is Side.BUY else iter(prices[:count])
        levels = self._levels[side]
        for price_e4 in best_first:
            level = levels[price_e4]
            yield LevelView(price_e4, level.quantity, len(level.orders))

    def total(self, side: Side) -> int:
        """All units on a side."""
        return self._totals[side]

    def _hit(self, order_id: int, side: Side, price_e4: int, left: int, matches: list[Match]) -> int:
        """Execute against the oldest order at a price; gives the quantity."""
        oldest = next(iter(self._levels[Side(-side)][price_e4].orders.values()))
        quantity = min(left, oldest.leaves)
        self._shrink(oldest, quantity)
        oldest.leaves -= quantity
        matches.append(Match(oldest.order_id, order_id, side, price_e4, quantity))
        return quantity

    def _rest(self, order: Resting) -> None:
        levels = self._levels[order.side]
        level = levels.get(order.price_e4)
        if level is None:
            level = levels[order.price_e4] = _Level()
            insort(self._prices[order.side], order.price_e4)
        level.orders[order.order_id] = order
        level.quantity += order.leaves
        self._orders[order.order_id] = order
        self._totals[order.side] += order.leaves

    def _shrink(self, order: Resting, quantity: int) -> None:
        """Account for units that leave the book, before the order itself is changed."""
        levels = self._levels[order.side]
        level = levels[order.price_e4]
        level.quantity -= quantity
        self._totals[order.side] -= quantity
        if quantity == order.leaves:
            del level.orders[order.order_id], self._orders[order.order_id]
        if not level.orders:
            del levels[order.price_e4]
            prices = self._prices[order.side]
            del prices[bisect_left(prices, order.price_e4)]
