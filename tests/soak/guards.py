"""1,000 random days of a protected position: markets, brokers that fail, halts, restarts. Under thirty minutes."""

import asyncio
import time

from tests.engine.test_guards_random import a_day

DAYS = 1_000


def run() -> int:
    """Seeds from 1,000 on; prints how many exits left. 1 when a day broke a rule."""
    started, exits, broken = time.monotonic(), 0, []
    for seed in range(1_000, 1_000 + DAYS):
        try:
            exits += asyncio.run(a_day(seed))
        except AssertionError as e:
            broken.append(str(e).splitlines()[0])
    print(f"{DAYS:,} days, {exits:,} exits, {len(broken)} broken, {time.monotonic() - started:.0f} s")
    print(*broken[:20], sep="\n")
    return 1 if broken else 0
