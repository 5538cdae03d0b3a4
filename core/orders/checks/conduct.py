"""Stage 4: is this terminal running away, or stepping on its own feet?"""

from core.approval import Action
from core.domain import OrderIntent, Side
from core.orders.checks.codes import G27, G28, G33, G35, G38, G39, G40
from core.orders.checks.exposure import units
from core.orders.checks.facts import Facts

MODIFIES_MAX = 20
CANCELS_A_MINUTE = 3
TURNS_A_MINUTE = 3
QUANTITY_TIMES_MAX = 10


def conduct(f: Facts, i: OrderIntent) -> int:
    """Twins, size beside the own habit, own orders on the other side, pace."""
    failed = 0
    if f.same_intent is not False or not no_twin(f):
        failed |= G27
    if not usual(f, i):
        failed |= G28
    price = i.price_e4
    if price >= f.own_sell_e4 > 0 if i.side is Side.BUY else price <= f.own_buy_e4:
        failed |= G33
    if not paced(f):
        failed |= G35
    if f.basket != "":
        failed |= G40
    if f.action is not Action.PLACE:
        failed |= change(f)
    return failed


def change(f: Facts) -> int:
    """What only a change or a cancel is asked: whether its target stands still, and what it protects."""
    failed = 0
    if stale_target(f):
        failed |= G39
    if f.last_stop is not False:
        failed |= G38
    return failed


def no_twin(f: Facts) -> bool:
    return f.twin_ms is None or f.twin_ms > f.limits.duplicate_block_ms


def usual(f: Facts, i: OrderIntent) -> bool:
    """Neither many times the value nor many times the quantity of what was ordered before; nothing before: no habit."""
    if shifted(f, i):
        return False
    median, largest = f.median_value_e4, f.largest_before
    if median is None or largest is None:
        return median is largest is None
    quantity, times = units(f, i), f.limits.fat_finger_times_max
    return quantity * i.price_e4 <= median * times and quantity <= largest * QUANTITY_TIMES_MAX


def shifted(f: Facts, i: OrderIntent) -> bool:
    """Whether the price is the last one with a digit too many or too few: within 2 % of ten times or a tenth of it."""
    last, price = f.last_e4, i.price_e4
    if last is None:
        return True
    return 980 * last <= price * 100 <= 1_020 * last or 98 * last <= price * 1_000 <= 102 * last


def paced(f: Facts) -> bool:
    """Fewer orders, filled orders and turns of the position on this instrument in a minute than a machine gone wild
    makes."""
    limits = f.limits
    if f.latched_ms != 0 or f.orders_minute is None or f.fills_minute is None or f.turns_minute is None:
        return False
    return (
        0 <= f.orders_minute < limits.runaway_orders_max
        and 0 <= f.fills_minute <= limits.runaway_fills_max
        and 0 <= f.turns_minute < TURNS_A_MINUTE
    )


def stale_target(f: Facts) -> str:
    """Why the order cannot be changed or cancelled now; empty when it can."""
    order = f.target
    if order is None:
        return "there is no such order"
    if not order.state.live:
        return f"the order is {order.state.word}"
    if not order.broker_id:
        return "the broker's order number is not known yet"
    if order.state.worst_case and f.action is Action.MODIFY:
        return f"the order is {order.state.word}: nobody knows where it stands"
    if order.change and not (f.action is Action.CANCEL and order.change == "modify"):
        return f"a {order.change} is already on its way"
    if f.change_refused is not False:
        return "the last change was refused; the order has to be read first"
    if f.action is Action.MODIFY and not f.changes < MODIFIES_MAX:
        return f"changed {f.changes} times, at most {MODIFIES_MAX}"
    if f.action is Action.CANCEL and not f.cancels_minute < CANCELS_A_MINUTE:
        return f"{f.cancels_minute} cancels in a minute, at most {CANCELS_A_MINUTE}"
    return ""
