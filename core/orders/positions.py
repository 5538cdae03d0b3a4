"""Positions and booked profit, folded from fills. Pure, but for the cache by revision.

An order's fills are those of the trade book; what the order's own count says beyond them (an order update comes a
moment before the trade book) is one provisional fill at the price that makes the averages agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain import Fill, Order, Position, PositionKey, Side
from core.money import divide_rounded
from core.orders.blotter import Blotter
from core.orders.fifo import Lots


@dataclass(slots=True)
class _Running:
    symbol: str
    lots: Lots
    carried: int = 0
    net: int = 0
    bought: int = 0
    sold: int = 0
    bought_e4: int = 0
    sold_e4: int = 0
    realised_e4: int = 0
    cost_e4: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """What was carried into the day: signed units and their average price."""

    symbol: str
    net: int
    average_e4: int


class Positions:
    """Implements `core.views.PositionView` over the blotter's fills and the openings of the day."""

    def __init__(self, blotter: Blotter) -> None:
        self._blotter = blotter
        self._openings: dict[PositionKey, Opening] = {}
        self._openings_revision = 0
        self._cache: tuple[int, tuple[Position, ...]] = (-1, ())

    @property
    def revision(self) -> int:
        return self._blotter.revision + self._openings_revision

    def set_openings(self, openings: dict[PositionKey, Opening]) -> None:
        if openings != self._openings:
            self._openings = dict(openings)
            self._openings_revision += 1

    def positions(self) -> tuple[Position, ...]:
        if self._cache[0] != self.revision:
            fills = all_fills(self._blotter.orders(), self._blotter.fills_by_order())
            self._cache = (self.revision, fold(fills, self._openings))
        return self._cache[1]

    def net(self, key: PositionKey) -> int:
        return next((p.net for p in self.positions() if p.key == key), 0)


def all_fills(orders: Iterable[Order], known: dict[str, list[Fill]]) -> list[Fill]:
    """Every fill of the day in time order: the trade book's, and a provisional one where an order says more."""
    orders = tuple(orders)
    ours = {o.broker_id for o in orders if o.broker_id}
    fills = [f for broker_id, group in known.items() if broker_id not in ours for f in group]
    for order in orders:
        group = known.get(order.broker_id, []) if order.broker_id else []
        fills.extend(group)
        fills.extend(_beyond(order, group))
    fills.sort(key=lambda f: (f.filled_ns, f.fill_id))
    return fills


def _beyond(order: Order, known: list[Fill]) -> list[Fill]:
    quantity = order.filled - sum(f.quantity for f in known)
    if quantity <= 0:
        return []
    average_e4 = order.average_e4 or order.price_e4  # the limit stands in until the broker names an average
    value_e4 = average_e4 * order.filled - sum(f.quantity * f.price_e4 for f in known)
    return [
        Fill(
            fill_id=f"~{order.tag}",
            broker_id=order.broker_id,
            exchange=order.exchange,
            token=order.token,
            symbol=order.symbol,
            side=order.side,
            product=order.product,
            quantity=quantity,
            price_e4=divide_rounded(value_e4, quantity),
            filled_ns=order.updated_ns,
        )
    ]


def fold(fills: Iterable[Fill], openings: dict[PositionKey, Opening]) -> tuple[Position, ...]:
    """Positions by the average method, open ones first, then by symbol. `fills` in time order."""
    running = {key: _opened(o) for key, o in openings.items()}
    for fill in fills:
        key = PositionKey(fill.exchange, fill.token, fill.product)
        _book(running.setdefault(key, _Running(fill.symbol, Lots())), fill)
    done = [
        Position(
            exchange=key.exchange,
            token=key.token,
            symbol=r.symbol,
            product=key.product,
            net=r.net,
            average_e4=divide_rounded(r.cost_e4, r.net) if r.net > 0 else _short_average(r),
            bought=r.bought,
            sold=r.sold,
            bought_value_e4=r.bought_e4,
            sold_value_e4=r.sold_e4,
            realised_e4=r.realised_e4,
            realised_fifo_e4=r.lots.realised_e4,
            cost_e4=r.cost_e4,
            carried=r.carried,
        )
        for key, r in running.items()
    ]
    return tuple(sorted(done, key=lambda p: (p.net == 0, p.symbol, p.product)))


def _opened(o: Opening) -> _Running:
    lots = Lots()
    lots.take(o.net, o.average_e4)
    return _Running(o.symbol, lots, carried=o.net, net=o.net, cost_e4=o.net * o.average_e4)


def _short_average(r: _Running) -> int:
    return divide_rounded(-r.cost_e4, -r.net) if r.net < 0 else 0


def _book(r: _Running, fill: Fill) -> None:
    """Cost is kept as an exact signed value, so that no rounding builds up over many fills."""
    signed = fill.quantity * int(fill.side)
    r.lots.take(signed, fill.price_e4)
    if fill.side is Side.BUY:
        r.bought += fill.quantity
        r.bought_e4 += fill.quantity * fill.price_e4
    else:
        r.sold += fill.quantity
        r.sold_e4 += fill.quantity * fill.price_e4
    if r.net * signed >= 0:
        r.cost_e4 += signed * fill.price_e4
        r.net += signed
        return
    closing = min(abs(signed), abs(r.net)) * (1 if signed > 0 else -1)
    released_e4 = divide_rounded(r.cost_e4 * abs(closing), abs(r.net))
    r.realised_e4 += -closing * fill.price_e4 - released_e4
    r.cost_e4 -= released_e4
    r.net += closing
    rest = signed - closing
    if rest:
        r.net, r.cost_e4 = rest, rest * fill.price_e4
