"""The circuit breaker: stops asking a service that fails, and proves that it is well before relying on it again.

Lazy (no task, no timer) and on the monotonic clock only, so that a stepped wall clock opens and holds nothing. One
breaker counts reads and writes in windows of their own: with a writes rule (the ORDERS circuit) failing writes stop the
writes while reads, which are also the probes, go on.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.clock import NS_PER_MS, NS_PER_S, Clock
from core.facts import CircuitState
from core.resilience.window import Window
from core.views import CircuitStatus

PROBE_LIMIT_NS = 5 * NS_PER_S
PROBE_GAP_NS = NS_PER_S
PROBES_NEEDED = 3
DEFINITE_NEEDED = 3
REOPEN_MEMORY_NS = 600 * NS_PER_S
RETRY_NOW_GAP_NS = 2 * NS_PER_S


class Use(StrEnum):
    """What a call is for. CONFIRMED is a write that a person typed a word for: it passes an open circuit, one at a
    time, and counts as a probe when it comes back well."""

    READ = "read"
    WRITE = "write"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a window opens the circuit: by share of failures or slow answers, or by failures in a row."""

    min_calls: int = 6
    consecutive: int = 5
    failed_share: float = 0.5
    slow_share: float = 0.8


ORDER_WRITES = Rule(min_calls=4, consecutive=3)


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """One admitted call; it must be handed back once, with what became of it. `started_ns` is monotonic."""

    use: Use
    generation: int
    started_ns: int
    probe: bool = False


