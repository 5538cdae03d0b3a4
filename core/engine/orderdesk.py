"""What a person may ask about orders: submit, cancel, cancel all. Synchronous: it checks, reserves and hands over."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.approval import Approved
from core.clock import NS_PER_S, Clock
from core.domain import Instrument, InstrumentKey, Kind, Order, OrderIntent, OrderState
from core.engine.dispatch import IN_FLIGHT_MAX, Dispatcher
from core.engine.earlier import Report
from core.facts import EventKind
from core.orders.blotter import Blotter
from core.orders.gate import Gate, intent_of
from core.orders.states import move
from core.orders.tags import Tags
from core.orders.verdict import describe
from core.supervise import Supervisor
from core.views import Submitted

SENDABLE_AGAIN = (OrderState.NOT_SENT, OrderState.DENIED, OrderState.REJECTED, OrderState.REJECTED_GATEWAY)
INTENTS_MAX = 10_000
CANCEL_ALL_NS = 30 * NS_PER_S
CANCEL_POLL_S = 0.15


class OrderDesk:
    """The only caller of the gate and the dispatcher. `look(tag, intent)` keeps what is on screen at that moment."""

    def __init__(
        self,
        clock: Clock,
        gate: Gate,
        blotter: Blotter,
        dispatcher: Dispatcher,
        tags: Tags,
        instrument: Callable[[InstrumentKey], Instrument | None],
        one_at_a_time: Callable[[], bool],
        supervisor: Supervisor,
        report: Report,
        look: Callable[[str, OrderIntent], None],
    ) -> None:
        self._clock = clock
        self._gate = gate
        self._blotter = blotter
        self._dispatcher = dispatcher
        self._tags = tags
        self._instrument = instrument
        self._one_at_a_time = one_at_a_time
        self._supervisor = supervisor
        self._report = report
        self._look = look
        self._intents: dict[str, str] = {}
        self._changes = 0
        self.closing = False
        """Set once when the engine stops: nothing is begun that nobody would wait for."""

    def submit(self, intent: OrderIntent) -> Submitted:
        """Check, reserve, and start the order on its way. The same intent again gives the same row and does nothing."""
        if intent.intent_id in self._intents:
            return Submitted(tag=self._intents[intent.intent_id])
        if refusal := self.refusal((intent,)):
            return Submitted(refused=f"{refusal}. Nothing was sent.")
        draft = self.draft(intent)
        approved = self._gate.approve(intent, replace(draft, state=OrderState.SENDING))
        if not isinstance(approved, Approved):
            why = "; ".join(describe(r) for r in approved.denials[:1]) or "denied. Nothing was sent."
            self._blotter.put(move(draft, OrderState.DENIED, self._clock.wall_ns(), why), "denied")
            return Submitted(refused=why)
        self._blotter.put(approved.order, "gate")
        self._dispatcher.place(approved)
        return Submitted(tag=draft.tag)

    def refusal(self, intents: Sequence[OrderIntent]) -> str:
        """Why these cannot be begun at all, whatever the gate says; empty when they can."""
        if self.closing:
            return "the program is ending"
        if self._dispatcher.in_flight + len(intents) > IN_FLIGHT_MAX:
            return f"{IN_FLIGHT_MAX} orders are on their way already"
        if len(self._intents) + len(intents) > INTENTS_MAX:
            return f"{INTENTS_MAX} tickets were sent since the start; start again"
        twice = len({i.intent_id for i in intents}) < len(intents)
        known = any(i.intent_id in self._intents for i in intents)
        return "a leg was acted on already" if twice or known else ""

    def draft(self, intent: OrderIntent) -> Order:
        """A new row for an intent, with a tag of its own and what is on screen now; from here on the intent is used."""
        draft = self._draft(intent)
        self._intents[intent.intent_id] = draft.tag
        self._look(draft.tag, intent)
        return draft

    def cancel(self, tag: str, confirmed: bool = False) -> Submitted:
        """Ask the broker to cancel one order."""
        approved = self._approve_cancel(tag, confirmed)
        if isinstance(approved, str):
            self._report(EventKind.RISK, approved, True)
            return Submitted(refused=approved)
        self._mark_asked(approved)
        self._dispatcher.cancel(approved, confirmed)
        return Submitted(tag=tag)

    def modify(self, tag: str, quantity: int, price_e4: int, trigger_e4: int = 0) -> Submitted:
        """Ask the broker for other terms; `quantity` is the new total. Until its books show them both sets count."""
        order = self._blotter.get(tag)
        instrument = self._instrument(order.key) if order is not None else None
        if self.closing or order is None or instrument is None:
            why = "the program is ending" if self.closing else f"there is no order {tag} of a known instrument"
            return Submitted(refused=f"{why}. Nothing was sent.")
        self._changes += 1
        intent = replace(
            intent_of(order, instrument), intent_id=f"modify-{tag}-{self._changes}", quantity=quantity,
            price_e4=price_e4, trigger_e4=trigger_e4, source="modify",
        )  # fmt: skip
        changed = replace(order, quantity=quantity, price_e4=price_e4, trigger_e4=trigger_e4, change="modify")
        approved = self._gate.approve_modify(intent, order, changed)
        if not isinstance(approved, Approved):
            why = "; ".join(describe(r) for r in approved.denials[:1]) or "denied. Nothing was sent."
            self._report(EventKind.RISK, f"{order.symbol} not changed: {why}", True)
            return Submitted(refused=why)
        self._blotter.put(replace(order, change="modify", updated_ns=self._clock.wall_ns()), "modify asked")
        self._dispatcher.modify(approved)
        return Submitted(tag=tag)

    def cancellable(self) -> tuple[Order, ...]:
        return tuple(o for o in self._blotter.orders() if o.state.live)

    def cancel_all(self) -> int:
        """Cancel every live order, one message at a time at the pace the broker's limit allows."""
        tags = [o.tag for o in self.cancellable()]
        if tags:
            self._supervisor.once("cancel all", self._cancel_each(tags))
        return len(tags)

    def again(self, tag: str, intent_id: str) -> OrderIntent | None:
        """The terms of an order that provably is not alive, as a new intent; nothing is sent."""
        order = self._blotter.get(tag)
        if order is None or order.state not in SENDABLE_AGAIN or order.filled >= order.quantity or order.leaves:
            return None
        return self.terms(order, intent_id)

    def terms(self, order: Order, intent_id: str) -> OrderIntent | None:
        """What is unfilled of an order as a new intent; None when its instrument is not in the master."""
        instrument = self._instrument(order.key)
        if instrument is None:
            return None
        return OrderIntent(
            intent_id=intent_id,
            instrument=instrument,
            side=order.side,
            quantity=order.quantity - order.filled,
            price_e4=order.price_e4,
            product=order.product,
            order_type=order.order_type,
            trigger_e4=order.trigger_e4,
            validity=order.validity,
        )

    async def _cancel_each(self, tags: list[str]) -> None:
        """Each order is cancelled once it can be: a full window is waited for, and so is a number not yet known."""
        until_ns = self._clock.mono_ns() + CANCEL_ALL_NS
        asked, failed = 0, []
        waiting = list(tags)
        while waiting:
            late = []
            for tag in waiting:
                answer = await self._cancel_one(tag)
                if answer == "":
                    asked += 1
                elif self._clock.mono_ns() < until_ns and self._is_passing(tag, answer):
                    late.append(tag)
                elif self._is_live(tag):
                    failed.append(answer)
            waiting = late
            if waiting:
                await self._clock.sleep(CANCEL_POLL_S)
        for answer in failed:
            self._report(EventKind.RISK, answer, True)
        self._report(EventKind.ORDER, f"Cancel all: asked {asked}, could not ask {len(failed)}", True)

    async def _cancel_one(self, tag: str) -> str:
        """Start one cancel; empty, or why it was not."""
        approved = self._approve_cancel(tag, confirmed=True)
        if isinstance(approved, str):
            return approved
        self._mark_asked(approved)
        sent = self._dispatcher.cancel(approved, confirmed=True)
        if self._one_at_a_time():
            await sent
        return ""

    def _is_passing(self, tag: str, why: str) -> bool:
        """Whether the reason is one that time takes away: the window, or an order still on its way."""
        held = self._blotter.get(tag)
        return why.startswith("G29") or (held is not None and held.state is OrderState.SENDING)

    def _is_live(self, tag: str) -> bool:
        held = self._blotter.get(tag)
        return held is not None and held.state.live

    def _approve_cancel(self, tag: str, confirmed: bool) -> Approved | str:
        order = self._blotter.get(tag)
        if order is None:
            return f"there is no order {tag}. Nothing was sent."
        instrument = self._instrument(order.key) or _stand_in(order)
        approved = self._gate.approve_cancel(order, instrument, confirmed)
        return approved if isinstance(approved, Approved) else describe(approved)

    def _mark_asked(self, approved: Approved) -> None:
        held = self._blotter.get(approved.order.tag) or approved.order
        self._blotter.put(replace(held, change="cancel", updated_ns=self._clock.wall_ns()), "cancel asked")

    def _draft(self, i: OrderIntent) -> Order:
        now_ns = self._clock.wall_ns()
        return Order(
            tag=self._tags.next(),
            intent_id=i.intent_id,
            exchange=i.instrument.exchange,
            token=i.instrument.token,
            symbol=i.instrument.symbol,
            side=i.side,
            quantity=i.quantity,
            price_e4=i.price_e4,
            trigger_e4=i.trigger_e4,
            order_type=i.order_type,
            product=i.product,
            validity=i.validity,
            source=i.source,
            state=OrderState.DRAFT,
            created_ns=now_ns,
            real_ns=self._clock.real_ns(),
            updated_ns=now_ns,
        )


def _stand_in(order: Order) -> Instrument:
    """A cancel needs no master: an order of an instrument that has left it can still be cancelled."""
    return Instrument(order.exchange, order.token, order.symbol, order.symbol, Kind.EQUITY)
