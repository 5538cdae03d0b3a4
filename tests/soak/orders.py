"""Orders, long: 10,000 placements with lost answers, 1,000 kills of the order path."""

import shutil
import tempfile
import time
from pathlib import Path

from tests.lost import kills, placements
from tests.lost.placements import Tally

PLACEMENTS = 10_000
BATCH = 200
"""Placements on one exchange: its books are read again and again."""
KILLS = 1_000


def run() -> int:
    """Print a line for each part; 0 when there was no duplicate and nothing was lost."""
    folder = Path(tempfile.mkdtemp(prefix="tezi-soak-"))
    try:
        return max(_placements(folder), _kills(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _placements(folder: Path) -> int:
    total, started = Tally(), time.monotonic()
    for n in range(PLACEMENTS // BATCH):
        total.add(placements.run(folder / f"p{n}", BATCH, 7_000 + n, updates=n % 2 == 0, loss=0.4))
    struck = sum(v for k, v in total.struck.items() if k != "none")
    print(f"lost answers: {total.placed} placements, {struck} struck, {total.adopted} adopted without an answer,")
    print(f"  {total.closed} decided by hand, wrong {len(total.wrong)}, {time.monotonic() - started:.0f} s")
    for text in total.wrong[:10]:
        print(f"  {text}")
    return 1 if total.wrong else 0


def _kills(folder: Path) -> int:
    started = time.monotonic()
    seen, wrong = kills.run(folder / "kills", KILLS, 20261124)
    took_s = time.monotonic() - started
    print(f"kill -9: {KILLS} points, {seen} orders at the exchange, wrong {len(wrong)}, {took_s:.0f} s")
    for text in wrong[:10]:
        print(f"  {text}")
    return 1 if wrong else 0
