# ruff: noqa: E501  a table is read by its rows
"""Every check at its limit and one step beyond, for orders that may add risk, that reduce, and for changes.

A row says: what is spoilt, the terms, which checks deny. The last good value and the first bad one stand side by side.
"""

from collections.abc import Callable
from typing import Any

import pytest

from core.approval import Action, Approved
from core.config import Limits
from core.domain import OrderState, OrderType, Product, Side
from core.facts import Operation
from core.orders.checks.conduct import paced, shifted, stale_target, usual
from core.orders.checks.exposure import opening_units
from core.orders.checks.facts import MONEY_MAX_E4, Facts
from core.orders.checks.market import reference_e4
from core.views import Freshness, Level
from tests.builders import NIFTY_CALL, NIFTY_FUT, RELIANCE, SBIN, fill, intent, order
from tests.orders.fakes import GateRig, quote

S = OrderState
FUT = dict(instrument=NIFTY_FUT, product=Product.CARRYFORWARD, quantity=65)
CALL = dict(instrument=NIFTY_CALL, product=Product.CARRYFORWARD, quantity=65)
SELL = dict(side=Side.SELL, price_e4=1412_5000)
CNC = dict(product=Product.DELIVERY)
STOCK_FUT = dict(product=Product.CARRYFORWARD, quantity=65)
RUPEE = 10_000


def out(**values: Any) -> Callable[[GateRig], None]:
    """Facts from outside."""
    return lambda rig: [setattr(rig.outside, k, v) for k, v in values.items()]


def own(**values: Any) -> Callable[[GateRig], None]:
    """Reasons of the authority."""
    return lambda rig: [setattr(rig.authority, k, v) for k, v in values.items()]


def market(**values: Any) -> Callable[[GateRig], None]:
    return lambda rig: setattr(rig.quotes, "now", quote(**values))


def age(ms: int) -> Callable[[GateRig], None]:
    return lambda rig: setattr(rig.quotes, "age", ms)


def resting(count: int, **terms: Any) -> Callable[[GateRig], None]:
    """So many working orders that do not meet ours."""

    def put(rig: GateRig) -> None:
        for n in range(count):
            made = order(
                tag=f"r{n}", broker_id=f"b{n}", **{"state": S.WORKING, "price_e4": 1400_0000, "quantity": 1, **terms}
            )
            rig.blotter.put(made, "test")

    return put


def held(quantity: int = 10, **terms: Any) -> Callable[[GateRig], None]:
    """A long position, or a short one for a negative quantity."""
    side = Side.BUY if quantity > 0 else Side.SELL
    return lambda rig: rig.blotter.book_fills([fill(quantity=abs(quantity), side=side, **terms)])


def both(*spoils: Callable[[GateRig], None]) -> Callable[[GateRig], None]:
    return lambda rig: [spoil(rig) for spoil in spoils]


def bids(price: int, quantity: int = 10_000) -> tuple[Level, ...]:
    return (Level(price, quantity, 1),)


FUTURE_TERMS = dict(
    exchange=NIFTY_FUT.exchange, token=NIFTY_FUT.token, symbol=NIFTY_FUT.symbol, product=Product.CARRYFORWARD
)
CALL_TERMS = dict(
    exchange=NIFTY_CALL.exchange, token=NIFTY_CALL.token, symbol=NIFTY_CALL.symbol, product=Product.CARRYFORWARD
)

