"""The practice day put together: clock, floor, desk and memory. Every call that acts takes the exchange's time once."""

import random
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import msgspec

from core.clock import NS_PER_S, AnchoredClock, Clock, ist
from core.domain import Exchange, InstrumentKey, Product
from core.exchange import calendar
from core.exchange.account import START_CASH_E4, Account
from core.exchange.agenda import OPEN, SQUARE_OFF, Agenda
from core.exchange.brackets import Brackets
from core.exchange.dayfigures import DayFigures
from core.exchange.desk import Desk
from core.exchange.edis import Edis
from core.exchange.floor import Floor
from core.exchange.gtt import Rule, RuleBook, order_body
from core.exchange.ids import Ids
from core.exchange.ledger.conversion import ConvertBody, back, conversion
from core.exchange.ledger.demat import Demat, Held
from core.exchange.ledger.morning import Morning, after, begun, first, fitted, relisted
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, OwnTrade, Refusal, Ticket
from core.exchange.rows import Row, holding_row, order_row, position_row, rms_row, total_row, trade_row
from core.exchange.rules import OrderBody, band, changed_body, read_ticket, variety_refusal
from core.exchange.setting import PLAIN, Setting
from core.exchange.squareoff import square_off
from core.exchange.switches import Switches
from core.exchange.truth import (
    Asked,
    BarsFile,
    Changed,
    Converted,
    MarketFile,
    Opened,
    Remembered,
    Ruled,
    TruthLog,
    recall,
)

WARM_UP_S = 5
SAVE_NS, SAVE_BARS_NS = NS_PER_S, 30 * NS_PER_S
LOCKED = Refusal("AB1007", "After-market orders cannot be changed between 08:45 and 09:15")


