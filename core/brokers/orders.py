"""The only module that names the broker's mutating routes. It takes approvals, each once, and sends each once."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from core.approval import Action, Approved
from core.brokers import wire
from core.brokers.classify import classify_change, classify_place
from core.brokers.contract import Contract
from core.brokers.session import Session
from core.brokers.transport import Failure, Late, Reply, Transport
from core.outcome import NotSent, Outcome

_ROUTES = {Action.PLACE: "api.order.place", Action.MODIFY: "api.order.modify", Action.CANCEL: "api.order.cancel"}
_BODIES = {Action.PLACE: wire.place_body, Action.MODIFY: wire.modify_body, Action.CANCEL: wire.cancel_body}


@dataclass(frozen=True, slots=True)
class Orders:
    """Order writes. `deadline_s` is the longest wait for an answer; later than that nobody knows.

    For `late_s` more the connection is read on, because a late answer is evidence: `on_late` is told what it says.
    """

    transport: Transport
    session: Session
    contract: Callable[[], Contract]
    on_late: Callable[[Approved, Outcome], None]
    deadline_s: float = 5.0
    late_s: float = 10.0

    async def send(self, approved: Approved) -> Outcome:
        """Do what was approved. Never retried, never replayed after a new login.

        Raises InvariantBroken when the approval was used before; nothing else but cancellation.
        """
        approved.consume()
        order, headers = approved.order, self.session.headers()
        if headers is None:
            return NotSent("not logged in")
        if approved.action is not Action.PLACE and not order.broker_id:
            return NotSent("the order has no broker id yet")
        body = msgspec.json.encode(_BODIES[approved.action](order))
        path = self.contract().route(_ROUTES[approved.action])
        late = Late(self.late_s, lambda result: self.on_late(approved, _classified(approved, result)))
        result = await self.transport.request(
            "POST", path, headers, body, deadline_s=self.deadline_s, still_valid=approved.still_valid, late=late
        )
        return _classified(approved, result)


def _classified(approved: Approved, result: Reply | Failure) -> Outcome:
    if approved.action is Action.PLACE:
        return classify_place(result)
    return classify_change(result, approved.order.broker_id)
