"""What the broker's rows say, taken into the blotter: ours advanced, lost ones found, others' shown as external."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from core.clock import NS_PER_S, Clock
from core.domain import Order, OrderState
from core.engine.earlier import Earlier, Report
from core.facts import EventKind
from core.orders.blotter import Blotter
from core.orders.reconcile import match_by_terms, missing
from core.orders.states import advance, move
from core.orders.tags import Tags
from core.ports import BrokerOrder

FALLBACK_BEFORE_NS = 2 * NS_PER_S
FALLBACK_AFTER_NS = 90 * NS_PER_S
_LOST = (OrderState.UNKNOWN, OrderState.UNCONFIRMED)
_MAY_APPEAR = (*_LOST, OrderState.SENDING, OrderState.CLOSED_BY_USER)
"""Orders that a row without a tag may turn out to be."""
MISSING_LOOKS = 2


class Adopter:
    """Feeds order-book rows, details and order updates to the one place where orders change."""

    def __init__(
        self,
        clock: Clock,
        blotter: Blotter,
        tags: Tags,
        run: str,
        report: Report,
        on_duplicate: Callable[[str], None],
        earlier: Earlier,
    ) -> None:
        self._clock = clock
        self._blotter = blotter
        self._tags = tags
        self._run = run
        self._report = report
        self._on_duplicate = on_duplicate
        self._earlier = earlier
        self._missing: dict[str, int] = {}

    def take(self, row: BrokerOrder, source: str) -> None:
        """Advance the order this row speaks of; make one when nobody here placed it."""
        now_ns = self._clock.wall_ns()
        held = self._blotter.find(row) or self._earlier.find(row) or self._by_terms(row, now_ns)
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

    def mark_missing(self, rows: tuple[BrokerOrder, ...]) -> None:
        """Count the live orders that a whole order book does not hold; absent twice, nobody can vouch for them."""
        absent = missing(self._blotter.live(), rows)
        self._missing = {o.tag: self._missing.get(o.tag, 0) + 1 for o in absent}
        for order in absent:
            if self._missing[order.tag] >= MISSING_LOOKS and not order.missing:
                self._lose(order)

    def _lose(self, order: Order) -> None:
        why = "no longer in the broker's order book"
        lost = order if order.state in _LOST else move(order, OrderState.UNKNOWN, self._clock.wall_ns(), why)
        self._blotter.put(replace(lost, missing=True), "missing")
        self._report(EventKind.RECONCILE, f"{order.symbol} order {order.broker_id}: {why}; it counts as unknown", True)

    def _by_terms(self, row: BrokerOrder, now_ns: int) -> Order | None:
        lost = [o for o in self._blotter.orders() if o.state in _MAY_APPEAR]
        return match_by_terms(row, lost, (now_ns - FALLBACK_AFTER_NS, now_ns + FALLBACK_BEFORE_NS))

    def _new(self, row: BrokerOrder, now_ns: int) -> Order:
        """An order that this store does not hold: from another device, or of ours with its record lost."""
        own = self._tags.is_own(row.tag)
        twin = self._blotter.get(row.tag) if own else None
        tag = row.tag if own else f"EXT-{self._run}-{row.broker_id}"
        if twin is not None:
            tag = f"DUP-{self._run}-{row.broker_id}"
            self._on_duplicate(f"the broker holds two orders for {row.tag}: {twin.broker_id} and {row.broker_id}")
        elif own:
            self._report(EventKind.RECONCILE, f"order {row.broker_id} bears our tag, but no record of it is here", True)
        return Order(
            tag=tag,
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
