"""One seed from beginning to end: act and break for a while, mend everything, wait, judge."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.actors import Fate, Trader
from tests.simulation.judge import complaints
from tests.simulation.loop import VirtualLoop
from tests.simulation.world import World, run_in

QUIET_S = 90.0


@dataclass(frozen=True, slots=True)
class Report:
    """`complaints` empty means that all held. `log` tells what was broken and when, in simulated seconds."""

    seed: int
    complaints: list[str]
    log: list[str]
    orders: int
    seconds: float
    events: list[str]


def simulate(seed: int, minutes: float = 2.0) -> Report:
    """Run one world. The same seed and minutes do the same."""

    async def work(loop: VirtualLoop) -> Report:
        with tempfile.TemporaryDirectory(prefix="tezi-sim-") as folder:
            return await _one(World(seed, Path(folder), loop), minutes * 60)

    report: Report = run_in(seed, work)
    return report


async def _one(world: World, seconds: float) -> Report:
    await world.open()
    await world.start_terminal()
    fate, trader = Fate(world), Trader(world)
    until_s = world.loop.time() + seconds
    trading = world.loop.create_task(trader.run(until_s))
    await fate.run(until_s)
    await trading
    fate.mend()
    world.note("everything is mended")
    world.desk.resume("RESUME")
    await world.clock.sleep(QUIET_S)
    found = complaints(world)
    report = Report(
        world.seed, found, world.happened, len(world.practice._desk.orders), world.loop.time(),
        [e.text for e in world.desk.events.latest(60)],
    )  # fmt: skip
    await world.stop_terminal()
    await world.close()
    return report
