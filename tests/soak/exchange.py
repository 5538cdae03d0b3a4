"""A million frames and bodies against the exchange's readers: no exception but the agreed answers, and no growth."""

import random
import time
from pathlib import Path

import msgspec

from core.clock import ManualClock
from core.exchange.envelopes import UNREADABLE
from core.exchange.orders import Refusal
from core.exchange.practice import Practice
from core.exchange.rules import OrderBody
from core.exchange.subscriptions import Subscriptions
from tests.exchange import fuzzing

COUNT = 1_000_000
GROWTH_MB = 60


def _rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / (1 << 20)


def run(count: int = COUNT) -> int:
    """0 when all were answered and memory stayed; prints the figures."""
    rng, began = random.Random(7), time.perf_counter()
    practice = Practice(ManualClock(), 1)
    wanted = Subscriptions(lambda: practice.market.listings)
    refused = unread = errors = 0
    before_mb = _rss_mb()
    for number in range(count):
        if number % 2:
            errors += wanted.handle(fuzzing.frame(rng)) is not None
            continue
        try:
            order = msgspec.json.decode(fuzzing.body(rng), type=OrderBody)
        except UNREADABLE:
            unread += 1
            continue
        refused += isinstance(practice.place(order), Refusal)
    grown_mb = _rss_mb() - before_mb
    seconds = time.perf_counter() - began
    print(
        f"{count} frames and bodies in {seconds:.0f} s: {errors} error frames, {unread} unreadable, {refused} refused"
    )
    print(f"memory grew by {grown_mb:.1f} MB (at most {GROWTH_MB})")
    return 0 if grown_mb <= GROWTH_MB else 1
