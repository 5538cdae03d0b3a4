"""Cash, positions and margin of the practice account, folded from its trades. Pure; 1/10,000 rupee throughout."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from core.domain import InstrumentKey, Kind, Product, Side
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, OwnTrade
from core.money import E4, divide_rounded

START_CASH_E4 = 1_000_000 * E4
FULL_PERCENT = 100
INTRADAY_PERCENT = 20
DERIVATIVE_PERCENT = 12

LastPrice = Callable[[InstrumentKey], int]


class Slot(NamedTuple):
    """A position is one instrument in one product."""

    key: InstrumentKey
    product: Product


@dataclass(slots=True)
class Holding:
    """What was bought and sold of one slot today: units and values."""

    symbol: str
    bought: int = 0
    sold: int = 0
    bought_e4: int = 0
    sold_e4: int = 0

    @property
    def net(self) -> int:
        return self.bought - self.sold

    @property
    def realised_e4(self) -> int:
        """Profit of the closed units: the smaller side, at the difference of the two average prices."""
        closed = min(self.bought, self.sold)
        if not closed:
            return 0
        return divide_rounded(self.sold_e4 * closed, self.sold) - divide_rounded(self.bought_e4 * closed, self.bought)

    @property
    def open_cost_e4(self) -> int:
        """Value at which the open units were taken on, without a sign."""
        if self.net > 0:
            return divide_rounded(self.bought_e4 * self.net, self.bought)
        return divide_rounded(self.sold_e4 * -self.net, self.sold) if self.net < 0 else 0

    def profit_e4(self, last_e4: int) -> int:
        """Booked and open profit together."""
        return self.sold_e4 - self.bought_e4 + self.net * last_e4


class Funds(NamedTuple):
    """`net` is what can still be used."""

    net_e4: int
    used_e4: int
    unrealised_e4: int


class Account:
    """The day begins with `cash_e4`; trades are added one by one."""

    def __init__(self, cash_e4: int) -> None:
        self.cash_e4 = cash_e4
        self.slots: dict[Slot, Holding] = {}

    def add(self, trade: OwnTrade) -> None:
        slot = self.slots.setdefault(Slot(trade.key, trade.product), Holding(trade.symbol))
        value_e4 = trade.price_e4 * trade.quantity
        if trade.side is Side.BUY:
            slot.bought += trade.quantity
            slot.bought_e4 += value_e4
        else:
            slot.sold += trade.quantity
            slot.sold_e4 += value_e4

    def net(self, key: InstrumentKey, product: Product) -> int:
        slot = self.slots.get(Slot(key, product))
        return slot.net if slot else 0

    def funds(self, working: Iterable[OwnOrder], kind_of: Callable[[InstrumentKey], Kind], last: LastPrice) -> Funds:
        """What is usable now: cash and profit less the margin of positions and of working orders."""
        profit_e4 = sum(h.profit_e4(last(s.key)) for s, h in self.slots.items())
        realised_e4 = sum(h.realised_e4 for h in self.slots.values())
        used_e4 = sum(
            h.open_cost_e4 * margin_percent(kind_of(s.key), s.product) // FULL_PERCENT for s, h in self.slots.items()
        )
        used_e4 += sum(self._blocked_e4(order, kind_of(order.key)) for order in working)
        unrealised_e4 = profit_e4 - realised_e4
        return Funds(self.cash_e4 + realised_e4 + min(0, unrealised_e4) - used_e4, used_e4, unrealised_e4)

    def required_e4(self, order: OwnOrder, kind: Kind) -> int:
        """Margin of the units that would open or enlarge a position, at the order's working price."""
        reducing = max(0, -order.side * self.net(order.key, order.product))
        opening = max(0, order.leaves - reducing)
        return opening * order.working_e4 * margin_percent(kind, order.product) // FULL_PERCENT

    def closed_cash_e4(self, last: LastPrice) -> int:
        """Cash once everything open is squared off at the last price: what the next day begins with."""
        return self.cash_e4 + sum(h.profit_e4(last(s.key)) for s, h in self.slots.items())

    def _blocked_e4(self, order: OwnOrder, kind: Kind) -> int:
        return self.required_e4(order, kind) if order.working else 0


def margin_percent(kind: Kind, product: Product) -> int:
    """Share of the value that is blocked: practice figures, not a broker's tariff."""
    if kind in (Kind.FUTURE, Kind.OPTION):
        return DERIVATIVE_PERCENT
    return INTRADAY_PERCENT if product in (Product.INTRADAY, Product.MARGIN) else FULL_PERCENT


def kind_in(listings: "dict[InstrumentKey, Listing]") -> Callable[[InstrumentKey], Kind]:
    """Looks a kind up; a position in something no longer listed counts as a share."""
    return lambda key: listings[key].instrument.kind if key in listings else Kind.EQUITY
