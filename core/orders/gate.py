"""The risk gate: the only place that makes an `Approved`, and the only way to the broker's order calls.

Check and reserve are one synchronous step: there is no `await` between reading a fact and using it, and the order
counts in the running sums before `approve` returns, so two requests can never pass on the same headroom. No bypass.
"""

from collections.abc import Callable, Sequence

from core.approval import Action, Approved, mint
from core.clock import Clock
from core.config import Limits
from core.domain import Instrument, InstrumentKey, Order, OrderIntent
from core.errors import InvariantBroken
from core.facts import Operation
from core.orders.blotter import Blotter
from core.orders.checks.codes import G0, G29, G30
from core.orders.checks.exposure import added_e4, needed_e4
from core.orders.checks.facts import Facts
from core.orders.checks.judge import denying, failing, failing_cancel
from core.orders.checks.structure import well_formed
from core.orders.factbook import FactBook
from core.orders.operations import rate_operation
from core.orders.outside import Authority, Outside, Rates
from core.orders.positions import Positions
from core.orders.sizing import Sizing
from core.orders.verdict import BROKEN, cancel_denial, told
from core.views import CheckResult, Headroom, QuoteView, Verdict

Leg = tuple[OrderIntent, Order]
_RATE_BITS = G29 | G30


class Gate:
    """Approves or denies; keeps the authority epoch, which every halt, mode change and logout raises."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        authority: Authority,
        quotes: QuoteView,
        blotter: Blotter,
        positions: Positions,
        rates: Rates,
        instrument: Callable[[InstrumentKey], Instrument | None],
        outside: Outside,
    ) -> None:
        self._authority = authority
        self._exposure = blotter.exposure
        self._rates = rates
        self.book = FactBook(
            clock, limits, authority, outside, quotes, blotter, positions, rates, instrument, self._leaked_fact
        )
        self._epoch = 0
        self._consumed = 0
        self.broken = 0
        """Judgements that ended in G0: a check broke on its facts. Anything but 0 is an alarm."""

    @property
    def leaked(self) -> int:
        """Order messages that left without an approval. Anything but 0 halts."""
        return max(0, self._authority.messages_sent() - self._consumed)

    def use(self, limits: Limits) -> None:
        """Judge by these from now on, and take back what was approved by the old ones and has not left."""
        self.book.use(limits)
        self.raise_epoch()

    def _leaked_fact(self) -> int | None:
        """The same for the check; None when the count is no count."""
        sent = self._authority.messages_sent()
        return max(0, sent - self._consumed) if type(sent) is int and sent >= 0 else None

    def raise_epoch(self) -> None:
        """Take back every approval that has not reached the wire."""
        self._epoch += 1

    def allow_beside(self, intent_id: str, tag: str) -> None:
        """A person decided to send one ticket beside a lost order: that order alone does not forbid it (G36)."""
        self.book.beside[intent_id] = tag

    # Asking.

    def check(self, intent: OrderIntent) -> Verdict:
        """Every check, nothing reserved."""
        facts, failed = self._judge(intent, Action.PLACE, None)
        return told(facts, intent, failed)

    def check_modify(self, intent: OrderIntent, target: Order) -> Verdict:
        """Every check of a change of `target` to the terms of `intent` (its quantity is the new total)."""
        facts, failed = self._judge(intent, Action.MODIFY, target)
        return told(facts, intent, failed)

    def headroom(self, intent: OrderIntent, target: Order | None = None) -> Headroom:
        """The largest quantity that would pass now at this price, exactly; for each check that minds the quantity, its
        own. With `target`: the largest new total of that order."""
        if not well_formed(intent):
            return Headroom(0, {})
        action = Action.PLACE if target is None else Action.MODIFY
        try:
            facts = self.book.gather(intent, action, target)
            lot, closing = facts.lot, self.book.closing_units(intent)
        except Exception:  # noqa: BLE001  border: as in _judge
            return Headroom(0, {}, "G0")
        if lot <= 0:
            return Headroom(0, {}, "G12")
        least, closing = 1, closing // lot
        if target is not None:
            least = target.filled // lot + 1
            closing = (closing + target.leaves + target.filled) // lot if target.side is intent.side else closing

        def denied(quantity: int) -> int:
            asked = _with_quantity(intent, quantity)
            f, failed = self._judge(asked, action, target)
            return denying(failed, f, asked)

        return Sizing(denied, lot, least, closing).headroom()

    # Approving.

    def approve(self, intent: OrderIntent, order: Order) -> Approved | Verdict:
        """Reserve what the order needs and approve it, or say everything that forbids it. `order` is as SENDING."""
        facts, failed = self._judge(intent, Action.PLACE, None)
        if failed and denying(failed, facts, intent):
            return told(facts, intent, failed)
        if self._rates.take(rate_operation(facts)):
            return self.check(intent)
        self._reserve(facts, intent, order)
        return self._mint(Action.PLACE, order, intent.instrument)

    def approve_all(self, legs: Sequence[Leg]) -> tuple[Approved, ...] | tuple[Verdict, ...]:
        """Approve every leg of a basket, in the order given (hedges first), or none.

        Each leg is judged with those before it reserved. When one fails, nothing stays reserved and no place in a rate
        window is used; the verdicts name it, and the others say so (G40).
        """
        room = self._rates.room(Operation.OPEN)
        passed: list[tuple[Facts, OrderIntent, Order]] = []
        marks = self.book.mark()
        fault = f"{len(legs)} legs, room for {room} messages now" if len(legs) > room or not legs else ""
        for number, (intent, order) in enumerate(legs, 1):
            facts, failed = self._judge(intent, Action.PLACE, None)
            denied = denying(failed, facts, intent)
            if denied or fault:
                fault = fault or f"leg {number} does not pass"
                break
            self._reserve(facts, intent, order)
            passed.append((facts, intent, order))
        if fault:
            for _, _, order in passed:
                self._exposure.drop(order.tag)
            self.book.forget(marks)
            return tuple(self._leg_verdict(intent, fault) for intent, _ in legs)
        for facts, _, _ in passed:
            self._rates.take(Operation.OPEN if not facts.reducing else Operation.REDUCE)
        return tuple(self._mint(Action.PLACE, order, intent.instrument) for _, intent, order in passed)

    def _leg_verdict(self, intent: OrderIntent, fault: str) -> Verdict:
        facts, failed = self._judge(intent, Action.PLACE, None, fault)
        return told(facts, intent, failed)

    def approve_modify(self, intent: OrderIntent, target: Order, changed: Order) -> Approved | Verdict:
        """Approve a change: `changed` is the order as it would be. The money that it adds is reserved, and until it is
        confirmed the larger quantity and the more aggressive price of old and new count."""
        facts, failed = self._judge(intent, Action.MODIFY, target)
        if failed and denying(failed, facts, intent):
            return told(facts, intent, failed)
        if self._rates.take(Operation.MODIFY):
            return self.check_modify(intent, target)
        _same(intent, changed)
        self._exposure.set(changed)
        self.book.changed(target.tag, Action.MODIFY, added_e4(facts, intent))
        return self._mint(Action.MODIFY, changed, intent.instrument)

    def approve_cancel(self, order: Order, instrument: Instrument, confirmed: bool) -> Approved | CheckResult:
        """A cancel is never blocked by price, money, store or market data."""
        try:
            facts = self.book.gather_cancel(order, confirmed)
            failed = failing_cancel(facts)
        except Exception:  # noqa: BLE001  border: a broken fact is a denial, never an approval
            self.broken += 1
            return BROKEN
        if not failed and not self._rates.take(Operation.CANCEL):
            self.book.changed(order.tag, Action.CANCEL)
            return self._mint(Action.CANCEL, order, instrument)
        if failed and not failed & ~_RATE_BITS:
            self._rates.take(Operation.CANCEL)  # no place now: opening messages stand back until it asks again
        return cancel_denial(facts, intent_of(order, instrument), failed)

    # Inside.

    def _judge(self, intent: OrderIntent, action: Action, target: Order | None, basket: str = "") -> tuple[Facts, int]:
        """Facts and failing checks. An owner of facts that breaks is a denial like a check that does."""
        try:
            facts = self.book.gather(intent, action, target, basket)
            failed = failing(facts, intent)
        except Exception:  # noqa: BLE001  border: a broken fact is a denial, never an approval
            facts, failed = Facts(self.book.limits, action), G0
        if failed & G0:
            self.broken += 1
        return facts, failed

    def _reserve(self, facts: Facts, intent: OrderIntent, order: Order) -> None:
        _same(intent, order)
        self.book.approved(intent, needed_e4(facts, intent) or 0)
        self._exposure.set(order)

    def _mint(self, action: Action, order: Order, instrument: Instrument) -> Approved:
        epoch = self._epoch
        return mint(action, order, instrument, lambda: self._epoch == epoch, self._count)

    def _count(self) -> None:
        self._consumed += 1


def _same(i: OrderIntent, order: Order) -> None:
    """What is approved is what was judged."""
    if (
        order.quantity != i.quantity
        or order.price_e4 != i.price_e4
        or order.side is not i.side
        or order.token != i.instrument.token
        or order.product is not i.product
        or order.trigger_e4 != i.trigger_e4
        or order.order_type is not i.order_type
    ):
        raise InvariantBroken(f"order {order.tag} is not what was judged")


def _with_quantity(i: OrderIntent, quantity: int) -> OrderIntent:
    return OrderIntent(
        i.intent_id, i.instrument, i.side, quantity, i.price_e4, i.product, i.order_type, i.trigger_e4, i.validity,
        i.source, i.confirmed,
    )  # fmt: skip


def intent_of(order: Order, instrument: Instrument) -> OrderIntent:
    """The terms of an order as an intent: for the words of a verdict on it."""
    return OrderIntent(
        order.intent_id, instrument, order.side, order.quantity, order.price_e4, order.product, order.order_type,
        order.trigger_e4, order.validity, order.source,
    )  # fmt: skip
