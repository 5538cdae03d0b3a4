"""The other participants of one instrument: seeded, they keep its book two-sided around a fair price.

Sizes, distances and rates follow recordings of five-level books (see docs/exchange-realism.md): a thin touch, more
behind it, log-normal sizes, and a bid never above or an ask never below the fair price.
"""

import math
import random
from statistics import NormalDist

from core.domain import Side
from core.exchange.book import Book, Match
from core.exchange.listing import Listing

LEVELS = 6
FAR = 30
"""Ticks beyond the touch at which the crowd forgets an order."""
WALK_E6 = 80
"""The fair price's own walk, in millionths for the root of a second: with the market's about 1.3 % a day."""
PULL_E6 = 25_000
"""Where the pull back to the day's home price is as strong as the walk of some minutes."""
TAKE = 0.42
"""How often a round of the crowd trades."""
_TOUCH, _BEHIND = 0.45, 1.6
"""The median size at the touch and behind it, in typical orders."""
_TRADE = 0.22
QUEUE = 60
"""How many typical orders wait at a circuit that the price is locked in."""
_DRAWS = 2_048


def _log_normal(spread: float) -> list[float]:
    """Equally likely draws of a log-normal with median 1: taking one is much quicker than making one."""
    normal = NormalDist()
    return [math.exp(spread * normal.inv_cdf((n + 0.5) / _DRAWS)) for n in range(_DRAWS)]


_SIZES, _TRADES = _log_normal(1.1), _log_normal(1.5)


