"""The lock of the screen and the limits that wait for a person, through the desk."""

import threading

import msgspec

from core.config import Config, Limits
from core.errors import UserError
from core.facts import LadderMode, Operation
from core.secret import Secret
from tests.engine.rig import Rig
from tests.engine.test_audit import FakeAudit
from tests.waiting import until

PASSWORD = Secret("correct horse battery")
WRONG = Secret("correct horse batterz")
VALUE_MAX = Limits().order_value_rupees_max
LOOSER = Config(limits=Limits(order_value_rupees_max=VALUE_MAX * 2))
TIGHTER = Config(limits=Limits(order_value_rupees_max=10_000))


class FakePasswords:
    """Knows one password; `broken` is raised instead of an answer."""

    def __init__(self) -> None:
        self.broken: UserError | None = None
        self.threads: set[int] = set()

    def fits(self, password: Secret) -> bool:
        self.threads.add(threading.get_ident())
        if self.broken:
            raise self.broken
        return password.reveal() == PASSWORD.reveal()


def guarded(passwords: FakePasswords | None = None, wanted: Config | None = None) -> tuple[Rig, FakeAudit]:
    rig = Rig()
    audit = rig.audit = FakeAudit()
    rig.more = {"passwords": passwords, "wanted": wanted}
    rig.rebuild()
    return rig, audit


async def tried(rig: Rig, password: Secret) -> None:
    """Unlock and wait for the answer, which comes from a thread."""
    rig.desk.unlock(password)
    await answered(rig)


async def answered(rig: Rig) -> None:
    await until(lambda: not rig.desk.guard().busy, 10)
    await rig.wait(0.5)


async def test_nothing_new_leaves_a_locked_screen_and_a_cancel_does() -> None:
    rig, audit = guarded(FakePasswords())
    await rig.start()
    tag = rig.submit().tag
    await rig.wait(1)
    assert rig.desk.lock().tag == "locked"
    await rig.wait(0.3)

    assert rig.desk.status().ladder is LadderMode.LOCKED
    assert "locked" in rig.submit(quantity=11).refused.lower()
    assert "locked" in rig.sell(quantity=1).refused.lower()
    assert all(rig.desk.forbidden(o) for o in (Operation.OPEN, Operation.REDUCE, Operation.MODIFY))
    assert rig.desk.forbidden(Operation.CANCEL) == rig.desk.forbidden(Operation.KILL) == ""
    assert rig.desk.cancel(tag).tag == tag
    await rig.wait(1)
    assert len(rig.broker.cancelled) == 1
    assert len(rig.broker.placed) == 1
    assert audit.of("locked")
    await rig.stop()


async def test_a_halt_on_a_locked_screen_is_not_undone_by_whoever_stands_there() -> None:
    rig, _ = guarded(FakePasswords())
    await rig.start()
    rig.desk.lock()
    rig.desk.halt("PANIC key")
    await rig.wait(0.3)

    assert rig.desk.status().ladder is LadderMode.HALTED
    assert "locked" in rig.desk.resume("RESUME").refused
    assert rig.desk.forbidden(Operation.REDUCE)
    await tried(rig, PASSWORD)
    assert rig.desk.resume("RESUME").tag == "resumed"
    await rig.stop()


async def test_only_the_password_unlocks_and_it_is_tried_off_the_loop() -> None:
    passwords = FakePasswords()
    rig, audit = guarded(passwords)
    await rig.start()
    rig.desk.lock()
    await tried(rig, WRONG)
    assert rig.desk.guard().locked
    assert "not the password" in rig.desk.guard().said
    await tried(rig, PASSWORD)
    await rig.wait(3)

    assert not rig.desk.guard().locked
    assert rig.desk.status().ladder is LadderMode.NORMAL
    assert threading.get_ident() not in passwords.threads
    assert [len(audit.of(kind)) for kind in ("locked", "vault.wrong_password", "unlocked")] == [1, 1, 1]
    assert rig.submit().tag
    await rig.stop()


async def test_five_wrong_passwords_make_the_next_wait_longer_each_time() -> None:
    rig, _ = guarded(FakePasswords())
    await rig.start()
    rig.desk.lock()
    waits = []
    for _ in range(7):
        await tried(rig, WRONG)
        waits.append(rig.desk.guard().wait_s)
        rig.clock.move(rig.desk.guard().wait_s)
    assert [round(w) for w in waits] == [0, 0, 0, 0, 2, 4, 8]
    await tried(rig, WRONG)
    rig.desk.unlock(PASSWORD)

    assert not rig.desk.guard().busy
    assert "wait" in rig.desk.guard().said
    assert rig.desk.guard().locked
    await rig.stop()


