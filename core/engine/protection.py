"""What protects the account beside the gate: guards of positions and the day-loss latch, on one beat."""

from collections.abc import Callable, Mapping
from datetime import date

from core.clock import ist_day
from core.domain import Instrument
from core.engine.dayloss import DayLossLatch
from core.engine.exits import Doors, Exits
from core.engine.guardbook import GuardBook, Report
from core.engine.guards import BEAT_S, Guards
from core.engine.orderdesk import OrderDesk
from core.engine.parts import Parts
from core.market import facts as market_facts
from core.orders.blotter import Blotter
from core.orders.gate import Gate
from core.orders.guarding import protection_kind
from core.orders.positions import Positions
from core.orders.profits import Profits
from core.resilience.ladder import Ladder
from core.tariff import tariff

GUARDS_KEY = "guards"
DAY_LOSS_KEY = "day_loss"
KEYS = (GUARDS_KEY, DAY_LOSS_KEY)
"""What it keeps in the store, to be handed to `restore` at the next start."""


class Protection:
    """Built by the engine from its own pieces; public attributes are for the desk to read."""

    def __init__(
        self,
        parts: Parts,
        positions: Positions,
        blotter: Blotter,
        gate: Gate,
        orders: OrderDesk,
        ladder: Ladder,
        reconciled: Callable[[], bool],
        report: Report,
    ) -> None:
        clock, meta, find = parts.clock, parts.meta, parts.instruments.get
        self._clock = clock
        self._ready = reconciled
        self.facts = market_facts.load()
        self.profits = Profits(
            positions, blotter, parts.board, find, tariff(), lambda: date.fromisoformat(ist_day(clock.wall_ns()))
        )
        book = GuardBook(clock, parts.run, lambda text: meta.store_meta(GUARDS_KEY, text), report)
        doors = Doors(gate.check, orders.submit, orders.cancel, reconciled)
        limits = parts.config.limits
        exits = Exits(clock, limits, positions, blotter, parts.board, find, self._through_e4, doors, book)
        self.guards = Guards(clock, exits)
        self.day_loss = DayLossLatch(
            clock,
            parts.run,
            limits.day_loss_rupees_max,
            ladder,
            lambda text: meta.store_meta(DAY_LOSS_KEY, text),
            report,
        )
        self._book, self._blotter = book, blotter
        self._collar_bps = (limits.collar_cash_bps, limits.collar_futures_bps)

    def restore(self, kept: Mapping[str, str]) -> None:
        """Take up what the store holds, by the names of `KEYS`; after the orders were restored."""
        self._book.restore(kept.get(GUARDS_KEY, ""), self._blotter.orders())
        self.day_loss.restore(kept.get(DAY_LOSS_KEY, ""))

    async def run(self) -> None:
        while True:
            await self._clock.sleep(BEAT_S)
            await self.beat()

    async def beat(self) -> None:
        """The loss is judged first: a guard's exit is allowed after the latch as well."""
        if self._ready():
            self.day_loss.look(self.profits.totals())
        await self.day_loss.keep()
        await self.guards.beat()

    def _through_e4(self, instrument: Instrument, touch_e4: int) -> int:
        """Market price protection of today's rules, at most the gate's collar; the collar where no rule is known."""
        collar_e4 = touch_e4 * self._collar_bps[instrument.is_derivative] // 10_000
        day = ist_day(self._clock.wall_ns())
        known_e4 = self.facts.protection_e4("market", protection_kind(instrument), touch_e4, day)
        return collar_e4 if known_e4 is None else min(known_e4, collar_e4)