class Breaker:
    """One circuit. `writes` is None for a circuit of reads alone; then good probes close it.

    With `writes`, good probes are not enough: `reconciled()` must be called before writes pass again, one in flight
    (PROBATION) until three definite answers. `wait_cap_s` bounds the wait between openings and probes. `on_change` is
    called with the states before and after each transition.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        rng: random.Random,
        *,
        reads: Rule = Rule(),
        writes: Rule | None = None,
        wait_cap_s: float = 60.0,
        slow_ns: int = 4 * NS_PER_S,
        probes_needed: int = PROBES_NEEDED,
        on_change: Callable[[CircuitState, CircuitState], None] | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._random = rng
        self._rules = {Use.READ: reads} if writes is None else {Use.READ: reads, Use.WRITE: writes}
        self._windows = {use: Window() for use in self._rules}
        self._wait_cap_s = wait_cap_s
        self._slow_ns = slow_ns
        self._probes_needed = probes_needed
        self._on_change = on_change
        self._state = CircuitState.CLOSED
        self._generation = 0
        self._opened_by: set[Use] = set()
        self._opens: deque[int] = deque(maxlen=8)
        self._probe_at_ns = 0
        self._good = 0
        self._single: Ticket | None = None
        self._probe: Ticket | None = None
        self._retried_ns = -RETRY_NOW_GAP_NS
        self._error = ""
        self._took_ns: deque[int] = deque(maxlen=64)

    @property
    def state(self) -> CircuitState:
        """The state now; a probe that has been out for over 5 s has failed."""
        probe = self._probe
        if probe is not None and self._now() - probe.started_ns > PROBE_LIMIT_NS:
            self.failure(probe, "no answer to the probe within 5 s")
        return self._state

    @property
    def proven(self) -> bool:
        """Whether enough probes came back well, so that only the reconciliation is missing."""
        return self.state is CircuitState.HALF_OPEN and self._good >= self._probes_needed

    def admit(self, use: Use) -> Ticket | float:
        """A ticket, or the seconds until asking again is worth while (infinite while forced open)."""
        state = self.state
        single = use is Use.CONFIRMED or (use is Use.WRITE and state is CircuitState.PROBATION)
        if single and self._single is not None:
            return 1.0
        if not single and use in self._blocked(state) and (use is Use.WRITE or not self.probe_due()):
            return self._wait_s(state)
        ticket = self._ticket(use)
        if ticket.probe:
            self._probe = ticket
        if single:
            self._single = ticket
        return ticket

    def success(self, ticket: Ticket, slow: bool | None = None) -> None:
        """A right answer; a business refusal is one. `slow` None means: judge by the time it took."""
        took_ns = self._now() - ticket.started_ns
        self._took_ns.append(took_ns)
        if self._settle(ticket):
            self._count(ticket, failed=False, slow=took_ns > self._slow_ns if slow is None else slow)

    def failure(self, ticket: Ticket, text: str) -> None:
        """No answer, a broken one, or the service's own error; `text` is safe text."""
        if self._settle(ticket):
            self._error = text
            self._count(ticket, failed=True, slow=False)

    def ignored(self, ticket: Ticket) -> None:
        """An end that says nothing of the service: rate text, login needed, cancelled or refused by us."""
        self._settle(ticket)

    def probe_due(self) -> bool:
        """Whether the next read would be a probe, and should be made."""
        if self.state not in (CircuitState.OPEN, CircuitState.HALF_OPEN) or self._probe is not None:
            return False
        return self._good < self._probes_needed and self._now() >= self._probe_at_ns

    def reconciled(self) -> bool:
        """Say that orders and positions agree with the broker: a proven circuit goes to PROBATION."""
        if not self.proven:
            return False
        self._move(CircuitState.PROBATION)
        return True

    def force_open(self) -> None:
        """By a person: nothing passes (with a writes rule: no write) until `release`."""
        self._move(CircuitState.FORCED_OPEN)

    def release(self) -> None:
        """Leave FORCED_OPEN; the circuit must prove itself as after any opening."""
        if self._state is CircuitState.FORCED_OPEN:
            self._move(CircuitState.OPEN)
            self._probe_at_ns = self._now()

    def retry_now(self) -> bool:
        """Skip the wait for the next probe; False when it was skipped less than 2 s ago or there is none."""
        now_ns = self._now()
        if self.state is not CircuitState.OPEN or now_ns - self._retried_ns < RETRY_NOW_GAP_NS:
            return False
        self._retried_ns = self._probe_at_ns = now_ns
        return True

    def next_try_ns(self) -> int | None:
        """Monotonic time of the next probe; None when none is scheduled."""
        waiting = self.state in (CircuitState.OPEN, CircuitState.HALF_OPEN) and self._good < self._probes_needed
        return self._probe_at_ns if waiting and self._probe is None else None

    def status(self) -> CircuitStatus:
        """What the health pane shows."""
        now_ns, state, at_ns = self._now(), self.state, self.next_try_ns()
        totals = [window.totals(now_ns) for window in self._windows.values()]
        took = sorted(self._took_ns)
        return CircuitStatus(
            name=self.name,
            state=state,
            failures=sum(failed for _, failed, _ in totals),
            calls=sum(calls for calls, _, _ in totals),
            next_try_ms=None if at_ns is None else max(0, at_ns - now_ns) // NS_PER_MS,
            error=self._error,
            p50_ms=took[len(took) // 2] // NS_PER_MS if took else None,
            p99_ms=took[len(took) * 99 // 100] // NS_PER_MS if took else None,
        )

    def _blocked(self, state: CircuitState) -> set[Use]:
        if state is CircuitState.FORCED_OPEN:
            return {Use.WRITE} if Use.WRITE in self._rules else {Use.READ}
        if state is CircuitState.OPEN:
            return self._opened_by | {Use.WRITE}
        if state is CircuitState.HALF_OPEN:
            return {Use.WRITE} if self._good >= self._probes_needed else self._opened_by | {Use.WRITE}
        return set()

    def _wait_s(self, state: CircuitState) -> float:
        if state is CircuitState.FORCED_OPEN:
            return float("inf")
        return max(0.1, (self._probe_at_ns - self._now()) / NS_PER_S)

    def _ticket(self, use: Use) -> Ticket:
        probe = use is not Use.WRITE and self.probe_due()
        if probe and self._state is CircuitState.OPEN:
            self._move(CircuitState.HALF_OPEN)
        return Ticket(use, self._generation, self._now(), probe)

    def _settle(self, ticket: Ticket) -> bool:
        """Free the slot of a ticket; False when its result belongs to a time before the last transition."""
        if self._single is ticket:
            self._single = None
        if self._probe is ticket:
            self._probe = None
        return ticket.generation == self._generation

    def _count(self, ticket: Ticket, *, failed: bool, slow: bool) -> None:
        use = Use.READ if ticket.use is Use.READ or Use.WRITE not in self._rules else Use.WRITE
        self._windows[use].add(self._now(), failed=failed, slow=slow)
        if self._state is CircuitState.HALF_OPEN:
            self._judge_probe(ticket, failed=failed)
        elif self._state is CircuitState.PROBATION:
            self._judge_probation(ticket, failed=failed)
        elif self._state is not CircuitState.FORCED_OPEN and self._trips(use) and use not in self._opened_by:
            self._open(self._opened_by | {use})

    def _judge_probe(self, ticket: Ticket, *, failed: bool) -> None:
        if failed:
            self._open(self._opened_by)
        elif ticket.probe or (ticket.use is Use.CONFIRMED and self._now() >= self._probe_at_ns):
            self._good += 1
            self._probe_at_ns = self._now() + PROBE_GAP_NS
            if self._good >= self._probes_needed and Use.WRITE not in self._rules:
                self._move(CircuitState.CLOSED)

    def _judge_probation(self, ticket: Ticket, *, failed: bool) -> None:
        if failed:
            self._open({Use.WRITE})
        elif ticket.use is not Use.READ:
            self._good += 1
            if self._good >= DEFINITE_NEEDED:
                self._move(CircuitState.CLOSED)

    def _trips(self, use: Use) -> bool:
        rule, window = self._rules[use], self._windows[use]
        if window.consecutive >= rule.consecutive:
            return True
        calls, failed, slow = window.totals(self._now())
        return calls >= rule.min_calls and (failed >= calls * rule.failed_share or slow >= calls * rule.slow_share)

    def _open(self, by: set[Use]) -> None:
        now_ns = self._now()
        recent = sum(now_ns - at_ns < REOPEN_MEMORY_NS for at_ns in self._opens)
        longest_s = min(self._wait_cap_s, 2.0 * 2**recent)
        self._opens.append(now_ns)
        self._opened_by = set(by)
        self._probe_at_ns = now_ns + round(self._random.uniform(longest_s / 2, longest_s) * NS_PER_S)
        self._move(CircuitState.OPEN)

    def _move(self, after: CircuitState) -> None:
        before, self._state = self._state, after
        self._generation += 1
        self._good, self._probe = 0, None
        if after is CircuitState.CLOSED:
            self._opened_by = set()
            for window in self._windows.values():
                window.clear()
        if after is CircuitState.FORCED_OPEN:
            self._opened_by = {Use.WRITE} if Use.WRITE in self._rules else {Use.READ}
        if before is not after and self._on_change is not None:
            self._on_change(before, after)

    def _now(self) -> int:
        return self._clock.mono_ns()


def orders_breaker(
    clock: Clock,
    rng: random.Random,
    on_change: Callable[[CircuitState, CircuitState], None] | None = None,
) -> Breaker:
    """The ORDERS circuit: writes and reads apart, probes at most 5 s apart, slow above 5 s."""
    return Breaker("ORDERS", clock, rng, writes=ORDER_WRITES, wait_cap_s=5.0, slow_ns=5 * NS_PER_S, on_change=on_change)
