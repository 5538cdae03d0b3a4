"""What each check compared, in words: made only for a person, and never on the way through."""

from collections.abc import Callable

from core.domain import OrderIntent, Side
from core.money import E4, group, show_price
from core.orders.checks import conduct, exposure, market, structure
from core.orders.checks.authority import POSITIONS_AGE_MS_MAX
from core.orders.checks.facts import Facts
from core.orders.need import worst_net
from core.views import Freshness

Words = Callable[[Facts, OrderIntent], str]
MISSING = "not known"


def rupees_of(value_e4: int) -> str:
    """Whole rupees with their sign, as a limit is read."""
    return f"₹{group(value_e4 // E4)}" if value_e4 >= 0 else f"-₹{group(-value_e4 // E4)}"


def _said(field: str, fine: str, unknown: str) -> Words:
    def words(f: Facts, i: OrderIntent) -> str:
        text = getattr(f, field)
        return unknown if text is None else str(text) or fine

    return words


def _clock(f: Facts, i: OrderIntent) -> str:
    most = f"at most {f.limits.clock_offset_ms_max / 1000:.1f} s"
    if f.clock_offset_ms is None:
        return f"how far this clock is off is {MISSING}; {most}"
    return f"the clock is {f.clock_offset_ms / 1000:+.1f} s off, {most}"


def _reconciled(f: Facts, i: OrderIntent) -> str:
    if f.reconciled == "":
        return "books agree"
    age = MISSING if f.positions_age_ms is None else f"{f.positions_age_ms / 1000:.1f} s old"
    why = f.reconciled or "whether the books agree is not known"
    return f"{why}; positions {age}, at most {POSITIONS_AGE_MS_MAX // 1000} s"


def _leak(f: Facts, i: OrderIntent) -> str:
    return f"{MISSING if f.leaked is None else f.leaked} sent without approval, at most 0"


def _form(f: Facts, i: OrderIntent) -> str:
    return "every field has its type" if structure.well_formed(i) else "a field has not its type"


def _instrument(f: Facts, i: OrderIntent) -> str:
    asked = f"{i.instrument.exchange} {i.instrument.token} {i.instrument.symbol} {i.instrument.expiry}".rstrip()
    if f.master != "" and not f.reducing:
        return f.master or f"how old the master is, is {MISSING}"
    if f.known is None:
        return f"{asked} is not in today's master"
    held = f"{f.known.symbol} {f.known.expiry}".rstrip()
    return (
        asked if structure.instrument_fits(f, i) else f"{asked}; the master has {held}, today is {f.today or MISSING}"
    )


def _type(f: Facts, i: OrderIntent) -> str:
    return f"{i.order_type} {i.product.short} {i.validity}"


def _quantity(f: Facts, i: OrderIntent) -> str:
    if f.lot <= 0:
        return "lot size not known"
    if f.freeze is None and not f.cash:
        return "freeze quantity not known"
    cap = "" if f.freeze is None else f", at most {group(f.freeze // f.lot * f.lot)}"
    least = f", more than the {group(f.filled)} filled" if f.filled else ""
    return f"{group(i.quantity)} in lots of {group(f.lot)}{cap}{least}"


def _price(f: Facts, i: OrderIntent) -> str:
    tick = f.tick_e4
    if tick <= 0:
        return "tick size not known"
    text = f"{show_price(i.price_e4)} in ticks of {show_price(tick)}"
    if i.price_e4 > 0 and i.price_e4 % tick:
        below = i.price_e4 // tick * tick
        text += f"; nearest {show_price(below)} and {show_price(below + tick)}"
    if i.trigger_e4:
        last = MISSING if f.last_e4 is None else show_price(f.last_e4)
        text += f"; trigger {show_price(i.trigger_e4)}, last {last}"
    return text


