"""The price at which a round trip nets nothing, charges of both sides counted. Pure."""

from collections.abc import Callable
from datetime import date

from core.domain import Instrument, Product, Side
from core.money import PRICE_MAX_E4
from core.orders.charges import depository_e4, order_charges
from core.tariff import Tariff


def exit_cost_e4(tariff: Tariff, day: date, instrument: Instrument, product: Product, side: Side, value_e4: int) -> int:
    """What an order on `side` costs that closes a position, the depository's fee included when shares leave."""
    cost_e4 = order_charges(tariff, day, instrument, product, side, value_e4).total_e4
    leaving = 1 if side is Side.SELL and not instrument.is_derivative else 0
    return cost_e4 + depository_e4(tariff, day, product, 0, leaving)


def break_even_e4(
    tariff: Tariff, day: date, instrument: Instrument, product: Product, net: int, cost_e4: int, paid_e4: int
) -> int | None:
    """The nearest price on the tick at which closing `net` units (signed) nets at least 0; None when there is none.

    `cost_e4` is the signed cost of the open units, `paid_e4` the charges of the entry. For a long position the lowest
    such price, for a short one the highest: charges only ever move it away from the entry.
    """
    tick_e4 = instrument.tick_e4
    if not net or tick_e4 <= 0:
        return None
    side = Side.SELL if net > 0 else Side.BUY

    def nets(ticks: int) -> bool:
        price_e4 = ticks * tick_e4
        leaving_e4 = exit_cost_e4(tariff, day, instrument, product, side, abs(net) * price_e4)
        return net * price_e4 - cost_e4 - paid_e4 - leaving_e4 >= 0

    return _nearest(nets, cost_e4 // net // tick_e4, 1 if net > 0 else -1, tick_e4)


def _nearest(nets: Callable[[int], bool], entry: int, way: int, tick_e4: int) -> int | None:
    """The first tick from the entry on that nets: found by strides that double, then by halving the last one."""
    most = PRICE_MAX_E4 // tick_e4
    stride, near = 1, max(1, entry) - way  # one tick on the losing side, which never nets
    far = near + way
    while not nets(far):
        near, stride = far, stride * 2
        far = min(max(1, far + way * stride), most)
        if far == near:
            return None
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (near, middle) if nets(middle) else (middle, far)
    return far * tick_e4


def ticket_break_even_e4(
    tariff: Tariff, day: date, instrument: Instrument, product: Product, side: Side, quantity: int, price_e4: int
) -> tuple[int, int | None]:
    """Of an order not yet sent: what it costs, and the price at which closing it later today nets nothing."""
    value_e4 = quantity * price_e4
    paid_e4 = order_charges(tariff, day, instrument, product, side, value_e4).total_e4
    net = quantity * int(side)
    return paid_e4, break_even_e4(tariff, day, instrument, product, net, net * price_e4, paid_e4)
