"""The practice day on a manual clock: deterministic, inside its bands, and true to its own book."""

from datetime import date
from typing import Any

import msgspec
import pytest

from core.domain import Exchange, Kind, Side
from core.exchange.calendar import next_trading_day, trading_day
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.rules import OrderBody
from core.exchange.universe import expiry_of
from tests.exchange.practice_day import SBIN, Day


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture(scope="module")
def one_day() -> Day:
    """One day for all tests that change nothing."""
    return Day()


def trades_of(seed: int) -> list[Any]:
    day = Day(seed)
    for quantity in (5, 50, 500):
        day.walk(4)
        day.order(ordertype="MARKET", price="0", quantity=str(quantity))
        day.order(ordertype="LIMIT", price=day.rupees(0), quantity=str(quantity))
    day.walk(60)
    figures = [day.practice.market.snapshot(key) for key in day.practice.market.listings]
    return [msgspec.to_builtins(day.practice.desk.trades), [(f.last_e4, f.volume, f.bids) for f in figures]]


def test_same_seed_and_requests_give_the_same_trades() -> None:
    assert trades_of(5) == trades_of(5)
    assert trades_of(5) != trades_of(6)


def test_every_book_stays_two_sided_uncrossed_and_inside_its_band(day: Day) -> None:
    market = day.practice.market
    rows = {k: r for k, r in market.listings.items() if r.tradable}
    market.watch(rows)
    for _ in range(6):
        day.walk(2, 1)
        for key, listing in rows.items():
            if listing.instrument.kind is Kind.OPTION and market.fair_e4(key) < 50_000:
                continue
            seen = market.snapshot(key)
            assert seen.bids and seen.asks, listing.instrument.symbol
            assert seen.bids[0].price_e4 < seen.asks[0].price_e4
            assert listing.lower_e4 <= seen.bids[-1].price_e4 and seen.asks[-1].price_e4 <= listing.upper_e4
            assert seen.low_e4 <= seen.last_e4 <= seen.high_e4
            assert seen.low_e4 <= seen.average_e4 <= seen.high_e4


def test_prices_move_and_indices_with_them(day: Day) -> None:
    market = day.practice.market
    market.watch(market.listings)
    before = {key: market.close_e4(key) for key in market.listings}
    day.walk(10, 1)
    still = [row.instrument.symbol for key, row in market.listings.items() if market.close_e4(key) == before[key]]
    assert len(still) <= 25, still
    assert not [s for s in still if s.startswith("Nifty")]


def test_own_trades_are_in_the_volume_and_the_last_price(day: Day) -> None:
    before = day.practice.market.snapshot(SBIN)
    order = day.placed(ordertype="MARKET", price="0", quantity="7")
    after = day.practice.market.snapshot(SBIN)
    assert order.status == "complete" and after.volume == before.volume + 7
    assert after.last_e4 == day.practice.desk.trades[-1].price_e4 == before.asks[0].price_e4
    assert after.asks[0].quantity == before.asks[0].quantity - 7


def test_a_resting_order_stands_in_the_depth_and_fills_when_the_market_comes(day: Day) -> None:
    order = day.placed(price=day.rupees(-3), quantity="40")
    assert order.status == "open" and day.pushed == [("AB09", "open pending"), ("AB01", "open")]
    for _ in range(400):
        day.walk(10)
        if order.status == "complete":
            break
    assert order.status == "complete" and order.value_e4 == 40 * order.price_e4
    assert day.pushed[-1] == ("AB05", "complete")


def test_a_stop_waits_for_its_trigger_and_then_trades(day: Day) -> None:
    stop = {"variety": "STOPLOSS", "ordertype": "STOPLOSS_MARKET", "price": "0", "transactiontype": "SELL"}
    order = day.placed(**stop, triggerprice=day.rupees(-4))
    assert order.status == "trigger pending" and ("AB10", "trigger pending") in day.pushed
    for _ in range(400):
        day.walk(10)
        if order.status == "complete":
            break
    assert order.status == "complete" and order.value_e4 // order.filled <= order.trigger_e4 + 10 * 500
    codes = [code for code, _ in day.pushed]
    assert codes == ["AB09", "AB10", "AB01", "AB05"]


