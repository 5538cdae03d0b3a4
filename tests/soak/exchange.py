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
DAY_ORDERS = 1_000
"""Orders after which another day begins: good ones are kept, and are not what is measured."""


def _rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / (1 << 20)


class Tally:
    """How the exchange answered so far."""

    def __init__(self) -> None:
        self.practice = Practice(ManualClock(), 1)
        self.wanted = Subscriptions(lambda: self.practice.market.listings)
        self.errors = self.subscribed = self.unread = self.refused = self.taken = 0

    def frame(self, text: str | bytes) -> None:
        if self.wanted.handle(text) is None:
            self.subscribed += 1
        else:
            self.errors += 1

    def body(self, body: bytes) -> None:
        try:
            order = msgspec.json.decode(body, type=OrderBody)
        except UNREADABLE:
            self.unread += 1
            return
        done = self.practice.place(order)
        if isinstance(done, Refusal):
            self.refused += 1
            return
        self.taken += 1
        if self.taken % DAY_ORDERS == 0:
            self.practice = Practice(ManualClock(), 1)


def run(count: int = COUNT) -> int:
    """0 when all were answered and memory stayed; prints the figures."""
    rng, began = random.Random(7), time.perf_counter()
    tally = Tally()
    before_mb = _rss_mb()
    for number in range(count):
        kind = number % 4
        if kind == 0:
            tally.frame(fuzzing.frame(rng))
        elif kind == 1:
            tally.frame(fuzzing.mutant_frame(rng))
        elif kind == 2:
            tally.body(fuzzing.body(rng))
        else:
            tally.body(fuzzing.mutant_order(rng))
    grown_mb = _rss_mb() - before_mb
    seconds = time.perf_counter() - began
    print(f"{count} frames and bodies in {seconds:.0f} s")
    print(f"frames: {tally.errors} error frames, {tally.subscribed} carried out")
    print(f"bodies: {tally.unread} unreadable, {tally.refused} refused, {tally.taken} taken")
    print(f"memory grew by {grown_mb:.1f} MB (at most {GROWTH_MB})")
    return 0 if grown_mb <= GROWTH_MB else 1
