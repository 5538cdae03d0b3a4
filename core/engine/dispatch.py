"""From an approval to an outcome: journal, last look, wire, answer. One task an order; nothing is sent twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.approval import Action, Approved
from core.clock import NS_PER_MS, NS_PER_S, Clock
from core.domain import Order
from core.engine.circuit import OrderCircuit
from core.engine.records import Recorder
from core.errors import StoreFailed
from core.orders.blotter import Blotter
from core.orders.states import after_outcome
from core.outcome import Accepted, NotSent, Outcome, Refused, Unknown
from core.ports import Broker, Journal
from core.resilience.breaker import Ticket
from core.supervise import Supervisor

IN_FLIGHT_MAX = 64
RECORD_NS_MAX = NS_PER_S
"""An approval whose record took longer is not sent: the price it was judged by is old."""
CANCEL_WAIT_NS = 10 * NS_PER_S
CANCEL_POLL_S = 0.05


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

    def place(self, approved: Approved) -> asyncio.Task[None]:
        """Start one placement; the order stands in the blotter as SENDING."""
        self._in_flight += 1
        return self._supervisor.once(f"place {approved.order.tag}", self._place(approved))

    def cancel(self, approved: Approved, confirmed: bool) -> asyncio.Task[None]:
        """Start one cancel; its answer never decides the order's state, the broker's books do.

        A confirmed one goes out also while the circuit is open: a person asked, knowing that.
        """
        self._in_flight += 1
        return self._supervisor.once(f"cancel {approved.order.tag}", self._cancel(approved, confirmed))

    def modify(self, approved: Approved) -> None:
        """Start one change; only the broker's books say what the order's terms are."""
        self._in_flight += 1
        self._supervisor.once(f"modify {approved.order.tag}", self._modify(approved))

    async def _place(self, approved: Approved) -> None:
        order = approved.order
        outcome: Outcome = Unknown("the program stopped before the answer")
        started_ns = self._clock.mono_ns()
        try:
            outcome = await self._send(approved)
        finally:
            self._in_flight -= 1
            elapsed_ms = (self._clock.mono_ns() - started_ns) // NS_PER_MS
            self._settle(order, outcome, int(elapsed_ms))

    async def _send(self, approved: Approved) -> Outcome:
        return await self._recorded(approved, "gate", self._broker.place)

    async def _recorded(
        self, approved: Approved, source: str, call: Callable[[Approved], Awaitable[Outcome]]
    ) -> Outcome:
        """Record it durably, look once more whether it may leave, and send it."""
        started_ns = self._clock.mono_ns()
        try:
            await self._journal.intent(self._recorder.record(approved.order, source))
        except StoreFailed as e:
            return NotSent(f"the order could not be recorded: {e}", local=True)
        if self._clock.mono_ns() - started_ns > RECORD_NS_MAX:
            return NotSent("recording it took over a second; look at the price again", local=True)
        if not approved.still_valid():
            return NotSent("the mode changed before it left", local=True)
        ticket = self._circuit.enter_write()
        if ticket is None:
            return NotSent("the order service is failing; nothing is sent to it now", local=True)
        return await self._counted(ticket, call, approved)

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

    async def late(self, approved: Approved, outcome: Outcome) -> None:
        """An answer that came after Unknown was given: evidence like any other. What it says of a change is read up."""
        held = self._blotter.get(approved.order.tag)
        if held is None or isinstance(outcome, Unknown):
            return
        if approved.action is Action.PLACE:
            self._settle(held, outcome, None, "late answer")
        else:
            self._on_settled(held.tag, outcome)

    def _settle(self, order: Order, outcome: Outcome, elapsed_ms: int | None, source: str = "answer") -> None:
        held = self._blotter.get(order.tag) or order
        after = after_outcome(held, outcome, self._clock.wall_ns(), elapsed_ms)
        stranger = self._blotter.claim(after.broker_id) if after.broker_id and not held.broker_id else None
        if stranger is not None:  # its first update came before the answer, and without our tag
            after = replace(
                after, state=stranger.state, filled=stranger.filled, average_e4=stranger.average_e4, soft=stranger.soft
            )
        self._blotter.put(after, source)
        self._on_settled(order.tag, outcome)

    async def _modify(self, approved: Approved) -> None:
        outcome: Outcome = Unknown("the program stopped before the answer")
        try:
            outcome = await self._recorded(approved, "modify", self._broker.modify)
        finally:
            self._in_flight -= 1
            if isinstance(outcome, Refused | NotSent):  # of any other answer the broker's books must tell
                self._release(approved.order.tag, outcome)
            self._on_settled(approved.order.tag, outcome)

    async def _cancel(self, approved: Approved, confirmed: bool) -> None:
        outcome: Outcome = Unknown("the program stopped before the answer")
        try:
            if not approved.still_valid():
                outcome = NotSent("the mode changed before it left", local=True)
                return
            ticket = await self._cancel_ticket(confirmed)
            if ticket is None:
                outcome = NotSent("the order service is failing; nothing is sent to it now", local=True)
                return
            outcome = await self._counted(ticket, self._broker.cancel, approved)
        finally:
            self._in_flight -= 1
            self._release(approved.order.tag, outcome)
            self._on_settled(approved.order.tag, outcome)

    async def _cancel_ticket(self, confirmed: bool) -> Ticket | None:
        """A ticket, waited for while only the message before this one is in the way."""
        until_ns = self._clock.mono_ns() + CANCEL_WAIT_NS
        ticket = self._circuit.enter_cancel(confirmed)
        while ticket is None and self._circuit.cancel_may_wait(confirmed) and self._clock.mono_ns() < until_ns:
            await self._clock.sleep(CANCEL_POLL_S)
            ticket = self._circuit.enter_cancel(confirmed)
        return ticket

    def _release(self, tag: str, outcome: Outcome) -> None:
        """A cancel that was not taken, or nobody knows of, may be asked again: it is harmless when it is done twice."""
        held = self._blotter.get(tag)
        if held is not None and held.change and not isinstance(outcome, Accepted):
            self._blotter.put(replace(held, change=""), f"{held.change} not taken")
