"""Cash, positions and margin of the practice account, folded from its trades. Pure; 1/10,000 rupee throughout."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from core.domain import Exchange, InstrumentKey, Kind, Product, Side
from core.exchange.ledger.demat import Demat
from core.exchange.ledger.margins import Exposure, fully_paid, margin_of
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, OwnTrade
from core.money import E4, divide_rounded

START_CASH_E4 = 1_000_000 * E4

LastPrice = Callable[[InstrumentKey], int]


class Slot(NamedTuple):
    """A position is one instrument in one product."""

    key: InstrumentKey
    product: Product


class Carried(msgspec.Struct, frozen=True):
    """A position from the day before: signed units and the value they were taken on at."""

    exchange: Exchange
    token: str
    symbol: str
    product: Product
    net: int
    cost_e4: int

    @property
    def slot(self) -> Slot:
        return Slot(InstrumentKey(self.exchange, self.token), self.product)


class Move(msgspec.Struct, frozen=True):
    """A conversion: units of one side that went from one product to another, at their average price."""

    exchange: Exchange
    token: str
    symbol: str
    source: Product
    target: Product
    side: Side
    quantity: int
    value_e4: int

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)


@dataclass(slots=True)
class Position:
    """What was bought and sold of one slot today, and what was carried into the day: units and values."""

    symbol: str
    bought: int = 0
    sold: int = 0
    bought_e4: int = 0
    sold_e4: int = 0
    carried: int = 0
    carried_e4: int = 0

    @property
    def all_bought(self) -> int:
        return self.bought + max(0, self.carried)

    @property
    def all_sold(self) -> int:
        return self.sold + max(0, -self.carried)

    @property
    def all_bought_e4(self) -> int:
        return self.bought_e4 + (self.carried_e4 if self.carried > 0 else 0)

    @property
    def all_sold_e4(self) -> int:
        return self.sold_e4 + (self.carried_e4 if self.carried < 0 else 0)

    @property
    def net(self) -> int:
        return self.all_bought - self.all_sold

    @property
    def realised_e4(self) -> int:
        """Profit of the closed units: the smaller side, at the difference of the two average prices."""
        closed = min(self.all_bought, self.all_sold)
        if not closed:
            return 0
        sold_e4 = divide_rounded(self.all_sold_e4 * closed, self.all_sold)
        return sold_e4 - divide_rounded(self.all_bought_e4 * closed, self.all_bought)

    @property
    def open_cost_e4(self) -> int:
        """Value at which the open units were taken on, without a sign."""
        if self.net > 0:
            return divide_rounded(self.all_bought_e4 * self.net, self.all_bought)
        return divide_rounded(self.all_sold_e4 * -self.net, self.all_sold) if self.net < 0 else 0

    def profit_e4(self, last_e4: int) -> int:
        """Booked and open profit together."""
        return self.all_sold_e4 - self.all_bought_e4 + self.net * last_e4

    def add(self, side: Side, quantity: int, value_e4: int) -> None:
        if side is Side.BUY:
            self.bought += quantity
            self.bought_e4 += value_e4
        else:
            self.sold += quantity
            self.sold_e4 += value_e4


class Funds(NamedTuple):
    """`net_e4` is what can still be used; the parts of `used_e4` follow."""

    net_e4: int
    used_e4: int
    unrealised_e4: int
    span_e4: int = 0
    exposure_e4: int = 0
    premium_e4: int = 0
    holdings_sold_e4: int = 0


class Working(NamedTuple):
    """What one working order adds to its slot."""

    slot: Slot
    side: Side
    units: int
    value_e4: int


class Account:
    """A day begins with cash, carried positions and holdings; trades and working orders are counted one by one."""

    def __init__(self, cash_e4: int, carried: Iterable[Carried] = (), demat: Demat | None = None) -> None:
        self.cash_e4 = cash_e4
        self.demat = demat or Demat()
        self.slots: dict[Slot, Position] = {}
        self._working: dict[int, Working] = {}
        self._totals: dict[Slot, dict[Side, tuple[int, int]]] = {}
        for row in carried:
            self.slots[row.slot] = Position(row.symbol, carried=row.net, carried_e4=row.cost_e4)

    def add(self, trade: OwnTrade) -> None:
        slot = self.slots.setdefault(Slot(trade.key, trade.product), Position(trade.symbol))
        slot.add(trade.side, trade.quantity, trade.price_e4 * trade.quantity)

    def move(self, move: Move) -> None:
        """Carry a conversion out. Moves and trades may be added in any order."""
        for product, sign in ((move.source, -1), (move.target, 1)):
            slot = self.slots.setdefault(Slot(move.key, product), Position(move.symbol))
            slot.add(move.side, sign * move.quantity, sign * move.value_e4)

    def count(self, order: OwnOrder) -> None:
        """Take what an order still wants into the totals, or out of them once it no longer works.

        The legs of a bracket close what their parent opened, one or the other: they block nothing.
        """
        before = self._working.pop(order.serial, None)
        if before is not None:
            self._shift(before, -1)
        if order.working and order.leaves > 0 and not order.parent_id:
            slot = Slot(order.key, order.product)
            now = Working(slot, order.side, order.leaves, order.leaves * order.working_e4)
            self._working[order.serial] = now
            self._shift(now, 1)

    def net(self, key: InstrumentKey, product: Product) -> int:
        slot = self.slots.get(Slot(key, product))
        return slot.net if slot else 0

    def promised(self, key: InstrumentKey, product: Product, side: Side) -> int:
        """Units of working orders on one side."""
        return self._totals.get(Slot(key, product), {}).get(side, (0, 0))[0]

    def deliverable(self, key: InstrumentKey, authorised_only: bool = False) -> int:
        """Shares that can still be sold for delivery, before working sales: holdings, less sold, more bought today."""
        net = self.net(key, Product.DELIVERY)
        return max(0, self.demat.sellable(key, authorised_only) + net)

    def funds(self, listings: Mapping[InstrumentKey, Listing], last: LastPrice) -> Funds:
        """What is usable now: cash and profit less the margin of positions and of working orders."""
        rows = self.exposures(listings, last)
        margin = margin_of(rows)
        realised_e4 = sum(p.realised_e4 for p in self.slots.values())
        open_e4 = {id(row): row.net * row.last_e4 - (row.cost_e4 if row.net > 0 else -row.cost_e4) for row in rows}
        covered_e4 = sum(open_e4[id(row)] for row in rows if not fully_paid(row))
        sold_e4 = sum(row.cost_e4 for row in rows if row.product is Product.DELIVERY and row.net < 0)
        net_e4 = self.cash_e4 + realised_e4 + min(0, covered_e4) - margin.total_e4
        unrealised_e4 = sum(open_e4[id(row)] for row in rows if not (row.product is Product.DELIVERY and row.net < 0))
        return Funds(
            net_e4, margin.total_e4, unrealised_e4, margin.span_e4, margin.exposure_e4, margin.premium_e4, sold_e4
        )

    def exposures(self, listings: Mapping[InstrumentKey, Listing], last: LastPrice) -> list[Exposure]:
        """Every slot that has a position or working orders, as margins see it."""
        found = []
        for slot in {**self.slots, **self._totals}:
            listing = listings.get(slot.key)
            if listing is None:
                continue
            position = self.slots.get(slot)
            buys, sells = (self._totals.get(slot, {}).get(side, (0, 0)) for side in Side)
            net, cost_e4 = (position.net, position.open_cost_e4) if position else (0, 0)
            if net or buys[0] or sells[0]:
                price_e4 = last(slot.key)
                spot_e4 = spot_of(listing, last)
                found.append(Exposure(listing, slot.product, net, cost_e4, price_e4, spot_e4, *buys, *sells))
        return found

    def _shift(self, what: Working, sign: int) -> None:
        sides = self._totals.setdefault(what.slot, {})
        units, value_e4 = sides.get(what.side, (0, 0))
        sides[what.side] = (units + sign * what.units, value_e4 + sign * what.value_e4)
        if not any(units for units, _ in sides.values()):
            del self._totals[what.slot]


def spot_of(listing: Listing, last: LastPrice) -> int:
    """The price an option is measured against: its underlying's, else its own strike."""
    if listing.members:
        return last(listing.members[0])
    return listing.instrument.strike_e4 if listing.instrument.kind is Kind.OPTION else last(listing.key)
