"""The gate's running sums equal what a walk over all orders gives, after any history; the pure figures beside them."""

import random
from dataclasses import replace

import pytest

from core.domain import Kind, OrderState, OrderType, PositionKey, Product, Side
from core.market.live import on_index
from core.orders.blotter import Blotter
from core.orders.habits import Habit, Pace, Tickets
from core.orders.hedge import naked_units
from core.orders.need import need_e4, worst_net, worth_e4
from core.orders.samples import Samples
from core.orders.worth import Worth
from tests.builders import NIFTY_CALL, NIFTY_FUT, RELIANCE, SBIN, intent, order
from tests.orders.scale import cases

S = OrderState
SECOND = 1_000_000_000


def random_order(rng: random.Random, tag: str):
    instrument = rng.choice((RELIANCE, SBIN))
    quantity = rng.randint(1, 9)
    state = rng.choice([s for s in S if s not in (S.DRAFT,)])
    return order(
        tag=tag, token=instrument.token, symbol=instrument.symbol, side=rng.choice((Side.BUY, Side.SELL)),
        quantity=quantity, filled=rng.randint(0, quantity), state=state, price_e4=rng.randint(1, 5) * 1_0000,
        product=rng.choice((Product.INTRADAY, Product.DELIVERY)), soft=rng.random() < 0.2,
        order_type=rng.choice((OrderType.LIMIT, OrderType.STOPLOSS_LIMIT, OrderType.STOPLOSS_MARKET)),
    )  # fmt: skip


def test_running_sums_equal_a_walk_over_everything():
    rng = random.Random(6)
    for _ in range(cases(60, 10)):
        blotter = Blotter(lambda *a: None)
        for _ in range(40):
            tag = f"t{rng.randint(0, 7)}"
            if rng.random() < 0.02:
                blotter.clear()
            blotter.put(random_order(rng, tag), "test")
            _compare(blotter)
        blotter.clear()
        _compare(blotter)


def _compare(blotter: Blotter) -> None:
    held, sums = blotter.orders(), blotter.exposure
    lost = (S.UNKNOWN, S.UNCONFIRMED)
    assert sums.open_all == sum(o.state.live for o in held)
    assert sums.unknown_all == sum(o.state in lost for o in held)
    for instrument in (RELIANCE, SBIN):
        mine = [o for o in held if o.key == instrument.key]
        assert sums.open_here(instrument.key) == sum(o.state.live for o in mine)
        assert sums.unknown.get(instrument.key, 0) == sum(o.state in lost for o in mine)
        for product in (Product.INTRADAY, Product.DELIVERY):
            leaves = sums.leaves(PositionKey(*instrument.key, product))
            same = [o for o in mine if o.product is product]
            assert leaves.buys == sum(o.leaves for o in same if o.side is Side.BUY)
            assert leaves.sells == sum(o.leaves for o in same if o.side is Side.SELL)
        rests = [
            o for o in mine
            if o.state.live and o.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT)
            and o.state is not S.TRIGGER_PENDING
        ]  # fmt: skip
        buys = [o.price_e4 for o in rests if o.side is Side.BUY]
        sells = [o.price_e4 for o in rests if o.side is Side.SELL]
        assert sums.own_best(instrument.key) == (max(buys, default=0), min(sells, default=0))


def test_the_revision_rises_with_what_counts_and_with_nothing_else():
    blotter = Blotter(lambda *a: None)
    seen = blotter.exposure.revision
    blotter.put(order(tag="over", state=S.FILLED, filled=10), "test")
    assert blotter.exposure.revision == seen
    blotter.put(order(tag="a"), "test")
    assert blotter.exposure.revision > seen
    before = blotter.exposure.revision
    blotter.exposure.drop("nobody")
    assert blotter.exposure.revision == before
    blotter.exposure.drop("a")
    assert blotter.exposure.revision > before
    assert blotter.exposure.positions() == ()


def test_orders_that_were_filled_are_counted_once_and_by_time():
    sums = Blotter(lambda *a: None).exposure
    for tag, at in (("a", 10), ("a", 20), ("b", 30), ("a", 40)):
        sums.filled(order(tag=tag, updated_ns=at))

    assert [sums.filled_since(RELIANCE.key, at) for at in (0, 10, 29, 30, 40)] == [2, 2, 2, 1, 0]
    assert sums.filled_since(SBIN.key, 0) == 0


