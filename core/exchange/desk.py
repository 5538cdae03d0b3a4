"""The account's order desk: takes tickets to the floor, keeps every order's state, tells what changed.

One writer of orders, trades and positions. Outside the session orders queue for the next one. `commit` is called with
what changed before `push` tells anyone, so that nothing is told that a restart would not remember.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from core.domain import Exchange, InstrumentKey, OrderType, Side, Validity
from core.exchange import orders as words
from core.exchange.account import Account, Funds
from core.exchange.book import Match
from core.exchange.floor import Floor
from core.exchange.ids import Ids
from core.exchange.ledger.affordable import shortfall
from core.exchange.orders import OwnOrder, OwnTrade, Refusal, Ticket, new_order
from core.exchange.protection import protected_e4
from core.exchange.rows import Row, update_row
from core.exchange.rules import STOPS
from core.exchange.switches import Switches

ORDERS_MAX = 20_000
"""Most orders in one day of a run: above the hourly limit for a whole session, so that memory is bounded."""

Commit = Callable[[int, list[OwnOrder], list[OwnTrade]], None]
Push = Callable[[str, Row], None]


class Desk:
    """`on_filled` and `on_price` are told after the fact, outside any matching: of orders of ours, and of prices."""

    def __init__(
        self,
        floor: Floor,
        account: Account,
        ids: Ids,
        commit: Commit,
        push: Push,
        switches: Switches | None = None,
    ) -> None:
        self.account = account
        self.switches = switches or Switches()
        self.on_filled: Callable[[OwnOrder, int], None] = lambda order, now_ns: None
        self.on_price: Callable[[InstrumentKey, int, int], None] = lambda key, last_e4, now_ns: None
        self.orders: dict[str, OwnOrder] = {}
        self.trades: list[OwnTrade] = []
        self._floor, self._ids, self._commit, self._push = floor, ids, commit, push
        self._by_serial: dict[int, OwnOrder] = {}
        self._by_unique: dict[str, OwnOrder] = {}
        self._stops: dict[InstrumentKey, list[OwnOrder]] = {}
        self._entering: OwnOrder | None = None
        self._triggered: deque[OwnOrder] = deque()
        self._draining = False
        self._changed: dict[int, OwnOrder] = {}
        self._new_trades: list[OwnTrade] = []
        self._told: list[tuple[str, Row]] = []
        self._fill_news: dict[int, OwnOrder] = {}
        self._price_news: dict[InstrumentKey, int] = {}
        floor.on_match = self._on_match
        floor.on_price = self._on_price

    def place(
        self,
        ticket: Ticket,
        now_ns: int,
        external: bool = False,
        reject_text: str = "",
        queue: bool = False,
        parent_id: str = "",
    ) -> OwnOrder | Refusal:
        """Take an order; it is answered at once and lives on. `reject_text` makes it end as rejected, `queue` wait."""
        if len(self.orders) >= ORDERS_MAX:
            return Refusal("AB1007", "The practice account takes no more orders today")
        order = self._new(ticket, now_ns, external, parent_id)
        reason = reject_text or self._shortfall(order)
        if reason and not reject_text and self.switches.funds_refusal == "AB2020":
            self._forget(order)
            return Refusal("AB2020", reason)
        if queue and not reason:
            order.variety = "AMO"
            self._set(order, words.AMO_RECEIVED, now_ns)
        else:
            self._tell(order)
            self._decide(order, reason, now_ns)
        self.flush(now_ns)
        return order

    def modify(self, order_id: str, ticket: Ticket, now_ns: int) -> OwnOrder | Refusal:
        """Change a working order to the terms of a checked ticket; `quantity` is the new total."""
        order = self.working(order_id)
        if isinstance(order, Refusal):
            return order
        if ticket.quantity <= order.filled:
            return Refusal("AB1007", f"quantity must be above the {order.filled} already filled")
        before = msgspec.structs.replace(order)
        self._apply(order, ticket)
        if reason := self._shortfall(order, before):
            self._undo(order, before)
            return Refusal("AB1007", reason)
        order.updated_ns = now_ns
        if order.queued:
            self._set(order, words.AMO_MODIFIED, now_ns)
        else:
            self._move_on_book(order, before, now_ns)
        self.flush(now_ns)
        return order

    def cancel(self, order_id: str, now_ns: int, text: str = "") -> OwnOrder | Refusal:
        order = self.working(order_id)
        if isinstance(order, Refusal):
            return order
        order.text = text or order.text
        if order.queued:
            self._set(order, words.AMO_CANCELLED, now_ns)
        else:
            self._withdraw(order)
            self._set(order, words.CANCELLED, now_ns)
            if order.filled:
                self._fill_news[order.serial] = order
        self.flush(now_ns)
        return order

    def close(self, now_ns: int, exchange: Exchange | None = None) -> None:
        """The end of a segment's session (None: of all): what works is cancelled; what waits for the next one stays."""
        for order in [o for o in self.orders.values() if o.working and not o.queued and _within(o, exchange)]:
            self._withdraw(order)
            self._set(order, self.switches.day_end_status, now_ns)
        self.flush(now_ns)

    def deals_in(self, exchange: Exchange) -> bool:
        """Whether the account has a working or waiting order or a position in a segment."""
        held = any(slot.key.exchange is exchange and p.net for slot, p in self.account.slots.items())
        return held or any(o.working and o.exchange is exchange for o in self.orders.values())

    def open_session(self, now_ns: int, exchange: Exchange | None = None) -> None:
        """Send what waited for a segment."""
        for order in [o for o in self.orders.values() if o.queued and _within(o, exchange)]:
            order.status = words.OPEN_PENDING
            self._tell(order)
            self._decide(order, self._shortfall(order), now_ns)
        self.flush(now_ns)

    def queue_again(self, saved: list[OwnOrder], now_ns: int) -> None:
        """Orders of the day before that wait for this session, as its first; their ids stay, their serials are new."""
        for serial, order in enumerate(saved, 1):
            self._keep(msgspec.structs.replace(order, serial=serial))
        self.flush(now_ns)

    def restore(self, saved: list[OwnOrder], trades: list[OwnTrade], now_ns: int) -> None:
        """Take a day up again: trades into positions, working orders back on the book."""
        for trade in trades:
            self.trades.append(trade)
            self.account.add(trade)
        for order in saved:
            self._keep(order)
        for order in saved:
            if order.status == words.TRIGGER_PENDING:
                self._stops.setdefault(order.key, []).append(order)
            elif order.working and not order.queued:
                filled, updated_ns = order.filled, order.updated_ns
                self._enter(order, now_ns)
                if order.filled == filled:
                    order.updated_ns = updated_ns
        self.flush(now_ns)

    def on_tick(self, key: InstrumentKey, price_e4: int) -> int:
        """A price rounded down to a tick of its instrument."""
        tick_e4 = self._floor.listings[key].instrument.tick_e4
        return price_e4 // tick_e4 * tick_e4

    def slices(self, key: InstrumentKey, quantity: int) -> list[int]:
        """A quantity cut into orders that no freeze quantity forbids."""
        most = self._floor.listings[key].instrument.freeze_quantity or quantity
        most -= most % self._floor.listings[key].instrument.lot
        return [min(most, quantity - start) for start in range(0, quantity, most)]

    def by_unique(self, unique_id: str) -> OwnOrder | None:
        return self._by_unique.get(unique_id)

    def funds(self) -> Funds:
        return self.account.funds(self._floor.listings, self._floor.last_e4)

    def working(self, order_id: str) -> OwnOrder | Refusal:
        """The order, when it can still be changed."""
        order = self.orders.get(order_id)
        if order is None:
            return Refusal("AB1013", "Order not found")
        if order.working:
            return order
        return Refusal(self.switches.finished_code, f"Order is already {order.status}")

    def flush(self, now_ns: int) -> None:
        """Write what changed, then tell it."""
        if self._changed or self._new_trades:
            changed, self._changed = list(self._changed.values()), {}
            trades, self._new_trades = self._new_trades, []
            self._commit(now_ns, changed, trades)
        told, self._told = self._told, []
        for code, row in told:
            self._push(code, row)

    def settle_news(self, now_ns: int) -> None:
        """Tell listeners what happened since the last call; what they do in turn is told the next time."""
        fills, self._fill_news = self._fill_news, {}
        prices, self._price_news = self._price_news, {}
        for order in fills.values():
            self.on_filled(order, now_ns)
        for key, last_e4 in prices.items():
            self.on_price(key, last_e4, now_ns)

    def _new(self, ticket: Ticket, now_ns: int, external: bool, parent_id: str) -> OwnOrder:
        serial = len(self.orders) + 1
        symbol = self._floor.listings[ticket.key].instrument.symbol
        ids = self._ids.order(serial), self._ids.unique(serial), self._ids.exchange(serial)
        order = new_order(ticket, serial, ids, symbol, now_ns)
        order.external, order.parent_id = external, parent_id
        order.working_e4 = self._limit(order)
        self._keep(order)
        self._changed[serial] = order
        return order

    def _forget(self, order: OwnOrder) -> None:
        """Take an order back that was never told of."""
        del self.orders[order.order_id], self._by_serial[order.serial], self._by_unique[order.unique_id]
        self._changed.pop(order.serial, None)
        order.status = words.REJECTED
        self.account.count(order)

    def _decide(self, order: OwnOrder, reason: str, now_ns: int) -> None:
        """Reject it, or send it to the book."""
        if reason:
            order.text = reason
            self._set(order, words.REJECTED, now_ns)
            return
        order.exchange_ns = now_ns
        self._enter(order, now_ns)

    def _undo(self, order: OwnOrder, before: OwnOrder) -> None:
        for name in order.__struct_fields__:
            setattr(order, name, getattr(before, name))
        self.account.count(order)

    def _move_on_book(self, order: OwnOrder, before: OwnOrder, now_ns: int) -> None:
        """A changed order stays where it stood, or goes to the end of its new place."""
        self._tell(before, words.MODIFY_PENDING)
        self._tell(order, words.MODIFIED)
        if self._keeps_place(before, order):
            self._floor.decrease(order.key, order.book_id, order.leaves)
            self._set(order, words.OPEN, now_ns)
        else:
            self._withdraw(order)
            self._enter(order, now_ns)

    def _keep(self, order: OwnOrder) -> None:
        self.orders[order.order_id] = order
        self.account.count(order)
        self._by_serial[order.serial] = order
        self._by_unique[order.unique_id] = order

    def _apply(self, order: OwnOrder, ticket: Ticket) -> None:
        order.order_type, order.duration = ticket.order_type, ticket.duration
        order.variety = order.variety if order.queued else ticket.variety
        order.price_e4, order.trigger_e4 = ticket.price_e4, ticket.trigger_e4
        order.quantity, order.disclosed = ticket.quantity, ticket.disclosed
        order.working_e4 = self._limit(order)
        self.account.count(order)

    def _limit(self, order: OwnOrder) -> int:
        """The limit it works at: its price, or a protected one from the touch (from the trigger while it waits)."""
        if order.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT):
            return order.price_e4
        touch = self._floor.book(order.key).best(Side(-order.side)) or self._floor.last_e4(order.key)
        waits = order.order_type is OrderType.STOPLOSS_MARKET and not (order.triggered or self._hit(order))
        return protected_e4(self._floor.listings[order.key], order.side, order.trigger_e4 if waits else touch)

    def _enter(self, order: OwnOrder, now_ns: int) -> None:
        """To the book, or to the waiting stops while its trigger is not reached."""
        if order.order_type in STOPS and not order.triggered and not self._hit(order):
            self._stops.setdefault(order.key, []).append(order)
            self._set(order, words.TRIGGER_PENDING, now_ns)
            return
        order.triggered = order.order_type in STOPS
        order.working_e4 = self._limit(order)
        if order.order_type is OrderType.MARKET and self.switches.market_label == "LIMIT":
            order.order_type, order.price_e4 = OrderType.LIMIT, order.working_e4
        self.account.count(order)
        self._entering = order
        rests = order.duration is Validity.DAY
        self._floor.submit(order.key, order.book_id, order.side, order.leaves, order.working_e4, rests)
        self._entering = None
        if not order.leaves:
            self._set(order, words.COMPLETE, now_ns)
        else:
            self._set(order, words.OPEN if rests else self.switches.day_end_status, now_ns)
        if order.filled:
            self._fill_news[order.serial] = order

    def _hit(self, order: OwnOrder) -> bool:
        return (self._floor.last_e4(order.key) - order.trigger_e4) * order.side >= 0

    def _withdraw(self, order: OwnOrder) -> None:
        if order.status == words.TRIGGER_PENDING:
            self._stops[order.key].remove(order)
        else:
            self._floor.cancel(order.key, order.book_id)

    def _keeps_place(self, order: OwnOrder, changed: OwnOrder) -> bool:
        """Only a smaller quantity keeps an order's place in the queue."""
        same = order.working_e4 == changed.working_e4 and order.order_type is changed.order_type
        return (
            order.status == words.OPEN
            and same
            and changed.leaves <= order.leaves
            and (changed.duration is order.duration)
        )

    def _shortfall(self, order: OwnOrder, before: OwnOrder | None = None) -> str:
        return shortfall(self.account, order, before, lambda: self.funds().net_e4, self.switches.edis)

    def _on_match(self, key: InstrumentKey, match: Match, now_ns: int) -> None:
        for book_id, side in ((match.taking_id, match.taking_side), (match.resting_id, Side(-match.taking_side))):
            if book_id < 0:
                self._fill(self._by_serial[-book_id], side, match, now_ns)

    def _fill(self, order: OwnOrder, side: Side, match: Match, now_ns: int) -> None:
        order.filled += match.quantity
        order.value_e4 += match.quantity * match.price_e4
        trade = OwnTrade(
            self._ids.fill(len(self.trades) + 1),
            order.order_id,
            order.exchange,
            order.token,
            order.symbol,
            side,
            order.product,
            match.quantity,
            match.price_e4,
            now_ns,
        )
        self.trades.append(trade)
        self._new_trades.append(trade)
        self.account.add(trade)
        self.account.count(order)
        if order is not self._entering:
            self._set(order, words.OPEN if order.leaves else words.COMPLETE, now_ns)
            self._fill_news[order.serial] = order

    def _on_price(self, key: InstrumentKey, last_e4: int, now_ns: int) -> None:
        """Let stops go whose trigger the last price reached; each once, without recursion."""
        self._price_news[key] = last_e4
        waiting = self._stops.get(key)
        if not waiting:
            return
        hit = [order for order in waiting if self._hit(order)]
        for order in hit:
            waiting.remove(order)
        self._triggered.extend(hit)
        if self._draining:
            return
        self._draining = True
        while self._triggered:
            order = self._triggered.popleft()
            order.triggered = True
            self._set(order, words.OPEN, now_ns)
            self._enter(order, now_ns)
        self._draining = False

    def _set(self, order: OwnOrder, status: str, now_ns: int) -> None:
        order.status, order.updated_ns = status, now_ns
        self.account.count(order)
        self._tell(order)

    def _tell(self, order: OwnOrder, status: str = "") -> None:
        self._changed[order.serial] = order
        word = status or order.status
        self._told.append((words.CODES[word], update_row(order, self._floor.listings[order.key], word)))


def _within(order: OwnOrder, exchange: Exchange | None) -> bool:
    return exchange is None or order.exchange is exchange