ROWS: list[tuple[str, Callable[[GateRig], Any], dict[str, Any], str]] = [
    # G4, G5, G7, G8
    ("address", out(address="AG7002"), {}, "G4"),
    ("locked", out(locked="locked"), {}, "G5"),
    ("clock at +", out(offset_ms=3_000), {}, ""),
    ("clock beyond +", out(offset_ms=3_001), {}, "G7"),
    ("clock at -", out(offset_ms=-3_000), {}, ""),
    ("clock beyond -", out(offset_ms=-3_001), {}, "G7"),
    ("clock, reducing", both(held(), out(offset_ms=9_999)), SELL, ""),
    ("not reconciled", own(reconciled="checking"), {}, "G8"),
    ("not reconciled, reducing, positions new", both(held(), own(reconciled="x"), out(positions_ms=4_999)), SELL, ""),
    ("not reconciled, reducing, positions old", both(held(), own(reconciled="x"), out(positions_ms=5_000)), SELL, "G8"),
    ("not reconciled, reducing, never read", both(held(), own(reconciled="x"), out(positions_ms=None)), SELL, "G8"),
    ("not reconciled, positions new, opening", both(own(reconciled="x"), out(positions_ms=0)), {}, "G8"),
    # G10 to G13
    ("master old", out(master="of yesterday"), {}, "G10"),
    ("master old, reducing", both(held(), out(master="of yesterday")), SELL, ""),
    ("freeze at", out(freeze=65), FUT, ""),
    ("freeze just below a lot", out(freeze=64), FUT, "G12"),
    ("freeze, share at", out(freeze=10), {}, ""),
    ("freeze, share beyond", out(freeze=9), {}, "G12"),
    ("no freeze, share", out(freeze=None), {}, ""),
    ("no freeze, contract", out(freeze=None), FUT, "G12"),
    ("nothing", lambda rig: None, dict(quantity=0), "G12"),
    ("one", lambda rig: None, dict(quantity=1), ""),
    ("half a lot", lambda rig: None, {**FUT, "quantity": 64}, "G12"),
    ("off the tick", lambda rig: None, dict(price_e4=1412_5500), "G13"),
    ("on the tick", lambda rig: None, dict(price_e4=1412_5000), ""),
    ("trigger on a limit order", lambda rig: None, dict(trigger_e4=1412_6000), "G13"),
    ("price nothing", lambda rig: None, dict(price_e4=0), "G13 G16"),
    ("price below nothing", lambda rig: None, dict(price_e4=-1412_6000), "G13 G16"),
    ("buy stop, trigger at the price", lambda rig: None, dict(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1414_0000, price_e4=1414_0000), ""),
    ("buy stop, trigger beyond the price", lambda rig: None, dict(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1414_1000, price_e4=1414_0000), "G13"),
    ("buy stop, trigger at the last price", market(ltp_e4=1412_6000), dict(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1412_6000, price_e4=1414_0000), "G13"),
    ("sell stop, trigger at the price", lambda rig: None, dict(side=Side.SELL, order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1411_0000, price_e4=1411_0000), ""),
    ("sell stop, trigger below the price", lambda rig: None, dict(side=Side.SELL, order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1410_9000, price_e4=1411_0000), "G13"),
    ("sell stop, trigger at the last price", market(ltp_e4=1412_5000), dict(side=Side.SELL, order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1412_5000, price_e4=1411_0000), "G13"),
    ("stop, trigger off the tick", lambda rig: None, dict(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1413_0500, price_e4=1414_0000), "G13"),
    ("stop without a trigger", lambda rig: None, dict(order_type=OrderType.STOPLOSS_LIMIT, price_e4=1414_0000), "G13"),
    # G14
    ("no age yet", age(0), {}, ""),
    ("share age at", age(5_000), {}, ""),
    ("share age beyond", age(5_001), {}, "G14"),
    ("index contract age at", age(3_000), FUT, ""),
    ("index contract age beyond", age(3_001), FUT, "G14"),
    ("locked book", market(bids=bids(1412_6000), asks=bids(1412_6000)), {}, "G14"),
    ("one side empty", market(bids=()), dict(price_e4=1412_5000), ""),
    # G15
    ("no more entries", out(entry="after 15:10"), {}, "G15"),
    ("no more entries, reducing", both(held(), out(entry="after 15:10")), SELL, ""),
    ("closed, reducing", both(held(), own(market="closed")), SELL, "G15"),
    # G16
    ("at the upper circuit", market(upper_e4=1412_6000), {}, ""),
    ("beyond the upper circuit", market(upper_e4=1412_5999), {}, "G16"),
    ("at the lower circuit", market(lower_e4=1412_6000), {}, ""),
    ("below the lower circuit", market(lower_e4=1412_6001), {}, "G16"),
    ("trigger above the band", market(upper_e4=1413_5000),
     dict(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1413_6000, price_e4=1413_5000), "G13 G16"),
    # G17: nine tenths of 100 rupees round 1,412.55
    ("range at +", both(market(ltp_e4=1412_5000, asks=bids(1502_5000), upper_e4=1700_0000), out(protection=100 * RUPEE)), {**FUT, "price_e4": 1502_5000}, "G19"),
    ("range beyond +", both(market(ltp_e4=1412_5000, asks=bids(1502_6000), upper_e4=1700_0000), out(protection=100 * RUPEE)), {**FUT, "price_e4": 1502_6000}, "G17 G19"),
    ("range at -", both(market(ltp_e4=1412_5000), out(protection=100 * RUPEE)), {**FUT, "price_e4": 1322_5000}, ""),
    ("range beyond -", both(market(ltp_e4=1412_5000), out(protection=100 * RUPEE)), {**FUT, "price_e4": 1322_4000}, "G17"),
    ("range, share", out(protection=0), {}, ""),
    ("range, reducing warns", both(held(65, **FUTURE_TERMS), out(protection=0)), {**FUT, **SELL}, ""),
    # G18: 2 % for shares, 1 % for futures, 20 % or 2 rupees for options
    ("collar share at", lambda rig: None, dict(price_e4=1440_8000, quantity=1), ""),
    ("collar share beyond", lambda rig: None, dict(price_e4=1440_9000, quantity=1), "G18"),
    ("collar share sell at", lambda rig: None, dict(side=Side.SELL, price_e4=1384_3000), ""),
    ("collar share sell beyond", lambda rig: None, dict(side=Side.SELL, price_e4=1384_2000), "G18"),
    ("collar future at", lambda rig: None, {**FUT, "price_e4": 1426_7000}, ""),
    ("collar future beyond", lambda rig: None, {**FUT, "price_e4": 1426_8000}, "G18"),
    ("collar reducing at", both(held(), market(lower_e4=1 * RUPEE)), dict(side=Side.SELL, price_e4=1327_8000), ""),
    ("collar reducing beyond", both(held(), market(lower_e4=1 * RUPEE)), dict(side=Side.SELL, price_e4=1327_7000), "G18"),
    ("collar option 20 % at", market(ltp_e4=100 * RUPEE, bids=bids(99_9500), asks=bids(100 * RUPEE), upper_e4=900 * RUPEE, lower_e4=500), {**CALL, "price_e4": 120 * RUPEE}, ""),
    ("collar option 20 % beyond", market(ltp_e4=100 * RUPEE, bids=bids(99_9500), asks=bids(100 * RUPEE), upper_e4=900 * RUPEE, lower_e4=500), {**CALL, "price_e4": 120_0500}, "G18"),
    ("collar cheap index option 50 ticks at", market(ltp_e4=5 * RUPEE, bids=bids(4_9500), asks=bids(5 * RUPEE), upper_e4=900 * RUPEE, lower_e4=500), {**CALL, "price_e4": 7_5000}, ""),
    ("collar cheap index option beyond", market(ltp_e4=5 * RUPEE, bids=bids(4_9500), asks=bids(5 * RUPEE), upper_e4=900 * RUPEE, lower_e4=500), {**CALL, "price_e4": 7_5500}, "G18"),
    ("collar option at ten rupees is 2 rupees", market(ltp_e4=10 * RUPEE, bids=bids(9_9500), asks=bids(10 * RUPEE), upper_e4=900 * RUPEE, lower_e4=500), {**CALL, "price_e4": 12 * RUPEE}, ""),
    ("collar option at ten rupees beyond", market(ltp_e4=10 * RUPEE, bids=bids(9_9500), asks=bids(10 * RUPEE), upper_e4=900 * RUPEE, lower_e4=500), {**CALL, "price_e4": 12_0500}, "G18"),
    # G19: spread 1 %, half of the visible book
    ("book share at", market(asks=bids(1412_6000, 20)), {}, ""),
    ("book share beyond", market(asks=bids(1412_6000, 19)), {}, "G19"),
    ("book share, waiting order", market(asks=bids(1412_6000, 1)), dict(price_e4=1412_5000), ""),
    ("spread at", market(bids=bids(1400_0000), asks=bids(1414_0000)), dict(price_e4=1414_0000), ""),
    ("spread beyond", market(bids=bids(1400_0000), asks=bids(1414_1000)), dict(price_e4=1414_1000), "G19"),
    ("book, sell side at", market(bids=bids(1412_5000, 20)), SELL, ""),
    ("book, sell side beyond", market(bids=bids(1412_5000, 19)), SELL, "G19"),
    ("book, no bid", market(bids=()), {}, "G19"),
    ("book, reducing warns", both(held(), market(bids=bids(1412_5000, 1))), SELL, ""),
    # G20, G21
    ("instrument reduce-only", out(reduce_only="a mismatch"), {}, "G20"),
    ("instrument reduce-only, reducing", both(held(), out(reduce_only="a mismatch")), SELL, ""),
    ("own list", out(is_blocked=True), {}, "G21"),
    ("own list, reducing", both(held(), out(is_blocked=True)), SELL, ""),
    ("index is never banned", out(ban=True), FUT, ""),
    # G22
    ("cover at", both(held(4, product=Product.DELIVERY), out(holdings=7)), {**SELL, **CNC, "quantity": 11}, ""),
    ("cover beyond", both(held(4, product=Product.DELIVERY), out(holdings=7)), {**SELL, **CNC, "quantity": 12}, "G22"),
    ("cover with an offer at", both(resting(1, side=Side.SELL, price_e4=1430_0000, product=Product.DELIVERY, quantity=3), out(holdings=13)), {**SELL, **CNC}, ""),
    ("cover with an offer beyond", both(resting(1, side=Side.SELL, price_e4=1430_0000, product=Product.DELIVERY, quantity=3), out(holdings=12)), {**SELL, **CNC}, "G22"),
    ("cover bought today needs no holdings", both(held(10, product=Product.DELIVERY), out(holdings=None)), {**SELL, **CNC}, ""),
    ("no cover is asked of a day sale", out(holdings=0), SELL, ""),
    # G23
    ("value at", lambda rig: None, dict(quantity=141), ""),
    ("value beyond", lambda rig: None, dict(quantity=142), "G23"),
    ("lots at", lambda rig: None, {**FUT, "quantity": 130}, ""),
    ("lots beyond", lambda rig: None, {**FUT, "quantity": 195}, "G23"),
    ("option sold", lambda rig: None, {**CALL, **SELL}, "G23"),
    ("option sold, reducing", held(65, **CALL_TERMS), {**CALL, **SELL}, ""),
    ("premium beyond", lambda rig: None, {**CALL}, "G23"),
    # G24: 5 lakh, 4 lots
    ("position at", held(344), {}, ""),
    ("position beyond", held(344, price_e4=1), dict(quantity=11), "G24"),
    ("position lots at", held(130, **FUTURE_TERMS), {**FUT, "quantity": 130}, ""),
    ("position lots beyond", held(195, **FUTURE_TERMS), {**FUT, "quantity": 130}, "G24"),
    ("position, resting counts", resting(1, quantity=345, price_e4=1400_0000), {}, "G24"),
    ("gross at", out(capital_e4=4709 * RUPEE), dict(quantity=10), ""),
    ("gross beyond", out(capital_e4=4708 * RUPEE), dict(quantity=10), "G24"),
    # G25: 25 % of 14,126 kept within 95 %
    ("funds at", out(usable_e4=37_173_690), {}, ""),
    ("funds beyond", out(usable_e4=37_173_000), {}, "G25"),
    ("funds, reducing", both(held(), out(usable_e4=0)), SELL, ""),
    ("funds old at", out(money_age_ms=120_000), {}, ""),
    ("funds old beyond", out(money_age_ms=120_001), {}, "G25"),
    # G26
    ("loss before", out(profit_e4=-10_000 * RUPEE + 1), {}, ""),
    ("loss at", out(profit_e4=-10_000 * RUPEE), {}, "G26"),
    ("loss share before", out(capital_e4=100_000 * RUPEE, profit_e4=-2_000 * RUPEE + 1), {}, ""),
    ("loss share at", out(capital_e4=100_000 * RUPEE, profit_e4=-2_000 * RUPEE), {}, "G26"),
    ("loss, reducing", both(held(), out(profit_e4=-99_999 * RUPEE)), SELL, ""),
    ("result old, flat", out(day_age_ms=99_999), {}, ""),
    ("result old at, position", both(held(), out(day_age_ms=30_000)), {}, ""),
    ("result old beyond, position", both(held(), out(day_age_ms=30_001)), {}, "G26"),
    ("loss latch", out(loss="latched"), {}, "G26"),
    # G32
    ("open here at", resting(9), {}, ""),
    ("open here beyond", resting(10), {}, "G32"),
    ("open here, reducing at", both(held(), resting(14)), SELL, ""),
    ("open here, reducing beyond", both(held(), resting(15)), SELL, "G32"),
    ("open in all at", resting(49, token=SBIN.token), {}, ""),
    ("open in all beyond", resting(50, token=SBIN.token), {}, "G32"),
    ("open in all, reducing at", both(held(), resting(59, token=SBIN.token)), SELL, ""),
    ("open in all, reducing beyond", both(held(), resting(60, token=SBIN.token)), SELL, "G32"),
    # G33
    ("own sell above", resting(1, side=Side.SELL, price_e4=1412_7000), {}, ""),
    ("own sell at", resting(1, side=Side.SELL, price_e4=1412_6000), {}, "G33"),
    ("own buy below", resting(1, price_e4=1412_4000), SELL, ""),
    ("own buy at", resting(1, price_e4=1412_5000), SELL, "G33"),
    ("own stop that waits", resting(1, side=Side.SELL, price_e4=1400_0000, order_type=OrderType.STOPLOSS_LIMIT, state=S.TRIGGER_PENDING), {}, ""),
    # G36
    ("one unknown here", resting(1, state=S.UNKNOWN, price_e4=1400_0000), {}, "G36"),
    ("two unknown elsewhere", resting(2, state=S.UNKNOWN, token=SBIN.token), {}, ""),
    ("three unknown elsewhere", resting(3, state=S.UNCONFIRMED, token=SBIN.token), {}, "G36"),
    ("unknown, reducing", both(held(), resting(1, state=S.UNKNOWN)), SELL, ""),
    # G31
    ("day at", out(orders=499), {}, ""),
    ("day beyond", out(orders=500), {}, "G31"),
    ("day, reducing", both(held(), out(orders=500)), SELL, ""),
]  # fmt: skip
LIMITS = {
    "premium beyond": Limits(option_buy_rupees_max=91_818),
    "position at": Limits(position_value_rupees_max=500_061),
    "position beyond": Limits(position_value_rupees_max=500_061),
    "result old at, position": Limits(gross_times_capital_max=20),
    "open here at": Limits(position_value_rupees_max=10**9),
}
WIDE = Limits(option_buy_rupees_max=10**9)


