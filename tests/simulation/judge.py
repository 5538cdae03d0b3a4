"""What must hold at the end of every world: the terminal's books are the exchange's, and nothing left twice."""

from collections import Counter
from collections.abc import Iterator

from core.domain import OrderState
from core.exchange.orders import OwnOrder
from core.facts import LadderMode
from tests.simulation.world import World

WRITES_A_SECOND = 9
_WRITES = ("placeOrder", "cancelOrder", "modifyOrder")
_SAME = {
    "complete": {OrderState.FILLED},
    "cancelled": {OrderState.CANCELLED, OrderState.EXPIRED},
    "rejected": {OrderState.REJECTED, OrderState.REJECTED_GATEWAY},
    "open": {OrderState.WORKING, OrderState.PARTIAL},
    "trigger pending": {OrderState.TRIGGER_PENDING},
}


def complaints(world: World) -> list[str]:
    """One line for each thing that is wrong; empty when all is well."""
    return [*world.faults_seen, *_ladder(world), *_orders(world), *_strays(world), *_positions(world), *_pace(world)]


def _truth(world: World) -> list[OwnOrder]:
    return list(world.practice._desk.orders.values())


def _ladder(world: World) -> Iterator[str]:
    status = world.desk.status()
    if status.ladder != LadderMode.NORMAL:
        yield f"{status.ladder.word} long after everything was mended: {[c.text for c in status.causes]}"


def _orders(world: World) -> Iterator[str]:
    counts = Counter(o.tag for o in _truth(world) if o.tag)
    yield from (f"tag {tag} is at the exchange {n} times" for tag, n in counts.items() if n > 1)
    held = {o.broker_id: o for o in world.engine.blotter.orders() if o.broker_id}
    for order in _truth(world):
        mine = held.get(order.order_id)
        if mine is None:
            yield f"order {order.order_id} ({order.status}, tag {order.tag!r}) is not in the blotter"
        elif mine.state not in _SAME.get(order.status, set()):
            yield f"order {order.order_id} is {order.status} at the exchange, {mine.state} here"
        elif mine.filled != order.filled:
            yield f"order {order.order_id} has {order.filled} filled at the exchange, {mine.filled} here"


def _strays(world: World) -> Iterator[str]:
    """Live here and unknown there: allowed only when it says that nobody knows."""
    known = {o.order_id for o in _truth(world)}
    for order in world.engine.blotter.orders():
        if order.state.live and order.broker_id not in known and not order.state.worst_case:
            yield f"{order.tag} is {order.state} here and unknown to the exchange"
        if order.state is OrderState.SENDING:
            yield f"{order.tag} is still SENDING"


def _positions(world: World) -> Iterator[str]:
    there = {(s.key.token, s.product.value): p.net for s, p in world.practice._desk.account.slots.items() if p.net}
    here = {(p.token, p.product.value): p.net for p in world.desk.positions.positions() if p.net}
    if there != here:
        yield f"positions differ: exchange {there}, here {here}"


def _pace(world: World) -> Iterator[str]:
    """No second, wherever it begins, holds more order messages than the limit allows."""
    writes = [r.at_ms for r in world.requests if r.path.rsplit("/", 1)[-1] in _WRITES]
    for i, at_ms in enumerate(writes):
        count = sum(1 for later in writes[i : i + 30] if later < at_ms + 1_000)
        if count > WRITES_A_SECOND:
            yield f"{count} order messages within a second at {at_ms}"
            return
