"""A storm of order messages under virtual time: openings as fast as they can, cancels in between."""

import random
from collections import deque
from dataclasses import dataclass, field

from core.clock import ManualClock
from core.facts import Operation
from core.resilience.rates import OrderRates

WINDOW_NS = 1_000_000_000
POLL_MS = 5


@dataclass
class Storm:
    """`most_in_a_second` over every window of one second; waits of cancels in ms, each from asking to its place."""

    attempts: int = 0
    sent: int = 0
    most_in_a_second: int = 0
    waits_ms: list[int] = field(default_factory=list)


def storm(attempts: int, seed: int, cancel_every_ms: int = 350) -> Storm:
    """Openings and changes on every step of 1 to 9 ms; a cancel about every `cancel_every_ms`, asked until it has its
    place. The minute's and the hour's share are kept out of it by a new set of windows every 20 s."""
    rng, clock, seen = random.Random(seed), ManualClock(), Storm()
    recent: deque[int] = deque()
    rates, made_ns, next_cancel_ns, asked_ns = OrderRates(clock), clock.mono_ns(), clock.mono_ns(), None
    while seen.attempts < attempts:
        clock.move(rng.randint(1, 9) / 1_000)
        now_ns = clock.mono_ns()
        if now_ns - made_ns > 20_000_000_000 and asked_ns is None:
            clock.move(1.05)
            rates, made_ns, now_ns = OrderRates(clock), clock.mono_ns(), clock.mono_ns()
            next_cancel_ns = now_ns
        seen.attempts += 1
        if rates.take(rng.choice((Operation.OPEN, Operation.OPEN, Operation.MODIFY))) == 0:
            _sent(seen, recent, now_ns)
        if asked_ns is None and now_ns >= next_cancel_ns:
            asked_ns = now_ns
            next_cancel_ns = now_ns + round(cancel_every_ms * rng.uniform(1.0, 1.3)) * 1_000_000
        if asked_ns is not None:
            seen.attempts += 1
            if rates.take(Operation.CANCEL) == 0:
                _sent(seen, recent, now_ns)
                seen.waits_ms.append((now_ns - asked_ns) // 1_000_000)
                asked_ns = None
    return seen


def _sent(seen: Storm, recent: deque[int], now_ns: int) -> None:
    recent.append(now_ns)
    while recent[0] <= now_ns - WINDOW_NS:
        recent.popleft()
    seen.sent += 1
    seen.most_in_a_second = max(seen.most_in_a_second, len(recent))
