"""The paint timer and the end of the program."""

import asyncio

from tests.screens.driver import running
from tests.screens.fake_desk import FakeDesk


async def test_frames_while_the_screens_are_taken_down_draw_nothing_and_raise_nothing():
    over = asyncio.Event()

    async def paint_without_pause(app) -> int:
        frames = 0
        while not over.is_set():
            app.paint()
            frames += 1
            await asyncio.sleep(0)
        return frames

    async with running(FakeDesk()) as d:
        painter = asyncio.create_task(paint_without_pause(d.app))
        await d.frame()
    over.set()

    assert await painter > 0
