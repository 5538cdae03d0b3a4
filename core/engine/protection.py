"""What protects the account beside the gate: guards of positions and the day-loss latch, on one beat."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from core.account import MarkBy
from core.clock import ist_day
from core.domain import Instrument, InstrumentKey, Kind, OrderIntent
from core.engine.dayloss import DayLossLatch
from core.engine.exits import Doors, Exits
from core.engine.guardbook import GuardBook
from core.engine.guards import BEAT_S, Guards
from core.engine.reminders import Reminders
from core.facts import EventKind
from core.money import E4
from core.orders.cautions import At
from core.orders.guarding import protection_kind
from core.orders.profits import Profits
from core.tariff import tariff
from core.views import Freshness

if TYPE_CHECKING:
    from core.engine.engine import Engine

A = TypeVar("A")
GUARDS_KEY = "guards"
DAY_LOSS_KEY = "day_loss"
KEYS = (GUARDS_KEY, DAY_LOSS_KEY)
"""What it keeps in the store, to be handed to `restore` at the next start."""


class Protection:
    """Built by the engine from its own pieces; public attributes are for the desk to read."""

    def __init__(self, engine: "Engine") -> None:
        parts, find = engine.parts, engine.parts.instruments.get
        clock, meta, limits = parts.clock, parts.meta, engine.limits_in_force
        self._engine = engine
        self.acting = False
        """Whether the gate is asked for a guard at this instant: a locked screen does not disarm what stands."""
        self._priced: frozenset[InstrumentKey] = frozenset()
        self.facts = parts.dated
        self.profits = Profits(
            engine.positions,
            engine.blotter,
            parts.board,
            find,
            tariff(),
            lambda: date.fromisoformat(ist_day(clock.wall_ns())),
        )
        report = self._report
        self._reminders = Reminders(self.facts, report)
        self._book = GuardBook(clock, parts.run, lambda text: meta.store_meta(GUARDS_KEY, text), report)
        gate, orders = engine.gate, engine.orders
        doors = Doors(
            lambda intent: self._acting(gate.check, intent),
            lambda intent: self._acting(gate.headroom, intent),
            lambda intent: self._acting(orders.submit, intent),
            orders.cancel,
            self._books_known,
        )
        self.guards = Guards(
            clock,
            Exits(
                clock, limits, engine.positions, engine.blotter, parts.board, find, self.through_e4, doors, self._book
            ),
        )
        self.day_loss = DayLossLatch(
            clock,
            parts.run,
            self._loss_limit_e4,
            engine.ladder,
            lambda text: meta.store_meta(DAY_LOSS_KEY, text),
            report,
        )

    def restore(self, kept: Mapping[str, str]) -> None:
        """Take up what the store holds, by the names of `KEYS`; after the orders were restored."""
        self._book.restore(kept.get(GUARDS_KEY, ""), self._engine.blotter.orders())
        self.day_loss.restore(kept.get(DAY_LOSS_KEY, ""))

    async def run(self) -> None:
        while True:
            await self._engine.parts.clock.sleep(BEAT_S)
            await self.beat()

    async def beat(self) -> None:
        """The loss is judged first: a guard's exit is allowed after the latch as well."""
        if self._books_known():
            self.day_loss.look(self.profits.totals(MarkBy.TOUCH), self._blind())
        self._engine.gate_facts.loss = self.day_loss.state().latched
        parts = self._engine.parts
        self._want()
        self._reminders.look(self._engine.positions.positions(), At.of(parts.clock.wall_ns()))
        await self.day_loss.keep()
        await self.guards.beat()

    def _acting(self, ask: Callable[[OrderIntent], A], intent: OrderIntent) -> A:
        """Ask on behalf of a guard; synchronous, so that nothing else can come in between."""
        self.acting = True
        try:
            return ask(intent)
        finally:
            self.acting = False

    def _want(self) -> None:
        """A position that appeared, from another device perhaps, must have a price at once."""
        held = frozenset(InstrumentKey(p.exchange, p.token) for p in self._engine.positions.positions())
        if held - self._priced:
            self._engine.want()
        self._priced = held

    def _report(self, kind: EventKind, text: str, loud: bool) -> None:
        """Said to the person, and kept where it can be proved."""
        self._engine.events.add(kind, text, loud)
        self._engine.parts.audit.append("protection", {"mode": self._engine.parts.mode_word, "text": text})

    def _books_known(self) -> bool:
        """Whether what is held is known: from the first clean comparison on, and not while a new one is due."""
        return not self._engine.authority.reconcile_text

    def _blind(self) -> int:
        """Open positions whose price may not be called live, on segments that trade now."""
        parts, blind = self._engine.parts, 0
        now_ns = parts.clock.wall_ns()
        for p in self._engine.positions.positions():
            slot = parts.board.slot(InstrumentKey(p.exchange, p.token))
            live = slot is not None and parts.board.freshness(slot) is Freshness.FRESH
            blind += bool(p.net) and not live and parts.session(p.exchange, now_ns).open
        return blind

    def _loss_limit_e4(self) -> int:
        """The rupees of the limits in force, or their part of the day's capital where that is less."""
        limits, money = self._engine.limits_in_force(), self._engine.gate_facts.money()
        rupees_e4 = limits.day_loss_rupees_max * E4
        return rupees_e4 if money is None else min(rupees_e4, money.capital_e4 * limits.day_loss_bps_max // 10_000)

    def through_e4(self, instrument: Instrument, touch_e4: int) -> int:
        """Market price protection of today's rules, at most the gate's collar; the collar where no rule is known."""
        limits, day = self._engine.limits_in_force(), ist_day(self._engine.parts.clock.wall_ns())
        bps = limits.collar_cash_bps
        if instrument.is_derivative:
            bps = limits.collar_option_bps if instrument.kind is Kind.OPTION else limits.collar_futures_bps
        collar_e4 = touch_e4 * bps // 10_000
        known_e4 = self.facts.protection_e4("market", protection_kind(instrument), touch_e4, day)
        return collar_e4 if known_e4 is None else min(known_e4, collar_e4)
