"""Several orders of one wish: baskets, slices above the freeze quantity, exits, flatten, reverse.

All legs pass the gate together or none is sent. They leave one after the other, hedges first; a leg that does not get a
number stops the rest, and the row of each says what became of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.approval import Approved
from core.clock import Clock
from core.domain import Instrument, InstrumentKey, Kind, Order, OrderIntent, OrderState, Position, Side
from core.engine.dispatch import Dispatcher
from core.engine.earlier import Report
from core.engine.orderdesk import OrderDesk
from core.facts import EventKind
from core.money import group
from core.orders.blotter import Blotter
from core.orders.gate import Gate
from core.orders.guarding import marketable_e4, slice_units
from core.orders.states import move
from core.orders.verdict import describe
from core.supervise import Supervisor
from core.views import QuoteView, Submitted

_TOOK = frozenset(s for s in OrderState if s.live) - {OrderState.SENDING, OrderState.UNKNOWN, OrderState.UNCONFIRMED}
_GOES_ON = _TOOK | {OrderState.FILLED}
LEGS_MAX = 20


def hedges_first(intents: Sequence[OrderIntent]) -> tuple[OrderIntent, ...]:
    """Bought options, then other buys, then sells; else the order given: no moment is more naked than it must be."""
    return tuple(sorted(intents, key=lambda i: (i.side is Side.SELL, i.instrument.kind is not Kind.OPTION)))


def slices(intent: OrderIntent) -> tuple[OrderIntent, ...]:
    """The intent in parts of whole lots that stay within the freeze quantity; itself when it does or none is known."""
    freeze, lot = intent.instrument.freeze_quantity, max(1, intent.instrument.lot)
    most = intent.quantity if freeze is None else freeze // lot * lot
    if intent.quantity <= most or most <= 0:
        return (intent,)
    sizes = [most] * (intent.quantity // most) + [intent.quantity % most] * bool(intent.quantity % most)
    return tuple(replace(intent, intent_id=f"{intent.intent_id}/{n}", quantity=q) for n, q in enumerate(sizes, 1))


class Bundles:
    """`through_e4(instrument, touch)` is how far through the book an exit may reach (market price protection)."""

    def __init__(
        self,
        clock: Clock,
        gate: Gate,
        blotter: Blotter,
        dispatcher: Dispatcher,
        orders: OrderDesk,
        quotes: QuoteView,
        instrument: Callable[[InstrumentKey], Instrument | None],
        through_e4: Callable[[Instrument, int], int],
        supervisor: Supervisor,
        report: Report,
    ) -> None:
        self._clock = clock
        self._gate = gate
        self._blotter = blotter
        self._dispatcher = dispatcher
        self._orders = orders
        self._quotes = quotes
        self._instrument = instrument
        self._through_e4 = through_e4
        self._supervisor = supervisor
        self._report = report

    def submit_all(self, intents: Sequence[OrderIntent]) -> tuple[Submitted, ...]:
        """One answer a leg, in the order in which they leave. Either every one is a row on its way, or none is sent."""
        legs = hedges_first(intents)
        refusal = self._orders.refusal(legs) or ("" if 0 < len(legs) <= LEGS_MAX else f"{len(legs)} legs")
        if refusal:
            return tuple(Submitted(refused=f"{refusal}. Nothing was sent.") for _ in legs)
        drafts = [self._orders.draft(i) for i in legs]
        answers = self._gate.approve_all(
            [(i, replace(d, state=OrderState.SENDING)) for i, d in zip(legs, drafts, strict=True)]
        )
        approved = [a for a in answers if isinstance(a, Approved)]
        if len(approved) < len(legs):
            return tuple(self._denied(d, a) for d, a in zip(drafts, answers, strict=True))
        for one in approved:
            self._blotter.put(one.order, "gate")
        self._supervisor.once("basket", self._send_each(approved))
        return tuple(Submitted(tag=one.order.tag) for one in approved)

    async def _send_each(self, approved: list[Approved]) -> None:
        """Hedges first, each after the answer to the one before; what is not sent says why, and what did is named."""
        stopped = ""
        for number, one in enumerate(approved, 1):
            if stopped:
                unsent = move(one.order, OrderState.NOT_SENT, self._clock.wall_ns(), stopped)
                self._blotter.put(unsent, "basket stopped")
                continue
            await self._dispatcher.place(one)
            held = self._blotter.get(one.order.tag) or one.order
            if held.state not in _GOES_ON:
                stopped = f"leg {number} of {len(approved)} is {held.state.word}"
                names = ", ".join(_named(a.order) for a in approved[: number - 1]) or "nothing"
                text = f"BASKET STOPPED: {stopped}; sent before it: {names}; not sent: {len(approved) - number}"
                self._report(EventKind.RISK, text, True)

    def _denied(self, draft: Order, answer: object) -> Submitted:
        denials = sorted(getattr(answer, "denials", ()), key=lambda r: r.code == "G40")  # its own reason first
        why = "; ".join(describe(r) for r in denials[:1]) or "another leg does not pass. Nothing was sent."
        self._blotter.put(move(draft, OrderState.DENIED, self._clock.wall_ns(), why), "denied")
        return Submitted(refused=why)

    def exit_intents(
        self, position: Position, intent_id: str, source: str = "exit", times: int = 1
    ) -> tuple[OrderIntent, ...] | str:
        """Limits through the touch that close a position (`times` 2: and open as much on the other side), or why none.

        What already rests on that side is not asked for again.
        """
        key = InstrumentKey(position.exchange, position.token)
        instrument, slot = self._instrument(key), self._quotes.slot(key)
        if not position.net or instrument is None or slot is None or instrument.tick_e4 <= 0:
            return f"{position.symbol}: nothing open, or no instrument or price known. Nothing was sent."
        side, quote = Side.SELL if position.net > 0 else Side.BUY, self._quotes.quote(slot)
        touch_e4 = (quote.bid_e4 if side is Side.SELL else quote.ask_e4) or (quote.ltp_e4 if quote.has_ltp else 0)
        if touch_e4 <= 0:
            return f"{position.symbol}: no price to exit at. Nothing was sent."
        leaves = self._blotter.exposure.leaves(position.key)
        units = abs(position.net) * times - (leaves.buys if side is Side.BUY else leaves.sells)
        if units <= 0:
            return f"{position.symbol}: orders for all of it stand already. Nothing was sent."
        through_e4 = self._through_e4(instrument, touch_e4)
        price_e4 = marketable_e4(side, touch_e4, through_e4, instrument.tick_e4, quote.lower_e4, quote.upper_e4)
        whole = OrderIntent(intent_id, instrument, side, units, price_e4, position.product, source=source)
        return self._cut(whole) if times == 1 else slices(whole)

    def _cut(self, whole: OrderIntent) -> tuple[OrderIntent, ...]:
        """In closing orders no larger than the gate lets one be."""
        parts: list[OrderIntent] = []
        left = whole.quantity
        while left > 0:
            size = min(left, slice_units(self._gate.book.limits, whole.instrument, left, whole.price_e4))
            parts.append(replace(whole, intent_id=f"{whole.intent_id}/{len(parts) + 1}", quantity=size))
            left -= size
        return tuple(parts)

    def close(self, positions: Sequence[Position], intent_id: str, source: str) -> tuple[Submitted, ...]:
        """Exit each position, one after the other, each with its own answer: a failed one never hides the next."""
        answers: list[Submitted] = []
        for number, position in enumerate(positions, 1):
            legs = self.exit_intents(position, f"{intent_id}-{number}", source)
            if isinstance(legs, str):
                answers.append(Submitted(refused=legs))
                continue
            answers += [self._orders.submit(leg) for leg in legs]
        return tuple(answers)


def _named(order: Order) -> str:
    return f"{order.side.letter} {group(order.quantity)} {order.symbol.removesuffix('-EQ')} {order.state.word}"
