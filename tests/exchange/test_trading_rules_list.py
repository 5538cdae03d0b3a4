"""The trading rules a sandbox must keep, item by item, each with the tests that show it, and the tests of its own."""

import ast
from functools import lru_cache
from itertools import product
from pathlib import Path

import pytest

from core.domain import Instrument, Kind
from core.exchange.orders import OwnOrder, Refusal
from tests.exchange.practice_day import SBIN, Day

HERE = Path(__file__).parent
RULES, DAY, NIGHT = "test_trading_rules.py::", "test_practice.py::", "test_overnight.py::"
HERE_ = "test_trading_rules_list.py::"
ITEMS: dict[str, list[str]] = {
    "varieties": [
        HERE_ + "test_each_combination_is_taken_or_refused",
        RULES + "test_a_bracket_takes_its_target_or_its_stop",
        RULES + "test_uncertain_points_can_be_set",
    ],
    "order types": [
        HERE_ + "test_each_combination_is_taken_or_refused",
        RULES + "test_stops_market_orders_and_fills_in_part",
    ],
    "product types": [HERE_ + "test_each_combination_is_taken_or_refused", DAY + "test_what_is_refused_at_once"],
    "durations": [HERE_ + "test_each_combination_is_taken_or_refused"],
    "tick": [DAY + "test_what_is_refused_at_once"],
    "lot": [HERE_ + "test_a_quantity_is_whole_lots_below_the_freeze"],
    "freeze": [HERE_ + "test_a_quantity_is_whole_lots_below_the_freeze", DAY + "test_what_is_refused_at_once"],
    "circuit bands": [
        HERE_ + "test_prices_reach_the_circuits_and_not_one_tick_beyond",
        RULES + "test_uncertain_points_can_be_set",
    ],
    "price protection": [RULES + "test_uncertain_points_can_be_set"],
    "market-to-limit conversion": [
        RULES + "test_protection_margins_by_kind_and_premium",
        RULES + "test_stops_market_orders_and_fills_in_part",
    ],
    "stop triggers": [
        DAY + "test_a_stop_waits_for_its_trigger_and_then_trades",
        RULES + "test_stops_market_orders_and_fills_in_part",
    ],
    "IOC": [HERE_ + "test_an_ioc_order_takes_what_is_there_and_no_more", DAY + "test_ioc_leaves_nothing_behind"],
    "after-market orders": [
        RULES + "test_an_order_after_hours_waits_and_goes_out_at_the_next_opening",
        RULES + "test_an_order_before_the_opening_waits_for_it",
    ],
    "partial fills": [
        HERE_ + "test_an_ioc_order_takes_what_is_there_and_no_more",
        RULES + "test_modify_can_mean_the_open_quantity",
        "test_book.py::test_a_partial_fill_leaves_the_rest_on_the_book",
    ],
    "time priority on modify": [DAY + "test_a_smaller_quantity_keeps_the_place_and_a_new_price_loses_it"],
    "DAY orders end at the close": [
        DAY + "test_the_close_cancels_what_still_works",
        "test_hours.py::test_evening_segments_trade_square_off_and_close_by_their_own_clock",
    ],
    "margins": [
        "test_margins.py::test_a_future_blocks_scan_and_exposure_either_way",
        "test_margins.py::test_a_sold_option_blocks_more_than_a_spread_and_a_spread_saves",
        DAY + "test_one_future_lot_passes_and_its_margin_is_blocked",
    ],
    "funds that move with orders and fills": [RULES + "test_funds_move_with_orders_and_fills"],
    "RMS": ["test_recorded_shapes.py::test_funds_and_profile", DAY + "test_too_little_money_is_a_later_rejection"],
    "margin batch": ["test_margins.py::test_the_basket_of_the_calculator"],
    "charges from the dated tariff": [
        "test_tariff.py::test_sums_done_by_hand",
        "test_tariff.py::test_the_published_example_of_the_raised_transaction_tax",
        "test_margins.py::test_charges_of_two_orders_and_their_sum",
        NIGHT + "test_cash_after_a_round_trip_is_the_profit_less_charges",
    ],
    "holdings": [RULES + "test_delivery_sales_need_shares", NIGHT + "test_edis_sales_need_an_authorisation"],
    "T+1": [NIGHT + "test_shares_settle_a_day_later_and_a_future_carries"],
    "position conversion": [NIGHT + "test_conversion_moves_units_and_checks_margin"],
    "intraday square-off": [RULES + "test_intraday_is_squared_off_at_its_time"],
    "GTT rules that fire": [
        NIGHT + "test_rules_fire_change_end_and_survive",
        NIGHT + "test_a_rule_fires_from_the_side_the_price_was_on",
    ],
    "external orders through control": [
        "test_checklist_rest.py::test_orders_from_outside_and_caps",
        "test_faults.py::test_a_rejected_order_and_an_order_from_the_phone",
    ],
}


