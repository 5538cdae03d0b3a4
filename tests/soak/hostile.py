"""100,000 hostile texts through each table, and as many rounds of the modals as take their share of the time."""

import asyncio
import time

from tests.security.panes import TABLES, feed

TEXTS = 100_000
PORTION = 2_000
MODAL_ROUNDS = 4


def run() -> int:
    """Portions with seeds of their own; prints what went to each pane. 1 when anything forbidden was written."""
    total: dict[str, int] = {}
    found: list[str] = []
    written, started = 0, time.monotonic()
    for seed in range(TEXTS // PORTION):
        report = asyncio.run(feed(PORTION, MODAL_ROUNDS, seed))
        for pane, count in report.texts.items():
            total[pane] = total.get(pane, 0) + count
        written += report.written
        found += [f"seed {seed}: {what}" for what in report.found]
    print(f"{sum(total.values()):,} texts, {written:,} characters written, {time.monotonic() - started:.0f} s")
    print(*(f"{pane} {count:,}" for pane, count in sorted(total.items())), sep="\n")
    print(f"forbidden: {len(found)}", *found[:20], sep="\n")
    return 1 if found or any(total[table] < TEXTS // 10 for table in TABLES) else 0
