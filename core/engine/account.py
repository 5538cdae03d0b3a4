"""Our own account as the screens see it: profit, funds, holdings, protection, limits. Implements `AccountView`."""

from datetime import date

from core.account import Caution, DayLoss, Gauge, Guard, Holding, Leg, MarkBy, Purse, TicketCost, Totals, Traced
from core.clock import ist_day
from core.domain import InstrumentKey, OrderIntent, PositionKey
from core.engine.engine import Engine
from core.engine.gauges import gauges
from core.engine.traces import Traces
from core.orders.breakeven import ticket_break_even_e4
from core.orders.cautions import At, cautions, square_off_s
from core.orders.charges import stand_in
from core.tariff import tariff
from core.views import Submitted


class Account:
    """Reads the engine; what a person asks goes to the one writer of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._protection = engine.protection
        self._traces = Traces(engine.parts.journal.context, engine.supervisor)

    @property
    def revision(self) -> int:
        """Rises with trades, guards and the broker's answers; not with prices."""
        return self._protection.profits.revision + self._protection.guards.revision + self._engine.purse.revision

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
        return self._protection.guards.protect(key, stop_e4, target_e4, trail_e4)

    def cautions(self, key: PositionKey) -> tuple[Caution, ...]:
        engine, at = self._engine, InstrumentKey(key.exchange, key.token)
        held = next((p for p in engine.positions.positions() if p.key == key), None)
        if held is None:
            return ()
        slot = engine.parts.board.slot(at)
        quote = None if slot is None else engine.parts.board.quote(slot)
        instrument = engine.parts.instruments.get(at) or stand_in(key.exchange, key.token, held.symbol)
        return cautions(held, instrument, self._protection.facts, self._at(), quote)

    def square_off_s(self, key: PositionKey) -> int | None:
        return square_off_s(self._protection.facts, key.exchange, key.product, self._at())

    def day_loss(self) -> DayLoss:
        return self._protection.day_loss.state()

    def unlatch(self, typed: str) -> Submitted:
        return self._protection.day_loss.unlatch(typed)

    def purse(self) -> Purse:
        return self._engine.purse.purse()

    def holdings(self) -> tuple[Holding, ...]:
        return self._engine.purse.holdings()

    def holdings_word(self) -> str:
        return self._engine.purse.holdings_word()

    def gauges(self) -> tuple[Gauge, ...]:
        return gauges(self._engine, self.legs(), self.day_loss(), self.purse())

    def ticket_cost(self, intent: OrderIntent) -> TicketCost:
        day = date.fromisoformat(ist_day(self._engine.parts.clock.wall_ns()))
        paid_e4, even_e4 = ticket_break_even_e4(
            tariff(), day, intent.instrument, intent.product, intent.side, intent.quantity, intent.price_e4
        )
        return TicketCost(paid_e4, even_e4)

    def trace(self, tag: str) -> Traced | None:
        return self._traces.trace(tag)

    def _at(self) -> At:
        return At.of(self._engine.parts.clock.wall_ns())
