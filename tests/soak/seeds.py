"""Ten thousand simulated worlds on every core; a failing seed prints the one command that shows it."""

import multiprocessing
import os
import sys
import time
from pathlib import Path

from tests.simulation.run import simulate

COUNT, MINUTES = 10_000, 1.0
FIRST = 100_000


def _one(seed: int) -> tuple[int, list[str], int, float]:
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  the web server tells of cut connections there
    report = simulate(seed, MINUTES)
    return seed, report.complaints, report.orders, report.seconds


def run(count: int = COUNT) -> int:
    count = int(os.environ.get("TEZI_SOAK_SEEDS", count))
    started = time.monotonic()
    wrong = orders = 0
    simulated_s = 0.0
    with multiprocessing.get_context("spawn").Pool(maxtasksperchild=200) as pool:
        for seed, complaints, placed, seconds in pool.imap_unordered(_one, range(FIRST, FIRST + count), chunksize=10):
            orders, simulated_s = orders + placed, simulated_s + seconds
            if complaints:
                wrong += 1
                print(f"seed {seed}: {complaints[0]}  (python -m tests.simulation {seed} --minutes {MINUTES:g})")
    took_s = time.monotonic() - started
    print(
        f"seeds: {count} worlds, {orders} orders, {simulated_s / 3_600:.1f} simulated hours in {took_s:.0f} s "
        f"({simulated_s / took_s:.0f} times real time); wrong: {wrong}"
    )
    return 1 if wrong or not orders else 0
