"""Gathers the facts of one judgement: from the blotter's running sums, the quote board, and what is told from outside.

One `Facts` is kept for each position and filled anew in place, so that a judgement leaves nothing behind. Nothing here
waits: gather, judge and reserve are one synchronous step.
"""

from collections import deque
from collections.abc import Callable

from core.approval import Action
from core.clock import NS_PER_MS, Clock
from core.config import Limits
from core.domain import (
    Exchange,
    Instrument,
    InstrumentKey,
    Kind,
    Order,
    OrderIntent,
    OrderState,
    PositionKey,
    Side,
)
from core.facts import Operation
from core.market.live import on_index
from core.money import PRICE_MAX_E4
from core.orders.blotter import Blotter
from core.orders.changes import Changes, loosens_last_stop
from core.orders.checks.conduct import paced
from core.orders.checks.facts import UNITS_MAX, Facts
from core.orders.checks.structure import well_formed
from core.orders.daytime import day_of
from core.orders.gateline import GateLine
from core.orders.habits import MINUTE_NS, Habits, Tickets, Twins
from core.orders.hedge import naked_units
from core.orders.operations import ladder_operation, rate_operation
from core.orders.outside import Authority, Outside, Rates
from core.orders.positions import Positions
from core.orders.samples import EVERY_NS
from core.orders.worth import Worth
from core.views import QuoteView

RANGE_KEPT = (9, 10)
"""Of the exchange's price range we use nine tenths: ours is reckoned from samples."""
SINCE_MAX = 64
"""No basket has more legs; approvals are taken back only within one."""


