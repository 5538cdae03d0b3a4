"""One order book: price-time priority, integer prices, partial fills. Pure: no time, no randomness, no account."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
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


_view = tuple.__new__
"""Makes a LevelView without the named tuple's own constructor, which takes longer than the rest of it."""


class Level:
    """The orders at one price, oldest first."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.orders: dict[int, Resting] = {}
        self.quantity = 0


class _Half:
    """One side: its levels by price, the ascending prices, and all its units."""

    __slots__ = ("levels", "prices", "total")

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}
        self.prices: list[int] = []
        self.total = 0


class Book:
    """Both sides of one instrument. Prices in 1/10,000 rupee."""

    __slots__ = ("_asks", "_bids", "_orders")

    def __init__(self) -> None:
        self._bids, self._asks = _Half(), _Half()
        self._orders: dict[int, Resting] = {}

    def submit(self, order_id: int, side: Side, quantity: int, price_e4: int, rest: bool = True) -> list[Match]:
        """Match what crosses; what is left rests at its price, behind what is there, or is dropped."""
        matches: list[Match] = []
        left = quantity
        if side is Side.BUY:
            prices = self._asks.prices
            while left and prices and prices[0] <= price_e4:
                left -= self._hit(order_id, side, self._asks, prices[0], left, matches)
        else:
            prices = self._bids.prices
            while left and prices and prices[-1] >= price_e4:
                left -= self._hit(order_id, side, self._bids, prices[-1], left, matches)
        if left and rest:
            self._rest(Resting(order_id, side, price_e4, left))
        return matches

    def cancel(self, order_id: int) -> int:
        """Take an order off; gives what was left of it, 0 when it is not on the book."""
        order = self._orders.get(order_id)
        if order is None:
            return 0
        left = order.leaves
        self._shrink(self._half(order.side), order, left)
        order.leaves = 0
        return left

    def decrease(self, order_id: int, leaves: int) -> None:
        """Make an order smaller; it keeps its place. `leaves` is what shall be left, at least 1."""
        order = self._orders[order_id]
        assert 0 < leaves <= order.leaves
        half = self._half(order.side)
        cut = order.leaves - leaves
        half.levels[order.price_e4].quantity -= cut
        half.total -= cut
        order.leaves = leaves

    def resting(self, order_id: int) -> Resting | None:
        return self._orders.get(order_id)

    def best(self, side: Side) -> int | None:
        """The best price of a side, None when it is empty."""
        if side is Side.BUY:
            return prices[-1] if (prices := self._bids.prices) else None
        return prices[0] if (prices := self._asks.prices) else None

    def worst(self, side: Side) -> int | None:
        """The price of a side that is furthest from the touch, None when it is empty."""
        if side is Side.BUY:
            return prices[0] if (prices := self._bids.prices) else None
        return prices[-1] if (prices := self._asks.prices) else None

    def best_first(self, side: Side) -> Iterator[int]:
        """Prices that have orders, best first; the book must not change meanwhile."""
        return reversed(self._bids.prices) if side is Side.BUY else iter(self._asks.prices)

    def prices(self, side: Side) -> list[int]:
        """Ascending prices that have orders."""
        return self._half(side).prices

    def levels(self, side: Side) -> Mapping[int, Level]:
        """The levels of a side by price, to look at."""
        return self._half(side).levels

    def quantity_at(self, side: Side, price_e4: int) -> int:
        level = (self._bids if side is Side.BUY else self._asks).levels.get(price_e4)
        return level.quantity if level else 0

    def ids_at(self, side: Side, price_e4: int) -> list[int]:
        """The orders at a price, oldest first."""
        level = self._half(side).levels.get(price_e4)
        return list(level.orders) if level else []

    def depth(self, side: Side, count: int = 5) -> list[LevelView]:
        """The best levels, best first."""
        if side is Side.BUY:
            half, best = self._bids, self._bids.prices[: -count - 1 : -1]
        else:
            half, best = self._asks, self._asks.prices[:count]
        levels = half.levels
        return [_view(LevelView, (price, (level := levels[price]).quantity, len(level.orders))) for price in best]

    def total(self, side: Side) -> int:
        """All units on a side."""
        return self._half(side).total

    def _half(self, side: Side) -> _Half:
        return self._bids if side is Side.BUY else self._asks

    def _hit(self, order_id: int, side: Side, other: _Half, price_e4: int, left: int, matches: list[Match]) -> int:
        """Execute against the oldest order at a price of the other side; gives the quantity."""
        oldest = next(iter(other.levels[price_e4].orders.values()))
        quantity = min(left, oldest.leaves)
        self._shrink(other, oldest, quantity)
        oldest.leaves -= quantity
        matches.append(Match(oldest.order_id, order_id, side, price_e4, quantity))
        return quantity

    def _rest(self, order: Resting) -> None:
        half = self._bids if order.side is Side.BUY else self._asks
        level = half.levels.get(order.price_e4)
        if level is None:
            level = half.levels[order.price_e4] = Level()
            insort(half.prices, order.price_e4)
        level.orders[order.order_id] = order
        level.quantity += order.leaves
        self._orders[order.order_id] = order
        half.total += order.leaves

    def _shrink(self, half: _Half, order: Resting, quantity: int) -> None:
        """Account for units that leave the book, before the order itself is changed."""
        level = half.levels[order.price_e4]
        level.quantity -= quantity
        half.total -= quantity
        if quantity == order.leaves:
            del level.orders[order.order_id], self._orders[order.order_id]
            if not level.orders:
                del half.levels[order.price_e4]
                del half.prices[bisect_left(half.prices, order.price_e4)]
