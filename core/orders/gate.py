"""The risk gate: the only place that makes an `Approved`, and the only way to the broker's order calls.

Check and reserve are one synchronous step: there is no `await` between reading a fact and using it, so two requests
can never pass on the same headroom. There is no bypass.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.approval import Action, Approved, mint
from core.clock import NS_PER_MS, NS_PER_S, Clock, ist_day
from core.config import Limits
from core.domain import Instrument, InstrumentKey, Order, OrderIntent, OrderState, PositionKey, Product, Side
from core.facts import Operation
from core.orders.blotter import Blotter
from core.orders.checks import PLACE_CHECKS, GateFacts, verdict, well_formed
from core.orders.positions import Positions
from core.views import CheckResult, Quote, QuoteView, Verdict

TWINS_MAX = 256
_NO_QUOTE = Quote(False, *(0,) * 14, bids=(), asks=(), exchange_ms=0)


class Rates(Protocol):
    """The shared order-message windows. Cancels and reducing messages may use the reserve."""

    def wait_ns(self, operation: Operation) -> int: ...
    def take(self, operation: Operation) -> int:
        """Use a slot and give 0, or give the wait in ns and use nothing."""
        ...


class Authority(Protocol):
    """Whoever knows whether anything may be sent at all; each text is empty when the way is free."""

    def halted_text(self) -> str: ...
    def mode_text(self, operation: Operation, confirmed: bool) -> str: ...
    def session_text(self) -> str: ...
    def store_text(self) -> str: ...
    def reconciled_text(self) -> str: ...
    def market_text(self, instrument: Instrument) -> str: ...
    def messages_sent(self) -> int:
        """Order messages whose writing began, since start."""
        ...


@dataclass(frozen=True, slots=True)
class _Twin:
    key: InstrumentKey
    side: Side
    product: Product
    price_e4: int
    quantity: int
    at_ns: int


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
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._authority = authority
        self._quotes = quotes
        self._blotter = blotter
        self._positions = positions
        self._rates = rates
        self._instrument = instrument
        self._twins: deque[_Twin] = deque(maxlen=TWINS_MAX)
        self._beside: dict[str, str] = {}
        self._epoch = 0
        self._consumed = 0

    @property
    def leaked(self) -> int:
        """Order messages that left without an approval. Anything but 0 halts."""
        return max(0, self._authority.messages_sent() - self._consumed)

    def raise_epoch(self) -> None:
        """Take back every approval that has not reached the wire."""
        self._epoch += 1

    def allow_beside(self, intent_id: str, tag: str) -> None:
        """A person decided to send one ticket beside a lost order: that order alone does not forbid it (G36)."""
        self._beside[intent_id] = tag

    def check(self, intent: OrderIntent) -> Verdict:
        """Every check, nothing reserved."""
        return verdict(self._facts(intent), intent)

    def approve(self, intent: OrderIntent, order: Order) -> Approved | Verdict:
        """Reserve what the order needs and approve it, or say everything that forbids it.

        The caller puts the order, as SENDING, into the blotter in the same step: that is its reservation.
        """
        facts = self._facts(intent)
        for check in PLACE_CHECKS:
            if not check.passes(facts, intent):
                return verdict(facts, intent)
        if self._rates.take(_operation(facts.reducing)):
            return self.check(intent)
        self._twins.append(self._twin(intent))
        return self._mint(Action.PLACE, order, intent.instrument)

    def approve_cancel(self, order: Order, instrument: Instrument, confirmed: bool) -> Approved | CheckResult:
        """A cancel is never blocked by price, money, store or market data."""
        denial = self._cancel_denial(order, confirmed)
        if denial is None:
            wait_ns = self._rates.take(Operation.CANCEL)
            if wait_ns == 0:
                return self._mint(Action.CANCEL, order, instrument)
            denial = ("G29", "RATE_SECOND", f"next slot in {wait_ns / NS_PER_S:.1f} s", "Press x again in a second.")
        code, name, compared, remedy = denial
        return CheckResult(code, name, False, compared, remedy)

    def _cancel_denial(self, order: Order, confirmed: bool) -> tuple[str, str, str, str] | None:
        mode = self._authority.mode_text(Operation.CANCEL, confirmed)
        if mode:
            return "G2", "MODE_FORBIDS", mode, "Use Cancel all orders in PANIC."
        session = self._authority.session_text()
        if session:
            return "G3", "SESSION_INVALID", session, "Wait for the login."
        if self.leaked:
            return "G34", "LEAK", f"{self.leaked} sent without approval", "Restart and report."
        if not order.state.live:
            return "G39", "STALE_TARGET", f"the order is {order.state.word}", "Nothing is left to cancel."
        if not order.broker_id:
            return "G39", "STALE_TARGET", "the broker's order number is not known yet", "Wait until it is found."
        if order.change == "cancel":
            return "G39", "STALE_TARGET", "a cancel is already on its way", "Wait for its answer."
        return None

    def _mint(self, action: Action, order: Order, instrument: Instrument) -> Approved:
        epoch = self._epoch
        return mint(action, order, instrument, lambda: self._epoch == epoch, self._count)

    def _count(self) -> None:
        self._consumed += 1

    def _twin(self, i: OrderIntent) -> _Twin:
        return _Twin(i.instrument.key, i.side, i.product, i.price_e4, i.quantity, self._clock.mono_ns())

    def _twin_ms(self, i: OrderIntent) -> int | None:
        if not well_formed(i):
            return None
        near = 2 * i.instrument.tick_e4
        for t in reversed(self._twins):
            same = (t.key, t.side, t.product, t.quantity) == (i.instrument.key, i.side, i.product, i.quantity)
            if same and abs(t.price_e4 - i.price_e4) <= near:
                return (self._clock.mono_ns() - t.at_ns) // NS_PER_MS
        return None

    def _reducing(self, i: OrderIntent) -> bool:
        if not well_formed(i):
            return False
        key = i.instrument.key
        net = self._positions.net(PositionKey(key.exchange, key.token, i.product))
        return net * int(i.side) < 0 and i.quantity + self._blotter.leaves(key, i.side) <= abs(net)

    def _unknowns(self, i: OrderIntent) -> tuple[int, int]:
        """Orders without a confirmed state on the same underlying, and in all."""
        beside = self._beside.get(i.intent_id, "")
        states = (OrderState.UNKNOWN, OrderState.UNCONFIRMED)
        lost = [o for o in self._blotter.live() if o.state in states and o.tag != beside]
        here = [o for o in lost if self._name(o) in (None, i.instrument.name)]
        return len(here), len(lost)

    def _name(self, order: Order) -> str | None:
        found = self._instrument(order.key)
        return found.name if found is not None else None

    def _facts(self, i: OrderIntent) -> GateFacts:
        a = self._authority
        slot = self._quotes.slot(i.instrument.key)
        quote = _NO_QUOTE if slot is None else self._quotes.quote(slot)
        reducing = self._reducing(i)
        here, everywhere = self._unknowns(i)
        return GateFacts(
            limits=self._limits,
            halted_text=a.halted_text(),
            mode_text=a.mode_text(_operation(reducing), False),
            session_text=a.session_text(),
            store_text=a.store_text(),
            reconciled_text=a.reconciled_text(),
            known=self._instrument(i.instrument.key),
            today=ist_day(self._clock.wall_ns()),
            market_text=a.market_text(i.instrument),
            freshness=None if slot is None else self._quotes.freshness(slot),
            age_ms=None if slot is None else self._quotes.age_ms(slot),
            bid_e4=quote.bid_e4,
            ask_e4=quote.ask_e4,
            last_e4=quote.ltp_e4 if quote.has_ltp else None,
            upper_e4=quote.upper_e4,
            lower_e4=quote.lower_e4,
            reducing=reducing,
            twin_ms=self._twin_ms(i),
            unknown_here=here,
            unknown_all=everywhere,
            rate_wait_ms=-(-self._rates.wait_ns(_operation(reducing)) // NS_PER_MS),
            leaked=self.leaked,
        )


def _operation(reducing: bool) -> Operation:
    return Operation.REDUCE if reducing else Operation.OPEN
