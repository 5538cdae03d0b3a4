"""From an approval to an outcome: journal, last look, wire, answer. One task an order; nothing is sent twice."""

import asyncio
from collections.abc import Awaitable, Callable

from core.approval import Approved
from core.clock import NS_PER_MS, Clock
from core.domain import Order
from core.engine.circuit import OrderCircuit
from core.engine.records import Recorder
from core.errors import StoreFailed
from core.orders.blotter import Blotter
from core.orders.states import after_outcome
from core.outcome import NotSent, Outcome, Unknown
from core.ports import Broker, Journal
from core.resilience.breaker import Ticket
from core.supervise import Supervisor

IN_FLIGHT_MAX = 64


class Dispatcher:
    """Owns the tasks of orders on their way. `on_settled(order, outcome)` is told of each answer."""

    def __init__(
        self,
        clock: Clock,
        supervisor: Supervisor,
        journal: Journal,
        recorder: Recorder,
        broker: Broker,
        blotter: Blotter,
        circuit: OrderCircuit,
        on_settled: Callable[[str, Outcome], None],
    ) -> None:
        self._clock = clock
        self._supervisor = supervisor
        self._journal = journal
        self._recorder = recorder
        self._broker = broker
        self._blotter = blotter
        self._circuit = circuit
        self._on_settled = on_settled
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def place(self, approved: Approved) -> None:
        """Start one placement; the order stands in the blotter as SENDING."""
        self._in_flight += 1
        self._supervisor.once(f"place {approved.order.tag}", self._place(approved))

    def cancel(self, approved: Approved, confirmed: bool) -> asyncio.Task[None]:
        """Start one cancel; its answer never decides the order's state, the broker's books do.

        A confirmed one goes out also while the circuit is open: a person asked, knowing that.
        """
        self._in_flight += 1
        return self._supervisor.once(f"cancel {approved.order.tag}", self._cancel(approved, confirmed))

    async def _place(self, approved: Approved) -> None:
        order = approved.order
        outcome: Outcome = Unknown("the program stopped before the answer")
        started_ns = self._clock.mono_ns()
        try:
            outcome = await self._send(approved)
        finally:
            self._in_flight -= 1
            elapsed_ms = (self._clock.mono_ns() - started_ns) // NS_PER_MS
            self._settle(order, outcome, elapsed_ms)

    async def _send(self, approved: Approved) -> Outcome:
        try:
            await self._journal.intent(self._recorder.record(approved.order, "gate"))
        except StoreFailed as e:
            return NotSent(f"the order could not be recorded: {e}", local=True)
        if not approved.still_valid():
            return NotSent("the mode changed before it left", local=True)
        ticket = self._circuit.enter_write()
        if ticket is None:
            return NotSent("the order service is failing; nothing is sent to it now", local=True)
        return await self._counted(ticket, self._broker.place, approved)

    async def _counted(
        self, ticket: Ticket | None, call: Callable[[Approved], Awaitable[Outcome]], approved: Approved
    ) -> Outcome:
        outcome: Outcome = NotSent("cancelled before it was known", local=True)
        try:
            outcome = await call(approved)
        finally:
            if ticket is not None:
                self._circuit.leave_write(ticket, outcome)
        return outcome

    def _settle(self, order: Order, outcome: Outcome, elapsed_ms: int) -> None:
        held = self._blotter.get(order.tag) or order
        self._blotter.put(after_outcome(held, outcome, self._clock.wall_ns(), int(elapsed_ms)), "answer")
        self._on_settled(order.tag, outcome)

    async def _cancel(self, approved: Approved, confirmed: bool) -> None:
        outcome: Outcome = Unknown("the program stopped before the answer")
        try:
            if not approved.still_valid():
                outcome = NotSent("the mode changed before it left", local=True)
                return
            ticket = self._circuit.enter_write(confirmed)
            if ticket is None:
                outcome = NotSent("the order service is failing; nothing is sent to it now", local=True)
                return
            outcome = await self._counted(ticket, self._broker.cancel, approved)
        finally:
            self._in_flight -= 1
            self._on_settled(approved.order.tag, outcome)
