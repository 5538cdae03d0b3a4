"""The gate's checks as a table: one row a check, in the order in which they are asked. Pure.

A check sees an intent and the facts gathered for it in one synchronous step. Whatever is missing denies. `passes` is
all that runs on the way through; texts are made only for a person.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.config import Limits
from core.domain import Instrument, Kind, OrderIntent, OrderType, Product, Side, Validity
from core.money import E4, group, show_price
from core.views import SLOW_TIMES, CheckResult, Freshness, Verdict


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the owners of the state say at this instant. Prices 1/10,000 rupee, ages ms, `None` is "not known".

    The `*_text` fields are empty when the way is free, else the reason. `reducing` is proved, not declared: the order
    is against the position and, with all that rests or is unknown on its side, cannot exceed it.
    """

    limits: Limits
    halted_text: str
    mode_text: str
    session_text: str
    store_text: str
    reconciled_text: str
    known: Instrument | None
    today: str
    market_text: str
    freshness: Freshness | None
    age_ms: int | None
    bid_e4: int
    ask_e4: int
    last_e4: int | None
    upper_e4: int
    lower_e4: int
    reducing: bool
    twin_ms: int | None
    unknown_here: int
    unknown_all: int
    rate_wait_ms: int
    leaked: int


@dataclass(frozen=True, slots=True)
class Check:
    """One row. `compared` says what was held against what; `remedy` the next step, in plain words."""

    code: str
    name: str
    passes: Callable[[GateFacts, OrderIntent], bool]
    compared: Callable[[GateFacts, OrderIntent], str]
    remedy: str

    def result(self, facts: GateFacts, intent: OrderIntent) -> CheckResult:
        ok = self.passes(facts, intent)
        return CheckResult(self.code, self.name, ok, self.compared(facts, intent), "" if ok else self.remedy)


def well_formed(i: OrderIntent) -> bool:
    """Whether every field has exactly its type (a bool is no quantity); no other check can be asked of less."""
    return (
        type(i.quantity) is int
        and type(i.price_e4) is int
        and type(i.trigger_e4) is int
        and isinstance(i.side, Side)
        and isinstance(i.order_type, OrderType)
        and isinstance(i.product, Product)
        and isinstance(i.validity, Validity)
    )


def _same_instrument(f: GateFacts, i: OrderIntent) -> bool:
    known = f.known
    if known is None or known.symbol != i.instrument.symbol or known.kind is Kind.INDEX:
        return False
    if known.is_derivative and not f.today <= known.expiry:
        return False
    return known.kind is not Kind.OPTION or known.strike_e4 > 0


def _type_allowed(f: GateFacts, i: OrderIntent) -> bool:
    cash = i.instrument.kind is Kind.EQUITY
    fits = (Product.INTRADAY, Product.DELIVERY) if cash else (Product.INTRADAY, Product.CARRYFORWARD)
    return (
        i.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT) and i.validity is Validity.DAY and i.product in fits
    )


def _freeze(i: OrderIntent) -> int | None:
    """The largest quantity of one order, rounded down to a lot; None means none is set, which only cash may have."""
    limit, lot = i.instrument.freeze_quantity, i.instrument.lot
    return None if limit is None or lot <= 0 else limit // lot * lot


def _quantity(f: GateFacts, i: OrderIntent) -> bool:
    freeze = _freeze(i)
    if freeze is None and i.instrument.is_derivative:
        return False
    lot = i.instrument.lot
    return lot > 0 and i.quantity > 0 and i.quantity % lot == 0 and (freeze is None or i.quantity <= freeze)


def _quantity_text(f: GateFacts, i: OrderIntent) -> str:
    freeze = _freeze(i)
    if freeze is None and i.instrument.is_derivative:
        return "freeze quantity not known"
    cap = f", at most {group(freeze)}" if freeze is not None else ""
    return f"{group(i.quantity)} in lots of {group(i.instrument.lot)}{cap}"


def _price(f: GateFacts, i: OrderIntent) -> bool:
    tick = i.instrument.tick_e4
    if tick <= 0 or i.price_e4 <= 0 or i.price_e4 % tick:
        return False
    if i.order_type is not OrderType.STOPLOSS_LIMIT:
        return i.trigger_e4 == 0
    if i.trigger_e4 <= 0 or i.trigger_e4 % tick or f.last_e4 is None:
        return False
    if i.side is Side.BUY:
        return f.last_e4 < i.trigger_e4 <= i.price_e4
    return f.last_e4 > i.trigger_e4 >= i.price_e4


