"""The facts of the gate that no other part owns: the account's money, the day's result, the day's lists, the clock.

Implements `core.orders.outside.Outside`. Each is the last thing that was really learned, with its age; what was never
learned is None, and the gate denies on it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.account import Holding
from core.clock import NS_PER_MS, NS_PER_S, Clock, ist_day
from core.config import Limits
from core.domain import Exchange, Instrument, InstrumentKey, Kind, Position, Product
from core.market.facts import Facts
from core.market.live import on_index
from core.orders.blotter import Blotter
from core.orders.checks.facts import DayResult, Money
from core.orders.daytime import day_of, second_of_day
from core.outcome import Ok, Read
from core.ports import Broker, Funds
from core.views import Freshness, QuoteView

FUNDS_S, FUNDS_RETRY_S = 20.0, 2.0
UNREGISTERED = "AG7002"
"""Order writes from an address that is not registered are refused with it (SmartAPI wire page 6.3)."""
LOOK_S = 1.0
"""How soon funds are read again after an order moved, at the earliest; the broker allows two reads a second."""
LAST_ENTRY_S = 15 * 3_600 + 10 * 60
"""New intraday positions end at 15:10 IST on NSE and BSE: the broker squares off from 15:15 on (its help pages; not
verified with the live broker)."""
EARLY_S = 9 * 3_600 + 30 * 60
_EQUITY_SEGMENTS = (Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO)
_JUMP_NS = NS_PER_S


@dataclass(slots=True)
class _Clocks:
    """One look at both clocks; `setting` changes when somebody sets the market's clock on purpose."""

    wall_ns: int
    mono_ns: int
    setting: tuple[float, int]


