"""All checks of one order at once: which fail, which of those deny. Pure, integers, no text."""

from core.approval import Action
from core.domain import OrderIntent
from core.orders.checks.authority import doors, keeping
from core.orders.checks.catalogue import BY_NUMBER, CATALOGUE, Stage, Treatment, applying, treated
from core.orders.checks.codes import G0, G2, G9, G37, numbers
from core.orders.checks.conduct import change, conduct
from core.orders.checks.exposure import exposure, size
from core.orders.checks.facts import Facts
from core.orders.checks.market import market
from core.orders.checks.pace import pace
from core.orders.checks.structure import structure, well_formed

_APPLIES = {action: applying(action) | G0 for action in Action}
_PASSES = {reducing: treated(Treatment.PASS, reducing=reducing) for reducing in (False, True)}
_WARNS = {reducing: treated(Treatment.WARN, reducing=reducing) for reducing in (False, True)}
TYPES = {reducing: treated(Treatment.TYPE, reducing=reducing) for reducing in (False, True)}
_MONEY = sum(row.bit for row in CATALOGUE if row.stage is Stage.MONEY and row.number not in (22, 23, 37))
"""What a change that only takes risk away is not asked."""


def failing(f: Facts, i: OrderIntent) -> int:
    """The checks that fail and do not pass over, as bits: those that deny and those that only warn.

    Never raises: a check that breaks on its facts is G0, and denies.
    """
    try:
        return failing_or_raise(f, i)
    except Exception:  # noqa: BLE001  border: a fact of the wrong kind is a denial, never an approval
        return G0


def failing_or_raise(f: Facts, i: OrderIntent) -> int:
    """As `failing`, but facts of the wrong kind raise."""
    if not well_formed(i):
        return G9
    failed = (
        doors(f) | keeping(f) | structure(f, i) | market(f, i) | size(f, i) | exposure(f, i) | conduct(f, i) | pace(f)
    )
    if not failed:
        return 0
    failed &= _APPLIES[f.action] & ~_PASSES[f.reducing]
    return failed & ~_MONEY if f.eased else failed


def failing_cancel(f: Facts) -> int:
    """As `failing`, for a cancel: nothing about price, money, store or market may stop one."""
    try:
        failed = doors(f) | keeping(f) | change(f) | pace(f) | (G37 if f.naked_more else 0)
    except Exception:  # noqa: BLE001  border: a fact of the wrong kind is a denial, never an approval
        return G0
    return failed & _APPLIES[Action.CANCEL]


def denying(failed: int, f: Facts, i: OrderIntent) -> int:
    """Of the failing ones those that deny: not the warnings, and not what a person confirmed by typing."""
    denied = failed & ~_WARNS[f.reducing]
    if denied & TYPES[f.reducing] and i.confirmed:
        typed = TYPES[f.reducing] if f.mode_typed == "" else TYPES[f.reducing] & ~G2
        denied &= ~sum(BY_NUMBER[n].bit for n in numbers(denied & typed) if f"G{n}" in i.confirmed)
    return denied
