"""20,000 random keys on a locked screen: nothing opens, nothing is sent; PANIC may open and does what it says."""

import asyncio
from random import Random

from terminal.screens.dialogs import QuestionScreen
from terminal.screens.lock import LockScreen
from terminal.screens.panic import PanicScreen
from tests.screens.driver import running
from tests.screens.test_lock import SENDS, vaulted

KEYS = 20_000
PORTION = 50
LETTERS = [*"abcdefghijklmnopqrstuvwxyz0123456789/?[].,", "enter", "tab", "escape", "up", "down", "space", "backspace"]
PRESSED = [*LETTERS, *(f"f{n}" for n in range(1, 13) if n not in (10, 11)), "ctrl+g", "ctrl+l", "ctrl+k"]


def run() -> int:
    """1 when anything but a cancel or a halt was asked of the desk, or another screen opened."""
    return asyncio.run(_monkey())


async def _monkey() -> int:
    desk, random, wrong = vaulted(), Random(11), []
    async with running(desk) as d:
        await d.press("ctrl+l")
        for _ in range(KEYS // PORTION):
            await d.press(*(random.choice(PRESSED) for _ in range(PORTION)))
            if not isinstance(d.app.screen, LockScreen | PanicScreen | QuestionScreen):
                wrong.append(repr(d.app.screen))
        wrong += [str(c) for c in desk.calls if c[0] in SENDS and c[0] != "resume"]
    print(f"locked screen: {KEYS} keys, {len(wrong)} of them did what they must not", *wrong[:5], sep="\n")
    return 1 if wrong else 0
