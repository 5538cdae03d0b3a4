"""Our own account for the tests of the screen: real sums over the fake desk's rows; what is asked is recorded."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from core.account import (
    NO_CHARGES,
    Caution,
    DayLoss,
    Gauge,
    Guard,
    Holding,
    Leg,
    MarkBy,
    Purse,
    TicketCost,
    Totals,
    Traced,
    total,
)
from core.domain import Exchange, InstrumentKey, OrderIntent, PositionKey
from core.tariff import Charges
from core.views import Submitted

if TYPE_CHECKING:
    from tests.screens.fake_desk import FakeDesk

E4 = 10_000
TODAY = date(2025, 11, 27)
CHARGES = Charges(20 * E4, 4_2900, 1_5000, 1400, 12_5000, 4_4000)


class FakeAccount:
    """`guard_rows`, `caution_rows`, `left_s`, `held`, `loss`, `fund` are set by hand."""

    def __init__(self, desk: "FakeDesk") -> None:
        self._desk = desk
        self.revision = 1
        self.by = MarkBy.LAST
        self.guard_rows: dict[PositionKey, Guard] = {}
        self.caution_rows: dict[PositionKey, tuple[Caution, ...]] = {}
        self.left_s: dict[PositionKey, int] = {}
        self.held: list[Holding] = []
        self.held_word = ""
        self.loss = DayLoss(2_130 * E4, 10_000 * E4, 0)
        self.fund = Purse(1_61_220 * E4, 88_780 * E4, 2_50_000 * E4, 0, 4_000, "")
        self.gauge_rows: tuple[Gauge, ...] = ()
        self.answer: Submitted | None = None
        self.traces: dict[str, Traced] = {}

    def legs(self) -> tuple[Leg, ...]:
        return tuple(self._leg(p) for p in self._desk.positions.positions())

    def _leg(self, p) -> Leg:
        slot = self._desk.quotes.slot(InstrumentKey(p.exchange, p.token))
        quote = None if slot is None else self._desk.quotes.quote(slot)
        mark_e4 = quote.ltp_e4 if quote is not None and quote.has_ltp else None
        open_e4 = None if mark_e4 is None else p.open_e4(mark_e4) if p.net else 0
        return Leg(
            p,
            mark_e4,
            p.realised_e4,
            p.realised_e4,
            open_e4,
            None if open_e4 is None else open_e4 + p.realised_e4,
            CHARGES if p.bought or p.sold else NO_CHARGES,
            0,
            p.average_e4 + 4_000 if p.net else None,
        )

    def totals(self) -> Totals:
        return total(self.legs())

    def mark_by(self) -> MarkBy:
        return self.by

    def set_mark(self, by: MarkBy) -> None:
        self.by = by

    def guard(self, key: PositionKey) -> Guard | None:
        return self.guard_rows.get(key)

    def guards(self) -> tuple[Guard, ...]:
        return tuple(self.guard_rows.values())

    def protect(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        self._desk.calls.append(("protect", key, stop_e4, target_e4, trail_e4))
        return self.answer or Submitted(tag="g1")

    def cautions(self, key: PositionKey) -> tuple[Caution, ...]:
        return self.caution_rows.get(key, ())

    def square_off_s(self, key: PositionKey) -> int | None:
        return self.left_s.get(key)

    def day_loss(self) -> DayLoss:
        return self.loss

    def unlatch(self, typed: str) -> Submitted:
        self._desk.calls.append(("unlatch", typed))
        if typed != "ALLOW MORE LOSS":
            return Submitted(refused=f"type ALLOW MORE LOSS; {typed!r} was typed")
        self.loss = replace(self.loss, latched="")
        return Submitted(tag="unlatched")

    def purse(self) -> Purse:
        return self.fund

    def holdings(self) -> tuple[Holding, ...]:
        return tuple(self.held)

    def holdings_word(self) -> str:
        return self.held_word

    def gauges(self) -> tuple[Gauge, ...]:
        return self.gauge_rows

    def ticket_cost(self, intent: OrderIntent) -> TicketCost:
        return TicketCost(28_4700, intent.price_e4 + 6_000)

    def trace(self, tag: str) -> Traced | None:
        return self.traces.get(tag)


def holdings() -> list[Holding]:
    return [
        Holding(Exchange.NSE, "3045", "SBIN-EQ", 25, 15, 610_2500, 812_4500),
        Holding(Exchange.NSE, "3499", "TATASTEEL-EQ", 2, 0, 111_8700, 129_6000),
    ]
