"""Stage 0: is anybody allowed to send anything now?"""

from core.orders.checks.codes import G1, G2, G3, G4, G5, G6, G7, G8, G34
from core.orders.checks.facts import Facts

POSITIONS_AGE_MS_MAX = 5_000


def doors(f: Facts) -> int:
    """The latches and the mode: each text is empty when it lets through, and one that is not known does not."""
    failed = 0
    if f.halted != "":
        failed |= G1
    if f.mode != "":
        failed |= G2
    if f.session != "":
        failed |= G3
    if f.address != "":
        failed |= G4
    if f.locked != "":
        failed |= G5
    return failed


def keeping(f: Facts) -> int:
    """Whether what is done can be recorded, timed and compared."""
    failed = 0
    if f.store != "":
        failed |= G6
    offset = f.clock_offset_ms
    if offset is None or not -f.limits.clock_offset_ms_max <= offset <= f.limits.clock_offset_ms_max:
        failed |= G7
    if f.reconciled != "" and not (f.reducing and positions_new(f)):
        failed |= G8
    if f.leaked != 0:
        failed |= G34
    return failed


def positions_new(f: Facts) -> bool:
    """Whether the broker's positions were read cleanly a moment ago."""
    return f.positions_age_ms is not None and 0 <= f.positions_age_ms < POSITIONS_AGE_MS_MAX
