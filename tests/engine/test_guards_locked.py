"""A locked screen: what was set before still protects, nothing can be set or lifted, other causes still count."""

import pytest

from core.account import GuardState
from core.facts import LadderMode
from tests.engine.test_guard import FakePasswords
from tests.engine.test_guards import Market


class Locked(Market):
    """10 RELIANCE bought, a stop set, then the screen locked."""

    async def away(self) -> None:
        await self.bought()
        assert self.protect(stop=1400).tag
        await self.wait(0.5)
        assert self.desk.lock().tag == "locked"
        assert self.engine.ladder.mode is LadderMode.LOCKED


@pytest.fixture
async def market():
    made = Locked()
    made.more = {"passwords": FakePasswords()}
    made.rebuild()
    yield made
    await made.stop()


async def test_a_stop_that_was_set_before_still_closes(market):
    await market.away()
    assert "locked" in market.sell(quantity=1).refused.lower()
    market.price(1399)
    await market.wait(2)
    assert len(market.exits) == 1 and market.net == 0
    assert market.engine.ladder.mode is LadderMode.LOCKED
    assert "locked" in market.submit(quantity=1).refused.lower()


async def test_nothing_is_set_taken_away_or_lifted_while_it_is_locked(market):
    await market.away()
    before = market.guard
    assert "locked" in market.protect(stop=1300).refused
    assert "locked" in market.protect().refused
    assert "locked" in market.desk.account.unlatch("ALLOW MORE LOSS").refused
    assert market.guard is before


@pytest.mark.parametrize("mode", [LadderMode.READ_ONLY, LadderMode.HALTED, LadderMode.OFFLINE])
async def test_every_other_reason_against_it_still_counts(market, mode):
    await market.away()
    market.engine.ladder.raise_cause("DRILL", mode, "a drill", linger_s=0)
    market.price(1399)
    await market.wait(1)
    assert not market.exits and market.guard.state is GuardState.BLOCKED


async def test_a_day_loss_limit_does_not_stop_an_exit(market):
    await market.away()
    market.engine.ladder.raise_cause("DRILL", LadderMode.REDUCE_ONLY, "a drill", linger_s=0)
    market.price(1399)
    await market.wait(2)
    assert len(market.exits) == 1