def test_ioc_leaves_nothing_behind(day: Day) -> None:
    order = day.placed(duration="IOC", price=day.rupees(-3))
    assert order.status == "cancelled" and day.practice.market.book(SBIN).resting(order.book_id) is None


def test_a_smaller_quantity_keeps_the_place_and_a_new_price_loses_it(day: Day) -> None:
    price = day.rupees(-40)
    first, second = day.placed(price=price, quantity="10"), day.placed(price=price, quantity="10")
    book, price_e4 = day.practice.market.book(SBIN), first.price_e4

    def modify(**changes: Any) -> None:
        done = day.practice.modify(OrderBody(orderid=first.order_id, price=price, **changes))
        assert isinstance(done, OwnOrder), done

    modify(quantity="4")
    assert book.ids_at(Side.BUY, price_e4) == [first.book_id, second.book_id]
    modify(quantity="30")
    assert book.ids_at(Side.BUY, price_e4) == [second.book_id, first.book_id]
    assert [code for code, _ in day.pushed[-3:]] == ["AB11", "AB04", "AB01"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "1000.02"}, "AB1007"),
        ({"price": "0"}, "AB1007"),
        ({"price": "2000.00"}, "AB1007"),
        ({"quantity": "0"}, "AB1007"),
        ({"quantity": "9999999"}, "AB1007"),
        ({"symboltoken": "2885"}, "AB1009"),
        ({"variety": "AMO"}, "AB1008"),
        ({"variety": "ROBO"}, "AB2002"),
        ({"producttype": "CARRYFORWARD"}, "AB1012"),
        ({"ordertag": "x" * 20}, "AB4008"),
        ({"ordertype": "STOPLOSS_LIMIT"}, "AB1020"),
        ({"transactiontype": "HOLD"}, "AB1007"),
        ({"tradingsymbol": "Nifty 50", "symboltoken": "99926000"}, "AB1007"),
    ],
)
def test_what_is_refused_at_once(one_day: Day, changes: dict[str, str], code: str) -> None:
    done = one_day.order(**changes)
    assert isinstance(done, Refusal) and done.code == code
    assert not one_day.practice.desk.orders


def test_too_little_money_is_a_later_rejection(day: Day) -> None:
    order = day.placed(quantity="6000")
    assert order.status == "rejected" and order.text.startswith("Insufficient funds")
    assert day.pushed == [("AB09", "open pending"), ("AB03", "rejected")]


def test_one_future_lot_passes_and_its_margin_is_blocked(day: Day) -> None:
    future = next(r for r in day.practice.market.listings.values() if r.instrument.exchange is Exchange.NFO)
    symbol, token = future.instrument.symbol, future.instrument.token
    kind = {"exchange": "NFO", "producttype": "CARRYFORWARD", "ordertype": "MARKET", "price": "0"}
    order = day.placed(tradingsymbol=symbol, symboltoken=token, quantity="65", **kind)
    assert order.status == "complete"
    used = float(day.practice.funds_row()["utiliseddebits"])
    assert used == pytest.approx(0.12 * order.value_e4 / 10_000, rel=0.002)


def test_the_close_cancels_what_still_works(day: Day) -> None:
    order = day.placed(price="946.00")
    day.clock.move(7 * 3600)
    day.practice.step()
    assert order.status == "cancelled"


def test_dates_of_days_and_expiries() -> None:
    assert trading_day(date(2026, 3, 7)) == date(2026, 3, 9)
    assert next_trading_day(date(2026, 3, 6)) == date(2026, 3, 9)
    assert expiry_of(date(2026, 3, 3)) == date(2026, 3, 31)
    assert expiry_of(date(2026, 12, 30)) == date(2027, 1, 26)