@pytest.mark.parametrize(("name", "spoil", "terms", "codes"), ROWS, ids=[row[0] for row in ROWS])
def test_at_and_beyond(name, spoil, terms, codes):
    rig = GateRig(LIMITS.get(name, WIDE))
    spoil(rig)

    assert " ".join(r.code for r in rig.gate.check(intent(**terms)).denials) == codes


def test_an_option_may_be_bought_up_to_its_premium_and_sold_when_it_is_switched_on():
    assert GateRig(Limits(option_buy_rupees_max=91_819)).gate.check(intent(**CALL)).allowed
    assert GateRig(Limits(option_selling=True)).gate.check(intent(**CALL, **SELL)).allowed


def test_a_stock_contract_is_asked_for_the_ban_list():
    from dataclasses import replace

    stock = replace(NIFTY_FUT, name="RELIANCE", token="1", symbol="RELIANCE29DEC26FUT")
    for ban, early, codes in (
        (False, False, []),
        (True, False, ["G21"]),
        (True, True, ["G21"]),
        (None, True, []),
        (None, False, ["G21"]),
    ):
        rig = GateRig()
        rig.master[stock.key] = stock
        rig.outside.ban, rig.outside.is_early = ban, early
        assert [r.code for r in rig.gate.check(intent(instrument=stock, **STOCK_FUT)).denials] == codes


