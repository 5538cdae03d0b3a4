"""Our own account as the screens see it: profit, funds, holdings, protection, limits. Implements `AccountView`."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from core.account import Caution, DayLoss, Gauge, Guard, Holding, Leg, MarkBy, Purse, TicketCost, Totals, Traced
from core.clock import ist_day
from core.domain import Instrument, InstrumentKey, OrderIntent, PositionKey
from core.engine.gauges import gauges
from core.engine.lockout import FORBIDDEN
from core.engine.protection import Protection
from core.engine.purse import PurseKeeper
from core.engine.traces import Traces
from core.orders.breakeven import ticket_break_even_e4
from core.orders.cautions import At, cautions, square_off_s
from core.orders.charges import stand_in
from core.tariff import tariff
from core.views import Submitted

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Account:
    """Owns what protects the account and what was read of it; what a person asks goes to the one writer of it."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.protection = self._protection = Protection(engine)
        self._purse = PurseKeeper(engine.parts.clock, engine.parts.broker, engine.online, self._holdings_read)
        engine.gate_facts.on_funds = self._purse.note_funds
        self._asked: tuple[object, TicketCost] = (None, TicketCost(0, None))
        self._traces = Traces(engine.parts.journal.context, engine.supervisor)

    def restore(self, kept: Mapping[str, str]) -> None:
        """Take up what the store holds of `core.engine.protection.KEYS`; after the orders were restored."""
        self._protection.restore(kept)

    def start(self) -> None:
        """Start the tasks; a session that only looks protects nothing."""
        self._engine.supervisor.keep("purse", self._purse.run)
        if not self._engine.parts.look_only:
            self._engine.supervisor.keep("protection", self._protection.run)

    def wanted(self) -> tuple[Instrument, ...]:
        """What must be priced: positions first, then holdings."""
        keys = [InstrumentKey(p.exchange, p.token) for p in self._engine.positions.positions()]
        keys += [InstrumentKey(h.exchange, h.token) for h in self._purse.holdings()]
        found = (self._engine.parts.instruments.get(key) for key in dict.fromkeys(keys))
        return tuple(i for i in found if i is not None)

    def _holdings_read(self, rows: tuple[Holding, ...]) -> None:
        self._engine.gate_facts.holdings_read(rows)
        self._engine.want()

    @property
    def revision(self) -> int:
        """Rises with trades, guards and the broker's answers; not with prices."""
        return self._protection.profits.revision + self._protection.guards.revision + self._purse.revision

    def legs(self) -> tuple[Leg, ...]:
        return self._protection.profits.legs()

    def totals(self) -> Totals:
        return self._protection.profits.totals()

    def mark_by(self) -> MarkBy:
        return self._protection.profits.mark_by

    def set_mark(self, by: MarkBy) -> None:
        self._protection.profits.mark_by = by

    def guard(self, key: PositionKey) -> Guard | None:
        return self._protection.guards.get(key)

    def guards(self) -> tuple[Guard, ...]:
        return self._protection.guards.rows()

    def protect(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        if self._engine.lockout.locked:
            return Submitted(refused=f"{FORBIDDEN}. Nothing was changed.")
        return self._protection.guards.protect(key, stop_e4, target_e4, trail_e4)

    def cautions(self, key: PositionKey) -> tuple[Caution, ...]:
        engine, at = self._engine, InstrumentKey(key.exchange, key.token)
        held = next((p for p in engine.positions.positions() if p.key == key), None)
        if held is None:
            return ()
        slot = engine.parts.board.slot(at)
        quote = None if slot is None else engine.parts.board.quote(slot)
        instrument = engine.parts.instruments.get(at) or stand_in(key.exchange, key.token, held.symbol)
        return cautions(held, instrument, self._protection.facts, self._at(), quote, engine.parts.banned)

    def square_off_s(self, key: PositionKey) -> int | None:
        return square_off_s(self._protection.facts, key.exchange, key.product, self._at())

    def day_loss(self) -> DayLoss:
        return self._protection.day_loss.state()

    def unlatch(self, typed: str) -> Submitted:
        if self._engine.lockout.locked:
            return Submitted(refused=FORBIDDEN)
        return self._protection.day_loss.unlatch(typed)

    def purse(self) -> Purse:
        return self._purse.purse()

    def holdings(self) -> tuple[Holding, ...]:
        return self._purse.holdings()

    def holdings_word(self) -> str:
        return self._purse.holdings_word()

    def gauges(self) -> tuple[Gauge, ...]:
        return gauges(self._engine, self.legs(), self.day_loss(), self.purse())

    def ticket_cost(self, intent: OrderIntent) -> TicketCost:
        """Kept for the last order asked about: a ticket asks at each frame."""
        day = date.fromisoformat(ist_day(self._engine.parts.clock.wall_ns()))
        asked = (day, intent.instrument, intent.product, intent.side, intent.quantity, intent.price_e4)
        if self._asked[0] != asked:
            self._asked = (asked, TicketCost(*ticket_break_even_e4(tariff(), *asked)))
        return self._asked[1]

    def trace(self, tag: str) -> Traced | None:
        return self._traces.trace(tag)

    def _at(self) -> At:
        return At.of(self._engine.parts.clock.wall_ns())
