"""Positions and booked profit, against hand-worked examples and a plain reference."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain import PositionKey, Product, Side
from core.orders.blotter import Blotter
from core.orders.positions import Opening, Positions, fold
from core.orders.states import advance
from tests.builders import RELIANCE, T0_NS, fill, order, row

KEY = PositionKey(RELIANCE.exchange, RELIANCE.token, Product.INTRADAY)


def test_a_round_trip_books_the_difference():
    bought = fill(fill_id="1", quantity=10, price_e4=100_0000)
    sold = fill(fill_id="2", quantity=10, price_e4=101_5000, side=Side.SELL, filled_ns=T0_NS + 1)

    (position,) = fold([bought, sold], {})

    assert (position.net, position.realised_e4, position.average_e4) == (0, 10 * 1_5000, 0)


def test_a_short_that_flips_long_keeps_the_new_entry_price():
    fills = [
        fill(fill_id="1", side=Side.SELL, quantity=5, price_e4=200_0000),
        fill(fill_id="2", side=Side.BUY, quantity=8, price_e4=190_0000, filled_ns=T0_NS + 1),
    ]

    (position,) = fold(fills, {})

    assert (position.net, position.average_e4, position.realised_e4) == (3, 190_0000, 5 * 10_0000)
    assert position.open_e4(191_0000) == 3 * 1_0000


def test_an_opening_is_carried_and_closed():
    (position,) = fold(
        [fill(side=Side.SELL, quantity=4, price_e4=120_0000)], {KEY: Opening("RELIANCE-EQ", 10, 100_0000)}
    )

    assert (position.net, position.average_e4, position.realised_e4) == (6, 100_0000, 4 * 20_0000)


@given(
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 500), st.integers(1, 50_000_000)), min_size=1, max_size=40)
)
def test_booked_plus_open_profit_is_cash_flow_plus_value(trades):
    fills = [
        fill(fill_id=str(n), side=side, quantity=quantity, price_e4=price, filled_ns=T0_NS + n)
        for n, (side, quantity, price) in enumerate(trades)
    ]
    last_e4 = trades[-1][2]

    (p,) = fold(fills, {})

    cash_e4 = p.sold_value_e4 - p.bought_value_e4
    exact_cost = p.net * last_e4 + cash_e4 - p.realised_e4
    assert p.net == p.bought - p.sold
    assert abs(p.open_e4(last_e4) - exact_cost) <= abs(p.net)


def test_an_order_update_before_the_trade_book_counts_once():
    blotter = Blotter(lambda before, after, source: None)
    positions = Positions(blotter)
    partial, _ = advance(order(), row("open", filled=6, average_e4=1412_0000), T0_NS)
    blotter.put(partial, "socket")

    assert positions.positions()[0].net == 6

    blotter.book_fills([fill(fill_id="9", quantity=6, price_e4=1412_0000)])
    blotter.book_fills([fill(fill_id="9", quantity=6, price_e4=1412_0000)])

    assert positions.positions()[0].net == 6
    assert positions.positions()[0].bought_value_e4 == 6 * 1412_0000


def test_the_provisional_fill_makes_the_averages_agree():
    blotter = Blotter(lambda before, after, source: None)
    blotter.put(advance(order(), row("complete", filled=10, average_e4=1412_3000), T0_NS)[0], "socket")
    blotter.book_fills([fill(fill_id="9", quantity=4, price_e4=1412_0000)])

    (position,) = Positions(blotter).positions()

    assert position.bought == 10
    assert position.bought_value_e4 == 10 * 1412_3000