class Crowd:
    """`fair_e4` is what its orders stand around, to 1/10,000 rupee; `scale` makes rare rounds carry more.

    The crowd may hold an instrument worth more than its upper circuit, or less than its lower: then nobody takes the
    other side, and those who want in wait at the circuit.
    """

    __slots__ = (
        "_half_e4",
        "_high",
        "_locked",
        "_lot",
        "_low",
        "_next_id",
        "_rng",
        "_tick",
        "_typical",
        "_worth_e4",
        "fair_e4",
        "home_e4",
        "scale",
    )

    def __init__(self, listing: Listing, rng: random.Random, first_id: int, fair_e4: int) -> None:
        self._rng = rng
        self._next_id = first_id
        self._tick = listing.instrument.tick_e4
        self._lot = listing.instrument.lot
        self._typical = max(listing.typical, listing.instrument.lot)
        self._half_e4 = listing.spread_e6 / 2_000_000
        self._low, self._high = listing.lower_e4, listing.upper_e4
        self.home_e4 = fair_e4
        self.fair_e4 = self._worth_e4 = self._inside(fair_e4)
        self.scale = 1.0
        self._locked = False

    def drift(self, seconds: float, market_e6: float) -> None:
        """Walk for so long; `market_e6` is what the whole market did meanwhile, in millionths."""
        self.home_e4 = max(self._tick, round(self.home_e4 * (1 + market_e6 / 1e6)))
        away_e6 = (self._worth_e4 - self.home_e4) * 1e6 / self.home_e4
        pull_e6 = -away_e6 * min(1.0, seconds / 1_800) * min(2.0, abs(away_e6) / PULL_E6)
        move_e6 = self._rng.gauss(0.0, WALK_E6) * math.sqrt(min(seconds, 600.0)) + market_e6 + pull_e6
        self._worth_e4 = round(self._worth_e4 * (1 + move_e6 / 1e6))
        self.fair_e4 = self._inside(self._worth_e4)

    def follow(self, fair_e4: int) -> None:
        """Take the fair price from elsewhere: a future from its index, an option from its future."""
        self.fair_e4 = self._worth_e4 = self._inside(fair_e4)

    def wait(self, mean: float) -> float:
        """How long until the next round, around a mean."""
        return -math.log(1.0 - self._rng.random()) * mean

    def act(self, book: Book) -> list[Match]:
        """One round: leave stale prices, perhaps trade, quote both sides, forget what is far away."""
        rng = self._rng
        matches = self.leave(book)
        was_locked, self._locked = self._locked, not self._low <= self._worth_e4 <= self._high
        if self._locked:
            side = Side.BUY if self._worth_e4 > self._high else Side.SELL
            if not was_locked:
                matches += self._order(book, Side(-side), self._size(_TOUCH), self.fair_e4)
            return matches + self._crowd_in(book, side)
        half_e4 = self.fair_e4 * self._half_e4 * (0.55 + rng.random())
        bid = int((self.fair_e4 - half_e4) // self._tick)
        ask = -int(-(self.fair_e4 + half_e4) // self._tick)
        self._shape(book, Side.BUY, bid, matches)
        self._shape(book, Side.SELL, max(ask, bid + 1), matches)
        if rng.random() < TAKE:
            matches += self._take(book, round(half_e4))
        return matches

    def leave(self, book: Book) -> list[Match]:
        """Withdraw quotes that the fair price has passed; an account's order there is traded with first."""
        matches: list[Match] = []
        for side in (Side.BUY, Side.SELL):
            best = book.best(side)
            if best is None or (best - self.fair_e4) * side <= 0:
                continue
            stale = [p for p in book.best_first(side) if (p - self.fair_e4) * side > 0]
            for price_e4 in stale:
                self._withdraw(book, side, price_e4)
            if (best := book.best(side)) is not None and (best - self.fair_e4) * side > 0:
                limit_e4 = self.fair_e4 + (-self.fair_e4 % self._tick if side is Side.BUY else 0)
                matches += self._order(book, Side(-side), self._size(_BEHIND), limit_e4 // self._tick * self._tick)
        return matches

    def _crowd_in(self, book: Book, side: Side) -> list[Match]:
        """A locked price: whatever still stands against the crowd is taken, and then all wait at the circuit."""
        limit_e4 = self.fair_e4
        against = sum(book.quantity_at(Side(-side), price_e4) for price_e4 in book.best_first(Side(-side)))
        matches = self._order(book, side, against, limit_e4, rest=False) if against else []
        if book.quantity_at(side, limit_e4) < QUEUE * self._typical:
            matches += self._order(book, side, self._size(_BEHIND), limit_e4)
        for step in range(1, LEVELS):
            behind_e4 = limit_e4 - side * step * self._tick
            if not book.quantity_at(side, behind_e4):
                matches += self._order(book, side, self._size(_BEHIND), behind_e4)
        self._forget(book, side, limit_e4)
        return matches

    def _take(self, book: Book, half_e4: int) -> list[Match]:
        """Trade with the other side's best, unless that is far from what the crowd holds right."""
        side = Side.BUY if self._rng.random() < 0.5 else Side.SELL
        best = book.best(Side(-side))
        if best is None or (best - self.fair_e4) * side > 3 * half_e4 + 3 * self._tick:
            return []
        size = _TRADES[int(self._rng.random() * _DRAWS)] * _TRADE * self._typical * self.scale
        there = book.quantity_at(Side(-side), best)
        return self._order(book, side, min(self._lots(size), max(self._lot, there * 2)), best, rest=False)

    def _shape(self, book: Book, side: Side, touch: int, matches: list[Match]) -> None:
        """Quotes from the touch outwards: what is missing is added, what is too near or too far goes."""
        rng, tick = self._rng, self._tick
        best = book.best(side)
        if best is not None and (best - touch * tick) * side > 0 and rng.random() < 0.6:
            self._withdraw(book, side, best)
        levels, low, high, step_e4 = book.levels(side), self._low, self._high, side * tick
        price_e4 = touch * tick
        for step in range(LEVELS):
            if not low <= price_e4 <= high:
                break
            if price_e4 not in levels:
                if step < 2 or rng.random() < 0.85:
                    matches += self._order(book, side, self._size(_BEHIND if step else _TOUCH), price_e4)
            elif step < 2 and rng.random() < 0.12:
                self._withdraw(book, side, price_e4)
                matches += self._order(book, side, self._size(_BEHIND if step else _TOUCH), price_e4)
            price_e4 -= step_e4
        self._forget(book, side, touch * tick)

    def _forget(self, book: Book, side: Side, touch_e4: int) -> None:
        """Withdraw what is far behind the touch."""
        edge_e4 = touch_e4 - side * FAR * self._tick
        while (worst := book.worst(side)) is not None and (edge_e4 - worst) * side > 0:
            if not self._withdraw(book, side, worst):
                break

    def _order(self, book: Book, side: Side, quantity: int, price_e4: int, rest: bool = True) -> list[Match]:
        if not self._low <= price_e4 <= self._high:
            return []
        self._next_id += 1
        return book.submit(self._next_id, side, quantity, price_e4, rest)

    @staticmethod
    def _withdraw(book: Book, side: Side, price_e4: int) -> bool:
        """Cancel the crowd's orders at a price; an account's stay. True when nothing is left there."""
        own, there = False, book.ids_at(side, price_e4)
        for order_id in there:
            if order_id > 0:
                book.cancel(order_id)
            else:
                own = True
        return not own

    def _size(self, typical: float) -> int:
        return self._lots(_SIZES[int(self._rng.random() * _DRAWS)] * typical * self._typical)

    def _lots(self, units: float) -> int:
        return (round((units if units < 1e9 else 1e9) / self._lot) or 1) * self._lot

    def _inside(self, fair_e4: int) -> int:
        return min(max(fair_e4, self._low), self._high)
