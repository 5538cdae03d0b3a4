"""All circuits as one list, and what a person may do to them: test now, hold open, let go. Never looser."""

from collections.abc import Callable

from core.engine.circuit import OrderCircuit
from core.engine.parts import LoggedInBroker
from core.facts import CircuitState
from core.views import CircuitStatus

ORDERS = "ORDERS"


class CircuitDesk:
    """`look_soon` wakes the reader of the order books, which makes the tests of the ORDERS circuit."""

    def __init__(
        self,
        orders: OrderCircuit,
        broker: LoggedInBroker,
        look_soon: Callable[[], None],
        tell: Callable[[str, dict[str, object]], None],
    ) -> None:
        self._orders, self._broker, self._look_soon, self._tell = orders, broker, look_soon, tell

    def statuses(self) -> tuple[CircuitStatus, ...]:
        return (self._orders.status(), *self._broker.circuit_statuses())

    def retry(self, name: str) -> bool:
        """Test an open circuit now; False when it waits for no test."""
        if name != ORDERS:
            return self._broker.retry_circuit(name)
        self._look_soon()
        return self._orders.retry_now()

    def force(self, name: str) -> bool:
        """Hold a circuit open, or give a held one back to its own judgement; True when it is held now."""
        status = next((c for c in self.statuses() if c.name == name), None)
        held = status is not None and status.state is not CircuitState.FORCED_OPEN
        if name == ORDERS:
            self._orders.force(held)
            self._look_soon()
        else:
            self._broker.force_circuit(name, held)
        self._tell("circuit", {"name": name, "held": held})
        return held
