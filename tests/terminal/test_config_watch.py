"""The configuration file while the terminal runs, and what a start does with limits that were loosened."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from core.clock import ManualClock
from core.config import Config, Limits, load
from terminal.config_watch import LOOK_S, watch_config
from terminal.records import config_change

TEXT = "[limits]\norder_lots_max = {}\n"


class Meta:
    """The journal's small values."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    async def load_meta(self, key: str) -> str:
        return self.held.get(key, "")

    async def store_meta(self, key: str, value: str) -> None:
        self.held[key] = value


@asynccontextmanager
async def watching(path: Path):
    clock, edits, mistakes = ManualClock(), [], []
    task = asyncio.ensure_future(watch_config(path, clock, edits.append, mistakes.append))

    async def look(done) -> None:
        async def go() -> None:
            clock.move(LOOK_S)
            await asyncio.sleep(0.002)

        async with asyncio.timeout(10):
            while not done():
                await go()

    try:
        await look(lambda: clock._sleepers)
        yield edits, mistakes, look
    finally:
        task.cancel()


async def test_F51_an_edit_is_taken_up_once_and_a_mistake_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(TEXT.format(2))
    async with watching(path) as (edits, mistakes, look):
        path.write_text(TEXT.format(7))
        await look(lambda: edits)
        path.write_text(TEXT.format("'many'"))
        await look(lambda: mistakes)
        path.unlink()
        path.write_text(TEXT.format(13))
        await look(lambda: len(edits) == 2)

    assert [e.limits.order_lots_max for e in edits] == [7, 13]
    assert len(mistakes) == 1
    assert "order_lots_max = 'many'" in mistakes[0]
    assert "stay as they were" in mistakes[0]


async def test_a_file_that_comes_later_is_taken_up_too(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    async with watching(path) as (edits, _, look):
        path.write_text(TEXT.format(1))
        await look(lambda: edits)
    assert edits == [load(path)]


async def test_a_first_start_takes_the_file_as_it_is() -> None:
    wide = Config(limits=Limits(order_lots_max=9))
    assert (await config_change(Meta(), wide)).in_force == wide


async def test_F51_a_limit_loosened_between_starts_stays_as_it_was_at_every_start_until_confirmed() -> None:
    meta, wide = Meta(), Config(limits=Limits(order_lots_max=9, order_quantity_max=10))
    await config_change(meta, Config())
    for _ in range(2):
        change = await config_change(meta, wide)
        assert change.in_force.limits == Limits(order_lots_max=2, order_quantity_max=10)
    assert (await config_change(meta, Config())).in_force.limits == Limits(order_quantity_max=10)


async def test_limits_of_another_version_are_understood_as_far_as_they_go() -> None:
    meta = Meta()
    meta.held["config"] = '{"limits":{"order_lots_max":1,"gone_since":5},"unknown":{}}'
    assert (await config_change(meta, Config())).in_force.limits == Limits(order_lots_max=1)
    meta.held["config"] = '{"limits":{"order_lots_max":-4}}'
    assert (await config_change(meta, Config())).in_force.limits == Limits()
