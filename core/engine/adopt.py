"""What the broker's rows say, taken into the blotter: ours advanced, lost ones found, others' shown as external."""

from collections.abc import Callable, Iterable

from core.clock import NS_PER_S, Clock
from core.domain import Order, OrderState
from core.facts import EventKind
from core.orders.blotter import Blotter
from core.orders.reconcile import match_by_terms
from core.orders.states import advance
from core.orders.tags import Tags
from core.ports import BrokerOrder

Report = Callable[[EventKind, str, bool], None]
FALLBACK_BEFORE_NS = 2 * NS_PER_S
FALLBACK_AFTER_NS = 90 * NS_PER_S
_LOST = (OrderState.UNKNOWN, OrderState.UNCONFIRMED)


class Adopter:
    """Feeds order-book rows, details and order updates to the one place where orders change."""

    def __init__(self, clock: Clock, blotter: Blotter, tags: Tags, report: Report) -> None:
        self._clock = clock
        self._blotter = blotter
        self._tags = tags
        self._report = report

    def take(self, row: BrokerOrder, source: str) -> None:
        """Advance the order this row speaks of; make one when nobody here placed it."""
        now_ns = self._clock.wall_ns()
        held = self._blotter.find(row) or self._by_terms(row, now_ns)
        if held is None:
            held = self._new(row, now_ns)
        after, alarms = advance(held, row, now_ns)
        if held.state in _LOST and after.state not in _LOST:
            how = "by its tag" if row.tag == held.tag else "by its number or terms"
            self._report(EventKind.RECONCILE, f"{held.symbol} order {row.broker_id} found {how}: adopted", True)
        self._blotter.put(after, source)
        for alarm in alarms:
            self._report(EventKind.RECONCILE, f"{held.symbol} order {row.broker_id}: {alarm}", True)

    def take_all(self, rows: Iterable[BrokerOrder], source: str) -> None:
        for row in rows:
            self.take(row, source)

    def _by_terms(self, row: BrokerOrder, now_ns: int) -> Order | None:
        lost = [o for o in self._blotter.live() if o.state in _LOST]
        return match_by_terms(row, lost, (now_ns - FALLBACK_AFTER_NS, now_ns + FALLBACK_BEFORE_NS))

    def _new(self, row: BrokerOrder, now_ns: int) -> Order:
        """An order that this store does not hold: from another device, or of ours with its record lost."""
        own = self._tags.is_own(row.tag)
        if own:
            self._report(
                EventKind.RECONCILE, f"order {row.broker_id} bears our tag but no record of it exists here", True
            )
        return Order(
            tag=row.tag if own else f"EXT-{row.broker_id}",
            intent_id="",
            exchange=row.exchange,
            token=row.token,
            symbol=row.symbol,
            side=row.side,
            quantity=row.quantity,
            price_e4=row.price_e4 or 0,
            trigger_e4=row.trigger_e4 or 0,
            order_type=row.order_type,
            product=row.product,
            validity=row.validity,
            source="lost record" if own else "external",
            state=OrderState.ACKED,
            created_ns=now_ns,
            real_ns=self._clock.real_ns(),
            updated_ns=now_ns,
            broker_id=row.broker_id,
            external=not own,
        )
