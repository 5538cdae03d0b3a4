"""A million interleavings of tasks that race for one headroom."""

import time

from tests.orders.races import races

INTERLEAVINGS = 1_000_000


def run() -> int:
    started = time.monotonic()
    broken = races(INTERLEAVINGS, 11)
    print(f"races: {INTERLEAVINGS} interleavings, limits broken {broken}, {time.monotonic() - started:.0f} s")
    return 1 if any(broken.values()) else 0
