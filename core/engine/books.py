"""The one reader of the broker's books: audits, hunts for lost orders, probes an open circuit, reconciles.

One task, one call at a time: the broker's read limits are kept without locks, and two answers are never mixed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from core.clock import NS_PER_S, Clock
from core.engine.adopt import Adopter
from core.engine.circuit import OrderCircuit
from core.engine.hunt import Hunts
from core.orders.blotter import Blotter
from core.orders.reconcile import is_clean
from core.outcome import Failed, FailedBy, Ok, Read
from core.ports import Broker, BrokerOrder
from core.supervise import Wake

T = TypeVar("T")

AUDIT_S = 15.0
AUDIT_NO_SOCKET_S = 5.0
AUDIT_IDLE_S = 60.0
CHANGING_S = 2.1
"""While a change is asked: soon after it may count as not taken."""
AFTER_FAILURE_S = 1.1
RECONCILE_AGAIN_S = 2.0


class Owner(Protocol):
    """What the reader asks of the engine and tells it."""

    def online(self) -> bool: ...
    def socket_up(self) -> bool: ...
    async def reconcile(self, reason: str) -> bool:
        """Compare everything; True when the books agree and the comparison was clean."""
        ...

    async def read_trades(self) -> bool: ...
    def book_read(self) -> None:
        """The order book was read, whole."""
        ...

    def auth_failed(self) -> None:
        """A read was refused for want of a login."""
        ...


class Books:
    """Reads when something is due; `look_soon`, `trades_soon` and `reconcile_soon` wake it."""

    def __init__(
        self, clock: Clock, broker: Broker, blotter: Blotter, adopter: Adopter, circuit: OrderCircuit, owner: Owner
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._blotter = blotter
        self._adopter = adopter
        self._circuit = circuit
        self._owner = owner
        self._hunts = Hunts(clock, blotter)
        self._wake = Wake(clock)
        self._look_ns = 0
        self._trades_due = False
        self._reason = ""

    def look_soon(self, seconds: float = 0.0) -> None:
        """Read the order book within this time."""
        self._look_ns = min(self._look_ns, self._clock.mono_ns() + round(seconds * NS_PER_S))
        self._wake.set()

    def order_left(self) -> None:
        """An order is on its way: the next audit is the one of a book with live orders."""
        self.look_soon(self._audit_s())

    def trades_soon(self) -> None:
        self._trades_due = True
        self._wake.set()

    def reconcile_soon(self, reason: str) -> None:
        self._reason = reason
        self._wake.set()

    async def run(self) -> None:
        """For ever: wait for the next due read, read."""
        while True:
            wait_s = self._wait_s()
            if wait_s > 0:
                await self._wake.wait(wait_s)
                continue
            await self._turn()

    async def _turn(self) -> None:
        if self._circuit.needs_reconcile():
            await self._reconcile(self._reason or "after the order service came back")
        elif self._circuit.probing():
            await self.look()
        elif self._reason:
            await self._reconcile(self._reason)
        elif self._trades_due:
            self._trades_due = False
            if not await self._owner.read_trades():
                self._trades_due = True
                await self._clock.sleep(AFTER_FAILURE_S)
        else:
            await self.look()

    async def _reconcile(self, reason: str) -> None:
        self._reason = ""
        if not await self._owner.reconcile(reason):
            self._reason = reason
            await self._wake.wait(RECONCILE_AGAIN_S)

    async def look(self) -> bool:
        """Read the order book once and take what it says; True when it was answered."""
        answer = await self.read_book()
        if isinstance(answer, Failed):
            self._look_ns = self._clock.mono_ns() + round(AFTER_FAILURE_S * NS_PER_S)
            return False
        self._look_ns = self._clock.mono_ns() + round(self._audit_s() * NS_PER_S)
        return True

    async def read_book(self) -> Read[tuple[BrokerOrder, ...]]:
        """Read the order book, take what it says, and count it for every order that is sought, whoever asked for it."""
        answer = await self.read(self._broker.order_book)
        self._hunts.looked()
        if isinstance(answer, Ok):
            self._owner.book_read()
            self._adopter.take_all(answer.value, "book")
            self._adopter.mark_missing(answer.value)
            self._count_clean(answer.value)
        return answer

    def _count_clean(self, rows: tuple[BrokerOrder, ...]) -> None:
        if not is_clean(rows, (o for o in self._blotter.live() if not o.missing)):
            return
        for order in self._hunts.absent_from_clean_book():
            self._blotter.put(order, "book")
        for order in self._blotter.orders():
            if order.soft and not order.broker_id:  # refused, and a whole book without it confirms that
                self._blotter.put(replace(order, soft=False), "book")

    async def read(self, call: Callable[[], Awaitable[Read[T]]]) -> Read[T]:
        """One read of the order service, counted by its circuit."""
        ticket = self._circuit.enter_read()
        if ticket is None:
            return Failed(FailedBy.LOCAL, "the order service is failing; the next test is due later")
        answer: Read[T] = Failed(FailedBy.LOCAL, "cancelled")
        try:
            answer = await call()
        finally:
            failed = None if isinstance(answer, Ok) else answer
            self._circuit.leave_read(ticket, failed)
        if failed is not None and failed.by is FailedBy.AUTH:
            self._owner.auth_failed()
        return answer

    def _wait_s(self) -> float:
        if not self._owner.online():
            return 1.0
        if self._circuit.needs_reconcile():  # by the last probe, or by confirmed cancels: no further probe is due
            return 0.0
        if self._circuit.probing():
            return self._circuit.next_try_s()
        if self._reason or self._trades_due:
            return 0.0
        due_ns = min(self._look_ns, self._hunts.due_ns() or self._look_ns)
        return max(0.0, (due_ns - self._clock.mono_ns()) / NS_PER_S)

    def _audit_s(self) -> float:
        if any(o.change for o in self._blotter.live()):
            return CHANGING_S
        if not self._blotter.live():
            return AUDIT_IDLE_S
        return AUDIT_S if self._owner.socket_up() else AUDIT_NO_SOCKET_S
