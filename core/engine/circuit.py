"""The order circuit as the engine uses it: what each answer counts for, one ticket a call."""

from core.clock import NS_PER_S, Clock
from core.facts import CircuitState
from core.outcome import Accepted, Failed, FailedBy, NotSent, Outcome, Refused, RefusedBy, Unknown
from core.resilience.breaker import Breaker, Ticket, Use
from core.views import CircuitStatus

POLL_S = 0.25
"""How soon to ask again when the breaker names no time: a probe is out, or only the reconciliation is missing."""


class OrderCircuit:
    """One breaker over order writes and order reads; reads are its probes."""

    def __init__(self, clock: Clock, breaker: Breaker) -> None:
        self._clock = clock
        self._breaker = breaker

    def enter_write(self) -> Ticket | None:
        """A ticket, or None while no write may go."""
        return _ticket(self._breaker.admit(Use.WRITE))

    def enter_cancel(self, confirmed: bool) -> Ticket | None:
        """A ticket for a cancel. A confirmed one may go while the circuit is open, one at a time."""
        shut = self._breaker.state not in (CircuitState.CLOSED, CircuitState.PROBATION)
        return _ticket(self._breaker.admit(Use.CONFIRMED if confirmed and shut else Use.WRITE))

    def cancel_may_wait(self, confirmed: bool) -> bool:
        """Whether a cancel without a ticket only has to wait for the one before it."""
        return confirmed or self._breaker.state is CircuitState.PROBATION

    def leave_write(self, ticket: Ticket, outcome: Outcome) -> None:
        match outcome:
            case Accepted() | Refused(by=RefusedBy.BUSINESS):
                self._breaker.success(ticket)
            case Unknown(why, service=True):
                self._breaker.failure(ticket, why)
            case NotSent(why, local=False):
                self._breaker.failure(ticket, why)
            case _:
                self._breaker.ignored(ticket)

    def enter_read(self) -> Ticket | None:
        return _ticket(self._breaker.admit(Use.READ))

    def leave_read(self, ticket: Ticket, failed: Failed | None) -> None:
        """`failed` is None for a clean answer."""
        if failed is None or failed.by is FailedBy.BUSINESS:
            self._breaker.success(ticket)
        elif failed.by is FailedBy.SERVICE:
            self._breaker.failure(ticket, failed.why)
        else:
            self._breaker.ignored(ticket)

    def probing(self) -> bool:
        return self._breaker.state in (CircuitState.OPEN, CircuitState.HALF_OPEN)

    def needs_reconcile(self) -> bool:
        return self._breaker.proven

    def next_try_s(self) -> float:
        """Seconds until a probe is due."""
        if self._breaker.probe_due():
            return 0.0
        at_ns = self._breaker.next_try_ns()
        return POLL_S if at_ns is None else max(0.01, (at_ns - self._clock.mono_ns()) / NS_PER_S)

    def in_probation(self) -> bool:
        return self._breaker.state is CircuitState.PROBATION

    def reconciled(self) -> bool:
        return self._breaker.reconciled()

    def force(self, shut: bool) -> None:
        """Open by hand, or give it back to its own judgement."""
        self._breaker.force_open() if shut else self._breaker.release()

    def retry_now(self) -> bool:
        return self._breaker.retry_now()

    def status(self) -> CircuitStatus:
        return self._breaker.status()


def _ticket(answer: Ticket | float) -> Ticket | None:
    return answer if isinstance(answer, Ticket) else None