@pytest.mark.parametrize("series", ["-BE", "-BZ", "-T0", "-ST"])
def test_trade_to_trade_shares_are_not_bought_for_the_day(series):
    from dataclasses import replace

    share = replace(RELIANCE, symbol=f"RELIANCE{series}")
    rig = GateRig()
    rig.master[share.key] = share

    assert [r.code for r in rig.gate.check(intent(instrument=share)).denials] == ["G21"]
    assert rig.gate.check(intent(instrument=share, product=Product.DELIVERY)).allowed


def approve(rig: GateRig, n: int, **terms: Any) -> object:
    asked = intent(intent_id=f"a{n}", **terms)
    made = order(tag=f"a{n}", quantity=asked.quantity, price_e4=asked.price_e4, side=asked.side, product=asked.product)
    said = rig.gate.approve(asked, made)
    if isinstance(said, Approved):
        rig.blotter.exposure.drop(made.tag)
        return said
    return [r.code for r in said.denials]


def test_an_equal_order_is_blocked_for_two_seconds_and_warned_of_for_thirty():
    rig = GateRig()
    approve(rig, 0)
    for seconds, ok, warns in (
        (0.0, False, False),
        (2.0, False, False),
        (0.001, True, True),
        (27.999, True, True),
        (0.001, True, False),
    ):
        rig.clock.move(seconds)
        (found,) = [r for r in rig.gate.check(intent(intent_id="x")).results if r.code == "G27"]
        assert (found.ok, found.warning and found.ok) == (ok, warns)


