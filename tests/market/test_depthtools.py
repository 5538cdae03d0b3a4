"""Walking the visible book, its balance, and own orders in it."""

import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.depthtools import book_ratio, own_orders, queue_ahead, spread_e4, total_ratio, walk, walks
from core.domain import Exchange, Order, OrderState, OrderType, Product, Side, Validity
from core.views import Level, Quote
from tests.market.shared import shared


def _quote(bids: list[tuple[int, int]], asks: list[tuple[int, int]], buy: int = 0, sell: int = 0) -> Quote:
    return Quote(
        has_ltp=True, ltp_e4=100, ltq=1, average_e4=100, volume=1, total_buy=buy, total_sell=sell, open_e4=1, high_e4=1,
        low_e4=1, close_e4=1, last_trade_s=1, open_interest=0, upper_e4=0, lower_e4=0,
        bids=tuple(Level(p, q, 1) for p, q in bids), asks=tuple(Level(p, q, 1) for p, q in asks), exchange_ms=1,
    )  # fmt: skip


BOOK = _quote([(9_990, 10), (9_980, 30), (0, 0)], [(10_000, 5), (10_010, 20), (10_030, 100)], 400, 600)


def test_walking_the_book() -> None:
    inside = walk(BOOK, Side.BUY, 5)
    across = walk(BOOK, Side.BUY, 25)
    beyond = walk(BOOK, Side.SELL, 100)

    assert (inside.average_e4, inside.cost_e4, inside.levels, inside.complete) == (10_000, 0, 1, True)
    assert (across.average_e4, across.worst_e4, across.cost_e4) == (10_008, 10_010, 200)
    assert across.slippage_bps == 200 / (25 * 10_000) * 10_000
    assert beyond.slippage_bps == pytest.approx(300 / (40 * 9_990) * 10_000, rel=1e-3)
    assert (beyond.filled, beyond.complete, beyond.average_e4, beyond.cost_e4) == (40, False, 9_982, 300)
    assert [w.filled for pair in walks(BOOK, (1, 60)) for w in pair] == [1, 1, 60, 40]


def test_an_empty_side_fills_nothing() -> None:
    nothing = walk(_quote([], [(0, 0)]), Side.BUY, 10)

    assert (nothing.filled, nothing.average_e4, nothing.complete, nothing.slippage_bps) == (0, 0, False, None)
    assert walk(BOOK, Side.BUY, 0).filled == 0


def test_balance_and_spread() -> None:
    assert book_ratio(BOOK) == 40 / 165
    assert total_ratio(BOOK) == 0.4
    assert spread_e4(BOOK) == 10
    empty = _quote([], [])
    assert book_ratio(empty) is total_ratio(empty) is spread_e4(empty) is None


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)), max_size=5),
    st.integers(0, 10**7),
    st.sampled_from(Side),
)
def test_a_walk_is_what_buying_unit_by_unit_would_be(levels: list[tuple[int, int]], quantity: int, side: Side) -> None:
    levels.sort(reverse=side is Side.SELL)
    quote = _quote([], levels) if side is Side.BUY else _quote(levels, [])

    found = walk(quote, side, quantity)

    available = sum(q for _, q in levels)
    assert found.filled == min(quantity, available)
    assert found.cost_e4 >= 0
    prices = [p for p, q in levels if q]
    if found.filled:
        assert min(prices) <= found.average_e4 <= max(prices)


def test_a_recorded_book_by_plain_arithmetic() -> None:
    with gzip.open(shared("ticks", "depth5_2025-12-15", "BSE.csv.gz"), "rt") as file:
        rows = [row for _, row in zip(range(50), csv.DictReader(file), strict=False)]
    for row in rows:
        asks = [(round(float(row[f"ap{n}"]) * 10_000), int(row[f"aq{n}"])) for n in range(1, 6)]
        want = sum(q for _, q in asks) // 2
        units = [p for p, q in asks for _ in range(q)][:want]

        found = walk(_quote([], asks), Side.BUY, want)

        assert found.filled == len(units)
        assert abs(found.average_e4 - sum(units) / len(units)) <= 0.5
        assert found.cost_e4 == sum(units) - len(units) * asks[0][0]


def _order(side: Side, price_e4: int, quantity: int, filled: int = 0, state: OrderState = OrderState.WORKING) -> Order:
    return Order(
        f"t{price_e4}{quantity}{filled}", "i", Exchange.NSE, "1", "X", side, quantity, price_e4, 0, OrderType.LIMIT,
        Product.INTRADAY, Validity.DAY, "ticket", state, 1, 1, 1, filled=filled,
    )  # fmt: skip


def test_own_orders_stand_in_the_book() -> None:
    orders = [
        _order(Side.BUY, 9_980, 20, filled=5),
        _order(Side.BUY, 9_980, 10),
        _order(Side.BUY, 9_900, 7),
        _order(Side.BUY, 9_990, 9, state=OrderState.CANCELLED),
        _order(Side.SELL, 10_010, 3),
    ]

    bids = [(own.price_e4, own.quantity, own.orders, own.level) for own in own_orders(BOOK, orders, Side.BUY)]

    assert bids == [(9_980, 25, 2, 1), (9_900, 7, 1, None)]
    assert [own.level for own in own_orders(BOOK, orders, Side.SELL)] == [1]
    assert queue_ahead(BOOK.bids[1], 25) == 5
    assert queue_ahead(BOOK.bids[1], 50) == 0