def _price_text(f: GateFacts, i: OrderIntent) -> str:
    tick = i.instrument.tick_e4
    if tick <= 0:
        return "tick size not known"
    text = f"{show_price(i.price_e4)} in ticks of {show_price(tick)}"
    if i.price_e4 > 0 and i.price_e4 % tick:
        below = i.price_e4 // tick * tick
        text += f"; nearest {show_price(below)} and {show_price(below + tick)}"
    return text


def _quote_fresh(f: GateFacts, i: OrderIntent) -> bool:
    oldest_ms = SLOW_TIMES * f.limits.quote_age_ms_max
    if f.freshness is not Freshness.FRESH or f.age_ms is None or f.age_ms > oldest_ms:
        return False
    return not (f.bid_e4 > 0 and f.ask_e4 > 0 and f.bid_e4 >= f.ask_e4)


def _quote_text(f: GateFacts, i: OrderIntent) -> str:
    if f.freshness is None or f.age_ms is None:
        return "no price was received yet"
    if f.freshness is Freshness.DOWN:
        return f"the feed is down, last price {f.age_ms / 1000:.1f} s old"
    if f.bid_e4 > 0 and f.ask_e4 > 0 and f.bid_e4 >= f.ask_e4:
        return f"crossed book: bid {show_price(f.bid_e4)}, ask {show_price(f.ask_e4)}"
    if f.freshness is Freshness.REST:
        return f"the price was read {f.age_ms / 1000:.1f} s ago, the feed does not give it"
    return f"price {f.age_ms / 1000:.1f} s old" + (
        ", late for how often it trades" if f.freshness is Freshness.STALE else ""
    )


def _in_band(f: GateFacts, i: OrderIntent) -> bool:
    if f.lower_e4 <= 0 or f.upper_e4 <= 0:
        return False
    inside = f.lower_e4 <= i.price_e4 <= f.upper_e4
    return inside and (i.trigger_e4 == 0 or f.lower_e4 <= i.trigger_e4 <= f.upper_e4)


def _band_text(f: GateFacts, i: OrderIntent) -> str:
    if f.lower_e4 <= 0 or f.upper_e4 <= 0:
        return "today's circuit limits are not known"
    return f"{show_price(i.price_e4)} within {show_price(f.lower_e4)} to {show_price(f.upper_e4)}"


def _collar_bps(f: GateFacts, i: OrderIntent) -> int:
    wide = 3 if f.reducing else 1
    return wide * (f.limits.collar_cash_bps if i.instrument.kind is Kind.EQUITY else f.limits.collar_futures_bps)


def _reference_e4(f: GateFacts, i: OrderIntent) -> int | None:
    touch = f.ask_e4 if i.side is Side.BUY else f.bid_e4
    return touch if touch > 0 else f.last_e4


def _in_collar(f: GateFacts, i: OrderIntent) -> bool:
    reference = _reference_e4(f, i)
    if reference is None or reference <= 0:
        return False
    return (i.price_e4 - reference) * int(i.side) * 10_000 <= reference * _collar_bps(f, i)


def _collar_text(f: GateFacts, i: OrderIntent) -> str:
    reference = _reference_e4(f, i)
    if reference is None or reference <= 0:
        return "no price to compare with"
    beyond = (i.price_e4 - reference) * int(i.side) / reference * 100
    return f"{beyond:+.2f}% beyond {show_price(reference)}, at most {_collar_bps(f, i) / 100:.2f}%"


def _size(f: GateFacts, i: OrderIntent) -> bool:
    twice = 2 if f.reducing else 1
    if i.instrument.is_derivative:
        lot = i.instrument.lot
        return lot > 0 and i.quantity <= f.limits.order_lots_max * lot * twice
    limits = f.limits
    return i.quantity <= limits.order_quantity_max * twice and i.value_e4 <= limits.order_value_rupees_max * E4 * twice


def _size_text(f: GateFacts, i: OrderIntent) -> str:
    twice = 2 if f.reducing else 1
    if i.instrument.is_derivative:
        lot = max(i.instrument.lot, 1)
        return f"{i.quantity / lot:g} lots of at most {f.limits.order_lots_max * twice}"
    return (
        f"{group(i.quantity)} of at most {group(f.limits.order_quantity_max * twice)}, "
        f"₹{group(i.value_e4 // E4)} of at most ₹{group(f.limits.order_value_rupees_max * twice)}"
    )


def _no_twin(f: GateFacts, i: OrderIntent) -> bool:
    return f.twin_ms is None or f.twin_ms > f.limits.duplicate_block_ms