@pytest.mark.parametrize(
    ("terms", "twin"),
    [
        (dict(price_e4=1412_8000), True), (dict(price_e4=1412_9000), False), (dict(price_e4=1412_4000), True),
        (dict(price_e4=1412_3000), False), (dict(quantity=11), False), (dict(product=Product.DELIVERY), False),
        (dict(side=Side.SELL), False), (dict(instrument=SBIN), False), (dict(), True),
    ],
)  # fmt: skip
def test_what_makes_two_orders_equal(terms, twin):
    rig = GateRig()
    approve(rig, 0)

    denied = [r.code for r in rig.gate.check(intent(intent_id="x", **terms)).denials]

    assert ("G27" in denied) is twin


def test_the_same_ticket_never_passes_twice():
    rig = GateRig()
    approve(rig, 0)
    rig.clock.move(3_600)

    assert [r.code for r in rig.gate.check(intent(intent_id="a0")).denials] == ["G27"]


def test_ten_orders_make_a_habit_and_beyond_it_the_quantity_is_typed():
    rig = GateRig(
        Limits(
            runaway_orders_max=99,
            order_value_rupees_max=10**9,
            position_value_rupees_max=10**9,
            gross_times_capital_max=20,
        )
    )
    for n in range(9):
        assert isinstance(approve(rig, n, quantity=n + 1), Approved)
    assert rig.gate.check(intent(quantity=141)).allowed
    approve(rig, 9, quantity=10)

    assert rig.gate.check(intent(quantity=100)).allowed
    (denial,) = rig.gate.check(intent(quantity=101)).denials
    assert (denial.code, denial.typed) == ("G28", "101")
    assert rig.gate.check(intent(quantity=101, confirmed=("G28",))).allowed
    assert not rig.gate.check(intent(quantity=101, confirmed=("G14",))).allowed


@pytest.mark.parametrize(
    ("price", "codes"),
    [(144_2000, True), (138_4000, False), (138_5000, True), (144_1000, True), (144_0000, True), (145_0000, False)],
)
def test_a_digit_too_few_asks_to_type(price, codes):
    rig = GateRig()
    rig.quotes.now = quote(lower_e4=1 * RUPEE)

    assert ("G28" in [r.code for r in rig.gate.check(intent(price_e4=price)).denials]) is (
        1384_2990 <= price * 10 <= 1440_8010
    )


def test_ten_orders_on_one_instrument_in_a_minute_pause_it_for_a_minute():
    rig = GateRig()
    for n in range(10):
        assert isinstance(approve(rig, n, quantity=n + 1), Approved)
    assert approve(rig, 10, quantity=50) == ["G35"]
    rig.clock.move(59.9)
    assert approve(rig, 11, quantity=50) == ["G35"]
    held(10)(rig)
    assert isinstance(approve(rig, 12, **SELL), Approved)
    rig.clock.move(0.2)
    assert isinstance(approve(rig, 13, quantity=50), Approved)


def test_six_filled_orders_in_a_minute_pause_an_instrument():
    for count, codes in ((5, []), (6, ["G35"])):
        rig = GateRig()
        for n in range(count):
            rig.blotter.put(
                order(tag=f"f{n}", state=S.FILLED, filled=10, broker_id=f"{n}", updated_ns=rig.clock.wall_ns()), "test"
            )
        assert [r.code for r in rig.gate.check(intent(quantity=1)).denials] == codes


def test_three_turns_of_a_position_in_a_minute_pause_an_instrument():
    rig = GateRig()
    for n, side in enumerate((Side.BUY, Side.SELL, Side.BUY, Side.SELL)):
        denied = [r.code for r in rig.gate.check(intent(quantity=1)).denials]
        assert "G35" not in denied
        rig.blotter.book_fills([fill(fill_id=f"t{n}", quantity=10 if n == 0 else 20, side=side)])
    assert "G35" in [r.code for r in rig.gate.check(intent(quantity=1, side=Side.SELL, price_e4=1412_5000)).denials]


def test_what_is_reserved_is_not_spent_twice_until_funds_are_read_again():
    rig = GateRig()
    rig.outside.usable_e4 = 6_000 * RUPEE
    assert isinstance(approve(rig, 0), Approved)
    assert approve(rig, 1, quantity=9) == ["G25"]
    rig.clock.move(1)

    assert isinstance(approve(rig, 2, quantity=9), Approved)


