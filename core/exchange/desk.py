"""The account's order desk: takes tickets to the floor, keeps every order's state, tells what changed.

One writer of orders, trades and positions. `commit` is called with what changed before `push` tells anyone, so that
nothing is told that a restart would not remember.
"""

import random
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import msgspec

from core.domain import InstrumentKey, OrderType, Product, Side, Validity
from core.exchange import orders as words
from core.exchange.account import Account, Funds
from core.exchange.book import Match
from core.exchange.floor import Floor
from core.exchange.orders import OwnOrder, OwnTrade, Refusal, Ticket
from core.exchange.protection import protected_e4
from core.exchange.rows import Row, update_row
from core.exchange.rules import STOPS
from core.money import rupees

ORDERS_MAX = 20_000
"""Most orders in one day of a run: above the hourly limit for a whole session, so that memory is bounded."""

Commit = Callable[[int, list[OwnOrder], list[OwnTrade]], None]
Push = Callable[[str, Row], None]


@dataclass(frozen=True, slots=True)
class Ids:
    """Identifiers of one day of one run: the same for the same seed, never twice."""

    day: date
    run: int
    seed: int

    def order(self, serial: int) -> str:
        """15 digits: YYMMDD of the market day, two of the run, seven of the serial."""
        return f"{self.day:%y%m%d}{self.run % 100:02d}{serial:07d}"

    def unique(self, serial: int) -> str:
        rng = random.Random(f"{self.seed}/{self.run}/{self.day}/{serial}")
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def exchange(self, serial: int) -> str:
        return f"11{self.run % 100:02d}{serial:012d}"

    def fill(self, serial: int) -> str:
        return f"5{serial:07d}"