@lru_cache
def functions(file: str) -> frozenset[str]:
    """Tests of a file that are run whatever happens: not skipped, not expected to fail."""
    nodes = [node for node in ast.parse((HERE / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    marks = {node.name: " ".join(ast.unparse(d) for d in node.decorator_list) for node in nodes}
    return frozenset(name for name, mark in marks.items() if "skip" not in mark and "xfail" not in mark)


@pytest.mark.parametrize("item", ITEMS)
def test_the_tests_of_an_item_exist(item: str) -> None:
    assert ITEMS[item]
    for test in ITEMS[item]:
        file, _, name = test.partition("::")
        assert name in functions(file), test


@pytest.fixture(scope="module")
def day() -> Day:
    """One day for all, with money enough that no rule but the asked one refuses."""
    day = Day()
    day.practice.desk.account.cash_e4 = 10**14
    return day


def code_of(done: OwnOrder | Refusal) -> str:
    return done.code if isinstance(done, Refusal) else done.status


def near_future(day: Day) -> Instrument:
    rows = day.practice.market.listings.values()
    return next(r.instrument for r in rows if r.instrument.kind is Kind.FUTURE and r.instrument.exchange == "NFO")


TYPES = ("MARKET", "LIMIT", "STOPLOSS_LIMIT", "STOPLOSS_MARKET")
PRODUCTS = ("INTRADAY", "DELIVERY", "MARGIN", "CARRYFORWARD")
COMBINATIONS = list(product(("NORMAL", "STOPLOSS"), TYPES, PRODUCTS, ("DAY", "IOC"), ("share", "future")))
SHARES, DERIVATIVES = ("INTRADAY", "DELIVERY", "MARGIN"), ("INTRADAY", "CARRYFORWARD")


def expected(variety: str, kind: str, held_as: str, what: str) -> str:
    """The code of the refusal, empty for an order that is taken: the tables of wire sections 2.1 and 2.2."""
    if held_as not in (SHARES if what == "share" else DERIVATIVES):
        return "AB1012"
    return "" if kind.startswith("STOPLOSS") == (variety == "STOPLOSS") else "AB1020"


@pytest.mark.parametrize(("variety", "kind", "held_as", "duration", "what"), COMBINATIONS)
def test_each_combination_is_taken_or_refused(
    day: Day, variety: str, kind: str, held_as: str, duration: str, what: str
) -> None:
    terms: dict[str, str] = {"quantity": "1"}
    last_e4, tick_e4 = day.last(), 500
    if what == "future":
        future = near_future(day)
        last_e4, tick_e4 = day.practice.market.last_e4(future.key), future.tick_e4
        terms = {"exchange": "NFO", "tradingsymbol": future.symbol, "symboltoken": future.token}
        terms["quantity"] = str(future.lot)
    near_e4 = last_e4 // tick_e4 * tick_e4
    terms["price"] = "0" if "MARKET" in kind else str((near_e4 + 12 * tick_e4) / 10_000)
    terms["triggerprice"] = str((near_e4 + 10 * tick_e4) / 10_000) if kind.startswith("STOPLOSS") else "0"
    before = len(day.practice.desk.orders)
    done = day.order(variety=variety, ordertype=kind, producttype=held_as, duration=duration, **terms)
    refusal = expected(variety, kind, held_as, what)
    if refusal:
        assert code_of(done) == refusal and len(day.practice.desk.orders) == before
        return
    assert isinstance(done, OwnOrder), done
    assert (done.order_type, done.product, done.duration, done.variety) == (kind, held_as, duration, variety)
    assert done.status in ("complete", "open", "trigger pending", "cancelled"), done.text
    if kind.startswith("STOPLOSS") and duration == "DAY":
        assert done.status == "trigger pending"


@pytest.mark.parametrize(
    ("lots", "more", "refused"), [(1, 0, False), (2, 0, False), (1, 1, True), (0, 1, True), (1, -1, True)]
)
def test_a_quantity_is_whole_lots_below_the_freeze(day: Day, lots: int, more: int, refused: bool) -> None:
    future = near_future(day)
    assert future.lot > 1 and future.freeze_quantity is not None
    terms = {"exchange": "NFO", "tradingsymbol": future.symbol, "symboltoken": future.token}
    terms |= {"producttype": "CARRYFORWARD", "ordertype": "MARKET", "price": "0"}
    done = day.order(**terms, quantity=str(lots * future.lot + more))
    assert isinstance(done, Refusal) is refused, done
    if isinstance(done, Refusal):
        assert done.code == "AB1007" and f"lot size {future.lot}" in done.message
    most = future.freeze_quantity // future.lot * future.lot
    too_many = day.order(**terms, quantity=str(most + future.lot))
    assert isinstance(too_many, Refusal) and f"freeze quantity {future.freeze_quantity}" in too_many.message
    assert isinstance(day.order(**terms, quantity=str(most)), OwnOrder)


@pytest.mark.parametrize(("side", "edge", "beyond"), [("BUY", "lower", -1), ("SELL", "upper", 1)])
def test_prices_reach_the_circuits_and_not_one_tick_beyond(day: Day, side: str, edge: str, beyond: int) -> None:
    listing = day.practice.market.listings[SBIN]
    edge_e4 = listing.lower_e4 if edge == "lower" else listing.upper_e4
    at_edge = day.order(transactiontype=side, price=str(edge_e4 / 10_000), quantity="1")
    assert code_of(at_edge) == "open"
    outside_e4 = edge_e4 + beyond * listing.instrument.tick_e4
    outside = day.order(transactiontype=side, price=str(outside_e4 / 10_000), quantity="1")
    assert isinstance(outside, Refusal) and outside.code == "AB1007" and "circuit limits" in outside.message


def test_an_ioc_order_takes_what_is_there_and_no_more(day: Day) -> None:
    market = day.practice.market
    best = market.snapshot(SBIN).asks[0]
    done = day.placed(duration="IOC", price=str(best.price_e4 / 10_000), quantity=str(best.quantity + 3))
    assert (done.filled, done.status) == (best.quantity, "cancelled")
    assert done.value_e4 == best.quantity * best.price_e4
    row = next(r for r in day.practice.order_rows() if r["orderid"] == done.order_id)
    assert (row["filledshares"], row["unfilledshares"], row["cancelsize"]) == (str(best.quantity), "3", "3")
    assert market.book(SBIN).resting(done.book_id) is None
    bids = market.snapshot(SBIN).bids
    assert not bids or bids[0].price_e4 < best.price_e4, "nothing of it stands on the book"
