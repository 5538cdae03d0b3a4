"""Every limit that bounds what may be done now, with what is used of it: for the Risk screen. Read only."""

from typing import TYPE_CHECKING

from core.account import DayLoss, Gauge, Leg, Purse
from core.domain import Exchange, OrderState
from core.money import E4, group, show_price

if TYPE_CHECKING:
    from core.engine.engine import Engine


def gauges(engine: "Engine", legs: tuple[Leg, ...], loss: DayLoss, purse: Purse) -> tuple[Gauge, ...]:
    """In the order of the screen: the day, the money, exposure, orders, rates."""
    return (_loss(loss), *_money(purse), *_exposure(engine, legs, purse), *_orders(engine), *_rates(engine))


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


def _exposure(engine: "Engine", legs: tuple[Leg, ...], purse: Purse) -> tuple[Gauge, ...]:
    """The value of everything open, both sides added, beside what the day's capital allows; the largest position."""
    limits, money = engine.limits_in_force(), engine.gate_facts.money()
    values = [abs(leg.position.net) * (leg.mark_e4 or leg.position.average_e4) for leg in legs if leg.position.net]
    blind = sum(1 for leg in legs if leg.position.net and leg.mark_e4 is None)
    word = f"{blind} at cost" if blind else ""
    value_e4, most_e4 = sum(values), limits.position_value_rupees_max * E4
    largest_e4 = max(_cash(legs), default=0)
    if money is None:
        whole = Gauge("Open value", show_price(value_e4), "", 0.0, "capital not known", word)
    else:
        whole = _of("Open value", value_e4, money.capital_e4 * limits.gross_times_capital_max, word)
    return (whole, _of("Largest cash position", largest_e4, most_e4))


def _cash(legs: tuple[Leg, ...]) -> list[int]:
    """The values of open share positions."""
    shares = [leg for leg in legs if leg.position.net and leg.position.exchange in (Exchange.NSE, Exchange.BSE)]
    return [abs(leg.position.net) * (leg.mark_e4 or leg.position.average_e4) for leg in shares]


def _of(name: str, used_e4: int, most_e4: int, word: str = "") -> Gauge:
    left_e4 = max(0, most_e4 - used_e4)
    return Gauge(name, show_price(used_e4), show_price(most_e4), used_e4 / max(1, most_e4), show_price(left_e4), word)


def _counted(name: str, used: int, most: int, word: str = "", kept: int = 0) -> Gauge:
    """A count; `kept` of the places are for cancels and exits."""
    left = f"{group(max(0, most - used))}" + (f" and {group(kept)} for exits" if kept else "")
    return Gauge(name, group(used), group(most), used / max(1, most), left, word)


def _orders(engine: "Engine") -> tuple[Gauge, ...]:
    live = engine.blotter.live()
    lost = sum(1 for o in live if o.state in (OrderState.UNKNOWN, OrderState.UNCONFIRMED))
    limits = engine.limits_in_force()
    value, units = group(limits.order_value_rupees_max), group(limits.order_quantity_max)
    return (
        _counted("Live orders", len(live), limits.open_orders_max, f"{lost} unknown" if lost else ""),
        _counted("Orders today", len(engine.blotter.orders()), limits.day_orders_max),
        Gauge("One cash order", "", f"₹{value}", 0.0, f"{units} units"),
        Gauge("One F&O order", "", f"{group(limits.order_lots_max)} lots", 0.0),
    )


def _rates(engine: "Engine") -> tuple[Gauge, ...]:
    return tuple(
        _counted(f"Rate: {b.name}", b.used, b.opening_max, kept=b.most - b.opening_max) for b in engine.rates.budgets()
    )