class FactBook:
    """`gather(intent)` gives the facts of this instant."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        authority: Authority,
        outside: Outside,
        quotes: QuoteView,
        blotter: Blotter,
        positions: Positions,
        rates: Rates,
        instrument: Callable[[InstrumentKey], Instrument | None],
        leaked: Callable[[], int | None],
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._authority = authority
        self._outside = outside
        self._quotes = quotes
        self._blotter = blotter
        self._positions = positions
        self._rates = rates
        self._instrument = instrument
        self._leaked = leaked
        self._lines: dict[tuple[str, str, str], GateLine] = {}
        self._nets: dict[PositionKey, int] = {}
        self._nets_stamp: tuple[int, int] = (-1, -1)
        self._worth = Worth(blotter.exposure, self._net, self._mark_e4, instrument)
        self._worth_ns = -(10**18)
        self._reserved: deque[tuple[int, int]] = deque()
        self._reserved_e4 = 0
        self.twins, self.habits = Twins(), Habits()
        self.intents = Tickets()
        self.beside: dict[str, str] = {}
        """Tickets that a person decided to send beside one lost order: intent id to the tag of that order."""
        self.changes = Changes()
        self._since: deque[tuple[str, InstrumentKey, Exchange]] = deque(maxlen=SINCE_MAX)

    def use(self, limits: Limits) -> None:
        """Judge by these limits from now on."""
        self.limits = limits
        self._lines.clear()

    # What was approved.

    def approved(self, i: OrderIntent, need_e4: int) -> None:
        """Remember an approved placement: its twin, its size, its pace, what it needs until funds are read again."""
        now_ns = self._clock.mono_ns()
        self.intents.add(i.intent_id)
        self.twins.add(i, now_ns)
        self.habits.segment(i.instrument.exchange).add(i)
        self.habits.pace(i.instrument.key).orders.append(now_ns)
        self._since.append((i.intent_id, i.instrument.key, i.instrument.exchange))
        if need_e4:
            self._reserved.append((now_ns, need_e4))
            self._reserved_e4 += need_e4

    def mark(self) -> tuple[int, ...]:
        """Where the memory of approvals stands, to go back to it with `forget`."""
        self._since.clear()
        return (len(self._reserved),)

    def forget(self, mark: tuple[int, ...]) -> None:
        """Take back what was approved since `mark`: a basket of which no leg is sent."""
        for intent_id, key, exchange in reversed(self._since):
            self.intents.discard(intent_id)
            self.habits.pace(key).orders.pop()
            self.habits.segment(exchange).undo()
            self.twins.undo()
        self._since.clear()
        while len(self._reserved) > mark[0]:
            self._reserved_e4 -= self._reserved.pop()[1]

    def changed(self, tag: str, action: Action, added_e4: int = 0) -> None:
        """Remember an approved change or cancel, and what the change needs in addition until funds are read again."""
        now_ns = self._clock.mono_ns()
        self.changes.add(tag, action, now_ns)
        if added_e4:
            self._reserved.append((now_ns, added_e4))
            self._reserved_e4 += added_e4

    # Gathering.

    def gather(
        self, i: OrderIntent, action: Action = Action.PLACE, target: Order | None = None, basket: str = ""
    ) -> Facts:
        """The facts for an intent; `target` is the order that a change is about."""
        if not well_formed(i):
            return Facts(self.limits, action)
        line = self._line(i)
        f = line.facts
        f.action, f.target, f.basket = action, target, basket
        self._standing(f, line, i, target)
        self._prices(f, line)
        self._permission(f, i)
        self._restrictions(f, i)
        self._money(f, line, i)
        self._conduct(f, line, i)
        if target is not None:
            self._change(f, i, target)
        self._pace(f)
        return f

    def gather_cancel(self, order: Order, confirmed: bool) -> Facts:
        """The facts for a cancel: nothing of price, money, store or market is even looked at."""
        a, now_ns = self._authority, self._clock.mono_ns()
        f = Facts(self.limits, Action.CANCEL, session=a.session_text(), leaked=self._leaked(), target=order)
        f.mode = f.mode_typed = a.mode_text(Operation.CANCEL, confirmed)
        f.address = self._outside.address_text()
        f.net = self._net(PositionKey(order.exchange, order.token, order.product))
        f.cancels_minute = self.changes.in_a_minute(order.tag, Action.CANCEL, now_ns)
        f.change_refused = self.changes.is_refused(order.tag)
        f.last_stop = not confirmed and loosens_last_stop(order, order, f.net, self._blotter.live(), cancel=True)
        f.wait_second_ms = -(-self._rates.wait_second_ns(Operation.CANCEL) // NS_PER_MS)
        f.wait_long_ms = -(-self._rates.wait_long_ns(Operation.CANCEL) // NS_PER_MS)
        return f

    def sample(self) -> None:
        """Once a second: keep the touch of every instrument that was asked for."""
        for line in self._lines.values():
            self._prices(line.facts, line)

    def closing_units(self, i: OrderIntent) -> int:
        """How many units of this side only reduce, with what rests on it already; 0 when none."""
        leaves = self._blotter.exposure.leaves(self._line(i).position)
        net = self._net(self._line(i).position)
        if net * i.side >= 0:
            return 0
        return max(0, abs(net) - (leaves.buys if i.side is Side.BUY else leaves.sells))

    def _line(self, i: OrderIntent) -> GateLine:
        instrument = i.instrument
        name = (instrument.exchange, instrument.token, i.product)
        line = self._lines.get(name)
        if line is None:
            key = instrument.key
            position = PositionKey(key.exchange, key.token, i.product)
            line = GateLine(position, key, Facts(self.limits), self.habits.pace(key))
            self._lines[name] = line
        known = self._instrument(line.key)
        if known is not line.known or known is None:
            self._identify(line, known)
        return line

    def _identify(self, line: GateLine, known: Instrument | None) -> None:
        """Take over what the master says. Foreign kinds of value are left for the checks to trip over."""
        f = line.facts
        line.known = f.known = known
        if known is None:
            f.lot = f.tick_e4 = 0
            f.freeze, f.cash, f.index, f.option = None, False, False, False
            return
        f.lot = known.lot if type(known.lot) is int and 0 < known.lot <= UNITS_MAX else 0
        f.tick_e4 = known.tick_e4 if type(known.tick_e4) is int else 0
        f.cash, f.option, f.index = known.kind is Kind.EQUITY, known.kind is Kind.OPTION, on_index(known)

    def _standing(self, f: Facts, line: GateLine, i: OrderIntent, target: Order | None) -> None:
        """Position and what rests, without the order that a change is about; whether this only reduces."""
        f.net = net = self._net(line.position)
        leaves = self._blotter.exposure.leaves(line.position)
        f.leaves_buy, f.leaves_sell = leaves.buys, leaves.sells
        f.filled = f.old_leaves = 0
        f.eased = False
        if target is not None:
            self._without(f, i, target)
        rest = max(i.quantity - f.filled, f.old_leaves)
        same = f.leaves_buy if i.side is Side.BUY else f.leaves_sell
        f.reducing = net * i.side < 0 and rest > 0 and rest + same <= abs(net)
        f.naked_more = self._naked_more(line, i, net, rest) if net * i.side < 0 else 0

    def _without(self, f: Facts, i: OrderIntent, target: Order) -> None:
        f.filled, f.old_leaves = target.filled, target.leaves
        if target.side is Side.BUY:
            f.leaves_buy -= target.leaves
        else:
            f.leaves_sell -= target.leaves
        less = i.quantity - target.filled <= target.leaves
        f.eased = less and target.side is i.side and (i.price_e4 - target.price_e4) * i.side <= 0

    def _naked_more(self, line: GateLine, i: OrderIntent, net: int, rest: int) -> int:
        """How many short options lose their cover when the closing part of the order is filled."""
        name, before, after = i.instrument.name, [], []
        for position in self._positions.positions():
            held = self._instrument(InstrumentKey(position.exchange, position.token))
            if held is None or held.name != name or not position.net:
                continue
            before.append((held, position.net))
            own = position.key == line.position
            after.append((held, net + i.side * min(rest, abs(net)) if own else position.net))
        return max(0, naked_units(after) - naked_units(before))

    def _net(self, position: PositionKey) -> int:
        """Signed units; folded again only when a fill or an opening changed."""
        stamp = (self._blotter.fills_revision, self._positions.revision - self._blotter.revision)
        if stamp != self._nets_stamp:
            self._nets = {p.key: p.net for p in self._positions.positions() if p.net}
            self._nets_stamp = stamp
            self._worth_ns = -(10**18)
        return self._nets.get(position, 0)

    def _mark_e4(self, key: InstrumentKey) -> int | None:
        slot = self._quotes.slot(key)
        quote = self._quotes.quote(slot) if slot is not None else None
        return quote.ltp_e4 if quote is not None and quote.has_ltp and quote.ltp_e4 > 0 else None

    def _prices(self, f: Facts, line: GateLine) -> None:
        slot = line.slot
        if slot is None:
            slot = line.slot = self._quotes.slot(line.key)
            if slot is None:
                f.freshness = f.age_ms = f.last_e4 = f.upper_e4 = f.lower_e4 = f.mark_e4 = None
                f.range_low_e4 = f.range_high_e4 = None
                f.bid_e4 = f.ask_e4 = f.depth_buy = f.depth_sell = 0
                return
        f.freshness, f.age_ms = self._quotes.freshness(slot), self._quotes.age_ms(slot)
        now_ns = self._clock.mono_ns()
        if self._quotes.revision(slot) != line.seen or now_ns - line.sampled_ns >= EVERY_NS:
            self._read_quote(f, line, slot, now_ns)

    def _read_quote(self, f: Facts, line: GateLine, slot: int, now_ns: int) -> None:
        quote = self._quotes.quote(slot)
        line.seen = self._quotes.revision(slot)
        f.last_e4 = f.mark_e4 = quote.ltp_e4 if quote.has_ltp else None
        f.bid_e4, f.ask_e4 = quote.bid_e4, quote.ask_e4
        f.upper_e4, f.lower_e4 = quote.upper_e4 or None, quote.lower_e4 or None
        f.depth_buy, f.depth_sell = sum(x.quantity for x in quote.bids), sum(x.quantity for x in quote.asks)
        f.bid_before_e4, f.ask_before_e4 = line.samples.before(now_ns)
        if f.last_e4 is not None and f.freshness is not None:
            line.samples.add(now_ns, f.bid_e4, f.ask_e4, f.last_e4)
        line.sampled_ns = now_ns
        f.range_low_e4 = f.range_high_e4 = None
        if not f.cash and f.last_e4 is not None and f.known is not None:
            average = line.samples.average_e4(now_ns, f.last_e4)
            reach = self._outside.protection_e4(f.known, average)
            if reach is not None and 0 <= reach <= PRICE_MAX_E4:
                reach = reach * RANGE_KEPT[0] // RANGE_KEPT[1]
                f.range_low_e4, f.range_high_e4 = max(0, average - reach), average + reach

    def _permission(self, f: Facts, i: OrderIntent) -> None:
        a, outside = self._authority, self._outside
        operation = ladder_operation(f)
        f.halted, f.session, f.store = a.halted_text(), a.session_text(), a.store_text()
        f.mode = f.mode_typed = a.mode_text(operation, False)
        if f.mode and f.reducing:
            f.mode_typed = a.mode_text(operation, True)
        f.reconciled, f.leaked = a.reconciled_text(), self._leaked()
        f.address, f.locked = outside.address_text(), outside.locked_text()
        f.clock_offset_ms, f.positions_age_ms = outside.clock_offset_ms(), outside.positions_age_ms()

    def _restrictions(self, f: Facts, i: OrderIntent) -> None:
        outside, known = self._outside, f.known
        f.master, f.today = outside.master_text(), day_of(self._clock.wall_ns())
        if known is None:
            f.market = f.entry = f.reduce_only = f.banned = f.holdings_free = f.freeze = None
            f.blocked, f.early = True, False
            return
        f.freeze = outside.freeze_quantity(known)
        f.market, f.entry = self._authority.market_text(known), outside.entry_text(known, i.product)
        f.reduce_only, f.blocked = outside.reduce_only_text(i.instrument.key), outside.blocked(known)
        f.banned, f.early = (None, False) if f.cash or f.index else (outside.banned(known), outside.early())
        delivery = f.cash and i.side is Side.SELL
        f.holdings_free = outside.holdings_free(i.instrument.key) if delivery else None

    def _money(self, f: Facts, line: GateLine, i: OrderIntent) -> None:
        exposure, now_ns = self._blotter.exposure, self._clock.mono_ns()
        if now_ns - self._worth_ns >= EVERY_NS:
            self._worth.reckon_all(tuple(self._nets))
            self._worth_ns = now_ns
        else:
            self._worth.mend()
        f.gross_e4, f.gross_own_e4 = self._worth.total_e4, self._worth.of(line.position)
        f.unpriced = self._worth.unpriced(line.position)
        f.money = money = self._outside.money()
        f.money_age_ms = None if money is None else (now_ns - money.read_ns) // NS_PER_MS
        while self._reserved and money is not None and self._reserved[0][0] < money.read_ns:
            self._reserved_e4 -= self._reserved.popleft()[1]
        f.reserved_e4 = self._reserved_e4
        f.day, f.loss_latch, f.any_open = self._outside.day(), self._outside.loss_text(), bool(self._nets)
        f.open_all, f.open_here = exposure.open_all, exposure.open_here(line.key)
        f.unknown_all, f.unknown_here = exposure.unknown_all, 0
        if exposure.unknown_all and f.known is not None:
            f.unknown_here = sum(n for key, n in exposure.unknown.items() if self._name(key) in (None, f.known.name))
        lost = self._blotter.get(self.beside.get(i.intent_id, ""))
        if lost is not None and lost.state in (OrderState.UNKNOWN, OrderState.UNCONFIRMED):
            f.unknown_all -= 1
            f.unknown_here -= lost.key == line.key

    def _name(self, key: InstrumentKey) -> str | None:
        found = self._instrument(key)
        return found.name if found is not None else None

    def _conduct(self, f: Facts, line: GateLine, i: OrderIntent) -> None:
        now_ns, limits, pace = self._clock.mono_ns(), self.limits, line.pace
        f.same_intent = f.action is Action.PLACE and i.intent_id in self.intents
        within_ms = max(limits.duplicate_block_ms, limits.duplicate_warn_ms)
        f.twin_ms = self.twins.age_ms(i, f.tick_e4, now_ns, within_ms) if f.action is Action.PLACE else None
        f.own_buy_e4, f.own_sell_e4 = self._blotter.exposure.own_best(line.key)
        habit = self.habits.segment(line.key.exchange)
        f.median_value_e4, f.largest_before = habit.median_e4, habit.largest_before
        pace.saw(f.net or 0, now_ns)
        f.orders_minute, f.turns_minute = pace.recent(pace.orders, now_ns), pace.recent(pace.turns, now_ns)
        f.latched_ms = 0
        f.fills_minute = self._blotter.exposure.filled_since(line.key, self._clock.wall_ns() - MINUTE_NS)
        if not f.reducing and f.action is Action.PLACE and pace.paused_until_ns <= now_ns and not paced(f):
            pace.paused_until_ns = now_ns + MINUTE_NS
        f.latched_ms = max(0, pace.paused_until_ns - now_ns) // NS_PER_MS
        f.last_stop, f.changes, f.cancels_minute, f.change_refused = False, 0, 0, False

    def _change(self, f: Facts, i: OrderIntent, target: Order) -> None:
        f.changes = self.changes.count(target.tag, Action.MODIFY)
        f.change_refused = self.changes.is_refused(target.tag)
        f.last_stop = loosens_last_stop(i, target, f.net or 0, self._blotter.live(), cancel=False)
        f.orders_minute = 0  # a change is no order of its own

    def _pace(self, f: Facts) -> None:
        operation = rate_operation(f)
        f.wait_second_ms = -(-self._rates.wait_second_ns(operation) // NS_PER_MS)
        f.wait_long_ms = -(-self._rates.wait_long_ns(operation) // NS_PER_MS)
        f.day_orders = self._outside.orders_today()
