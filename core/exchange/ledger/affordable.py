"""Whether the account can carry an order. Pure."""

from collections.abc import Callable

import msgspec

from core.domain import Product, Side
from core.exchange.account import Account
from core.exchange.orders import REJECTED, OwnOrder
from core.money import rupees


def shortfall(
    account: Account, order: OwnOrder, before: OwnOrder | None, net_e4: Callable[[], int], authorised_only: bool
) -> str:
    """Why not, in words; empty when it can. The order is counted already; `before` is what it replaces, if anything."""
    if order.product is Product.DELIVERY and order.side is Side.SELL:
        others = account.promised(order.key, order.product, Side.SELL) - order.leaves
        free = max(0, account.deliverable(order.key, authorised_only) - others)
        if order.leaves > free:
            return f"Holding quantity is not enough: available {free}, required {order.leaves}"
    with_it = net_e4()
    if with_it >= 0:
        return ""
    account.count(msgspec.structs.replace(order, status=REJECTED) if before is None else before)
    without = net_e4()
    account.count(order)
    if with_it >= without:
        return ""
    return f"Insufficient funds: available Rs {_paise(without)}, required Rs {_paise(without - with_it)}"


def _paise(value_e4: int) -> str:
    return rupees(value_e4 // 100 * 100)