@pytest.mark.parametrize(
    ("instrument", "product", "side", "units", "price", "need"),
    [
        (RELIANCE, Product.INTRADAY, Side.BUY, 10, 1000_0000, 2500_0000),
        (RELIANCE, Product.DELIVERY, Side.BUY, 10, 1000_0000, 10_000_0000),
        (RELIANCE, Product.INTRADAY, Side.BUY, 1, 101, 26),
        (NIFTY_FUT, Product.INTRADAY, Side.SELL, 65, 24_000_0000, 65 * 24_000_0000 * 15 // 100),
        (NIFTY_CALL, Product.CARRYFORWARD, Side.BUY, 65, 100_0000, 65 * 100_0000),
        (NIFTY_CALL, Product.CARRYFORWARD, Side.SELL, 65, 100_0000, 65 * 24_800_0000 * 15 // 100),
        (replace(NIFTY_FUT, name="RELIANCE"), Product.INTRADAY, Side.BUY, 10, 1000_0000, 2500_0000),
        (replace(NIFTY_FUT, name="RELIANCE"), Product.INTRADAY, Side.BUY, 1, 101, 26),
        (replace(NIFTY_CALL, strike_e4=101), Product.INTRADAY, Side.SELL, 1, 5, 16),
        (RELIANCE, Product.INTRADAY, Side.BUY, 0, 1000_0000, 0),
        (RELIANCE, Product.INTRADAY, Side.BUY, -1, 1000_0000, 0),
        (RELIANCE, Product.INTRADAY, Side.BUY, 1, 1000_0000, 250_0000),
    ],
)
def test_what_an_order_needs(instrument, product, side, units, price, need):
    assert need_e4(instrument, product, side, units, price) == need


def test_what_a_position_is_worth_at_its_worst():
    assert [worst_net(*x) for x in ((5, 3, 0), (5, 0, 11), (-5, 0, 3), (0, 4, 4), (0, 4, 5))] == [8, -6, -8, 4, -5]
    assert worth_e4(RELIANCE, Product.INTRADAY, -10, 1000_0000) == 10_000_0000
    assert worth_e4(NIFTY_CALL, Product.INTRADAY, 65, 100_0000) == 6500_0000
    assert worth_e4(NIFTY_CALL, Product.INTRADAY, -65, 100_0000) == 65 * 24_800_0000 * 15 // 100
    assert on_index(NIFTY_FUT) and not on_index(replace(NIFTY_FUT, name="X")) and not on_index(RELIANCE)


CALL, PUT = NIFTY_CALL, replace(NIFTY_CALL, symbol="NIFTY29DEC2624800PE")


@pytest.mark.parametrize(
    ("nets", "naked"),
    [
        ([], 0), ([(CALL, -65)], 65), ([(CALL, -65), (CALL, 65)], 0), ([(CALL, -130), (CALL, 65)], 65),
        ([(PUT, -65)], 65), ([(PUT, -65), (PUT, 30)], 35), ([(CALL, -65), (PUT, 65)], 65),
        ([(CALL, -65), (NIFTY_FUT, 65)], 0), ([(CALL, -65), (NIFTY_FUT, -65)], 65), ([(PUT, -65), (NIFTY_FUT, -65)], 0),
        ([(PUT, -65), (NIFTY_FUT, 65)], 65), ([(CALL, -65), (PUT, -65), (NIFTY_FUT, 65)], 65), ([(CALL, 65)], 0),
    ],
)  # fmt: skip
def test_which_short_options_stand_without_cover(nets, naked):
    assert NIFTY_CALL.kind is Kind.OPTION
    assert naked_units(nets) == naked


def test_the_worth_of_all_is_the_sum_of_each_and_names_what_has_no_price():
    blotter, marks = Blotter(lambda *a: None), {RELIANCE.key: 100_0000, SBIN.key: 50_0000}
    nets: dict[PositionKey, int] = {}
    here, there = PositionKey(*RELIANCE.key, Product.INTRADAY), PositionKey(*SBIN.key, Product.INTRADAY)
    worth = Worth(blotter.exposure, lambda p: nets.get(p, 0), marks.get, {i.key: i for i in (RELIANCE, SBIN)}.get)
    blotter.put(order(quantity=10), "test")
    worth.mend()
    assert (worth.total_e4, worth.of(here), worth.of(there)) == (1000_0000, 1000_0000, 0)
    nets[there] = -4
    worth.reckon_all((there,))
    assert (worth.total_e4, worth.of(there), worth.unpriced(here)) == (1200_0000, 200_0000, "")
    marks[SBIN.key] = None
    worth.reckon_all((there,))
    assert (worth.total_e4, worth.unpriced(here), worth.unpriced(there)) == (1000_0000, "NSE 3045", "")
    marks[SBIN.key] = 0
    worth.reckon_all(())
    assert worth.unpriced(here) == "NSE 3045"
    marks[SBIN.key], nets[there] = 1, 0
    blotter.put(order(quantity=10, state=S.CANCELLED), "test")
    worth.mend()
    worth.reckon_all(())
    assert (worth.total_e4, worth.unpriced(here)) == (0, "")


def test_ten_orders_are_a_habit_of_their_lower_median():
    habit = Habit()
    for n in range(1, 11):
        assert habit.largest_before is None
        habit.add(intent(quantity=n, price_e4=10))
    assert (habit.median_e4, habit.largest_before) == (50, 10)
    habit.undo()
    assert (habit.median_e4, habit.largest_before) == (None, None)


def test_a_turn_is_a_change_of_sides_and_flat_is_none():
    pace = Pace()
    for at, net in enumerate((5, 0, 5, -5, 0, -5, 5)):
        pace.saw(net, at * SECOND)

    assert [pace.recent(pace.turns, at * SECOND) for at in (6, 62, 63, 66)] == [2, 2, 1, 0]


def test_used_tickets_are_known_and_can_be_given_back():
    used = Tickets()
    for n in range(100):
        used.add(f"t{n}")
    assert all(f"t{n}" in used for n in range(100)) and "x" not in used
    used.discard("x")
    used.discard("t7")
    assert "t7" not in used and "t8" in used


def test_samples_are_a_second_apart_and_looked_back_at_ten_to_thirty_seconds():
    samples = Samples()
    assert samples.before(0) == (0, 0)
    assert samples.average_e4(0, 7) == 7
    for n in range(50):
        samples.add(n * SECOND // 2, n, n + 100, n * 10)
    assert [row[0] for row in samples.rows] == [n * SECOND for n in range(25)]
    assert samples.before(24 * SECOND) == (28, 128)
    assert samples.before(9 * SECOND) == (0, 0)
    assert samples.before(10 * SECOND) == (0, 100)
    assert samples.before(54 * SECOND) == (48, 148)
    assert samples.before(54 * SECOND + 1) == (0, 0)
    assert samples.average_e4(24 * SECOND, 7) == sum(range(0, 500, 20)) // 25
    assert samples.average_e4(53 * SECOND, 7) == (460 + 480) // 2
    assert samples.average_e4(55 * SECOND, 7) == 7
