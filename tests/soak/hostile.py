"""100,000 hostile texts through each pane: tables and modals through the whole app down to the driver, panes that show
few texts in a frame through the functions that draw them as well. Under ten minutes on two cores."""

import asyncio
import time

from tests.security.drawn import PANES, draw
from tests.security.panes import TABLES, feed

TEXTS = 100_000
PORTION = 2_000
MODAL_ROUNDS = 1


def run() -> int:
    """Portions with seeds of their own; prints what went to each pane. 1 when anything forbidden was written."""
    total: dict[str, int] = {}
    found: list[str] = []
    written, started = 0, time.monotonic()
    for seed in range(TEXTS // PORTION):
        report = asyncio.run(feed(PORTION, MODAL_ROUNDS, seed))
        through = draw(PORTION, seed)
        report.texts += through.texts
        report.written += through.written
        report.found += through.found
        for pane, count in report.texts.items():
            total[pane] = total.get(pane, 0) + count
        written += report.written
        found += [f"seed {seed}: {what}" for what in report.found]
    print(f"{sum(total.values()):,} texts, {written:,} characters written, {time.monotonic() - started:.0f} s")
    print(*(f"{pane} {count:,}" for pane, count in sorted(total.items())), sep="\n")
    print(f"forbidden: {len(found)}", *found[:20], sep="\n")
    return 1 if found or _short(total) else 0


def _short(total: dict[str, int]) -> list[str]:
    """Panes that got fewer than they should; the health table shows few texts and gets a tenth."""
    full = [pane for pane in (*TABLES, *PANES) if pane != "health" and total[pane] < TEXTS]
    return full + (["health"] if total["health"] < TEXTS // 10 else [])