def _twin_text(f: GateFacts, i: OrderIntent) -> str:
    if f.twin_ms is None:
        return "no equal order before"
    return f"an equal order {f.twin_ms / 1000:.1f} s ago, at least {f.limits.duplicate_block_ms / 1000:.1f} s apart"


def _unknowns(f: GateFacts, i: OrderIntent) -> bool:
    return f.reducing or (f.unknown_here == 0 and f.unknown_all < 3)


def _unknown_text(f: GateFacts, i: OrderIntent) -> str:
    return f"{f.unknown_here} unknown on {i.instrument.name}, {f.unknown_all} in all"


def _text(field: str, fine: str) -> Callable[[GateFacts, OrderIntent], str]:
    return lambda f, i: getattr(f, field) or fine


def _empty(field: str) -> Callable[[GateFacts, OrderIntent], bool]:
    return lambda f, i: getattr(f, field) == ""


PLACE_CHECKS: tuple[Check, ...] = (
    Check(
        "G1",
        "KILL_ACTIVE",
        _empty("halted_text"),
        _text("halted_text", "not halted"),
        "Undo the halt in PANIC.",
    ),
    Check(
        "G2",
        "MODE_FORBIDS",
        _empty("mode_text"),
        _text("mode_text", "mode allows it"),
        "See the line on top.",
    ),
    Check("G3", "SESSION_INVALID", _empty("session_text"), _text("session_text", "logged in"), "Wait for the login."),
    Check("G6", "STORE_UNHEALTHY", _empty("store_text"), _text("store_text", "records are saved"), "Free the disk."),
    Check("G8", "NOT_RECONCILED", _empty("reconciled_text"), _text("reconciled_text", "books agree"), "Wait a moment."),
    Check(
        "G34", "LEAK", lambda f, i: f.leaked == 0, lambda f, i: f"{f.leaked} sent without approval", "Restart; report."
    ),
    Check(
        "G9",
        "BAD_FIELD",
        lambda f, i: well_formed(i),
        lambda f, i: "every field has its type",
        "Enter the order again.",
    ),
    Check(
        "G10",
        "INSTRUMENT_UNKNOWN",
        _same_instrument,
        lambda f, i: (
            f"{i.instrument.exchange} {i.instrument.token} {i.instrument.symbol} {i.instrument.expiry}".rstrip()
        ),
        "Choose a tradable instrument of today's master.",
    ),
    Check(
        "G11",
        "TYPE_NOT_ALLOWED",
        _type_allowed,
        lambda f, i: f"{i.order_type} {i.product.short} {i.validity}",
        "Use LIMIT DAY; MIS or CNC for shares, MIS or NRML for derivatives. Market and IOC orders are off.",
    ),
    Check("G12", "QTY_INVALID", _quantity, _quantity_text, "Change the quantity."),
    Check("G13", "PRICE_INVALID", _price, _price_text, "Change the price."),
    Check("G14", "QUOTE_STALE", _quote_fresh, _quote_text, "Wait for a live price."),
    Check("G15", "MARKET_CLOSED", _empty("market_text"), _text("market_text", "market open"), "Wait for the session."),
    Check("G16", "OUTSIDE_BAND", _in_band, _band_text, "Choose a price inside the band."),
    Check("G18", "PRICE_COLLAR", _in_collar, _collar_text, "Move the price nearer to the market."),
    Check("G23", "ORDER_SIZE", _size, _size_text, "Reduce the quantity, or raise the limit in the configuration."),
    Check("G27", "DUPLICATE", _no_twin, _twin_text, "Wait two seconds if you mean it."),
    Check("G36", "UNKNOWN_PENDING", _unknowns, _unknown_text, "Wait until the broker's books answer for it."),
    Check(
        "G29",
        "RATE_SECOND",
        lambda f, i: f.rate_wait_ms == 0,
        lambda f, i: f"next slot in {f.rate_wait_ms / 1000:.1f} s" if f.rate_wait_ms else "a slot is free",
        "Try again in a second.",
    ),
)


def verdict(facts: GateFacts, intent: OrderIntent) -> Verdict:
    """Every check; a malformed intent is judged no further than its form."""
    results = []
    for check in PLACE_CHECKS:
        results.append(check.result(facts, intent))
        if check.code == "G9" and not results[-1].ok:
            break
    return Verdict(tuple(results))


def describe(result: CheckResult) -> str:
    """A denial in four parts: code, what was compared, that nothing was sent, the next step."""
    return f"{result.code} {result.name}: {result.compared}. Nothing was sent. {result.remedy}"
