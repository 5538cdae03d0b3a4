"""What the gate says to a person: every check with its words, and the largest quantity that would pass. Pure."""

from core.approval import Action
from core.domain import OrderIntent
from core.orders.checks.catalogue import BY_NUMBER, CATALOGUE, Row, Treatment
from core.orders.checks.codes import G0, G9
from core.orders.checks.facts import Facts
from core.orders.checks.judge import denying, failing
from core.orders.checks.words import compared
from core.views import CheckResult, Verdict

BROKEN = CheckResult(
    "G0", "INTERNAL", False, "a check broke on what it was given", "Nothing can be sent like this; report it."
)
_LETTER = {Action.PLACE: "P", Action.MODIFY: "M", Action.CANCEL: "C"}
SEND = "SEND"


def verdict(f: Facts, i: OrderIntent) -> Verdict:
    """Every check that is asked of this message; a malformed intent is judged no further than its form."""
    return told(f, i, failing(f, i))


def told(f: Facts, i: OrderIntent, failed: int) -> Verdict:
    """The verdict of checks that were judged already."""
    if failed & G0:
        return Verdict((BROKEN,))
    if failed & G9:
        return Verdict((_result(BY_NUMBER[9], f, i, failed, failed),))
    denied = denying(failed, f, i)
    rows = (row for row in CATALOGUE if _LETTER[f.action] in row.applies)
    return Verdict(tuple(_result(row, f, i, failed, denied) for row in rows))


def _result(row: Row, f: Facts, i: OrderIntent, failed: int, denied: int) -> CheckResult:
    fails, denies = bool(failed & row.bit), bool(denied & row.bit)
    typed = confirmation(row, f, i) if denies else ""
    remedy = f"Type {typed} if you mean it." if typed else row.remedy if fails else ""
    warning = (fails and not denies) or (row.number == 27 and repeats(f))
    return CheckResult(row.code, row.name, not denies, compared(row.number, f, i), remedy, typed, warning)


def repeats(f: Facts) -> bool:
    """Whether an equal order left a while ago: not forbidden, worth a look."""
    return f.twin_ms is not None and f.twin_ms <= f.limits.duplicate_warn_ms


def confirmation(row: Row, f: Facts, i: OrderIntent) -> str:
    """What a person types to let an order through this check; empty when nothing typed helps."""
    if row.number == 2:
        return SEND if f.reducing and f.mode_typed == "" else ""
    if (row.reducing if f.reducing else row.opening) is not Treatment.TYPE:
        return ""
    return str(i.quantity) if row.number == 28 else SEND


def describe(result: CheckResult) -> str:
    """A denial in four parts: code, what was compared, that nothing was sent, the next step."""
    return f"{result.code} {result.name}: {result.compared}. Nothing was sent. {result.remedy}"


def first_denial(v: Verdict) -> str:
    """The sentence of the first check that denies."""
    return describe(v.denials[0]) if v.denials else "Denied. Nothing was sent."


def cancel_denial(f: Facts, i: OrderIntent, failed: int) -> CheckResult:
    """The first check that forbids a cancel, with its words."""
    if failed & G0:
        return BROKEN
    row = next(row for row in CATALOGUE if row.bit & failed)
    return CheckResult(row.code, row.name, False, compared(row.number, f, i), row.remedy)


def worst_first(results: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """Denials, then warnings, then the rest, each in the gate's order."""
    return tuple(sorted(results, key=lambda r: (r.ok, not r.warning)))
