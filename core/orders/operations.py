"""What an order message counts as: for the ladder, and for the windows of the broker's limits."""

from core.approval import Action
from core.facts import Operation
from core.orders.checks.facts import Facts


def ladder_operation(f: Facts) -> Operation:
    """What a message is to the ladder: a change that may add risk is like opening."""
    if f.action is Action.MODIFY:
        return Operation.MODIFY if f.reducing or f.eased else Operation.OPEN
    return Operation.REDUCE if f.reducing else Operation.OPEN


def rate_operation(f: Facts) -> Operation:
    """Whose windows a message uses."""
    if f.action is Action.MODIFY:
        return Operation.MODIFY
    return Operation.REDUCE if f.reducing else Operation.OPEN
