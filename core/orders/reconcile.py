"""The broker's books against ours: what to adopt, what is missing, what does not agree. Pure.

Nothing is invented: no order is made terminal because it is missing, no position is mended by a made-up fill. The
broker is the truth for what is, our store for why.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.domain import Fill, InstrumentKey, Order, Position, PositionKey
from core.ports import BrokerOrder, BrokerPosition
from core.standing import BookDifference


@dataclass(frozen=True, slots=True)
class Cut:
    """The broker's answers of one moment: the book was read before and after and did not change."""

    orders: tuple[BrokerOrder, ...]
    fills: tuple[Fill, ...]
    positions: tuple[BrokerPosition, ...]


def fingerprint(rows: Iterable[BrokerOrder]) -> frozenset[tuple[object, ...]]:
    """What must be equal for two order books to be the same book."""
    return frozenset((r.broker_id, r.status, r.filled, r.price_e4, r.quantity) for r in rows)


def is_clean(rows: tuple[BrokerOrder, ...], live: Iterable[Order]) -> bool:
    """Whether a book may count as evidence that an order is absent: every live order we know a number of is in it."""
    ids = {r.broker_id for r in rows}
    return all(o.broker_id in ids for o in live if o.broker_id)


def match_by_terms(row: BrokerOrder, lost: Iterable[Order], window_ns: tuple[int, int]) -> Order | None:
    """The one lost order that an untagged row can only be: equal terms, and created inside the window (market ns).

    None when none fits or more than one does: then a person decides.
    """
    fits = [
        o
        for o in lost
        if not row.tag
        and not o.broker_id
        and (o.key, o.side, o.quantity, o.price_e4, o.trigger_e4, o.product)
        == (row.key, row.side, row.quantity, row.price_e4, row.trigger_e4, row.product)
        and window_ns[0] <= o.created_ns <= window_ns[1]
    ]
    return fits[0] if len(fits) == 1 else None


def missing(local: Iterable[Order], rows: Iterable[BrokerOrder]) -> tuple[Order, ...]:
    """Live orders with a broker number that this book does not hold."""
    ids = {r.broker_id for r in rows}
    return tuple(o for o in local if o.state.live and o.broker_id and o.broker_id not in ids)


def fill_gaps(orders: Iterable[Order], fills: Iterable[Fill]) -> tuple[BookDifference, ...]:
    """Orders whose fills in the trade book do not sum to what the order book says is filled."""
    sums: dict[str, int] = {}
    for fill in fills:
        sums[fill.broker_id] = sums.get(fill.broker_id, 0) + fill.quantity
    return tuple(
        BookDifference(
            o.key,
            o.filled,
            sums.get(o.broker_id, 0),
            f"{o.symbol} order {o.broker_id}",
            ("filled", "its trades sum to"),
        )
        for o in orders
        if o.broker_id and o.filled != sums.get(o.broker_id, 0)
    )


def position_differences(
    ours: Iterable[Position], theirs: Iterable[BrokerPosition], label: Callable[[PositionKey], str]
) -> tuple[BookDifference, ...]:
    """One line for each instrument and product where our net quantity is not the broker's."""
    mine = {p.key: p.net for p in ours}
    broker = {PositionKey(p.exchange, p.token, p.product): p.net for p in theirs}
    return tuple(
        BookDifference(
            InstrumentKey(key.exchange, key.token),
            mine.get(key, 0),
            broker.get(key, 0),
            f"{label(key)} {key.product.short}",
        )
        for key in sorted(mine.keys() | broker.keys())
        if mine.get(key, 0) != broker.get(key, 0)
    )
