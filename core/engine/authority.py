"""Whether anything may be sent at all: the facts of stage 0 of the gate, each with one owner, read in one place."""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.clock import Clock, hms
from core.domain import Instrument
from core.facts import Operation


@dataclass(slots=True)
class Authority:
    """Implements `core.orders.gate.Authority`. The engine sets the login, reconcile and halt fields; nobody else.

    `ladder_forbids(operation, confirmed)`, `store_healthy()` and `market_closed(instrument)` give a reason or nothing.
    `look_only` says why this session sends no orders at all (a recording is played), empty when it may.
    """

    clock: Clock
    ladder_forbids: Callable[[Operation, bool], str]
    probation_full: Callable[[], bool]
    store_healthy: Callable[[], str]
    market_closed: Callable[[Instrument], str]
    writes_sent: Callable[[], int]
    look_only: str = ""
    login_text: str = "not logged in yet"
    reconcile_text: str = "the broker's books have not been read yet"
    halted_ns: int | None = None
    halt_reason: str = field(default="")

    def halted_text(self) -> str:
        if self.halted_ns is None:
            return ""
        return f"halted since {hms(self.halted_ns)}: {self.halt_reason}"

    def mode_text(self, operation: Operation, confirmed: bool) -> str:
        if self.halted_ns is not None and operation is not Operation.CANCEL:
            return ""  # G1 speaks for a halt
        text = self.look_only or self.ladder_forbids(operation, confirmed)
        if text or operation is Operation.CANCEL or not self.probation_full():
            return text
        return "one order at a time until the order service has proved itself"

    def session_text(self) -> str:
        return self.login_text

    def store_text(self) -> str:
        return self.store_healthy()

    def reconciled_text(self) -> str:
        return self.reconcile_text

    def market_text(self, instrument: Instrument) -> str:
        return self.market_closed(instrument)

    def messages_sent(self) -> int:
        return self.writes_sent()
