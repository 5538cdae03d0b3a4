"""What happens to orders, modes, halts and logins goes into the audit log; without it nothing new is sent."""

import hashlib
import json

from core.domain import OrderState
from core.facts import LadderMode, Operation
from core.outcome import Unknown
from tests.engine.fakes import FakeBroker
from tests.engine.rig import Rig


class FakeAudit:
    def __init__(self) -> None:
        self.records: list[tuple[str, dict]] = []
        self.why = self.break_why = ""

    def append(self, kind, fields) -> None:
        self.records.append((kind, json.loads(json.dumps(fields))))

    def healthy(self) -> str:
        return self.break_why or self.why

    def broken(self) -> str:
        return self.break_why

    def of(self, kind: str) -> list[dict]:
        return [fields for k, fields in self.records if k == kind]


class FakeLedger:
    def __init__(self) -> None:
        self.fills = []

    def book(self, fills) -> None:
        self.fills += fills


async def test_an_order_is_told_from_the_wish_to_the_fill_with_what_was_on_screen() -> None:
    rig = Rig()
    audit, ledger = rig.audit, rig.ledger = FakeAudit(), FakeLedger()
    rig.rebuild()
    await rig.start()
    rig.broker.on_place = lambda approved: rig.broker.accept(approved, "complete", approved.order.quantity)
    tag = rig.submit().tag
    await rig.wait(3)

    kinds = [kind for kind, fields in audit.records if fields.get("tag") == tag]
    assert kinds[:2] == ["order.asked", "order.intent"]
    assert "order.answer" in kinds
    assert audit.of("order.intent")[0]["price_e4"] == 1412_6000
    assert audit.of("order.answer")[0]["class"] == "accepted"
    assert audit.of("order.state")[-1]["state"] == "FILLED"
    assert all(fields["mode"] == "PRACTICE" for _, fields in audit.records)
    assert [f.quantity for f in ledger.fills] == [10]
    context = rig.journal.records[0].context
    assert audit.of("order.asked")[0]["context"] == hashlib.sha256(context).hexdigest()
    seen = json.loads(context)
    assert (seen["mode"], seen["position"], seen["quote"]) == ("NORMAL", 0, "fresh")
    assert seen["checks"]["G1"] == "not halted"
    assert [r.context for r in rig.journal.records[1:]] == [b""] * (len(rig.journal.records) - 1)
    await rig.stop()
    assert audit.records[-1][0] == "engine.stop"


async def test_a_denial_is_told_with_its_inputs() -> None:
    rig = Rig()
    audit = rig.audit = FakeAudit()
    rig.rebuild()
    await rig.start()
    assert rig.submit(quantity=4_000_000).refused

    asked, denied = audit.of("order.asked")[0], audit.of("order.denied")[0]
    assert asked["denials"]
    assert (denied["state"], denied["quantity"]) == ("DENIED", 4_000_000)
    assert json.loads(rig.journal.records[-1].context)["denied"]
    await rig.stop()


async def test_modes_halts_and_logins_are_told() -> None:
    rig = Rig()
    audit = rig.audit = FakeAudit()
    rig.rebuild()
    await rig.start()
    rig.desk.halt("panic key")
    rig.desk.resume("RESUME")
    await rig.wait(1)

    assert audit.of("halt") == [{"mode": "PRACTICE", "why": "panic key"}]
    assert audit.of("resume") == [{"mode": "PRACTICE", "was": "panic key"}]
    assert audit.of("login") == [{"mode": "PRACTICE"}]
    assert {"REDUCE-ONLY", "NORMAL", "HALTED"} <= {f["after"] for f in audit.of("ladder")}
    assert audit.of("reconcile")[0]["problem"] == ""
    await rig.stop()


async def test_an_unknown_answer_is_told_by_its_class() -> None:
    rig = Rig()
    audit = rig.audit = FakeAudit()
    rig.rebuild()
    await rig.start()
    rig.broker.on_place = lambda approved: Unknown("reset")
    rig.submit()
    await rig.wait(0.5)
    assert audit.of("order.answer")[0]["class"] == "unknown"
    await rig.stop()


async def test_F43_nothing_new_is_sent_while_the_audit_log_fails_and_a_cancel_is() -> None:
    rig = Rig()
    audit = rig.audit = FakeAudit()
    rig.rebuild()
    await rig.start()
    tag = rig.submit().tag
    await rig.wait(1)
    audit.why = "the audit log cannot be written: No space left on device"

    assert "No space left" in rig.submit(quantity=11).refused
    await rig.wait(0.3)
    assert rig.engine.ladder.mode is LadderMode.READ_ONLY
    assert "AUDIT" in [c.code for c in rig.engine.ladder.causes()]
    assert rig.engine.orders.cancel(tag, confirmed=True).tag == tag
    await rig.wait(1)
    assert len(rig.broker.cancelled) == 1
    audit.why = ""
    await rig.wait(8)
    assert rig.engine.ladder.mode is LadderMode.NORMAL
    await rig.stop()


async def test_F55_a_broken_chain_halts_and_stays_halted() -> None:
    rig = Rig()
    audit = rig.audit = FakeAudit()
    rig.rebuild()
    await rig.start()
    audit.break_why = "the audit log is not as it was left: record 5"
    await rig.wait(0.3)

    assert rig.engine.ladder.mode is LadderMode.HALTED
    assert "record 5" in rig.desk.forbidden(Operation.OPEN)
    rig.desk.resume("RESUME")
    await rig.wait(0.3)
    assert rig.engine.ladder.mode is LadderMode.HALTED
    await rig.stop()


async def test_F41_a_restart_keeps_unknown_unknown_and_asks_for_no_second_context() -> None:
    rig = Rig()
    await rig.start()
    rig.broker.on_place = lambda approved: Unknown("reset")
    tag = rig.submit().tag
    await rig.wait(0.3)
    before = rig.order(tag)
    await rig.stop()

    again = Rig(journal=rig.journal, broker=FakeBroker(rig.clock))
    again.engine.restore(rig.journal.records)

    assert again.order(tag) == before
    assert again.order(tag).state is OrderState.UNKNOWN
