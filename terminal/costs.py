"""What the trades of stored days cost, by the dated tariff: an estimate, only the contract note is the bill. Pure.

The store keeps no instrument master: what an instrument is follows from its segment and its symbol.
"""

from dataclasses import dataclass
from datetime import date

from core.account import NO_CHARGES
from core.domain import Position, PositionKey, Product, Side
from core.orders.charges import add, charges_by_position, depository_e4
from core.store.reads import StoredTrade
from core.tariff import Charges, tariff

ESTIMATE = "estimated by the tariff of {newest}; the broker's contract note decides"


@dataclass(frozen=True, slots=True)
class DayCosts:
    """Charges of a day by position, and the depository's fee for shares that left the demat account."""

    by_position: dict[PositionKey, Charges]
    depository_by_position: dict[PositionKey, int]

    @property
    def charges(self) -> Charges:
        """All positions together, without the depository."""
        total = NO_CHARGES
        for part in self.by_position.values():
            total = add(total, part)
        return total

    @property
    def depository_e4(self) -> int:
        return sum(self.depository_by_position.values())

    @property
    def total_e4(self) -> int:
        return self.charges.total_e4 + self.depository_e4

    def of(self, position: Position) -> int:
        """Everything that one position cost."""
        charges = self.by_position.get(position.key, NO_CHARGES)
        return charges.total_e4 + self.depository_by_position.get(position.key, 0)


def day_costs(day: str, trades: list[StoredTrade], held: tuple[Position, ...]) -> DayCosts:
    """The costs of one day and one run of the account."""
    on, table = date.fromisoformat(day), tariff()
    charges = charges_by_position(table, on, (t.fill for t in trades), lambda key: None)
    fees = {p.key: depository_e4(table, on, p.product, p.bought, p.sold) for p in held}
    return DayCosts(charges, fees)


def trade_charges(trades: list[StoredTrade]) -> list[int]:
    """For each trade what its order cost, with the last trade of the order; 0 with the others. No depository fee."""
    last: dict[tuple[str, str, str, Product, Side], int] = {}
    for at, t in enumerate(trades):
        last[_order(t)] = at
    groups: dict[int, list[StoredTrade]] = {}
    for t in trades:
        groups.setdefault(last[_order(t)], []).append(t)
    return [_cost_e4(groups[at]) if at in groups else 0 for at in range(len(trades))]


def _order(t: StoredTrade) -> tuple[str, str, str, Product, Side]:
    return t.day, t.run, t.fill.broker_id or t.fill.fill_id, t.fill.product, t.fill.side


def _cost_e4(own: list[StoredTrade]) -> int:
    found = charges_by_position(
        tariff(), date.fromisoformat(own[0].day), (t.fill for t in own), lambda key: None
    )  # fmt: skip
    return sum(c.total_e4 for c in found.values())