def test_the_collar_takes_the_worse_of_now_and_ten_seconds_ago():
    rig = GateRig()
    rig.gate.check(intent())
    for _ in range(12):
        rig.clock.move(1)
        rig.gate.book.sample()
    rig.quotes.now = quote(asks=bids(1500_0000), bids=bids(1412_5000))

    denied = [r.code for r in rig.gate.check(intent(price_e4=1450_0000)).denials]
    assert denied == ["G18"]
    rig.quotes.now = quote(bids=bids(1300_0000))
    assert "G18" in [r.code for r in rig.gate.check(intent(side=Side.SELL, price_e4=1350_0000)).denials]


def test_the_range_is_reckoned_from_the_average_of_thirty_seconds():
    rig = GateRig()
    rig.outside.protection = 100 * RUPEE
    rig.gate.check(intent(**FUT))
    for _ in range(30):
        rig.clock.move(1)
        rig.gate.book.sample()
    rig.quotes.now = quote(ltp_e4=1442_5500)

    facts = rig.gate.book.gather(intent(**FUT))
    assert (
        facts.range_low_e4 == (30 * 1412_5500 + 1442_5500) // 31 - 90 * RUPEE
        or facts.range_low_e4 == 1412_5500 - 90 * RUPEE
    )


def test_closing_the_cover_of_a_short_option_is_typed():
    rig = GateRig(Limits(option_selling=True))
    held(65, **FUTURE_TERMS)(rig)
    rig.blotter.book_fills([fill(fill_id="s", quantity=65, side=Side.SELL, **CALL_TERMS)])

    (denial,) = rig.gate.check(intent(**FUT, **SELL)).denials
    assert (denial.code, denial.typed) == ("G37", "SEND")
    assert rig.gate.check(intent(**FUT, **SELL, confirmed=("G37",))).allowed
    assert rig.gate.check(intent(**CALL)).allowed


WORKING = dict(state=S.WORKING, broker_id="1")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (WORKING, ""), ({**WORKING, "state": S.FILLED}, "G39"), ({**WORKING, "broker_id": ""}, "G39"),
        ({**WORKING, "state": S.UNKNOWN}, "G39"), ({**WORKING, "change": "cancel"}, "G39"),
        ({**WORKING, "change": "modify"}, "G39"),
    ],
)  # fmt: skip
def test_a_change_needs_an_order_that_stands_still(terms, code):
    rig = GateRig()
    target = order(**terms)

    denied = [r.code for r in rig.gate.check_modify(intent(quantity=9), target).denials]
    assert denied == ([code] if code else [])


def test_twenty_changes_and_three_cancels_a_minute():
    rig, target = GateRig(), order(**WORKING)
    rig.blotter.put(target, "test")
    for _ in range(20):
        assert isinstance(rig.gate.approve_modify(intent(quantity=9), target, order(**WORKING, quantity=9)), Approved)
    assert [r.code for r in rig.gate.approve_modify(intent(quantity=9), target, target).denials] == ["G39"]
    for _ in range(3):
        assert isinstance(rig.gate.approve_cancel(target, RELIANCE, False), Approved)
    assert rig.gate.approve_cancel(target, RELIANCE, False).code == "G39"
    rig.clock.move(60)
    assert isinstance(rig.gate.approve_cancel(target, RELIANCE, False), Approved)


def test_after_a_refused_change_the_order_is_read_first():
    rig, target = GateRig(), order(**WORKING)
    rig.gate.book.changes.refused(target.tag)

    assert rig.gate.approve_cancel(target, RELIANCE, False).code == "G39"
    rig.gate.book.changes.read()
    assert isinstance(rig.gate.approve_cancel(target, RELIANCE, False), Approved)


STOP = dict(
    order_type=OrderType.STOPLOSS_LIMIT,
    side=Side.SELL,
    trigger_e4=1400_0000,
    price_e4=1399_0000,
    broker_id="s",
    state=S.TRIGGER_PENDING,
)


def test_the_last_stop_is_not_taken_away_unasked():
    rig, stop = GateRig(), order(**STOP)
    rig.blotter.put(stop, "test")
    assert isinstance(rig.gate.approve_cancel(stop, RELIANCE, False), Approved)
    held(10)(rig)
    assert rig.gate.approve_cancel(stop, RELIANCE, False).code == "G38"
    assert isinstance(rig.gate.approve_cancel(stop, RELIANCE, True), Approved)
    for terms, codes in (
        (dict(trigger_e4=1401_0000), []), (dict(trigger_e4=1399_9000), ["G38"]), (dict(quantity=9), ["G38"]),
        (dict(quantity=10), []),
    ):  # fmt: skip
        asked = intent(
            **{
                "side": Side.SELL,
                "order_type": OrderType.STOPLOSS_LIMIT,
                "trigger_e4": 1400_0000,
                "price_e4": 1399_0000,
                **terms,
            }
        )
        assert [r.code for r in rig.gate.check_modify(asked, stop).denials] == codes
    rig.blotter.put(order(**{**STOP, "tag": "other", "broker_id": "s2"}), "test")
    assert isinstance(rig.gate.approve_cancel(stop, RELIANCE, False), Approved)