def _quote(f: Facts, i: OrderIntent) -> str:
    if f.freshness is None or f.age_ms is None or f.last_e4 is None:
        return "no price was received yet"
    if f.freshness is Freshness.DOWN:
        return f"the feed is down, last price {f.age_ms / 1000:.1f} s old"
    if f.bid_e4 > 0 and f.ask_e4 > 0 and f.bid_e4 >= f.ask_e4:
        return f"crossed book: bid {show_price(f.bid_e4)}, ask {show_price(f.ask_e4)}"
    if f.freshness is Freshness.REST:
        return f"the price was read {f.age_ms / 1000:.1f} s ago, the feed does not give it"
    if f.freshness is Freshness.STALE and f.age_ms <= market.age_ms_max(f):
        return f"price {f.age_ms / 1000:.1f} s old, late for how often it ticks"
    return f"price {f.age_ms / 1000:.1f} s old, at most {market.age_ms_max(f) / 1000:.1f} s"


def _hours(f: Facts, i: OrderIntent) -> str:
    if f.market != "":
        return f.market or f"whether the market is open is {MISSING}"
    return (MISSING if f.entry is None else f.entry) or "market open"


def _band(f: Facts, i: OrderIntent) -> str:
    if f.lower_e4 is None or f.upper_e4 is None:
        return "today's circuit limits are not known"
    return f"{show_price(i.price_e4)} within {show_price(f.lower_e4)} to {show_price(f.upper_e4)}"


def _range(f: Facts, i: OrderIntent) -> str:
    if f.cash:
        return "for contracts only"
    if f.range_low_e4 is None or f.range_high_e4 is None:
        return "the exchange's price range is not known"
    return f"{show_price(i.price_e4)} within {show_price(f.range_low_e4)} to {show_price(f.range_high_e4)}"


def _collar(f: Facts, i: OrderIntent) -> str:
    reference = market.reference_e4(f, i.side)
    if reference is None:
        return "no price to compare with"
    beyond = (i.price_e4 - reference) * i.side
    reach = market.reach_e4(f, reference)
    return f"{beyond / reference * 100:+.2f}% beyond {show_price(reference)}, at most {reach / reference * 100:.2f}%"


def _book(f: Facts, i: OrderIntent) -> str:
    if not market.takes_liquidity(f, i):
        return "waits at its own price"
    depth = f.depth_sell if i.side is Side.BUY else f.depth_buy
    widest = f.limits.spread_option_bps_max if f.option else f.limits.spread_cash_bps_max
    if f.bid_e4 <= 0 or f.ask_e4 <= 0:
        spread = "one side of the book is empty"
    else:
        spread = f"spread {(f.ask_e4 - f.bid_e4) / f.bid_e4 * 100:.2f}%, at most {widest / 100:.2f}%"
    return f"{spread}; {group(i.quantity)} of {group(depth)} shown, at most {f.limits.book_share_bps_max / 100:g}%"


def _reduce_only(f: Facts, i: OrderIntent) -> str:
    return "opening allowed" if f.reduce_only == "" else f.reduce_only or f"whether opening is allowed is {MISSING}"


def _restricted(f: Facts, i: OrderIntent) -> str:
    if f.blocked:
        return f"{i.instrument.symbol} is on the own list"
    if f.cash:
        return f"{i.instrument.symbol} {i.product.short}"
    if f.index:
        return f"{i.instrument.name}: an index is never under ban"
    known = {None: "today's ban list is not known", True: "under ban today", False: "not under ban today"}
    return f"{i.instrument.name}: {known[f.banned]}"


def _covered(f: Facts, i: OrderIntent) -> str:
    if f.net is None:
        return f"the position is {MISSING}"
    free = MISSING if f.holdings_free is None else group(f.holdings_free)
    offered, bought = group(f.leaves_sell), group(max(0, f.net))
    return f"sell {group(i.quantity)}, {offered} offered; bought today {bought}, holding free {free}"