class Desk:
    def __init__(self, floor: Floor, account: Account, ids: Ids, commit: Commit, push: Push) -> None:
        self.account = account
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
        floor.on_match = self._on_match
        floor.on_price = self._on_price

    def place(self, ticket: Ticket, now_ns: int, external: bool = False, reject_text: str = "") -> OwnOrder | Refusal:
        """Take an order; it is answered at once and lives on. `reject_text` makes it end as rejected."""
        if len(self.orders) >= ORDERS_MAX:
            return Refusal("AB1007", "The practice account takes no more orders today")
        order = self._new(ticket, now_ns, external)
        self._tell(order)
        reason = reject_text or self._shortfall(order)
        if reason:
            order.text = reason
            self._set(order, words.REJECTED, now_ns)
        else:
            order.exchange_ns = now_ns
            self._enter(order, now_ns)
        self.flush(now_ns)
        return order

    def modify(self, order_id: str, ticket: Ticket, now_ns: int) -> OwnOrder | Refusal:
        """Change a working order to the terms of a checked ticket; `quantity` is the new total."""
        order = self._working(order_id)
        if isinstance(order, Refusal):
            return order
        if ticket.quantity <= order.filled:
            return Refusal("AB1007", f"quantity must be above the {order.filled} already filled")
        changed = msgspec.structs.replace(order)
        self._apply(changed, ticket)
        if reason := self._shortfall(changed, instead_of=order):
            return Refusal("AB1007", reason)
        self._tell(order, words.MODIFY_PENDING)
        stays = self._keeps_place(order, changed)
        self._apply(order, ticket)
        order.updated_ns = now_ns
        self._tell(order, words.MODIFIED)
        if stays:
            self._floor.decrease(order.key, order.book_id, order.leaves)
            self._set(order, words.OPEN, now_ns)
        else:
            self._withdraw(order)
            self._enter(order, now_ns)
        self.flush(now_ns)
        return order

    def cancel(self, order_id: str, now_ns: int) -> OwnOrder | Refusal:
        order = self._working(order_id)
        if isinstance(order, Refusal):
            return order
        self._withdraw(order)
        self._set(order, words.CANCELLED, now_ns)
        self.flush(now_ns)
        return order

    def close(self, now_ns: int) -> None:
        """The end of the session: what still works is cancelled."""
        for order in [o for o in self.orders.values() if o.working]:
            self._withdraw(order)
            self._set(order, words.CANCELLED, now_ns)
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
            elif order.working:
                filled, updated_ns = order.filled, order.updated_ns
                self._enter(order, now_ns)
                if order.filled == filled:
                    order.updated_ns = updated_ns
        self.flush(now_ns)

    def by_unique(self, unique_id: str) -> OwnOrder | None:
        return self._by_unique.get(unique_id)

    def funds(self) -> Funds:
        return self._funds_without(None)

    def flush(self, now_ns: int) -> None:
        """Write what changed, then tell it."""
        if self._changed or self._new_trades:
            changed, self._changed = list(self._changed.values()), {}
            trades, self._new_trades = self._new_trades, []
            self._commit(now_ns, changed, trades)
        told, self._told = self._told, []
        for code, row in told:
            self._push(code, row)

    def _new(self, ticket: Ticket, now_ns: int, external: bool) -> OwnOrder:
        serial = len(self.orders) + 1
        order = OwnOrder(
            serial=serial,
            order_id=self._ids.order(serial),
            unique_id=self._ids.unique(serial),
            exchange_order_id=self._ids.exchange(serial),
            exchange=ticket.key.exchange,
            token=ticket.key.token,
            symbol=self._floor.listings[ticket.key].instrument.symbol,
            variety=ticket.variety,
            side=ticket.side,
            order_type=ticket.order_type,
            product=ticket.product,
            duration=ticket.duration,
            quantity=ticket.quantity,
            price_e4=ticket.price_e4,
            trigger_e4=ticket.trigger_e4,
            disclosed=ticket.disclosed,
            tag=ticket.tag,
            status=words.OPEN_PENDING,
            created_ns=now_ns,
            updated_ns=now_ns,
            external=external,
        )
        order.working_e4 = self._limit(order)
        self._keep(order)
        self._changed[serial] = order
        return order

    def _keep(self, order: OwnOrder) -> None:
        self.orders[order.order_id] = order
        self._by_serial[order.serial] = order
        self._by_unique[order.unique_id] = order

    def _apply(self, order: OwnOrder, ticket: Ticket) -> None:
        order.order_type, order.duration, order.variety = ticket.order_type, ticket.duration, ticket.variety
        order.price_e4, order.trigger_e4 = ticket.price_e4, ticket.trigger_e4
        order.quantity, order.disclosed = ticket.quantity, ticket.disclosed
        order.working_e4 = self._limit(order)

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
        self._entering = order
        rests = order.duration is Validity.DAY
        self._floor.submit(order.key, order.book_id, order.side, order.leaves, order.working_e4, rests)
        self._entering = None
        if not order.leaves:
            self._set(order, words.COMPLETE, now_ns)
        else:
            self._set(order, words.OPEN if rests else words.CANCELLED, now_ns)

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

    def _working(self, order_id: str) -> OwnOrder | Refusal:
        order = self.orders.get(order_id)
        if order is None:
            return Refusal("AB1013", "Order not found")
        return order if order.working else Refusal("AB1007", f"Order is already {order.status}")

    def _shortfall(self, order: OwnOrder, instead_of: OwnOrder | None = None) -> str:
        """Why the account cannot carry the order; empty when it can."""
        if order.product is Product.DELIVERY and order.side is Side.SELL:
            promised = sum(
                o.leaves
                for o in self.orders.values()
                if o.working
                and o.serial != order.serial
                and o.side is Side.SELL
                and (o.key, o.product) == (order.key, order.product)
            )
            free = max(0, self.account.net(order.key, order.product) - promised)
            if order.leaves > free:
                return f"Holding quantity is not enough: available {free}, required {order.leaves}"
        needed_e4 = self.account.required_e4(order, self._floor.listings[order.key].instrument.kind)
        net_e4 = self._funds_without(instead_of or order).net_e4
        if needed_e4 > max(0, net_e4):
            return f"Insufficient funds: available Rs {_paise(net_e4)}, required Rs {_paise(needed_e4)}"
        return ""

    def _funds_without(self, left_out: OwnOrder | None) -> Funds:
        listings = self._floor.listings
        working = [o for o in self.orders.values() if o.working and o is not left_out]
        return self.account.funds(working, lambda key: listings[key].instrument.kind, self._floor.last_e4)

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
        if order is not self._entering:
            self._set(order, words.OPEN if order.leaves else words.COMPLETE, now_ns)

    def _on_price(self, key: InstrumentKey, last_e4: int, now_ns: int) -> None:
        """Let stops go whose trigger the last price reached; each once, without recursion."""
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
        self._tell(order)

    def _tell(self, order: OwnOrder, status: str = "") -> None:
        self._changed[order.serial] = order
        word = status or order.status
        self._told.append((words.CODES[word], update_row(order, self._floor.listings[order.key], word)))


def _paise(value_e4: int) -> str:
    return rupees(value_e4 // 100 * 100)