def test_break_glass_is_typed_and_only_for_what_reduces():
    rig = GateRig()
    held(10)(rig)
    rig.authority.halted = "halted"
    assert [(r.code, r.typed) for r in rig.gate.check(intent(**SELL)).denials] == [("G1", "SEND")]
    assert rig.gate.check(intent(**SELL, confirmed=("G1",))).allowed
    assert not rig.gate.check(intent(confirmed=("G1",))).allowed
    assert not rig.gate.check(intent(**SELL, quantity=11, confirmed=("G1",))).allowed


def test_a_mode_that_allows_no_typed_exit_is_not_talked_round():
    rig = GateRig()
    held(10)(rig)
    rig.authority.modes = {Operation.REDUCE: "offline"}

    (denial,) = rig.gate.check(intent(**SELL, confirmed=("G2",))).denials
    assert (denial.code, denial.typed) == ("G2", "")
    rig.authority.typed = {Operation.REDUCE: ""}
    (denial,) = rig.gate.check(intent(**SELL)).denials
    assert (denial.code, denial.typed) == ("G2", "SEND")
    assert rig.gate.check(intent(**SELL, confirmed=("G2",))).allowed


def test_a_stale_price_lets_a_reducing_order_through_once_it_is_typed():
    rig = GateRig()
    held(10)(rig)
    rig.quotes.fresh = Freshness.DOWN

    (denial,) = rig.gate.check(intent(**SELL)).denials
    assert (denial.code, denial.typed) == ("G14", "SEND")
    assert rig.gate.check(intent(**SELL, confirmed=("G14",))).allowed
    assert not rig.gate.check(intent(confirmed=("G14",))).allowed


def test_places_in_the_windows_are_asked_for_what_the_message_is():
    rig = GateRig()
    rig.rates.wait_long = 1
    assert [r.code for r in rig.gate.check(intent()).denials] == ["G30"]
    rig.rates.wait = 1
    assert [r.code for r in rig.gate.check(intent()).denials] == ["G29", "G30"]
    assert rig.gate.approve_cancel(order(**WORKING), RELIANCE, False).code == "G29"
    rig.rates.wait = rig.rates.wait_long = 0
    lower = dict(quantity=9, price_e4=1410_0000)
    rig.gate.approve_modify(intent(**lower), order(**WORKING), order(**WORKING, **lower))
    held(10)(rig)
    rig.gate.approve(intent(**SELL), order(**SELL))

    assert rig.rates.taken == [Operation.MODIFY, Operation.REDUCE]
    assert Action.PLACE is not Action.MODIFY


@pytest.mark.parametrize(
    ("net", "buys", "sells", "side", "quantity", "opening"),
    [
        (0, 0, 0, Side.BUY, 10, 10), (0, 5, 0, Side.BUY, 10, 10), (0, 0, 5, Side.BUY, 10, 10),
        (10, 0, 0, Side.BUY, 10, 10), (10, 0, 0, Side.SELL, 10, 0), (10, 0, 0, Side.SELL, 15, 5),
        (10, 0, 4, Side.SELL, 10, 4), (10, 0, 12, Side.SELL, 3, 3), (-10, 0, 0, Side.BUY, 12, 2),
        (-10, 9, 0, Side.BUY, 1, 0), (-10, 9, 0, Side.BUY, 2, 1), (-10, 0, 9, Side.SELL, 2, 2),
    ],
)  # fmt: skip
def test_only_what_opens_needs_funds(net, buys, sells, side, quantity, opening):
    facts = Facts(Limits(), net=net, leaves_buy=buys, leaves_sell=sells)

    assert opening_units(facts, intent(side=side, quantity=quantity)) == opening


def test_the_gross_limit_counts_a_position_once():
    """What the account holds here already is replaced by what it would hold, not added to it."""
    rig = GateRig(Limits(gross_times_capital_max=1))
    held(100)(rig)
    rig.blotter.book_fills([fill(fill_id="s", quantity=50, token=SBIN.token, symbol=SBIN.symbol)])
    total = 160 * 1412_6000 - 50 * 500
    for capital, codes in ((total + 50 * 500, []), (total - 60 * 1000, ["G24"])):
        rig.outside.capital_e4 = capital
        assert [r.code for r in rig.gate.check(intent()).denials] == codes


def test_no_capital_and_no_price_are_no_room():
    rig = GateRig()
    rig.outside.capital_e4 = 0
    assert "G24" in [r.code for r in rig.gate.check(intent()).denials]
    rig = GateRig()
    rig.blotter.book_fills([fill(token="9", symbol="X-EQ")])
    (denial,) = [r for r in rig.gate.check(intent()).denials if r.code == "G24"]
    assert "the price of NSE 9 is not known" in denial.compared


def test_funds_that_are_spent_let_through_only_what_needs_none():
    rig = GateRig()
    rig.outside.usable_e4 = -1
    assert [r.code for r in rig.gate.check(intent()).denials] == ["G25"]
    rig.outside.usable_e4 = 0
    held(10)(rig)
    assert rig.gate.check(intent(**SELL)).allowed


