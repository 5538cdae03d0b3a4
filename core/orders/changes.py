"""What was changed and cancelled lately, and whether a change takes the last stop away."""

from collections import deque
from collections.abc import Iterable

from core.approval import Action
from core.domain import Order, OrderIntent, OrderType
from core.orders.checks.conduct import MODIFIES_MAX
from core.orders.habits import MINUTE_NS

_STOPS = (OrderType.STOPLOSS_LIMIT, OrderType.STOPLOSS_MARKET)


class Changes:
    """Approved changes by tag, monotonic ns; which of them the broker refused and nobody has looked since."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, Action], deque[int]] = {}
        self._refused: set[str] = set()

    def add(self, tag: str, action: Action, now_ns: int) -> None:
        self._at.setdefault((tag, action), deque(maxlen=MODIFIES_MAX)).append(now_ns)

    def count(self, tag: str, action: Action) -> int:
        """Since the order began."""
        return len(self._at.get((tag, action), ()))

    def in_a_minute(self, tag: str, action: Action, now_ns: int) -> int:
        return sum(at_ns > now_ns - MINUTE_NS for at_ns in self._at.get((tag, action), ()))

    def refused(self, tag: str) -> None:
        """The broker refused a change: before the next one the order has to be read."""
        self._refused.add(tag)

    def read(self) -> None:
        """The order book was read: what it says of refused changes is known."""
        self._refused.clear()

    def is_refused(self, tag: str) -> bool:
        return tag in self._refused


def loosens_last_stop(
    new: OrderIntent | Order, target: Order, net: int, live: Iterable[Order], *, cancel: bool
) -> bool:
    """Whether taking `target` away, or changing it to `new`, leaves a position without the stop that covers it."""
    if target.order_type not in _STOPS or net * target.side >= 0:
        return False
    others = (o for o in live if o.tag != target.tag and o.order_type in _STOPS)
    if any(o.key == target.key and o.product is target.product and o.side is target.side for o in others):
        return False
    if cancel:
        return True
    away = (new.trigger_e4 - target.trigger_e4) * target.side > 0
    return away or new.quantity < target.quantity or new.order_type not in _STOPS
