"""What the engine writes into the audit log of orders: who asked, what was on screen, what became of it."""

import hashlib

from core.domain import Order, OrderIntent
from core.engine import words
from core.engine.context import seen
from core.engine.parts import Parts
from core.engine.records import Recorder
from core.facts import LadderMode
from core.orders.positions import Positions
from core.outcome import Outcome
from core.views import Verdict

_KINDS = {"gate": "order.intent", "denied": "order.denied", "restored": "order.restored"}


class Trail:
    """Every line carries the mode that the screen shows."""

    def __init__(self, parts: Parts, recorder: Recorder) -> None:
        self._parts = parts
        self._recorder = recorder

    def tell(self, kind: str, fields: dict[str, object]) -> None:
        self._parts.audit.append(kind, {"mode": self._parts.mode_word, **fields})

    def order(self, before: Order | None, after: Order, source: str) -> None:
        """A change of an order; its terms at the first line and whenever it is taken up."""
        kind = _KINDS.get(source, "order.state")
        first = before is None or kind != "order.state"
        self.tell(kind, {"source": source, **(words.terms(after) if first else {}), **words.standing(after)})

    def answer(self, tag: str, outcome: Outcome) -> None:
        self.tell("order.answer", {"tag": tag, **words.answer(outcome)})

    def asked(self, tag: str, intent: OrderIntent, verdict: Verdict, positions: Positions, mode: LadderMode) -> None:
        """Keep what is on screen as an order is asked for: with its first record, and its digest in the audit log."""
        context = seen(self._parts.clock, intent, self._parts.board, positions, mode, verdict)
        self._recorder.note(tag, context)
        denials = {r.code: r.compared for r in verdict.denials}
        digest = hashlib.sha256(context).hexdigest()
        self.tell("order.asked", {"tag": tag, "intent": intent.intent_id, "denials": denials, "context": digest})
