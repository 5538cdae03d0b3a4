"""What happened in the last 30 seconds, in one-second buckets: calls, failures, slow answers."""

from core.clock import NS_PER_S

SPAN_S = 30


class Window:
    """Counts by monotonic second; an old bucket is overwritten by the next of its place, so nothing ever grows."""

    def __init__(self) -> None:
        self.consecutive = 0
        self._buckets = [[-1, 0, 0, 0] for _ in range(SPAN_S)]

    def add(self, now_ns: int, *, failed: bool, slow: bool) -> None:
        """Count one call that ended now."""
        second = now_ns // NS_PER_S
        bucket = self._buckets[second % SPAN_S]
        if bucket[0] != second:
            bucket[:] = [second, 0, 0, 0]
        bucket[1] += 1
        bucket[2] += failed
        bucket[3] += slow
        self.consecutive = self.consecutive + 1 if failed else 0

    def totals(self, now_ns: int) -> tuple[int, int, int]:
        """Calls, failures and slow answers of the last 30 s."""
        oldest = now_ns // NS_PER_S - SPAN_S + 1
        live = [b for b in self._buckets if b[0] >= oldest]
        return sum(b[1] for b in live), sum(b[2] for b in live), sum(b[3] for b in live)

    def clear(self) -> None:
        self.consecutive = 0
        for bucket in self._buckets:
            bucket[0] = -1