class GateFacts:
    """The engine tells it what happened (`address_refused`, `positions_read`, ...) and keeps `watch_funds` running."""

    def __init__(
        self,
        clock: Clock,
        limits: Callable[[], Limits],
        broker: Broker,
        blotter: Blotter,
        quotes: QuoteView,
        positions: Callable[[], tuple[Position, ...]],
        facts: Facts,
        banned: Callable[[str, str], bool | None] | None = None,
        master: Callable[[str], str | None] = lambda today: None,
    ) -> None:
        """`master(today)` says why the instrument master does not serve on a day, None when nothing is known of it."""
        self._clock = clock
        self._limits = limits
        self._broker = broker
        self._blotter = blotter
        self._quotes = quotes
        self._positions = positions
        self._facts = facts
        self._master = master
        self._banned = banned or self._facts.banned
        self._money: Money | None = None
        self._capital: tuple[str, int] | None = None
        self._day: tuple[int, DayResult | None] = (-(10**18), None)
        self._last_known_ns = clock.mono_ns()
        self._clocks = self._look()
        self._jump_ms = 0
        self._jump_ns = -(10**18)
        self._positions_ns: int | None = None
        self._address = ""
        self.locked = ""
        self.loss = ""
        self.reduce_only: dict[InstrumentKey, str] = {}
        self.holdings: dict[InstrumentKey, int] | None = None
        self.on_funds: Callable[[Read[Funds]], None] = lambda answer: None

    # What the engine tells.

    def address_refused(self, text: str) -> None:
        """The broker said AG7002: this computer's address is not registered. Stays until the next login."""
        self._address = text

    def address_accepted(self) -> None:
        self._address = ""

    def positions_read(self) -> None:
        """The broker's positions were read cleanly at this instant."""
        self._positions_ns = self._clock.mono_ns()

    def holdings_read(self, rows: Iterable[Holding]) -> None:
        """What may be sold for delivery. Units on their way (T+1) may be: they arrive before they must be given."""
        self.holdings = {InstrumentKey(h.exchange, h.token): h.quantity for h in rows}

    async def watch_funds(self, online: Callable[[], bool]) -> None:
        """For ever: read funds every 20 s, sooner after an order moved; a failed read keeps the old one, which ages."""
        while True:
            asked_ns, revision = self._clock.mono_ns(), self._blotter.revision
            good = online() and await self.read_funds()
            until_ns = asked_ns + round((FUNDS_S if good else FUNDS_RETRY_S) * NS_PER_S)
            await self._clock.sleep(LOOK_S)
            while self._clock.mono_ns() < until_ns and (not good or self._blotter.revision == revision):
                await self._clock.sleep(LOOK_S)

    async def learn_funds(self) -> None:
        """Read funds when nothing is known of them: "ready" after a login has to mean ready."""
        if self._money is None:
            await self.read_funds()

    async def read_funds(self) -> bool:
        """Read funds once; the first answer of a day is the day's capital."""
        asked_ns = self._clock.mono_ns()
        answer = await self._broker.funds()
        self.on_funds(answer)
        if not isinstance(answer, Ok) or answer.value.net_e4 is None:
            return False
        usable, day = answer.value.net_e4, ist_day(self._clock.wall_ns())
        if self._capital is None or self._capital[0] != day:
            self._capital = (day, usable + max(0, answer.value.used_e4 or 0))
        self._money = Money(usable, self._capital[1], asked_ns)
        return True

    # What the gate asks.

    def address_text(self) -> str | None:
        return self._address

    def locked_text(self) -> str | None:
        return self.locked

    def clock_offset_ms(self) -> int | None:
        """How far this clock is from the broker's, or how far it jumped within the last minute, whichever is more.

        None until an answer of the broker said what its clock is.
        """
        now = self._look()
        if now.setting == self._clocks.setting:
            expected = (now.mono_ns - self._clocks.mono_ns) * now.setting[0]
            jump_ns = now.wall_ns - self._clocks.wall_ns - round(expected)
            if abs(jump_ns) > _JUMP_NS:
                self._jump_ms, self._jump_ns = jump_ns // NS_PER_MS, now.mono_ns
        self._clocks = now
        offset_ms = self._broker.clock_offset_ms
        if offset_ms is not None and now.mono_ns - self._jump_ns < 60 * NS_PER_S:
            return max(self._jump_ms, offset_ms, key=abs)
        return offset_ms

    def positions_age_ms(self) -> int | None:
        if self._positions_ns is None:
            return None
        return (self._clock.mono_ns() - self._positions_ns) // NS_PER_MS

    def master_text(self) -> str | None:
        return self._master(self._today())

    def entry_text(self, instrument: Instrument, product: Product) -> str | None:
        if product is not Product.INTRADAY or instrument.exchange not in _EQUITY_SEGMENTS:
            return ""
        if self._second() < LAST_ENTRY_S:
            return ""
        return "no new intraday position from 15:10 on"

    def freeze_quantity(self, instrument: Instrument) -> int | None:
        """What the master says, and for a contract what the dated list says, the smaller of both."""
        listed = None
        if instrument.is_derivative:
            listed = self._facts.freeze_quantity(instrument.exchange, instrument.name, self._today())
        known = [q for q in (instrument.freeze_quantity, listed) if q is not None]
        return min(known) if known else None

    def banned(self, instrument: Instrument) -> bool | None:
        return self._banned(instrument.name, self._today())

    def early(self) -> bool:
        return self._second() < EARLY_S

    def blocked(self, instrument: Instrument) -> bool:
        return instrument.symbol in self._limits().blocked_symbols

    def holdings_free(self, key: InstrumentKey) -> int | None:
        return None if self.holdings is None else self.holdings.get(key, 0)

    def protection_e4(self, instrument: Instrument, reference_e4: int) -> int | None:
        if instrument.exchange not in _EQUITY_SEGMENTS:
            return None  # no rule of commodities or currencies is known to us
        on = "index" if on_index(instrument) else "stock"
        kind = f"{on} {'option' if instrument.kind is Kind.OPTION else 'future'}"
        return self._facts.protection_e4("limit", kind, reference_e4, self._today())

    def money(self) -> Money | None:
        return self._money

    def day(self) -> DayResult | None:
        """Reckoned anew at most once a second: every open position at the touch it would close at.

        A position without a live price is marked at the worse of its last price and today's circuit limit; one without
        any price leaves the day's result unknown, and its age grows.
        """
        now_ns = self._clock.mono_ns()
        if now_ns - self._day[0] >= NS_PER_S or self._day[1] is None:
            profit = self._profit_e4()
            if profit is not None:
                self._last_known_ns = now_ns
                self._day = (now_ns, DayResult(profit, 0))
            elif self._day[1] is not None:
                self._day = (now_ns, DayResult(self._day[1].profit_e4, (now_ns - self._last_known_ns) // NS_PER_MS))
        return self._day[1]

    def loss_text(self) -> str | None:
        return self.loss

    def reduce_only_text(self, key: InstrumentKey) -> str | None:
        return self.reduce_only.get(key, "")

    def orders_today(self) -> int | None:
        return len(self._blotter.orders())

    # Inside.

    def _profit_e4(self) -> int | None:
        total = 0
        for p in self._positions():
            total += p.realised_e4
            if p.net:
                mark = self._mark_e4(p)
                if mark is None:
                    return None
                total += p.open_e4(mark)
        return total

    def _mark_e4(self, p: Position) -> int | None:
        slot = self._quotes.slot(InstrumentKey(p.exchange, p.token))
        quote = self._quotes.quote(slot) if slot is not None else None
        if slot is None or quote is None or not quote.has_ltp:
            return None
        if self._quotes.freshness(slot) is Freshness.FRESH:
            touch = quote.bid_e4 if p.net > 0 else quote.ask_e4
            return touch or quote.ltp_e4
        if p.net > 0:
            return min(quote.ltp_e4, quote.lower_e4) if quote.lower_e4 > 0 else None
        return max(quote.ltp_e4, quote.upper_e4) if quote.upper_e4 > 0 else None

    def _look(self) -> _Clocks:
        setting = (getattr(self._clock, "speed", 1.0), getattr(self._clock, "anchors", 0))
        return _Clocks(self._clock.wall_ns(), self._clock.mono_ns(), setting)

    def _today(self) -> str:
        return day_of(self._clock.wall_ns())

    def _second(self) -> int:
        return second_of_day(self._clock.wall_ns())