def test_the_result_of_the_day_may_be_a_gain():
    rig = GateRig()
    for profit, codes in ((0, []), (5 * RUPEE, []), (MONEY_MAX_E4, []), (MONEY_MAX_E4 + 1, ["G26"])):
        rig.outside.profit_e4 = profit
        assert [r.code for r in rig.gate.check(intent()).denials] == codes


def test_a_median_alone_or_a_largest_alone_is_a_broken_fact():
    rig = GateRig()
    facts = rig.gate.book.gather(intent())
    assert usual(facts, intent())
    facts.median_value_e4 = 10**12
    assert not usual(facts, intent())
    facts.largest_before = 1
    assert usual(facts, intent(quantity=10)) and not usual(facts, intent(quantity=11))
    facts.median_value_e4, facts.largest_before = 1412_6000, 100
    assert usual(facts, intent(quantity=20)) and not usual(facts, intent(quantity=21))


@pytest.mark.parametrize(
    ("price", "wrong"),
    [
        (979_99, False), (980_00, True), (1000_00, True), (1020_00, True), (1020_01, False),
        (9_79, False), (9_80, True), (10_20, True), (10_21, False), (100_00, False),
    ],
)  # fmt: skip
def test_a_digit_too_many_or_too_few_is_within_two_percent_of_ten_times_or_a_tenth(price, wrong):
    facts = Facts(Limits(), last_e4=100_00)

    assert shifted(facts, intent(price_e4=price)) is wrong
    assert shifted(Facts(Limits()), intent())


def test_pace_counts_at_its_limits():
    limits = Limits(runaway_orders_max=10, runaway_fills_max=5)
    for orders, fills, turns, ok in (
        (9, 5, 2, True), (10, 0, 0, False), (0, 6, 0, False), (0, 0, 3, False), (-1, 0, 0, False), (0, -1, 0, False),
        (0, 0, -1, False), (0, 0, 0, True), (None, 0, 0, False), (0, None, 0, False), (0, 0, None, False),
    ):  # fmt: skip
        assert paced(Facts(limits, orders_minute=orders, fills_minute=fills, turns_minute=turns)) is ok
    assert not paced(Facts(limits, orders_minute=0, fills_minute=0, turns_minute=0, latched_ms=1))


def test_a_reducing_order_may_be_twice_as_large_and_no_larger():
    for limits, most in (
        (Limits(order_quantity_max=5), 10),
        (Limits(order_value_rupees_max=14_130), 20),
    ):
        rig = GateRig(limits)
        held(100)(rig)
        assert [r.code for r in rig.gate.check(intent(**SELL, quantity=most)).denials] == []
        assert [r.code for r in rig.gate.check(intent(**SELL, quantity=most + 1)).denials] == ["G23"]
        assert [r.code for r in rig.gate.check(intent(quantity=most)).denials] == ["G23"]


def test_one_share_bought_today_covers_one_sold():
    rig = GateRig()
    held(1, product=Product.DELIVERY)(rig)

    assert rig.gate.check(intent(**SELL, **CNC, quantity=1)).allowed
    assert [r.code for r in rig.gate.check(intent(**SELL, **CNC, quantity=2)).denials] == ["G22"]


def test_lots_of_a_reducing_order_are_twice_as_many():
    rig = GateRig(Limits(order_lots_max=1))
    held(65 * 4, **FUTURE_TERMS)(rig)

    assert rig.gate.check(intent(**{**FUT, **SELL, "quantity": 130})).allowed
    assert [r.code for r in rig.gate.check(intent(**{**FUT, **SELL, "quantity": 195})).denials] == ["G23"]


def test_a_side_that_is_empty_now_is_judged_by_the_last_price_whatever_it_was_before():
    for side in Side:
        facts = Facts(Limits(), last_e4=1412_5500, bid_before_e4=1300_0000, ask_before_e4=1500_0000)
        assert reference_e4(facts, side) == 1412_5500
        assert reference_e4(Facts(Limits(), bid_before_e4=1300_0000, ask_before_e4=1500_0000), side) is None


def test_a_change_of_nothing_is_a_stale_target():
    assert stale_target(Facts(Limits(), action=Action.MODIFY)) == "there is no such order"


def test_the_smallest_change_is_one_more_than_is_filled():
    rig = GateRig(Limits(order_quantity_max=1))
    target = order(quantity=10, filled=9, state=S.PARTIAL, broker_id="1")
    rig.blotter.put(target, "test")

    assert rig.gate.headroom(intent(), target).largest == 10


def test_a_changed_buy_order_is_not_counted_beside_itself():
    rig, target = GateRig(), order(quantity=10, filled=4, broker_id="1", state=S.PARTIAL)
    rig.blotter.put(target, "test")
    facts = rig.gate.book.gather(intent(quantity=12), Action.MODIFY, target)

    assert (facts.leaves_buy, facts.filled, facts.old_leaves) == (0, 4, 6)


def test_waits_are_shown_in_whole_milliseconds_rounded_up():
    rig = GateRig()
    rig.rates.wait, rig.rates.wait_long = 400_000_001, 2_000_000_000
    facts = rig.gate.book.gather(intent())

    assert (facts.wait_second_ms, facts.wait_long_ms) == (401, 2_000)


def test_an_instrument_without_own_orders_has_no_best_prices():
    facts = GateRig().gate.book.gather(intent())

    assert (facts.own_buy_e4, facts.own_sell_e4) == (0, 0)
