"""`python -m tests.screens.demo`: the terminal on a desk that moves, to look at and to press keys on."""

import asyncio
import random

from core.clock import ManualClock, SystemClock
from core.supervise import Supervisor
from terminal.app import TeziApp
from terminal.empty_desk import EmptyDesk
from tests.screens.fake_desk import KNOWN, NOON_NS, PRICES_E4, FakeDesk, quote

STEP_S = 0.05


async def _move(desk: FakeDesk, clock: ManualClock) -> None:
    """A random walk on a fixed seed, in real time."""
    dice = random.Random(1)
    prices = {i.key: PRICES_E4[i.key] for i in KNOWN}
    while True:
        await SystemClock().sleep(STEP_S)
        clock.move(STEP_S)
        for i in dice.sample(KNOWN, 5):
            last_e4, close_e4 = prices[i.key]
            last_e4 += dice.randint(-2, 2) * (i.tick_e4 or 500)
            prices[i.key] = (last_e4, close_e4)
            desk.quotes.set(i.key, quote(last_e4, close_e4, i.tick_e4), dice.randint(0, 900))


async def _main() -> int:
    clock = ManualClock(NOON_NS)
    desk = FakeDesk(clock)
    app = TeziApp(EmptyDesk("starting the practice exchange", "PRACTICE", clock))
    tasks = Supervisor(SystemClock(), lambda _where, _error: None)

    async def attach() -> None:
        await app.first_paint.wait()
        await SystemClock().sleep(1.0)
        app.attach(desk)

    tasks.once("attach", attach())
    tasks.keep("move", lambda: _move(desk, clock))
    await app.run_async()
    await tasks.stop()
    return app.return_code or 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(_main()))
