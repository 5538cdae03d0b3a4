"""Fifty worlds: whatever breaks, the terminal's books end as the exchange's, and nothing leaves twice."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.exchange.rules import OrderBody
from tests.simulation.actors import Fate, Trader
from tests.simulation.judge import complaints
from tests.simulation.loop import Stuck, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.run import simulate
from tests.simulation.world import World, run_in

SEEDS = 50
MINUTES = 1.0


@pytest.mark.timeout(300)  # processor time: a loaded machine takes its time
@pytest.mark.parametrize("first", range(0, SEEDS, 5))
def test_every_seed_ends_with_equal_books(first: int) -> None:
    for seed in range(first, first + 5):
        report = simulate(seed, MINUTES)
        again = f"python -m tests.simulation {seed} --minutes {MINUTES:g}"
        assert report.complaints == [], f"to see it: {again}"
        assert report.orders > 3


def test_a_seed_does_the_same_again() -> None:
    first, second = simulate(7, MINUTES), simulate(7, MINUTES)
    assert first.log == second.log and first.log
    assert first.events == second.events


async def _quiet(loop: VirtualLoop, folder: Path, harm: Callable[[World], None]) -> list[str]:
    world = World(3, folder, loop)
    await world.open()
    await world.start_terminal()
    trader = Trader(world)
    await world.clock.sleep(5)
    for _ in range(8):
        trader.place()
        await world.clock.sleep(2)
    assert complaints(world) == []
    harm(world)
    await world.clock.sleep(0.1)
    found = complaints(world)
    await world.stop_terminal()
    await world.close()
    return found


def _twice(world: World) -> None:
    """The exchange holds an order of ours a second time."""
    order = next(o for o in world.practice._desk.orders.values() if o.tag)
    body = OrderBody(
        "NORMAL", order.symbol, order.token, order.side.name, "NSE", "LIMIT", order.product.value, "DAY",
        str(order.price_e4 / 10_000), "0", str(order.quantity), ordertag=order.tag,
    )  # fmt: skip
    world.practice.place(body)


def _forgotten(world: World) -> None:
    world.engine.blotter.clear()


def _read_only(world: World) -> None:
    world.desk.halt("a test")


def _worked(world: World) -> None:
    world.engine.positions.set_openings({})
    order = next(o for o in world.practice._desk.orders.values() if o.filled)
    account = world.practice._desk.account
    slot = next(s for s in account.slots if s.key == order.key)
    account.slots[slot].bought += 1


def _tenth(world: World) -> None:
    """Ten order messages within a second; nine would be as many as the broker takes."""
    write = next(r for r in world.requests if r.path.endswith("placeOrder"))
    world.requests.extend(msgspec.structs.replace(write, at_ms=write.at_ms + 10**6 + n * 111) for n in range(10))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_twice, "at the exchange 2 times"),
        (_forgotten, "is not in the blotter"),
        (_read_only, "long after everything was mended"),
        (_worked, "positions differ"),
        (_tenth, "10 order messages within a second"),
    ],
)
def test_the_judge_sees_what_is_wrong(tmp_path: Path, harm: Callable[[World], None], says: str) -> None:
    found = run_in(3, lambda loop: _quiet(loop, tmp_path, harm))
    assert any(says in line for line in found), found


def test_fate_breaks_things(tmp_path: Path) -> None:
    async def work(loop: VirtualLoop) -> set[str]:
        world = World(1, tmp_path, loop)
        await world.open()
        await world.start_terminal()
        await Fate(world).run(600)
        await world.stop_terminal()
        await world.close()
        return {line[10:].split(":")[0] for line in world.happened}

    assert run_in(1, work) >= {"rest fault", "stream fault", "network", "the terminal is killed"}


def test_a_world_that_waits_for_nothing_says_so() -> None:
    loop = VirtualLoop(Network(random.Random(1)))
    try:
        with pytest.raises(Stuck):
            loop.run_until_complete(asyncio.Event().wait())
    finally:
        loop.close()
