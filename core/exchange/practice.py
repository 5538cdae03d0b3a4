"""The practice day put together: clock, floor, desk and memory. Every call that acts takes the exchange's time once."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from core.clock import NS_PER_S, AnchoredClock, Clock, ist
from core.domain import Exchange, InstrumentKey
from core.exchange import calendar
from core.exchange.account import START_CASH_E4, Account
from core.exchange.dayfigures import DayFigures
from core.exchange.desk import Desk, Ids
from core.exchange.floor import Floor
from core.exchange.orders import OwnOrder, OwnTrade, Refusal
from core.exchange.rows import Row, order_row, position_row, rms_row, trade_row
from core.exchange.rules import OrderBody, read_ticket, variety_refusal
from core.exchange.setting import PLAIN, Setting
from core.exchange.truth import Asked, BarsFile, Changed, MarketFile, Opened, Remembered, TruthLog, recall

WARM_UP_S = 5
SAVE_NS, SAVE_BARS_NS = NS_PER_S, 30 * NS_PER_S
CLOSED = Refusal("AB1007", "The market is closed: orders are taken from 09:15 to 15:30")


class Practice:
    """One account in one matched market. `on_push` is told of every order update, already remembered."""

    day: date
    start_ns: int
    _floor: Floor
    _desk: Desk
    _closed: bool

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
        goes_on = saved is not None and not fresh and now_ns is None and not calendar.is_over(saved.ns, _day(saved))
        self.seed = seed
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

    def step(self) -> None:
        """Bring market and account to the exchange's time; save the figures about once a second."""
        now_ns = self.now_ns()
        if calendar.is_open(now_ns):
            self._floor.step(now_ns)
            self._desk.flush(now_ns)
        elif calendar.is_over(now_ns, self.day) and not self._closed:
            self._floor.step(calendar.at(self.day, calendar.CLOSES) - 1)
            self._closed = True
            self._desk.close(now_ns)
        mono_ns = self.clock.mono_ns()
        if mono_ns - self._saved_mono_ns >= SAVE_NS:
            self.save(bars=mono_ns - self._saved_bars_mono_ns >= SAVE_BARS_NS)

    def place(self, body: OrderBody, external: bool = False, reject_text: str = "") -> OwnOrder | Refusal:
        ticket = read_ticket(body, self._floor.listings)
        if isinstance(ticket, Refusal):
            return ticket
        if not calendar.is_open(self.now_ns()):
            return CLOSED
        return self._desk.place(ticket, self.now_ns(), external, reject_text)

    def modify(self, body: OrderBody) -> OwnOrder | Refusal:
        order = self._desk.orders.get(str(body.orderid))
        if order is None:
            return Refusal("AB1013", "Order not found")
        ticket = read_ticket(_complete(body, order), self._floor.listings)
        if isinstance(ticket, Refusal):
            return ticket
        return self._desk.modify(order.order_id, ticket, self.now_ns()) if self._open() else CLOSED

    def cancel(self, body: OrderBody) -> OwnOrder | Refusal:
        refusal = variety_refusal(str(body.variety or ""))
        return refusal or self._desk.cancel(str(body.orderid), self.now_ns())

    def order_rows(self) -> list[Row]:
        return [order_row(o, self._floor.listings[o.key]) for o in self._desk.orders.values()]

    def order_row(self, unique_id: str) -> Row | None:
        order = self._desk.by_unique(unique_id)
        return None if order is None else order_row(order, self._floor.listings[order.key])

    def trade_rows(self) -> list[Row]:
        return [trade_row(t, self._floor.listings[t.key]) for t in self._desk.trades]

    def position_rows(self) -> list[Row]:
        slots = self._desk.account.slots.items()
        return [position_row(s, h, self._floor.listings[s.key], self._floor.last_e4(s.key)) for s, h in slots]

    def funds_row(self) -> Row:
        return rms_row(self._desk.funds())

    def note(self, path: str, body: str) -> None:
        """Remember an order request that was taken."""
        self._truth.write(Asked(self.now_ns(), path, body))

    def save(self, bars: bool = True) -> None:
        """Remember clock and figures, and the bars if asked: they are much longer."""
        self._saved_mono_ns = self.clock.mono_ns()
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

    def _open(self) -> bool:
        return calendar.is_open(self.now_ns())

    def _begin(self, saved: Remembered | None, now_ns: int | None) -> None:
        """A new day: the next trading morning after a saved one, else today's."""
        if now_ns is not None:
            self.day = ist(now_ns).date()
        elif saved is not None:
            self.day = calendar.next_trading_day(_day(saved))
        else:
            self.day = calendar.trading_day(ist(self.clock.real_ns()).date())
        start_ns = calendar.at(self.day, calendar.STARTS) if now_ns is None else now_ns
        cash_e4 = START_CASH_E4 if saved is None else _cash_after(saved)
        self._build(cash_e4, {})
        self._warm_up(min(start_ns, calendar.at(self.day, calendar.CLOSES) - 1))
        self.start_ns = start_ns
        self.clock.anchor(start_ns)
        self._truth.open_day(Opened(self.run, self.day.isoformat(), cash_e4, start_ns, self.seed))

    def _go_on(self, saved: Remembered) -> None:
        self.day = _day(saved)
        self._build(saved.cash_e4, _figures(saved))
        self.start_ns = saved.ns
        self.clock.anchor(saved.ns)
        self._floor.step(saved.ns)
        self._truth.open_day(Opened(saved.run, saved.day, saved.cash_e4, saved.ns, saved.seed))
        self._desk.restore(saved.orders, saved.trades, saved.ns)

    def _build(self, cash_e4: int, figures: dict[InstrumentKey, DayFigures]) -> None:
        self._closed = False
        rng = random.Random(f"{self.seed}/{self.run}/{self.day}")
        self._floor = self._open_floor(rng, figures)
        ids = Ids(self.day, self.run, self.seed)
        self._desk = Desk(self._floor, Account(cash_e4), ids, self._commit, lambda code, row: self.on_push(code, row))

    def _open_floor(self, rng: random.Random, figures: dict[InstrumentKey, DayFigures]) -> Floor:
        """The day's market: what is listed, and what moves it."""
        listings = self._setting.listings(self.day)
        tide = self._setting.tide(rng, self.day, listings)
        return Floor(listings, rng, figures, tide, calendar.at(self.day, calendar.OPENS))

    def _warm_up(self, until_ns: int) -> None:
        """Trade from 09:15 on, in long strides when there is much to catch up with."""
        opens_ns = calendar.at(self.day, calendar.OPENS)
        stride_ns = max(WARM_UP_S * NS_PER_S, (until_ns - opens_ns) // 60)
        for now_ns in range(opens_ns, until_ns, stride_ns):
            self._floor.step(now_ns, rounds=1)
        self._floor.step(until_ns, rounds=1)

    def _commit(self, now_ns: int, orders: list[OwnOrder], trades: list[OwnTrade]) -> None:
        self._truth.write(Changed(now_ns, orders, trades))


def _day(saved: Remembered) -> date:
    return date.fromisoformat(saved.day)


def _figures(saved: Remembered) -> dict[InstrumentKey, DayFigures]:
    keyed = {tuple(name.split(":", 1)): value for name, value in saved.figures.items()}
    return {InstrumentKey(Exchange(exchange), token): value for (exchange, token), value in keyed.items()}


def _cash_after(saved: Remembered) -> int:
    """Cash of the next day: everything still open is squared off at the last price known."""
    account = Account(saved.cash_e4)
    last = {trade.key: trade.price_e4 for trade in saved.trades}
    last |= {key: value.last_e4 for key, value in _figures(saved).items() if value.last_e4}
    for trade in saved.trades:
        account.add(trade)
    return account.closed_cash_e4(lambda key: last[key])


def _complete(body: OrderBody, order: OwnOrder) -> OrderBody:
    """A modify body with what it left out, and what cannot be changed, taken from the order."""
    return OrderBody(
        variety=body.variety or order.variety,
        tradingsymbol=body.tradingsymbol or order.symbol,
        symboltoken=body.symboltoken or order.token,
        transactiontype=order.side.name,
        exchange=body.exchange or order.exchange.value,
        ordertype=body.ordertype or order.order_type.value,
        producttype=order.product.value,
        duration=body.duration or order.duration.value,
        price=body.price,
        triggerprice=body.triggerprice,
        quantity=body.quantity or str(order.quantity),
        disclosedquantity=body.disclosedquantity,
        ordertag=order.tag,
        orderid=order.order_id,
    )
