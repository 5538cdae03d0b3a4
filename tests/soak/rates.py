"""A million attempts against the rate windows."""

import time

from tests.resilience.storms import storm

ATTEMPTS = 1_000_000
WAIT_MS_MAX = 350


def run() -> int:
    started = time.monotonic()
    seen = storm(ATTEMPTS, 5)
    waits = sorted(seen.waits_ms)
    p99 = waits[len(waits) * 99 // 100]
    print(
        f"rates: {seen.attempts} attempts, {seen.sent} sent, at most {seen.most_in_a_second} in a second, "
        f"{len(waits)} cancels waited p99 {p99} ms, at most {waits[-1]} ms, {time.monotonic() - started:.0f} s"
    )
    return 1 if seen.most_in_a_second > 9 or waits[-1] > WAIT_MS_MAX else 0
