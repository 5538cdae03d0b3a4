"""A desk that takes no command: every one is refused with the same reason."""

from collections.abc import Sequence

from core.domain import OrderIntent, PositionKey
from core.facts import Operation
from core.secret import Secret
from core.views import (
    BooksReport,
    CheckResult,
    Choice,
    GuardStatus,
    Headroom,
    PanicPlan,
    Submitted,
    Unanswered,
    Verdict,
)


class LookOnly:
    """The commanding half of `core.views.Desk`. `refusal` is the reason, `code` and `remedy` those of the verdict."""

    refusal = ""
    code, remedy = "LOOK", ""

    def forbidden(self, operation: Operation) -> str:
        return self.refusal

    def headroom(self, intent: OrderIntent) -> Headroom:
        return Headroom(0, {})

    def check(self, intent: OrderIntent) -> Verdict:
        return Verdict((CheckResult(self.code, "commands", False, self.refusal, self.remedy),))

    def submit(self, intent: OrderIntent) -> Submitted:
        return Submitted(refused=self.refusal)

    def cancel(self, tag: str, typed: str = "") -> Submitted:
        return Submitted(refused=self.refusal)

    def modify(self, tag: str, quantity: int, price_e4: int, trigger_e4: int = 0) -> Submitted:
        return Submitted(refused=self.refusal)

    def books(self) -> BooksReport | None:
        return None

    def reconcile(self) -> None:
        """Nothing to compare."""

    def split(self, intent: OrderIntent) -> tuple[OrderIntent, ...]:
        return (intent,)

    def submit_all(self, intents: Sequence[OrderIntent]) -> tuple[Submitted, ...]:
        return tuple(Submitted(refused=self.refusal) for _ in intents)

    def exit(self, key: PositionKey) -> tuple[Submitted, ...]:
        return (Submitted(refused=self.refusal),)

    def flatten(self) -> tuple[Submitted, ...]:
        return (Submitted(refused=self.refusal),)

    def reverse(self, key: PositionKey) -> tuple[Submitted, ...]:
        return (Submitted(refused=self.refusal),)

    def send_again(self, tag: str) -> OrderIntent | None:
        return None

    def unanswered(self, tag: str) -> Unanswered | None:
        return None

    def decide(self, tag: str, choice: Choice) -> Submitted:
        return Submitted(refused=self.refusal)

    def send_beside(self, tag: str, typed: str) -> OrderIntent | str:
        return self.refusal

    def panic_plan(self) -> PanicPlan:
        return PanicPlan((), False)

    def cancel_all(self) -> int:
        return 0

    def halt(self, why: str) -> None:
        """Nothing can leave."""

    def retry_circuit(self, name: str) -> Submitted:
        return Submitted(refused=self.refusal)

    def force_circuit(self, name: str) -> Submitted:
        return Submitted(refused=self.refusal)

    def resume(self, typed: str) -> Submitted:
        return Submitted(refused=self.refusal)

    def guard(self) -> GuardStatus:
        return GuardStatus()

    def touched(self) -> None:
        """There is nothing to lock yet."""

    def lock(self) -> Submitted:
        return Submitted(refused=self.refusal)

    def unlock(self, password: Secret) -> None:
        """Nothing is locked."""

    def confirm_limits(self, typed: Secret) -> Submitted:
        return Submitted(refused=self.refusal)

    def keep_limits(self) -> None:
        """Nothing waits."""
