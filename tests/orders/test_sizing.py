"""The largest quantity that passes is exact: nothing larger passes, and it does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.approval import Approved
from core.config import Limits
from core.domain import OrderState, Product, Side
from core.orders.checks.codes import G23
from core.orders.sizing import Sizing
from core.views import Level
from tests.builders import NIFTY_CALL, NIFTY_FUT, RELIANCE, SBIN, fill, intent, order
from tests.orders.fakes import GateRig, quote
from tests.orders.scale import cases

LOTS = 90
"""More than any of the drawn limits lets through."""
limits = st.builds(
    Limits,
    order_quantity_max=st.integers(1, 40),
    order_value_rupees_max=st.integers(1_400, 60_000),
    order_lots_max=st.integers(1, 8),
    option_buy_rupees_max=st.integers(50_000, 900_000),
    position_value_rupees_max=st.integers(1_400, 90_000),
    position_lots_max=st.integers(1, 12),
    book_share_bps_max=st.integers(500, 10_000),
    gross_times_capital_max=st.integers(1, 3),
)
resting = st.tuples(st.sampled_from((Side.BUY, Side.SELL)), st.integers(1, 20), st.sampled_from(list(OrderState)))


def world(drawn, shape) -> tuple[GateRig, object]:
    """A gate in some state, and an intent; sizes in lots."""
    instrument, side, net, others, product, deep, funds, twin, holdings = shape
    rig = GateRig(drawn)
    lot = instrument.lot
    depth = (Level(1412_5000, deep, 1),), (Level(1412_6000, deep, 1),)
    rig.quotes.now = quote(bids=depth[0], asks=depth[1])
    rig.outside.usable_e4 = rig.outside.capital_e4 = funds * 10_000
    rig.outside.holdings = holdings
    terms = dict(
        exchange=instrument.exchange, token=instrument.token, symbol=instrument.symbol, product=product
    )  # fmt: skip
    if net:
        rig.blotter.book_fills([fill(quantity=abs(net) * lot, side=Side.BUY if net > 0 else Side.SELL, **terms)])
    for n, (other_side, quantity, state) in enumerate(others):
        price = 1400_0000 if other_side is Side.BUY else 1430_0000
        rig.blotter.put(
            order(tag=f"r{n}", side=other_side, quantity=quantity * lot, state=state, price_e4=price, **terms), "test"
        )
    price = 1412_6000 if side is Side.BUY else 1412_5000
    asked = intent(instrument=instrument, side=side, price_e4=price, product=product, quantity=lot)
    if twin:
        rig.gate.book.twins.add(replace(asked, quantity=twin * lot), rig.clock.mono_ns())
    return rig, asked


shapes = st.sampled_from((RELIANCE, NIFTY_FUT, NIFTY_CALL)).flatmap(
    lambda instrument: st.tuples(
        st.just(instrument),
        st.sampled_from((Side.BUY, Side.SELL)),
        st.integers(-15, 15),
        st.lists(resting, max_size=3),
        st.sampled_from((Product.INTRADAY, Product.DELIVERY if instrument is RELIANCE else Product.CARRYFORWARD)),
        st.sampled_from((10, 100, 5_000)),
        st.sampled_from((20_000, 300_000, 5_000_000)),
        st.integers(0, 12),
        st.integers(0, 10),
    )
)


@settings(max_examples=cases(50, 6), deadline=None)
@given(limits, shapes)
def test_it_equals_trying_every_quantity(drawn, shape):
    rig, asked = world(drawn, shape)
    lot = asked.instrument.lot
    passing = [n for n in range(1, LOTS + 1) if rig.gate.check(replace(asked, quantity=n * lot)).allowed]

    found = rig.gate.headroom(asked)

    assert found.largest == max(passing, default=0) * lot
    for code, most in found.by_check.items():
        assert code_passes(rig, asked, most, code) or most == 0
        for beyond in range(most + lot, LOTS * lot + 1, lot):
            assert not code_passes(rig, asked, beyond, code)


def code_passes(rig: GateRig, asked: object, quantity: int, code: str) -> bool:
    return all(r.ok for r in rig.gate.check(replace(asked, quantity=quantity)).results if r.code == code)


def test_it_names_the_check_that_binds_and_passes_on_the_spot():
    rig = GateRig()
    found = rig.gate.headroom(intent())

    assert (found.largest, found.first, found.by_check["G23"]) == (141, "G23", 141)
    assert isinstance(rig.gate.approve(intent(quantity=141), order(quantity=141)), Approved)


def test_what_fails_at_any_quantity_leaves_nothing():
    rig = GateRig()
    rig.outside.no_money = True

    found = rig.gate.headroom(intent())

    assert found.largest == 0
    assert found.first == "G24"


@pytest.mark.parametrize("bad", [None, replace(intent(), side=None), intent(instrument=replace(SBIN, token="9"))])
def test_what_is_no_order_has_no_largest_quantity(bad):
    assert GateRig().gate.headroom(bad).largest == 0


def test_a_changed_order_keeps_what_is_filled():
    rig = GateRig()
    old = order(quantity=10, filled=4, state=OrderState.PARTIAL, broker_id="1")
    rig.blotter.put(old, "test")
    most = rig.gate.headroom(intent(), old).largest

    assert rig.gate.check_modify(intent(quantity=most), old).allowed
    assert not rig.gate.check_modify(intent(quantity=most + 1), old).allowed
    assert most == 145


@settings(max_examples=cases(100, 30), deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 500), st.integers(1, 30))
def test_the_search_finds_any_border_in_either_stretch(closing_most, opening_most, closing, least):
    def denies(lots: int) -> int:
        return G23 if lots > (closing_most if lots <= closing else opening_most) else 0

    found = Sizing(denies, 1, least, closing).largest(G23)

    passing = [n for n in range(least, 1_000) if not denies(n)]
    assert found == max(passing, default=0)
