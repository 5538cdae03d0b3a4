"""The other participants of one instrument: seeded, they keep its book two-sided and its price moving."""

import random
from collections.abc import Callable

from core.domain import Side
from core.exchange.book import Book, Match
from core.exchange.listing import Listing

LEVELS = 7
FAR = 12
MOVE_E6 = 70
"""One step of the fair price, in millionths of the price (about the size of a tick)."""
RANGE_E6 = 15_000
"""How far from where it opened the fair price is pulled back strongly."""


class Crowd:
    """Holds the fair price (in ticks) that its orders stand around."""

    def __init__(self, listing: Listing, rng: random.Random, next_id: Callable[[], int], fair_e4: int) -> None:
        self._rng = rng
        self._next_id = next_id
        self._tick = listing.instrument.tick_e4
        self._lot = listing.instrument.lot
        self._typical = listing.typical
        self._low = listing.lower_e4 // self._tick + FAR + 1
        self._high = listing.upper_e4 // self._tick - FAR - 1
        self._home = listing.close_e4 // self._tick
        self._stride = max(1, listing.close_e4 * MOVE_E6 // 1_000_000 // self._tick)
        self.fair = self._inside(fair_e4 // self._tick)

    def drift(self, tide: int) -> None:
        """Move the fair price a step; `tide` (-1, 0, 1) is the mood of the whole market."""
        away_e6 = (self.fair - self._home) * 1_000_000 // self._home
        chance = 50 + 6 * tide - 25 * away_e6 // RANGE_E6
        if self._rng.random() < 0.75:
            self.fair += self._stride if self._rng.random() * 100 < chance else -self._stride
        self.fair = self._inside(self.fair)

    def follow(self, fair_e4: int) -> None:
        """Take the fair price from elsewhere: a future from its index."""
        self.fair = self._inside(fair_e4 // self._tick)

    def act(self, book: Book) -> list[Match]:
        """One round: perhaps take, clear stale prices, quote both sides of the fair price, forget what is far away."""
        matches: list[Match] = []
        if self._rng.random() < 0.6:
            matches += self._take(book)
        matches += self._clear(book, Side.BUY, self.fair - 1) + self._clear(book, Side.SELL, self.fair)
        for step in range(LEVELS):
            matches += self._quote(book, Side.BUY, self.fair - 1 - step)
            matches += self._quote(book, Side.SELL, self.fair + step)
        self._forget(book)
        return matches

    def _take(self, book: Book) -> list[Match]:
        side = Side.BUY if self._rng.random() < 0.5 else Side.SELL
        limit = (self.fair + side) * self._tick
        return book.submit(self._next_id(), side, self._size(), limit, rest=False)

    def _clear(self, book: Book, side: Side, ticks: int) -> list[Match]:
        """Take from prices that the fair one has passed; the crowd then withdraws the rest of its own there."""
        limit, other = ticks * self._tick, Side(-side)
        stale = [price for price in book.prices(other) if (limit - price) * side >= 0]
        if not stale:
            return []
        matches = book.submit(self._next_id(), side, self._size(), limit, rest=False)
        self._withdraw(book, other, stale)
        return matches

    def _quote(self, book: Book, side: Side, ticks: int) -> list[Match]:
        price_e4 = ticks * self._tick
        there = book.quantity_at(side, price_e4)
        if there >= self._typical or (there and self._rng.random() < 0.6):
            return []
        return book.submit(self._next_id(), side, self._size(), price_e4)

    def _forget(self, book: Book) -> None:
        """Cancel the crowd's orders beyond `FAR` ticks; the account's stay."""
        for side in (Side.BUY, Side.SELL):
            edge = (self.fair - side * FAR) * self._tick
            self._withdraw(book, side, [p for p in book.prices(side) if (edge - p) * side > 0])

    @staticmethod
    def _withdraw(book: Book, side: Side, prices: list[int]) -> None:
        for price_e4 in prices:
            for order_id in book.ids_at(side, price_e4):
                if order_id > 0:
                    book.cancel(order_id)

    def _size(self) -> int:
        units = 1 + int(self._rng.expovariate(1 / self._typical))
        return max(1, units // self._lot) * self._lot

    def _inside(self, ticks: int) -> int:
        return min(max(ticks, self._low), self._high)
