"""Stage 5: rates, last, because a place in a window is used up by passing."""

from core.orders.checks.codes import G29, G30, G31
from core.orders.checks.facts import Facts


def pace(f: Facts) -> int:
    """A place in the second, in the minute and hour, and in the day."""
    failed = 0
    if f.wait_second_ms != 0:
        failed |= G29
    if f.wait_long_ms != 0:
        failed |= G30
    if f.day_orders is None or not 0 <= f.day_orders < f.limits.day_orders_max:
        failed |= G31
    return failed