def _size(f: Facts, i: OrderIntent) -> str:
    limits, times, quantity = f.limits, exposure.REDUCING_SIZE if f.reducing else 1, exposure.units(f, i)
    if f.cash:
        return (
            f"{group(quantity)} of at most {group(limits.order_quantity_max * times)}, "
            f"{rupees_of(quantity * i.price_e4)} of at most {rupees_of(limits.order_value_rupees_max * times * E4)}"
        )
    lots = f"{quantity / max(f.lot, 1):g} lots of at most {limits.order_lots_max * times}"
    if not f.option or f.reducing:
        return lots
    if i.side is Side.SELL:
        return f"{lots}; selling options is {'on' if limits.option_selling else 'off'}"
    return (
        f"{lots}, premium {rupees_of(quantity * i.price_e4)} of at most {rupees_of(limits.option_buy_rupees_max * E4)}"
    )


def _position(f: Facts, i: OrderIntent) -> str:
    if f.unpriced:
        return f"the price of {f.unpriced} is {MISSING}"
    if f.net is None or f.mark_e4 is None or f.gross_e4 is None or f.money is None:
        what = {"position": f.net, "price": f.mark_e4, "sum of positions": f.gross_e4, "capital": f.money}
        return f"the {next(name for name, value in what.items() if value is None)} is {MISSING}"
    buying, quantity = i.side is Side.BUY, exposure.units(f, i)
    worst = worst_net(f.net, f.leaves_buy + quantity * buying, f.leaves_sell + quantity * (not buying))
    limits, capital = f.limits, f.money.capital_e4
    gross = f"all {rupees_of(f.gross_e4)} before, at most {rupees_of(capital * limits.gross_times_capital_max)}"
    if f.cash:
        value = abs(worst) * max(i.price_e4, f.mark_e4)
        return f"would be {rupees_of(value)} of at most {rupees_of(limits.position_value_rupees_max * E4)}; {gross}"
    return f"would be {abs(worst) / max(f.lot, 1):g} lots of at most {limits.position_lots_max}; {gross}"


def _funds(f: Facts, i: OrderIntent) -> str:
    usable, need = exposure.usable_e4(f), exposure.needed_e4(f, i)
    if usable is None or need is None:
        age = "" if f.money_age_ms is None else f" (read {f.money_age_ms / 1000:.0f} s ago)"
        return f"what is free is {MISSING}{age}"
    return f"needs about {rupees_of(need)}, free {rupees_of(usable)}"


def _loss(f: Facts, i: OrderIntent) -> str:
    if f.loss_latch != "":
        return f.loss_latch or f"whether the loss limit was met is {MISSING}"
    most = exposure.loss_limit_e4(f)
    if most is None or f.day is None:
        return f"today's {'capital' if most is None else 'result'} is {MISSING}"
    old = f", {f.day.age_ms / 1000:.0f} s old" if f.day.age_ms > exposure.DAY_AGE_MS_MAX else ""
    return f"today {rupees_of(f.day.profit_e4)}{old}, at most {rupees_of(-most)}"


def _open(f: Facts, i: OrderIntent) -> str:
    extra, extra_here = (exposure.OPEN_EXTRA, exposure.OPEN_EXTRA_HERE) if f.reducing else (0, 0)
    here = MISSING if f.open_here is None else f.open_here
    every = MISSING if f.open_all is None else f.open_all
    limits = f.limits
    return (
        f"{here} open here of at most {limits.open_orders_instrument_max + extra_here}, "
        f"{every} in all of at most {limits.open_orders_max + extra}"
    )


def _unknown(f: Facts, i: OrderIntent) -> str:
    here = MISSING if f.unknown_here is None else f.unknown_here
    every = MISSING if f.unknown_all is None else f.unknown_all
    return f"{here} unknown on {i.instrument.name}, {every} in all"


def _hedge(f: Facts, i: OrderIntent) -> str:
    return f"{group(f.naked_more)} short options would lose their cover" if f.naked_more else "no cover is lost"


def _twin(f: Facts, i: OrderIntent) -> str:
    if f.same_intent is not False:
        return "this very ticket was sent before"
    if f.twin_ms is None:
        return "no equal order before"
    return f"an equal order {f.twin_ms / 1000:.1f} s ago, at least {f.limits.duplicate_block_ms / 1000:.1f} s apart"


