"""All orders and fills of the day: the only writer of both. Readers see frozen values and a revision."""

from collections.abc import Callable, Iterable

from core.domain import Fill, InstrumentKey, Order, Side
from core.errors import InvariantBroken
from core.orders.exposure import Exposure
from core.ports import BrokerOrder

FILLS_MAX = 100_000
Changed = Callable[[Order | None, Order, str], None]


class Blotter:
    """Implements `core.views.OrderView`. `on_change(before, after, source)` is called after each change of an order."""

    def __init__(self, on_change: Changed) -> None:
        self._on_change = on_change
        self._orders: dict[str, Order] = {}
        self._by_broker_id: dict[str, str] = {}
        self._fills: dict[str, Fill] = {}
        self._revision = 0
        self.exposure = Exposure()
        self.fills_revision = 0
        """Rises with what changes a position, and with nothing else."""
        self._rows: tuple[int, tuple[Order, ...]] = (-1, ())

    @property
    def revision(self) -> int:
        return self._revision

    def orders(self) -> tuple[Order, ...]:
        """Those that nobody can vouch for (at worst case), then the other live ones, then the rest; newest first."""
        if self._rows[0] != self._revision:
            rows = sorted(reversed(self._orders.values()), key=_rank)
            self._rows = (self._revision, tuple(rows))
        return self._rows[1]

    def fills(self) -> tuple[Fill, ...]:
        """Newest first."""
        return tuple(sorted(self._fills.values(), key=lambda f: (-f.filled_ns, f.fill_id)))

    def get(self, tag: str) -> Order | None:
        return self._orders.get(tag)

    def live(self) -> tuple[Order, ...]:
        return tuple(o for o in self._orders.values() if o.state.live)

    def put(self, order: Order, source: str) -> None:
        """Create or replace one order. A second order under one broker id is a broken invariant."""
        before = self._orders.get(order.tag)
        if before == order:
            return
        if order.broker_id:
            owner = self._by_broker_id.setdefault(order.broker_id, order.tag)
            if owner != order.tag:
                raise InvariantBroken(f"broker order {order.broker_id} belongs to {owner} and to {order.tag}")
        self._orders[order.tag] = order
        self._revision += 1
        self.exposure.set(order)
        if before is None or (before.filled, before.broker_id) != (order.filled, order.broker_id):
            self.fills_revision += 1
            if order.filled > (0 if before is None else before.filled):
                self.exposure.filled(order)
        self._on_change(before, order, source)

    def find(self, row: BrokerOrder) -> Order | None:
        """Our order that a broker row speaks of: by its number, else by our tag."""
        tag = self._by_broker_id.get(row.broker_id)
        if tag is not None:
            return self._orders.get(tag)
        held = self._orders.get(row.tag) if row.tag else None
        return held if held is not None and held.broker_id in ("", row.broker_id) else None

    def claim(self, broker_id: str) -> Order | None:
        """Take away the row that was made for a stranger's order, when the number turns out to be ours."""
        held = self._orders.get(self._by_broker_id.get(broker_id, ""))
        if held is None or not held.external:
            return None
        del self._orders[held.tag], self._by_broker_id[broker_id]
        self._revision += 1
        self.fills_revision += 1
        self.exposure.drop(held.tag)
        return held

    def clear(self) -> None:
        """Begin another trading day: nothing of the last one is left."""
        self._orders.clear()
        self._by_broker_id.clear()
        self._fills.clear()
        self._revision += 1
        self.fills_revision += 1
        self.exposure.clear()

    def book_fills(self, fills: Iterable[Fill]) -> tuple[Fill, ...]:
        """Add fills of the trade book; gives those that were new."""
        new = [f for f in fills if f.fill_id not in self._fills]
        if len(self._fills) + len(new) > FILLS_MAX:
            raise InvariantBroken(f"more than {FILLS_MAX} fills in one day")
        for fill in new:
            self._fills[fill.fill_id] = fill
        if new:
            self._revision += 1
            self.fills_revision += 1
        return tuple(new)

    def fills_by_order(self) -> dict[str, list[Fill]]:
        grouped: dict[str, list[Fill]] = {}
        for fill in self._fills.values():
            grouped.setdefault(fill.broker_id, []).append(fill)
        return grouped

    def leaves(self, key: InstrumentKey, side: Side) -> int:
        """Units on one side that may still trade, unknown orders at their worst."""
        return sum(o.leaves for o in self._orders.values() if o.key == key and o.side is side)


def _rank(order: Order) -> tuple[bool, bool, int]:
    return (not order.state.worst_case, not order.state.live, -order.created_ns)