class Practice:
    """One account in one matched market. `on_push` is told of every order update, already remembered."""

    shows_each = False
    day: date
    start_ns: int
    rules: RuleBook
    edis: Edis
    _floor: Floor
    _desk: Desk
    _agenda: Agenda

    def __init__(
        self,
        base: Clock,
        seed: int,
        folder: Path | None = None,
        fresh: bool = False,
        now_ns: int | None = None,
        setting: Setting = PLAIN,
    ) -> None:
        """UserError when the state folder cannot be used."""
        self._setting = setting
        saved = recall(folder) if folder is not None else None
        self.run = 1 if saved is None else saved.run + fresh
        goes_on = saved is not None and not fresh and now_ns is None and not calendar.is_over(saved.ns, saved.on)
        self.seed = seed
        self.switches = Switches()
        self.client_code = ""
        self.clock = AnchoredClock(base)
        self.on_push: Callable[[str, Row], None] = lambda code, row: None
        self._truth = TruthLog(folder)
        self._saved_mono_ns = self._saved_bars_mono_ns = base.mono_ns()
        if saved is not None and goes_on:
            self._go_on(saved)
        else:
            self._begin(None if fresh else saved, now_ns)

    @property
    def market(self) -> Floor:
        return self._floor

    @property
    def desk(self) -> Desk:
        return self._desk

    def now_ns(self) -> int:
        """The exchange's time."""
        return self.clock.wall_ns()

    def step(self, most: int | None = None) -> bool:
        """Bring market and account to the exchange's time; save the figures about once a second.

        With `most` it stops after about so much market work. True when all is done.
        """
        now_ns = self.now_ns()
        if not self._run_day(now_ns, most):
            self._desk.settle_news(now_ns)
            return False
        while now_ns >= calendar.at(calendar.next_trading_day(self.day), calendar.PRE_OPEN):
            self._roll(now_ns)
        self._desk.settle_news(now_ns)
        self._desk.flush(now_ns)
        mono_ns = self.clock.mono_ns()
        if mono_ns - self._saved_mono_ns >= SAVE_NS:
            self.save(bars=mono_ns - self._saved_bars_mono_ns >= SAVE_BARS_NS)
        return True

    def place(self, body: OrderBody, external: bool = False, reject_text: str = "") -> OwnOrder | Refusal:
        ticket = read_ticket(body, self._floor.listings, self.switches)
        if isinstance(ticket, Refusal):
            return ticket
        return self._take(ticket, external, reject_text)

    def modify(self, body: OrderBody) -> OwnOrder | Refusal:
        order = self._desk.orders.get(str(body.orderid))
        if order is None:
            return Refusal("AB1013", "Order not found")
        if self._locked(order):
            return LOCKED
        ticket = read_ticket(changed_body(body, order, self.switches), self._floor.listings, self.switches)
        if isinstance(ticket, Refusal):
            return ticket
        if (refusal := self._band(ticket)) is not None:
            return refusal
        done = self._desk.modify(order.order_id, ticket, self.now_ns())
        self._desk.settle_news(self.now_ns())
        return done

    def cancel(self, body: OrderBody) -> OwnOrder | Refusal:
        refusal = variety_refusal(str(body.variety or ""), msgspec.structs.replace(self.switches, robo=True))
        order = self._desk.orders.get(str(body.orderid))
        if order is not None and self._locked(order):
            return LOCKED
        done = refusal or self._desk.cancel(str(body.orderid), self.now_ns())
        self._desk.settle_news(self.now_ns())
        return done

    def convert(self, body: ConvertBody) -> Refusal | None:
        """Convert a position; AB1017 when the account cannot carry it in its new product."""
        account = self._desk.account
        move = conversion(body, account, self._floor.listings, self.switches)
        if isinstance(move, Refusal):
            return move
        before = self._desk.funds().net_e4
        account.move(move)
        if self._desk.funds().net_e4 < min(0, before):
            account.move(back(move))
            return Refusal("AB1017", "Position conversion failed: insufficient funds")
        self._truth.write(Converted(self.now_ns(), move))
        return None

    def order_rows(self) -> list[Row]:
        return [order_row(o, self._floor.listings[o.key]) for o in self._desk.orders.values()]

    def order_row(self, unique_id: str) -> Row | None:
        order = self._desk.by_unique(unique_id)
        return None if order is None else order_row(order, self._floor.listings[order.key])

    def trade_rows(self) -> list[Row]:
        return [trade_row(t, self._floor.listings[t.key]) for t in self._desk.trades]

    def position_rows(self) -> list[Row]:
        slots = self._desk.account.slots.items()
        return [position_row(s, p, self._floor.listings[s.key], self._floor.last_e4(s.key)) for s, p in slots]

    def holding_rows(self) -> list[Row]:
        market = self._floor
        return [holding_row(r, market.last_e4(r.key), market.listings[r.key].close_e4) for r in self._held()]

    def holdings_total(self) -> Row:
        return total_row([(r.units * self._floor.last_e4(r.key), r.cost_e4) for r in self._held()])

    def _held(self) -> list[Held]:
        """Holdings that are listed today; others are kept and come back with their listing."""
        return [row for row in self._desk.account.demat.rows() if row.key in self._floor.listings]

    def funds_row(self) -> Row:
        return rms_row(self._desk.funds())

    def note(self, path: str, body: str) -> None:
        """Remember an order request that was taken."""
        self._truth.write(Asked(self.now_ns(), path, body))

    def save(self, bars: bool = True) -> None:
        """Remember clock and figures, and the bars if asked: they are much longer."""
        self._saved_mono_ns = self.clock.mono_ns()
        if not self._truth.kept:
            return
        named = {f"{key.exchange}:{key.token}": value for key, value in self._floor.figures.items()}
        figures = {name: msgspec.structs.replace(value, bars=[]) for name, value in named.items()}
        day = self.day.isoformat()
        self._truth.save(MarketFile(self.run, day, self.now_ns(), figures))
        if bars:
            self._saved_bars_mono_ns = self._saved_mono_ns
            self._truth.save(BarsFile(self.run, day, {name: value.bars for name, value in named.items()}))

    def close(self) -> None:
        self.save()
        self._truth.close()

    def _take(self, ticket: Ticket, external: bool, reject_text: str) -> OwnOrder | Refusal:
        """A well-formed order meets the market: its band, its session, then the desk."""
        now_ns = self.now_ns()
        refusal = self._band(ticket)
        if refusal is not None and self.switches.price_refusal == "now":
            return refusal
        is_open = self._open(ticket.key.exchange)
        if (untimely := self._untimely(ticket, now_ns, is_open)) is not None:
            return untimely
        reason = reject_text or (refusal.message if refusal else "")
        done = self._desk.place(ticket, now_ns, external, reason, queue=not is_open)
        self._desk.settle_news(now_ns)
        return done

    def _untimely(self, ticket: Ticket, now_ns: int, is_open: bool) -> Refusal | None:
        """What is not taken at this hour."""
        if not is_open and ticket.duration == "IOC":
            return Refusal("AB1007", "IOC is not allowed outside market hours")
        if is_open and ticket.product is Product.INTRADAY:
            ends_ns = calendar.square_off_ns(ticket.key.exchange, self.day, self.switches.square_off)
            if ends_ns is not None and now_ns >= ends_ns:
                return Refusal("AB1007", f"INTRADAY orders are not taken after {ist(ends_ns):%H:%M}")
        return None

    def _band(self, ticket: Ticket) -> Refusal | None:
        return band(ticket, self._floor.listings[ticket.key], self._floor.last_e4(ticket.key), self.switches)

    def _run_day(self, now_ns: int, most: int | None = None) -> bool:
        """Walk the day up to a time: in each segment opening, trading, square-off, close, in the order of time.

        False when the market is not there yet.
        """
        if not self._agenda.is_trading_day or now_ns < self._agenda.whole.opens_ns or self._agenda.is_over():
            return True
        for at_ns, what, exchange in self._agenda.take(now_ns, self.switches.square_off):
            if self._desk.deals_in(exchange):
                self._pass(at_ns, what, exchange, now_ns)
        if not self._floor.step(min(now_ns, self._agenda.whole.closes_ns - 1), most=most):
            return False
        self._desk.flush(now_ns)
        return True

    def _pass(self, at_ns: int, what: str, exchange: Exchange, now_ns: int) -> None:
        """One moment of a segment's day; the orders of an opening meet the books of its first second."""
        if what == OPEN:
            soon_ns = min(now_ns, at_ns + NS_PER_S)
            self._floor.step(soon_ns)
            self._desk.open_session(soon_ns, exchange)
            return
        self._floor.step(at_ns - 1)
        if what == SQUARE_OFF:
            square_off(self._desk, at_ns - 1, exchange)
        else:
            self._desk.close(at_ns, exchange)

    def _begin(self, saved: Remembered | None, now_ns: int | None) -> None:
        """A new day: the next trading morning after a saved one, else today's."""
        if now_ns is not None:
            self.day = ist(now_ns).date()
        elif saved is not None:
            self.day = calendar.next_trading_day(saved.on)
        else:
            self.day = calendar.trading_day(ist(self.clock.real_ns()).date())
        start_ns = calendar.at(self.day, calendar.STARTS) if now_ns is None else now_ns
        self._build(first(START_CASH_E4) if saved is None else after(saved, self._listings), {})
        self._warm_up(min(start_ns, calendar.at(self.day, calendar.CLOSES) - 1))
        self._open_day(start_ns)
        self.start_ns = start_ns
        self.clock.anchor(start_ns)

    def _roll(self, now_ns: int) -> None:
        """The next trading day begins while the exchange runs."""
        floor, desk = self._floor, self._desk
        queued = [o for o in desk.orders.values() if o.queued]
        closes = {key: floor.close_e4(key) for key in floor.listings}
        rules = self.rules.rules()
        morning = begun(self.day, desk.account, desk.trades, floor.listings, closes, queued, rules)
        self._truth.close()
        self.day = calendar.next_trading_day(self.day)
        self._build(morning, {})
        if now_ns < calendar.at(calendar.next_trading_day(self.day), calendar.PRE_OPEN):
            self._warm_up(min(now_ns, calendar.at(self.day, calendar.CLOSES) - 1))
        self._open_day(now_ns)
        self._run_day(now_ns)

    def _open_day(self, now_ns: int) -> None:
        """Write what the day begins with, then take up what waited for it."""
        morning = self._morning
        self._truth.open_day(
            Opened(
                self.run,
                self.day.isoformat(),
                morning.cash_e4,
                now_ns,
                self.seed,
                morning.carried,
                morning.holdings,
                morning.closes,
                morning.queued,
                morning.rules,
                morning.charges_e4,
            )
        )
        self._desk.queue_again(morning.queued, now_ns)
        self.rules.expire(self.day, now_ns)

    def _go_on(self, saved: Remembered) -> None:
        self.day = saved.on
        opened = saved.opened
        rules = list(saved.rules.values())
        self._build(
            Morning(opened.cash_e4, 0, opened.carried, opened.holdings, opened.closes, opened.queued, rules),
            saved.by_key(),
        )
        self.start_ns = saved.ns
        self.clock.anchor(saved.ns)
        if self._agenda.covers(saved.ns):
            self._floor.step(saved.ns)
        self._truth.open_day(opened)
        for move in saved.moves:
            self._desk.account.move(move)
        self._desk.queue_again(opened.queued, saved.ns)
        self._desk.restore(saved.orders, saved.trades, saved.ns)
        self._desk.on_filled, self._desk.on_price = self._listeners()

    def _build(self, morning: Morning, figures: dict[InstrumentKey, DayFigures]) -> None:
        self._agenda = Agenda((key.exchange for key in self._listings(self.day)), self.day)
        rng = random.Random(f"{self.seed}/{self.run}/{self.day}")
        self._morning = morning
        self._floor = self._open_floor(rng, figures)
        self._morning = morning = fitted(morning, self._floor.listings)
        ids = Ids(self.day, self.run, self.seed)
        account = Account(morning.cash_e4, morning.carried, Demat(morning.holdings))
        self.edis = Edis(account.demat)
        self._desk = Desk(
            self._floor, account, ids, self._commit, lambda code, row: self.on_push(code, row), self.switches
        )
        self.rules = RuleBook(lambda: self.client_code, self.switches, self._fire, self._keep_rule, morning.rules)
        self._desk.on_filled, self._desk.on_price = self._listeners()

    def _listings(self, day: date) -> Mapping[InstrumentKey, Listing]:
        """What is listed on a day, at the closes of the universe."""
        return self._setting.listings(day)

    def _open(self, exchange: Exchange) -> bool:
        """Whether orders of a segment go to the book now."""
        return calendar.is_open(self.now_ns(), exchange)

    def _listeners(self) -> tuple[Callable[[OwnOrder, int], None], Callable[[InstrumentKey, int, int], None]]:
        brackets, rules = Brackets(self._desk), self.rules

        def on_price(key: InstrumentKey, last_e4: int, now_ns: int) -> None:
            brackets.on_price(key, last_e4, now_ns)
            rules.on_price(key, last_e4, now_ns)

        return brackets.on_filled, on_price

    def _locked(self, order: OwnOrder) -> bool:
        """Whether an after-market order is on its way and can no longer be changed."""
        return self.switches.amo_lock and order.queued and calendar.amo_locked(self.now_ns())

    def _fire(self, rule: Rule, price_e4: int) -> None:
        """A rule's order goes out as an ordinary one; what the account cannot carry ends as rejected."""
        self.place(order_body(rule, price_e4))

    def _keep_rule(self, rule: Rule) -> None:
        self._truth.write(Ruled(self.now_ns(), rule))

    def _open_floor(self, rng: random.Random, figures: dict[InstrumentKey, DayFigures]) -> Floor:
        """The day's market: what is listed, at the closes of the day before, and what moves it."""
        listings = relisted(self._listings(self.day), self._morning.closes)
        tide = self._setting.tide(rng, self.day, listings)
        return Floor(listings, rng, figures, tide, self._agenda.whole.opens_ns, self._agenda.sessions)

    def _warm_up(self, until_ns: int) -> None:
        """Trade from 09:15 on, in long strides when there is much to catch up with; earlier segments in one."""
        opens_ns = calendar.at(self.day, calendar.OPENS)
        if until_ns < opens_ns:
            return
        self._floor.step(opens_ns - 1, rounds=1)
        stride_ns = max(WARM_UP_S * NS_PER_S, (until_ns - opens_ns) // 60)
        for now_ns in range(opens_ns, until_ns, stride_ns):
            self._floor.step(now_ns, rounds=1)
        self._floor.step(until_ns, rounds=1)

    def _commit(self, now_ns: int, orders: list[OwnOrder], trades: list[OwnTrade]) -> None:
        self._truth.write(Changed(now_ns, orders, trades))
