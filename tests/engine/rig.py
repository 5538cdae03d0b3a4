"""The whole engine on fakes, under a manual clock: time passes when a test says so."""

import asyncio
import random
from dataclasses import replace

from core.clock import ManualClock
from core.config import Config
from core.domain import InstrumentKey, Order, Side
from core.engine.desk import EngineDesk
from core.engine.engine import Engine
from core.engine.parts import MasterNote, Parts
from core.orders.tags import Tags
from core.ports import Audit, Ledger, NoAudit, NoLedger
from core.views import Submitted
from tests.builders import NIFTY_FUT, RELIANCE, SBIN, T0_NS, intent
from tests.engine.fakes import FakeBroker, FakeJournal, FakeMaster, FakeStream, always_open
from tests.orders.fakes import FakeQuotes

STEP_S = 0.05


class FakeBoard(FakeQuotes):
    def __init__(self) -> None:
        super().__init__()
        self.added: list[InstrumentKey] = []

    def add(self, instrument) -> int:
        self.added.append(instrument.key)
        return 0

    def fresh_count(self) -> int:
        return 1

    def use(self, limits) -> None:
        self.limits = limits


class Rig:
    """`start`, then `submit`, `wait`; the fakes are public."""

    config = Config()

    def __init__(
        self, journal: FakeJournal | None = None, broker: FakeBroker | None = None, look_only: str = ""
    ) -> None:
        self.clock = ManualClock(T0_NS)
        self.journal = journal or FakeJournal()
        self.broker = broker or FakeBroker(self.clock)
        self.feed, self.updates, self.board = FakeStream("feed"), FakeStream("orders"), FakeBoard()
        self.look_only = look_only
        self.audit: Audit = NoAudit()
        self.ledger: Ledger = NoLedger()
        self.more: dict[str, object] = {}
        self._tickets = 0
        self.rebuild()

    def rebuild(self) -> None:
        """Make the engine anew, with the parts as they are now."""
        parts = Parts(
            clock=self.clock,
            config=self.config,
            mode_word="PRACTICE",
            run="practice-1",
            look_only=self.look_only,
            board=self.board,
            instruments=FakeMaster([RELIANCE, SBIN, NIFTY_FUT]),
            watchlist=(RELIANCE, SBIN),
            pins=(),
            session=always_open,
            journal=self.journal,
            broker=self.broker,
            feed=self.feed,
            updates=self.updates,
            tags=Tags(self.clock, b"k" * 32, 1),
            random=random.Random(1),
            mirror=lambda event: None,
            meta=self.journal,
            master=MasterNote(3),
            audit=self.audit,
            ledger=self.ledger,
        )
        self.engine = Engine(replace(parts, **self.more))
        self.desk = EngineDesk(self.engine)

    async def start(self) -> None:
        """Start and let the first reconciliation end."""
        self.engine.restore(self.journal.records, self.journal.meta.get("halt", ""))
        self.engine.start()
        await self.wait(1.0)
        assert self.engine.authority.reconcile_text == ""

    async def stop(self) -> None:
        task = asyncio.ensure_future(self.engine.stop())
        while not task.done():
            await self.wait(0.1)
        assert task.result() == ()

    async def wait(self, seconds: float) -> None:
        """Let this much time pass, in small steps, with everything that becomes ready done at each."""
        for _ in range(round(seconds / STEP_S)):
            self.clock.move(STEP_S)
            await self.settle()

    async def settle(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)

    def submit(self, **changes) -> Submitted:
        self._tickets += 1
        return self.desk.submit(intent(**{"intent_id": f"t{self._tickets}", **changes}))

    def sell(self, **changes) -> Submitted:
        return self.submit(**{"side": Side.SELL, "price_e4": 1412_5000, **changes})

    def order(self, tag: str) -> Order:
        found = self.engine.blotter.get(tag)
        assert found is not None
        return found

    def events(self) -> str:
        return "\n".join(e.text for e in self.desk.events.latest(100))
