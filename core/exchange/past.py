"""The morning of an instrument that is looked at for the first time: minute trades up to now, for its figures. Pure."""

import random
from datetime import date

from core.clock import NS_PER_S
from core.domain import Kind
from core.exchange.calendar import at
from core.exchange.dayfigures import DayFigures
from core.exchange.listing import Listing
from core.exchange.pricing import option_e4, years_to
from core.exchange.universe import EXPIRES

_MINUTE_NS = 60 * NS_PER_S
_WALK = 0.0007
"""A minute's move of a price that follows nothing."""
_TRADES = 14


def invent_past(
    row: Listing,
    figures: DayFigures,
    above: DayFigures | None,
    rng: random.Random,
    start_e4: int,
    opens_ns: int,
    now_ns: int,
) -> None:
    """Fill the figures from the opening to now: an option's with its future's bars, others with a walk."""
    option = row.instrument.kind is Kind.OPTION
    above_e4 = {bar[0]: bar[4] for bar in above.rows()} if above is not None else {}
    future_e4 = next(iter(above_e4.values()), 0)
    expiry_ns = at(date.fromisoformat(row.instrument.expiry), EXPIRES) if option else 0
    price_e4, tick_e4 = start_e4, row.instrument.tick_e4
    for at_ns in range(opens_ns, now_ns, _MINUTE_NS):
        if option:
            future_e4 = above_e4.get(at_ns // NS_PER_S, future_e4)
            if not future_e4:
                return
            years = years_to(expiry_ns, at_ns)
            price_e4 = option_e4(row.is_call, row.instrument.strike_e4, future_e4, row.vol_e6, years)
        else:
            price_e4 = round(price_e4 * (1 + rng.gauss(0.0, _WALK)))
        shown_e4 = min(max(price_e4 // tick_e4 * tick_e4, row.lower_e4), row.upper_e4)
        lots = max(1, round(rng.lognormvariate(0.0, 0.8) * _TRADES * row.typical / row.instrument.lot))
        figures.trade(shown_e4, lots * row.instrument.lot, at_ns)