async def test_ten_minutes_without_a_key_lock_and_a_key_puts_that_off() -> None:
    rig, _ = guarded(FakePasswords())
    await rig.start()
    for _ in range(3):
        rig.clock.move(9 * 60)
        rig.desk.touched()
    assert not rig.desk.guard().locked
    rig.clock.move(10 * 60)
    rig.desk.touched()

    assert rig.desk.guard().locked, "a key after the time must not unlock"
    await rig.stop()


async def test_a_computer_that_slept_is_locked() -> None:
    rig, _ = guarded(FakePasswords())
    await rig.start()
    rig.clock.step_wall(11 * 60)
    await rig.wait(0.5)

    assert rig.desk.guard().locked
    await rig.stop()


async def test_a_vault_that_cannot_be_read_is_told_and_stays_locked() -> None:
    passwords = FakePasswords()
    rig, _ = guarded(passwords)
    await rig.start()
    rig.desk.lock()
    passwords.broken = UserError("the vault is damaged")
    await tried(rig, PASSWORD)

    assert (rig.desk.guard().locked, rig.desk.guard().said) == (True, "the vault is damaged")
    await rig.stop()


async def test_without_a_vault_there_is_no_lock() -> None:
    rig, _ = guarded()
    await rig.start()
    rig.clock.move(3_600)
    await rig.wait(0.5)

    assert "no vault" in rig.desk.lock().refused
    assert not rig.desk.guard().locked
    await rig.stop()


async def test_a_tighter_limit_acts_at_once_and_a_looser_one_waits_for_the_word() -> None:
    rig, audit = guarded(wanted=LOOSER)
    await rig.start()
    big = {"quantity": VALUE_MAX * 10_000 // 1412_6000 + 10}
    assert "of at most ₹2,00,000" in rig.submit(**big).refused
    assert rig.desk.guard().loosened == (f"limits.order_value_rupees_max: {VALUE_MAX} -> {VALUE_MAX * 2}",)
    assert "waits for your confirmation" in rig.events()

    assert "capitals" in rig.desk.confirm_limits(Secret("loosen")).refused
    assert rig.submit(**big).refused
    assert rig.desk.confirm_limits(Secret("LOOSEN")).tag == "confirmed"
    await rig.wait(3)
    assert rig.submit(**big).tag
    assert rig.desk.guard().loosened == ()
    assert msgspec.json.decode(rig.journal.meta["config"], type=Config).limits == LOOSER.limits

    rig.engine.limits.edited(TIGHTER)
    await rig.wait(3)
    assert rig.submit(quantity=20).refused
    assert msgspec.json.decode(rig.journal.meta["config"], type=Config).limits == TIGHTER.limits
    assert [len(audit.of(kind)) for kind in ("limits.loosened", "limits.tightened")] == [1, 1]
    await rig.stop()


async def test_with_a_vault_a_looser_limit_takes_its_password_and_a_minute() -> None:
    rig, audit = guarded(FakePasswords(), wanted=LOOSER)
    await rig.start()
    rig.desk.confirm_limits(Secret("LOOSEN"))
    await answered(rig)
    assert rig.desk.guard().due_s is None
    rig.desk.confirm_limits(PASSWORD)
    await answered(rig)

    assert 59 <= (rig.desk.guard().due_s or 0) <= 60
    await rig.wait(50)
    assert rig.engine.limits.running.limits == Limits()
    await rig.wait(11)
    assert rig.engine.limits.running.limits == LOOSER.limits
    assert len(audit.of("limits.confirmed")) == len(audit.of("limits.loosened")) == 1
    await rig.stop()


async def test_a_second_thought_keeps_the_old_limits() -> None:
    rig, _ = guarded(FakePasswords(), wanted=LOOSER)
    await rig.start()
    rig.desk.confirm_limits(PASSWORD)
    await answered(rig)
    rig.desk.keep_limits()
    await rig.wait(70)

    assert rig.engine.limits.running.limits == Limits()
    assert rig.desk.guard().loosened
    await rig.stop()


async def test_an_edit_during_the_minute_starts_anew() -> None:
    rig, _ = guarded(FakePasswords(), wanted=LOOSER)
    await rig.start()
    rig.desk.confirm_limits(PASSWORD)
    await answered(rig)
    rig.engine.limits.edited(Config(limits=Limits(order_value_rupees_max=VALUE_MAX * 100)))
    await rig.wait(70)

    assert rig.engine.limits.running.limits == Limits()
    await rig.stop()


async def test_more_orders_a_second_take_force_with_what_was_sent_still_counted() -> None:
    rig, _ = guarded()
    rig.engine.limits.edited(Config(limits=Limits(orders_per_second_max=5)))
    assert rig.desk.status().orders_per_second_max == 5
    await rig.start()
    assert [bool(rig.submit(quantity=n + 1).tag) for n in range(4)].count(True) == 2
    rig.engine.limits.edited(Config())
    rig.desk.confirm_limits(Secret("LOOSEN"))

    assert rig.desk.status().orders_per_second_max == 9
    assert rig.desk.status().orders_last_second == 2
    await rig.stop()
