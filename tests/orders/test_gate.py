"""The gate: one test a check at its limit and one step beyond, and what must hold of all of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.approval import Action, Approved
from core.config import Limits
from core.domain import OrderState, OrderType, Product, Side, Validity
from core.errors import InvariantBroken
from core.facts import Operation
from core.orders.checks.catalogue import CATALOGUE
from core.orders.verdict import describe
from core.views import Freshness, Level, Verdict
from tests.builders import NIFTY, NIFTY_FUT, RELIANCE, fill, intent, order
from tests.orders.fakes import GateRig, quote


def denied(rig: GateRig, **changes) -> list[str]:
    """The codes that deny an intent; empty when it passes."""
    return [r.code for r in rig.gate.check(intent(**changes)).denials]


def test_a_plain_order_at_the_touch_passes_every_check():
    rig = GateRig()

    approved = rig.gate.approve(intent(), order())

    assert isinstance(approved, Approved)
    assert approved.action is Action.PLACE
    assert rig.rates.taken == [Operation.OPEN]


@pytest.mark.parametrize(
    ("field", "code"),
    [("halted", "G1"), ("session", "G3"), ("store", "G6"), ("reconciled", "G8"), ("market", "G15")],
)
def test_each_reason_of_the_owners_denies_with_its_words(field, code):
    rig = GateRig()
    setattr(rig.authority, field, "because of this")

    (denial,) = rig.gate.check(intent()).denials

    assert denial.code == code
    assert "because of this" in describe(denial)
    assert "Nothing was sent." in describe(denial)


def test_the_mode_is_asked_for_what_the_order_really_is():
    rig = GateRig()
    rig.authority.modes = {Operation.OPEN: "only closing orders now"}
    rig.blotter.book_fills([fill(quantity=10)])

    assert denied(rig) == ["G2"]
    assert denied(rig, side=Side.SELL, quantity=10, price_e4=1412_5000) == []
    assert denied(rig, side=Side.SELL, quantity=11, price_e4=1412_5000) == ["G2"]


def test_resting_and_unknown_orders_count_against_the_closing_quantity():
    rig = GateRig()
    rig.authority.modes = {Operation.OPEN: "only closing orders now"}
    rig.blotter.book_fills([fill(quantity=10)])
    rig.blotter.put(order(side=Side.SELL, quantity=4, state=OrderState.UNKNOWN), "test")

    assert denied(rig, side=Side.SELL, quantity=6, price_e4=1412_5000) == []
    assert denied(rig, side=Side.SELL, quantity=7, price_e4=1412_5000) == ["G2", "G36"]


@pytest.mark.parametrize("bad", [1.0, True, "10", None, -1, 0])
def test_a_quantity_that_is_no_positive_integer_is_denied(bad):
    rig = GateRig()

    verdict = rig.gate.approve(intent(quantity=bad), order())

    assert isinstance(verdict, Verdict)
    assert verdict.denials
    assert rig.rates.taken == []


def test_instruments_outside_todays_master_are_denied():
    rig = GateRig()

    assert "G10" in denied(rig, instrument=replace(RELIANCE, token="999"))
    assert "G10" in denied(rig, instrument=replace(RELIANCE, symbol="RELIANCE-BE"))
    assert "G10" in denied(rig, instrument=NIFTY)


@pytest.mark.parametrize(("expiry", "ok"), [("2025-11-27", True), ("2025-11-26", False), ("", False)])
def test_contracts_that_expired_or_name_no_expiry_are_denied(expiry, ok):
    rig = GateRig()
    future = replace(NIFTY_FUT, expiry=expiry)
    rig.master[future.key] = future

    found = denied(rig, instrument=future, product=Product.CARRYFORWARD, quantity=65)

    assert ("G10" not in found) is ok


@pytest.mark.parametrize(
    "changes",
    [
        dict(order_type=OrderType.MARKET, price_e4=0),
        dict(validity=Validity.IOC),
        dict(order_type=OrderType.STOPLOSS_MARKET, trigger_e4=1420_0000),
        dict(product=Product.CARRYFORWARD),
        dict(product=Product.MARGIN),
    ],
)
def test_types_that_the_broker_refuses_are_denied(changes):
    assert "G11" in denied(GateRig(), **changes)


@pytest.mark.parametrize(("quantity", "codes"), [(65, []), (130, []), (195, ["G23"]), (64, ["G12"]), (1820, ["G12"])])
def test_lots_and_freeze_bound_a_derivative(quantity, codes):
    rig = GateRig()
    found = denied(rig, instrument=NIFTY_FUT, product=Product.CARRYFORWARD, quantity=quantity)

    assert [c for c in found if c in ("G12", "G23")] == codes or (quantity == 1820 and "G12" in found)


def test_a_derivative_without_a_freeze_quantity_is_denied():
    rig = GateRig()
    bare = replace(NIFTY_FUT, freeze_quantity=None)
    rig.master[bare.key] = bare

    assert "G12" in denied(rig, instrument=bare, product=Product.CARRYFORWARD, quantity=65)


def test_prices_off_the_tick_name_their_neighbours():
    rig = GateRig()
    (denial,) = rig.gate.check(intent(price_e4=1412_6300)).denials

    assert denial.code == "G13"
    assert "1,412.60 and 1,412.70" in denial.compared


@pytest.mark.parametrize(
    ("side", "trigger", "price", "ok"),
    [
        (Side.BUY, 1413_0000, 1414_0000, True),
        (Side.BUY, 1412_5000, 1414_0000, False),
        (Side.BUY, 1414_0000, 1413_0000, False),
        (Side.SELL, 1412_0000, 1411_0000, True),
        (Side.SELL, 1413_0000, 1411_0000, False),
        (Side.SELL, 1411_0000, 1412_0000, False),
    ],
)
def test_a_stop_trigger_is_on_the_right_side(side, trigger, price, ok):
    found = denied(GateRig(), side=side, order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=trigger, price_e4=price)

    assert ("G13" not in found) is ok


@pytest.mark.parametrize(("age", "ok"), [(5_000, True), (5_001, False), (None, False)])
def test_an_old_or_missing_price_is_denied(age, ok):
    rig = GateRig()
    rig.quotes.age = age

    assert ("G14" not in denied(rig)) is ok


@pytest.mark.parametrize("mark", [Freshness.STALE, Freshness.DOWN, Freshness.REST, Freshness.NEVER])
def test_a_price_that_may_not_be_called_live_is_denied(mark):
    rig = GateRig()
    rig.quotes.fresh = mark

    assert "G14" in denied(rig)


def test_a_crossed_book_is_denied():
    rig = GateRig()
    rig.quotes.now = quote(bids=(Level(1412_6000, 1, 1),), asks=(Level(1412_6000, 1, 1),))

    assert "G14" in denied(rig)


@pytest.mark.parametrize(
    ("price", "ok"), [(1541_1000, True), (1541_2000, False), (1261_0000, True), (1260_9000, False)]
)
def test_the_circuit_band_bounds_the_price(price, ok):
    rig = GateRig(Limits(order_value_rupees_max=10**9))

    assert ("G16" not in denied(rig, price_e4=price)) is ok


@pytest.mark.parametrize("missing", [dict(upper_e4=0), dict(lower_e4=0)])
def test_an_unknown_band_is_denied(missing):
    rig = GateRig()
    rig.quotes.now = quote(**missing)

    assert "G16" in denied(rig)


@pytest.mark.parametrize(
    ("side", "price", "ok"),
    [
        (Side.BUY, 1440_8000, True),
        (Side.BUY, 1440_9000, False),
        (Side.BUY, 1300_0000, True),
        (Side.SELL, 1384_3000, True),
        (Side.SELL, 1384_2000, False),
        (Side.SELL, 1500_0000, True),
    ],
)
def test_only_the_aggressive_side_of_the_collar_counts(side, price, ok):
    assert ("G18" not in denied(GateRig(), side=side, price_e4=price)) is ok


def test_the_collar_uses_the_last_price_when_a_side_is_empty():
    rig = GateRig()
    rig.quotes.now = quote(asks=(Level(0, 0, 0),))

    assert "G18" not in denied(rig, price_e4=1440_8000)
    rig.quotes.now = quote(asks=(), has_ltp=False)
    assert "G18" in denied(rig)


@pytest.mark.parametrize(("quantity", "ok"), [(141, True), (142, False)])
def test_the_value_of_one_order_is_bounded(quantity, ok):
    assert ("G23" not in denied(GateRig(), quantity=quantity)) is ok


def test_the_same_order_twice_within_two_seconds_is_denied():
    rig = GateRig()
    assert isinstance(rig.gate.approve(intent(intent_id="a"), order()), Approved)

    assert denied(rig, intent_id="b", price_e4=1412_8000) == ["G27"]
    assert denied(rig, intent_id="b", quantity=11) == []
    rig.clock.move(2.1)
    assert denied(rig, intent_id="b") == []


def test_an_unknown_order_blocks_opening_on_its_underlying_only():
    rig = GateRig()
    rig.blotter.put(order(state=OrderState.UNKNOWN), "test")

    assert denied(rig, quantity=20) == ["G36"]
    sbin = rig.master[next(k for k in rig.master if k.token == "3045")]
    assert denied(rig, instrument=sbin, quantity=20, price_e4=1412_6000) == []


def test_three_unknown_orders_block_everything_that_opens():
    rig = GateRig()
    for n in range(3):
        rig.blotter.put(order(tag=f"T0000000100000{n}", state=OrderState.UNCONFIRMED), "test")
    sbin = rig.master[next(k for k in rig.master if k.token == "3045")]

    assert denied(rig, instrument=sbin) == ["G36"]


def test_rate_comes_last_and_a_denial_uses_no_slot():
    rig = GateRig()
    rig.rates.wait = 400_000_000

    assert CATALOGUE[-1].code == "G31"
    assert denied(rig) == ["G29"]
    assert isinstance(rig.gate.approve(intent(price_e4=1), order()), Verdict)
    assert rig.rates.taken == []


def test_a_leak_denies_everything():
    rig = GateRig()
    rig.authority.sent = 1

    assert denied(rig) == ["G34"]
    assert rig.gate.approve_cancel(order(state=OrderState.WORKING, broker_id="1"), RELIANCE, False).code == "G34"


def test_raising_the_epoch_takes_back_what_has_not_left():
    rig = GateRig()
    approved = rig.gate.approve(intent(), order())
    assert approved.still_valid()

    rig.gate.raise_epoch()

    assert not approved.still_valid()


def test_an_approval_works_once():
    approved = GateRig().gate.approve(intent(), order())
    approved.consume()

    with pytest.raises(InvariantBroken):
        approved.consume()


def test_an_approval_cannot_be_made_by_hand():
    with pytest.raises(InvariantBroken):
        Approved(Action.PLACE, order(), RELIANCE, lambda: True, object())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (dict(state=OrderState.FILLED, broker_id="1"), "G39"),
        (dict(state=OrderState.WORKING), "G39"),
        (dict(state=OrderState.WORKING, broker_id="1", change="cancel"), "G39"),
    ],
)
def test_a_cancel_needs_something_to_cancel(changes, code):
    assert GateRig().gate.approve_cancel(order(**changes), RELIANCE, False).code == code


def test_a_cancel_ignores_price_money_store_and_market():
    rig = GateRig()
    rig.authority.halted = rig.authority.store = rig.authority.reconciled = rig.authority.market = "down"
    rig.quotes.known = False
    working = order(state=OrderState.WORKING, broker_id="1")

    assert isinstance(rig.gate.approve_cancel(working, RELIANCE, False), Approved)
    assert rig.rates.taken == [Operation.CANCEL]


@given(
    st.one_of(st.none(), st.integers(-(2**63), 2**63)),
    st.integers(-(2**40), 2**40),
    st.sampled_from([Freshness.FRESH, Freshness.STALE]),
    st.booleans(),
    st.integers(-10, 2**40),
    st.integers(-10, 2**40),
)
def test_no_market_data_makes_the_gate_raise_or_open(age, ltp, mark, has_ltp, upper, lower):
    rig = GateRig()
    rig.quotes.age, rig.quotes.fresh = age, mark
    rig.quotes.now = quote(ltp_e4=ltp, has_ltp=has_ltp, upper_e4=upper, lower_e4=lower, bids=(), asks=())

    verdict = rig.gate.check(intent())

    if verdict.allowed:
        assert mark is Freshness.FRESH
        assert age is not None and age <= 5_000
        assert lower <= 1412_6000 <= upper
        assert has_ltp and ltp * 1.0201 >= 1412_6000


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_bigger_order_never_turns_a_denial_into_a_pass(small, more):
    rig = GateRig()

    if denied(rig, quantity=small):
        assert denied(rig, quantity=small + more)
