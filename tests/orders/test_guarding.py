"""The rules of levels: which trade reaches which, what a trailing stop follows, what price an exit has."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.account import Guard
from core.config import Limits
from core.domain import Exchange, Instrument, Kind, PositionKey, Product, Side
from core.orders.guarding import follow, hit, marketable_e4, protection_kind, refusal, slice_units
from tests.builders import NIFTY_FUT, RELIANCE, SBIN, T0_NS

KEY = PositionKey(Exchange.NSE, "2885", Product.INTRADAY)


def guard(**changes) -> Guard:
    made = Guard("g", KEY, "RELIANCE", True, 1400_0000, 1430_0000, 0, 1412_0000, T0_NS)
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("long", "last_e4", "reached"),
    [
        (True, 1400_0001, ""), (True, 1400_0000, "stop"), (True, 1399_9999, "stop"),
        (True, 1429_9999, ""), (True, 1430_0000, "target"), (True, 1500_0000, "target"),
        (False, 1400_0001, ""), (False, 1400_0000, "target"), (False, 1429_9999, ""), (False, 1430_0000, "stop"),
    ],
)  # fmt: skip
def test_a_level_is_reached_by_the_trade_at_it(long, last_e4, reached):
    stop, target = (1400_0000, 1430_0000) if long else (1430_0000, 1400_0000)
    assert hit(guard(long=long, stop_e4=stop, target_e4=target), last_e4) == reached


def test_levels_that_are_not_set_are_never_reached():
    for last_e4 in (1, 1400_0000, 10**9):
        assert hit(guard(stop_e4=0, target_e4=0), last_e4) == ""


def test_the_tighter_of_both_stops_counts_and_is_named():
    assert hit(guard(trail_e4=5_0000, best_e4=1412_0000), 1407_0000) == "trail"
    assert hit(guard(trail_e4=50_0000, best_e4=1412_0000), 1400_0000) == "stop"
    short = guard(long=False, stop_e4=1430_0000, target_e4=0, trail_e4=5_0000, best_e4=1412_0000)
    assert short.stop_now_e4 == 1417_0000 and hit(short, 1417_0000) == "trail"


@given(st.booleans(), st.lists(st.integers(1_000_0000, 2_000_0000), min_size=1, max_size=40))
def test_a_trailing_stop_never_loosens(long, prices):
    held = guard(long=long, stop_e4=0, target_e4=0, trail_e4=5_0000, best_e4=prices[0])
    for last_e4 in prices:
        before = held.stop_now_e4
        held = follow(held, last_e4)
        assert held.stop_now_e4 >= before if long else held.stop_now_e4 <= before
    assert held.best_e4 == (max(prices) if long else min(prices))


@given(
    st.sampled_from(Side),
    st.integers(100, 5_000_000).map(lambda ticks: ticks * 500),
    st.integers(0, 500_0000),
    st.booleans(),
)
def test_an_exit_is_on_the_tick_inside_the_band_and_no_further_than_allowed(side, touch_e4, through_e4, banded):
    lower_e4, upper_e4 = (touch_e4 * 9 // 10 // 500 * 500, touch_e4 * 11 // 10 // 500 * 500) if banded else (0, 0)
    price_e4 = marketable_e4(side, touch_e4, through_e4, 500, lower_e4, upper_e4)
    assert price_e4 % 500 == 0 and price_e4 > 0
    beyond_e4 = (touch_e4 - price_e4) * -int(side)
    assert beyond_e4 <= through_e4 and beyond_e4 >= 0
    if banded:
        assert lower_e4 <= price_e4 <= upper_e4


@pytest.mark.parametrize(
    ("instrument", "kind"),
    [
        (RELIANCE, "equity"),
        (NIFTY_FUT, "index future"),
        (Instrument(Exchange.NFO, "1", "TCS29DEC26FUT", "TCS", Kind.FUTURE), "stock future"),
        (Instrument(Exchange.BFO, "1", "SENSEX26DEC86000CE", "SENSEX", Kind.OPTION), "index option"),
        (Instrument(Exchange.MCX, "1", "GOLD05DEC26FUT", "GOLD", Kind.FUTURE), "commodity future"),
    ],
)
def test_the_rule_of_protection_by_instrument(instrument, kind):
    assert protection_kind(instrument) == kind


@given(st.integers(1, 100_000), st.integers(1, 100_000).map(lambda ticks: ticks * 500))
def test_a_slice_is_whole_lots_and_within_twice_the_limits(units, price_e4):
    limits = Limits()
    share = slice_units(limits, SBIN, units, price_e4)
    assert 1 <= share <= max(1, units)
    assert share == 1 or share * price_e4 <= 2 * limits.order_value_rupees_max * 10_000
    lots = slice_units(limits, NIFTY_FUT, units * 65, price_e4)
    assert lots % 65 == 0 and lots <= min(units * 65, limits.order_lots_max * 2 * 65, 1800)


@pytest.mark.parametrize(
    ("net", "stop", "target", "trail", "words"),
    [
        (10, 1400_0000, 1430_0000, 5_0000, ""), (-10, 1430_0000, 1400_0000, 0, ""), (0, 1, 0, 0, "no open position"),
        (10, 1412_5500, 0, 0, "multiple of the tick"), (10, 1412_6000, 0, 0, "reached already"),
        (10, 0, 1412_5000, 0, "reached already"), (-10, 1412_5000, 0, 0, "reached already"),
        (10, 0, 0, 1412_6000, "not below the price"), (10, -1000, 0, 0, "multiple of the tick"),
    ],
)  # fmt: skip
def test_levels_are_refused_with_what_was_compared(net, stop, target, trail, words):
    why = refusal(RELIANCE, net, 1412_5500, stop, target, trail)
    assert (words in why) if words else why == ""


def test_without_a_price_no_level_can_be_judged():
    assert "no price" in refusal(RELIANCE, 10, None, 1400_0000, 0, 0)
