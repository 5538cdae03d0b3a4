"""Every limit that bounds what may be done now, with what is used of it: for the Risk screen. Read only."""

from core.account import DayLoss, Gauge, Leg, Purse
from core.domain import OrderState
from core.engine.engine import Engine
from core.money import group, show_price


def gauges(engine: Engine, legs: tuple[Leg, ...], loss: DayLoss, purse: Purse) -> tuple[Gauge, ...]:
    """In the order of the screen: the day, the money, exposure, orders, rates."""
    return (_loss(loss), *_money(purse), _exposure(legs, purse), *_orders(engine), *_rates(engine))


def _loss(loss: DayLoss) -> Gauge:
    limit_e4 = loss.limit_e4 + loss.accepted_e4
    word = "LATCHED" if loss.latched else f"{loss.unpriced} without a price" if loss.unpriced else ""
    return Gauge(
        "Day loss",
        show_price(loss.loss_e4),
        show_price(limit_e4),
        loss.loss_e4 / max(1, limit_e4),
        show_price(max(0, limit_e4 - loss.loss_e4)),
        word,
    )


def _money(purse: Purse) -> tuple[Gauge, ...]:
    if purse.net_e4 is None:
        return (Gauge("Funds", "-", "-", 0.0, "", purse.failed or "the broker said nothing"),)
    used_e4 = purse.used_e4 or 0
    whole_e4 = max(1, used_e4 + max(0, purse.net_e4))
    word = f"old: {purse.failed}" if purse.failed else ""
    return (
        Gauge(
            "Funds used", show_price(used_e4), show_price(whole_e4), used_e4 / whole_e4, show_price(purse.net_e4), word
        ),
    )


def _exposure(legs: tuple[Leg, ...], purse: Purse) -> Gauge:
    """The value of everything open, both sides added, beside the account."""
    open_legs = [leg for leg in legs if leg.position.net]
    blind = sum(1 for leg in open_legs if leg.mark_e4 is None)
    value_e4 = sum(abs(leg.position.net) * (leg.mark_e4 or leg.position.average_e4) for leg in open_legs)
    account_e4 = (purse.net_e4 or 0) + (purse.used_e4 or 0)
    share = value_e4 / account_e4 if account_e4 > 0 else 0.0
    times = f"{share:.2f} of the account" if account_e4 > 0 else "the account is not known"
    return Gauge("Open value", show_price(value_e4), "", 0.0, times, f"{blind} at cost" if blind else "")


def _orders(engine: Engine) -> tuple[Gauge, ...]:
    live = engine.blotter.live()
    lost = sum(1 for o in live if o.state in (OrderState.UNKNOWN, OrderState.UNCONFIRMED))
    limits = engine.parts.config.limits
    value, units = group(limits.order_value_rupees_max), group(limits.order_quantity_max)
    return (
        Gauge("Live orders", group(len(live)), "", 0.0, f"{lost} unknown"),
        Gauge("One cash order", "", f"₹{value}", 0.0, f"{units} units"),
        Gauge("One F&O order", "", f"{group(limits.order_lots_max)} lots", 0.0),
    )


def _rates(engine: Engine) -> tuple[Gauge, ...]:
    most = engine.parts.config.limits.orders_per_second_max
    used = engine.rates.used_last_second()
    return (Gauge("Orders in a second", group(used), group(most), used / max(1, most), group(most - used)),)
