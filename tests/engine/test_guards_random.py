"""Guards under random markets, brokers, halts and restarts: never more than held, never turned round, never twice.

Each seed is one day; a failing one prints what was done.
"""

import random

import pytest

from core.account import GuardState
from core.domain import Side
from core.engine.protection import KEYS
from core.outcome import NotSent, Refused, RefusedBy, Unknown
from core.views import Freshness
from tests.engine.test_guards import Market

SEEDS = 24
STEPS = 40
HELD = 20
STOP, TARGET = 1400.0, 1425.0


class Day(Market):
    """Watches every placement at the moment it reaches the broker."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.rupees = 1412.5
        self.answer = "fill"
        self.did: list[str] = []
        self.sold = 0

    @property
    def free(self) -> int:
        """What the person may still sell without going short: a short sale of their own is no guard's fault."""
        return self.net - sum(o.leaves for o in self.engine.blotter.live() if o.side is Side.SELL)

    def on_place(self, approved):
        order = approved.order
        if order.intent_id.startswith("guard-"):
            reached = self.rupees <= STOP or self.rupees >= TARGET
            assert reached, f"an exit left at {self.rupees}: {self.did}"
            assert order.side is Side.SELL and 0 < order.quantity <= max(0, self.net), (order, self.net, self.did)
            self.sold += 1
        match self.answer:
            case "fill":
                return self.broker.accept(approved, "complete", order.quantity)
            case "part":
                return self.broker.accept(approved, "open", max(1, order.quantity // 2))
            case "rest":
                return self.broker.accept(approved)
            case "lost":
                self.broker.accept(approved, "complete", order.quantity)
                return Unknown("no answer")
            case "unsent":
                return NotSent("could not connect")
            case _:
                return Refused("AB1010", "refused", RefusedBy.BUSINESS)

    async def again(self) -> None:
        """End and start anew, from what the store holds."""
        kept = {key: self.journal.meta.get(key, "") for key in KEYS}
        await self.stop()
        self.broker.writes_sent = 0
        self.rebuild()
        self.engine.restore(self.journal.records, self.journal.meta.get("halt", ""), kept)
        self.engine.start()
        await self.wait(1.0)

    async def step(self) -> None:
        what = self.random.choices(
            ("move", "jump", "broker", "halt", "stale", "again", "sell"), (50, 12, 14, 6, 6, 4, 8)
        )[0]
        self.did.append(what)
        match what:
            case "move":
                self.go(self.rupees + self.random.uniform(-3, 3))
            case "jump":
                self.go(self.random.choice((1398.0, 1412.5, 1427.0)))
            case "broker":
                self.answer = self.random.choice(("fill", "fill", "part", "rest", "lost", "unsent", "refused"))
                self.did[-1] += f" {self.answer}"
            case "halt":
                if self.engine.authority.halted_ns is None:
                    self.engine.halt("drill")
                else:
                    self.engine.resume()
            case "stale":
                fresh = self.board.fresh is Freshness.FRESH
                self.board.fresh = Freshness.STALE if fresh else Freshness.FRESH
            case "again":
                await self.again()
            case "sell":
                if self.free > 0:
                    price_e4 = round(self.rupees * 10) * 1000
                    self.sell(quantity=self.random.randint(1, self.free), price_e4=price_e4)
        await self.wait(self.random.choice((0.2, 0.5, 2.0)))

    def go(self, rupees: float) -> None:
        self.rupees = round(max(1350.0, min(1470.0, rupees)), 1)
        self.price(self.rupees)


async def a_day(seed: int) -> int:
    """Live through one day and judge it; gives how many exits left."""
    day = Day(seed)
    try:
        await day.start()
        day.broker.on_place = day.on_place
        day.submit(quantity=HELD)
        await day.wait(1.5)
        assert day.net == HELD
        assert day.protect(stop=STOP, target=TARGET).tag
        for _ in range(STEPS):
            await day.step()
            truth = sum(int(f.side) * f.quantity for f in day.broker.fills)
            assert 0 <= truth <= HELD, f"seed {seed}: the position went to {truth}: {day.did}"
        exits = [a.order for a in day.broker.placed if a.order.intent_id.startswith("guard-")]
        assert len(exits) <= 1, f"seed {seed}: sent {len(exits)} times: {day.did}"
        for guard in day.desk.account.guards():
            if guard.state is GuardState.SENT:
                assert [day.engine.blotter.get(tag) for tag in guard.tags], f"seed {seed}: {guard}"
        return len(exits)
    finally:
        await day.stop()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_random_day(seed):
    await a_day(seed)


async def test_the_days_are_not_idle():
    """Most days an exit leaves: else the test above would prove nothing."""
    assert sum([await a_day(seed) for seed in range(100, 106)]) >= 3
