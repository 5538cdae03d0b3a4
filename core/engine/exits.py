"""The exit that a guard asks for: what stands in its way, one order or several slices, and what became of them.

Everything goes through the one door, each slice once. Nothing here sends a second time what was sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.account import Guard, GuardState
from core.clock import NS_PER_S, Clock
from core.config import Limits
from core.domain import Instrument, InstrumentKey, Order, OrderIntent, OrderState, Side
from core.engine.guardbook import GuardBook
from core.money import group, show_price
from core.orders.blotter import Blotter
from core.orders.guarding import marketable_e4, slice_units
from core.orders.positions import Positions
from core.views import Headroom, Quote, QuoteView, Submitted, Verdict

RESTING_NS = 5 * NS_PER_S
"""An exit that has not filled by then rests: the market went away from its limit."""
CLEARING_NS = 15 * NS_PER_S
"""How long cancels of what is in the way, and slices still to be sent, are waited for."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What guards ask of the engine: the gate's judgement, the one door, and whether the books are known."""

    check: Callable[[OrderIntent], Verdict]
    headroom: Callable[[OrderIntent], Headroom]
    submit: Callable[[OrderIntent], Submitted]
    cancel: Callable[[str], Submitted]
    ready: Callable[[], bool]


@dataclass(slots=True)
class Exits:
    """`through_e4(instrument, touch)` is how far through the book an exit may reach (market price protection)."""

    clock: Clock
    limits: Callable[[], Limits]
    positions: Positions
    blotter: Blotter
    quotes: QuoteView
    find: Callable[[InstrumentKey], Instrument | None]
    through_e4: Callable[[Instrument, int], int]
    doors: Doors
    book: GuardBook

    async def clear(self, guard: Guard, in_way: tuple[Order, ...]) -> None:
        """Our own resting orders on the exit's side would make it too large: cancel each, once."""
        if not await self.book.record(replace(guard, state=GuardState.CLEARING)):
            return
        self.book.say(guard, f"{guard.why} reached: cancelling {len(in_way)} resting orders first", loud=True)
        for order in in_way:
            if order.change != "cancel":
                self.doors.cancel(order.tag)

    def cleared(self, guard: Guard) -> None:
        """Nothing rests any more: watch again, and the next look judges the level anew."""
        _, in_way = self.free_units(guard)
        if not in_way:
            self.book.put(replace(guard, state=GuardState.WATCHING, planned=0))
        elif self._waited_ns(guard) > CLEARING_NS:
            self.book.fail(guard, "the resting orders were not confirmed cancelled")

    def send(self, guard: Guard) -> None:
        """The next slice, when the gate allows it now."""
        quote = self.quote(guard)
        left = min(guard.planned - guard.sent, self.free_units(guard)[0])
        if left <= 0:
            self.book.put(replace(guard, state=GuardState.SENT, acted_ns=self.clock.mono_ns()))
            return
        intent = None if quote is None else self.intent(guard, quote, left)
        if intent is not None and self.doors.check(intent).allowed:
            self._hand_over(guard, intent)
        elif not guard.sent:  # nothing left: back to watching, where the reason is said
            self.book.put(replace(guard, state=GuardState.WATCHING, planned=0))
        elif self._waited_ns(guard) > CLEARING_NS:
            self.book.fail(guard, f"only {group(guard.sent)} of {group(guard.planned)} could be sent")

    def _hand_over(self, guard: Guard, intent: OrderIntent) -> None:
        """Through the one door, once."""
        answer = self.doors.submit(intent)
        now = replace(guard, attempts=guard.attempts + 1, acted_ns=self.clock.mono_ns())
        if answer.refused:
            self.book.put(replace(now, state=GuardState.SENDING if guard.sent else GuardState.WATCHING))
            self.book.say(guard, f"the exit was denied: {answer.refused}", loud=True)
            return
        sent = guard.sent + intent.quantity
        left = guard.planned - sent
        state = GuardState.SENDING if left > 0 else GuardState.SENT
        self.book.put(replace(now, sent=sent, tags=(*guard.tags, answer.tag), state=state))
        price, more = show_price(intent.price_e4), f", {group(left)} to follow" if left > 0 else ""
        what = f"{intent.side.letter} {group(intent.quantity)} at {price}"
        self.book.say(guard, f"{guard.why} reached: {what} sent{more}", loud=True)

    def follow_up(self, guard: Guard) -> None:
        """What became of the exit. Whatever it is, nothing is sent again."""
        orders = [o for tag in guard.tags if (o := self.blotter.get(tag)) is not None]
        resting = [o for o in orders if o.state.live]
        ended = [o for o in orders if not o.state.live and o.state is not OrderState.FILLED]
        late = self._waited_ns(guard) > RESTING_NS
        if ended and not resting:
            self.book.fail(guard, f"the exit order is {ended[-1].state.word} {ended[-1].reason}".rstrip())
        elif late and not resting:
            open_units = group(abs(self.positions.net(guard.key)))
            self.book.fail(guard, f"the exit filled, and {open_units} more are open")
        elif late and not guard.why.endswith("rests"):
            self.book.put(replace(guard, why=f"{guard.why}, exit rests"))
            self.book.say(guard, f"the exit order is {resting[0].state.word}: the market left its price", loud=True)

    # Values.

    def free_units(self, guard: Guard) -> tuple[int, tuple[Order, ...]]:
        """What an exit may hold beside every order that may still trade on its side, and which of those are ours."""
        side = Side.SELL if guard.long else Side.BUY
        at = InstrumentKey(guard.key.exchange, guard.key.token)
        there = [o for o in self.blotter.live() if o.key == at and o.side is side and o.leaves]
        ours = tuple(o for o in there if not o.external and not o.state.worst_case and o.tag not in guard.tags)
        return abs(self.positions.net(guard.key)) - sum(o.leaves for o in there), ours

    def intent(self, guard: Guard, quote: Quote, units: int) -> OrderIntent | None:
        """The exit of `units`, or the largest slice of it that passes now; None when the instrument is not known.

        The person who set the levels confirmed with them that this much may be closed (G28, an unusual size).
        """
        instrument = self.find(InstrumentKey(guard.key.exchange, guard.key.token))
        if instrument is None or instrument.tick_e4 <= 0:
            return None
        side = Side.SELL if guard.long else Side.BUY
        touch_e4 = (quote.bid_e4 if side is Side.SELL else quote.ask_e4) or quote.ltp_e4
        through_e4 = self.through_e4(instrument, touch_e4)
        price_e4 = marketable_e4(side, touch_e4, through_e4, instrument.tick_e4, quote.lower_e4, quote.upper_e4)
        whole = OrderIntent(
            intent_id=f"guard-{guard.id}-{guard.attempts + 1}",
            instrument=instrument,
            side=side,
            quantity=slice_units(self.limits(), instrument, units, price_e4),
            price_e4=price_e4,
            product=guard.key.product,
            source=guard.why,
            confirmed=("G28",),
        )
        largest = self.doors.headroom(whole).largest
        return replace(whole, quantity=min(whole.quantity, largest)) if largest > 0 else whole

    def slot(self, guard: Guard) -> int | None:
        return self.quotes.slot(InstrumentKey(guard.key.exchange, guard.key.token))

    def quote(self, guard: Guard) -> Quote | None:
        slot = self.slot(guard)
        found = None if slot is None else self.quotes.quote(slot)
        return found if found is not None and found.has_ltp else None

    def _waited_ns(self, guard: Guard) -> int:
        return self.clock.mono_ns() - guard.acted_ns