def _habit(f: Facts, i: OrderIntent) -> str:
    if conduct.shifted(f, i):
        last = MISSING if f.last_e4 is None else show_price(f.last_e4)
        return f"{show_price(i.price_e4)} against a last price of {last}: a digit too many or too few"
    if f.median_value_e4 is None or f.largest_before is None:
        return "no habit yet"
    value = exposure.units(f, i) * i.price_e4
    return (
        f"{rupees_of(value)} of at most {f.limits.fat_finger_times_max} times {rupees_of(f.median_value_e4)}, "
        f"{group(i.quantity)} of at most {conduct.QUANTITY_TIMES_MAX} times {group(f.largest_before)}"
    )


def _cross(f: Facts, i: OrderIntent) -> str:
    own = f.own_sell_e4 if i.side is Side.BUY else f.own_buy_e4
    other = "SELL" if i.side is Side.BUY else "BUY"
    return f"{show_price(i.price_e4)} against your own {other} at {show_price(own)}" if own else "no own order opposite"


def _pace(f: Facts, i: OrderIntent) -> str:
    limits = f.limits
    if f.latched_ms:
        return f"paused for {f.latched_ms / 1000:.0f} s"
    counts = [MISSING if n is None else str(n) for n in (f.orders_minute, f.fills_minute, f.turns_minute)]
    return (
        f"in a minute {counts[0]} orders of at most {limits.runaway_orders_max}, {counts[1]} fills of at most "
        f"{limits.runaway_fills_max}, {counts[2]} turns of at most {conduct.TURNS_A_MINUTE}"
    )


def _target(f: Facts, i: OrderIntent) -> str:
    return conduct.stale_target(f) or "can be changed"


def _stop(f: Facts, i: OrderIntent) -> str:
    return "the only stop of an open position" if f.last_stop else "not the last stop"


def _basket(f: Facts, i: OrderIntent) -> str:
    return f.basket or "no basket"


def _second(f: Facts, i: OrderIntent) -> str:
    return _wait(f.wait_second_ms, f"{f.limits.orders_per_second_max} a second")


def _long(f: Facts, i: OrderIntent) -> str:
    return _wait(f.wait_long_ms, "the minute's and the hour's share")


def _wait(wait_ms: int | None, what: str) -> str:
    if wait_ms is None:
        return f"the next slot is {MISSING}"
    return f"next slot in {wait_ms / 1000:.1f} s, at most {what}" if wait_ms else "a slot is free"


def _day(f: Facts, i: OrderIntent) -> str:
    return f"{MISSING if f.day_orders is None else f.day_orders} orders today, at most {f.limits.day_orders_max}"


WORDS: dict[int, Words] = {
    1: _said("halted", "not halted", "whether a halt is on is not known"),
    2: _said("mode", "mode allows it", "the mode is not known"),
    3: _said("session", "logged in", "whether we are logged in is not known"),
    4: _said("address", "address accepted", "whether the address is registered is not known"),
    5: _said("locked", "unlocked", "whether the screen is locked is not known"),
    6: _said("store", "records are saved", "whether records are saved is not known"),
    7: _clock, 8: _reconciled, 9: _form, 10: _instrument, 11: _type, 12: _quantity, 13: _price, 14: _quote, 15: _hours,
    16: _band, 17: _range, 18: _collar, 19: _book, 20: _reduce_only, 21: _restricted, 22: _covered, 23: _size,
    24: _position, 25: _funds, 26: _loss, 27: _twin, 28: _habit, 29: _second, 30: _long, 31: _day, 32: _open,
    33: _cross, 34: _leak, 35: _pace, 36: _unknown, 37: _hedge, 38: _stop, 39: _target, 40: _basket,
}  # fmt: skip


def compared(number: int, f: Facts, i: OrderIntent) -> str:
    """What check `number` held against what. Facts of the wrong kind give a text that says so."""
    try:
        return WORDS[number](f, i)
    except Exception:  # noqa: BLE001  border: words for a person must come also when a fact is broken
        return "a fact it needs is broken"
