"""Each segment keeps its own hours: opening, square-off and close, by date."""

from collections.abc import Callable
from datetime import date

import pytest

from core.clock import NS_PER_S, iso_to_ns
from core.domain import Exchange, InstrumentKey
from core.exchange import calendar
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.rules import OrderBody
from core.exchange.tide import activity
from tests.exchange.practice_day import FEW, SBIN, Day

MARKET = {"ordertype": "MARKET", "price": "0"}
BEFORE, AFTER = date(2026, 7, 31), date(2026, 8, 3)


@pytest.mark.parametrize(
    ("exchange", "day", "opens", "closes"),
    [
        (Exchange.NSE, AFTER, "09:15", "15:30"),
        (Exchange.BSE, AFTER, "09:15", "15:30"),
        (Exchange.NFO, BEFORE, "09:15", "15:30"),
        (Exchange.NFO, AFTER, "09:15", "15:40"),
        (Exchange.BFO, AFTER, "09:15", "15:40"),
        (Exchange.MCX, AFTER, "09:00", "23:30"),
        (Exchange.CDS, BEFORE, "09:00", "17:00"),
    ],
)
def test_a_segment_is_open_from_its_first_second_to_its_last(
    exchange: Exchange, day: date, opens: str, closes: str
) -> None:
    first, end = (iso_to_ns(f"{day}T{text}:00+05:30") for text in (opens, closes))
    assert calendar.is_open(first, exchange) and calendar.is_open(end - NS_PER_S, exchange)
    assert not calendar.is_open(first - NS_PER_S, exchange) and not calendar.is_open(end, exchange)
    assert not calendar.is_open(iso_to_ns("2026-08-01T10:00:00+05:30"), exchange), "a Saturday"


def listed(day: Day, exchange: str, kind: str) -> dict[str, str]:
    """The terms of an order in the first contract of a kind."""
    rows = day.practice.market.listings.values()
    row = next(r for r in rows if r.instrument.exchange == exchange and r.type_name == kind)
    names = {"tradingsymbol": row.instrument.symbol, "symboltoken": row.instrument.token}
    return names | {"exchange": exchange, "producttype": "CARRYFORWARD", "quantity": str(row.instrument.lot)}


def status(done: OwnOrder | Refusal) -> str:
    assert isinstance(done, OwnOrder), done
    return done.status


def test_derivatives_trade_ten_minutes_longer_than_shares() -> None:
    day = Day(start="2026-08-04T15:20:00+05:30", setting=FEW)
    future, before = (
        listed(day, "NFO", "FUTIDX"),
        listed(Day(start="2026-03-03T15:20:00+05:30", setting=FEW), "NFO", "FUTIDX"),
    )
    working = day.placed(**future, price=_far(day, future))
    day.to("2026-08-04T15:35:00+05:30")
    assert working.status == "open" and status(day.order(**MARKET, **future)) == "complete"
    assert status(day.order()) == "after market order req received", "shares have closed"
    day.to("2026-08-04T15:40:01+05:30")
    assert working.status == "cancelled" and working.updated_ns == iso_to_ns("2026-08-04T15:40:00+05:30")
    assert status(day.order(**MARKET, **future)) == "after market order req received"
    day = Day(start="2026-03-03T15:20:00+05:30", setting=FEW)
    day.to("2026-03-03T15:35:00+05:30")
    assert status(day.order(**MARKET, **before)) == "after market order req received", "not yet in March"


def _far(day: Day, terms: dict[str, str]) -> str:
    row = day.practice.market.listings[InstrumentKey(Exchange(terms["exchange"]), terms["symboltoken"])]
    return str((row.lower_e4 // row.instrument.tick_e4 + 2) * row.instrument.tick_e4 / 10_000)


@pytest.mark.parametrize(
    ("exchange", "kind", "evening", "square", "closed"),
    [("MCX", "FUTCOM", "21:00:00", "23:15:01", "23:30:01"), ("CDS", "FUTCUR", "16:00:00", "16:45:01", "17:00:01")],
)
def test_evening_segments_trade_square_off_and_close_by_their_own_clock(
    exchange: str, kind: str, evening: str, square: str, closed: str
) -> None:
    day = Day(start="2026-03-03T15:20:00+05:30", setting=FEW)
    terms = listed(day, exchange, kind)
    at: Callable[[str], str] = lambda text: f"2026-03-03T{text}+05:30"  # noqa: E731
    day.to(at(evening))
    volume = day.practice.market.snapshot(InstrumentKey(Exchange(exchange), terms["symboltoken"])).volume
    bought = day.placed(**MARKET, **terms | {"producttype": "INTRADAY"})
    resting = day.placed(price=_far(day, terms), **terms)
    day.walk(30)
    assert bought.status == "complete" and resting.status == "open"
    now = day.practice.market.snapshot(InstrumentKey(Exchange(exchange), terms["symboltoken"]))
    assert now.volume > volume + bought.quantity and now.bids and now.asks
    assert not day.practice.market.snapshot(SBIN).last_ns > iso_to_ns(at("15:30:00")), "shares stand still"
    day.to(at(square))
    closing = list(day.practice.desk.orders.values())[-1]
    assert closing.tag == "squareoff" and closing.filled == bought.quantity and resting.status == "open"
    assert isinstance(day.order(**MARKET, **terms | {"producttype": "INTRADAY"}), Refusal)
    day.to(at(closed))
    assert resting.status == "cancelled"


def test_the_evening_segments_open_before_the_others() -> None:
    day = Day(start="2026-03-03T08:50:00+05:30", setting=FEW)
    metal, share = day.placed(**MARKET, **listed(day, "MCX", "FUTCOM")), day.placed(**MARKET)
    assert metal.queued and share.queued
    day.to("2026-03-03T09:01:00+05:30")
    assert metal.status == "complete" and share.queued
    assert not day.practice.market.figures[SBIN].last_ns, "nothing has traded in shares"
    day.to("2026-03-03T09:16:00+05:30")
    assert share.status == "complete"


def test_the_lock_of_waiting_orders_can_be_taken_off() -> None:
    day = Day(start="2026-03-03T08:30:00+05:30", setting=FEW)
    order = day.placed()
    day.to("2026-03-03T08:50:00+05:30")
    body = OrderBody(variety="NORMAL", orderid=order.order_id)
    locked = day.practice.cancel(body)
    assert isinstance(locked, Refusal) and "08:45" in locked.message
    day.practice.switches.change(b'{"amo_lock": false}')
    assert isinstance(day.practice.cancel(body), OwnOrder) and order.status == "cancelled after market order"


def test_every_session_is_busiest_at_its_own_ends() -> None:
    """Volume goes with the square: recorded shares traded 21 to 40 per cent of a day in its last half hour."""
    day = date(2026, 3, 3)
    for exchange, last_share in ((Exchange.NSE, (0.21, 0.40)), (Exchange.MCX, (0.08, 0.20))):
        opens_ns, closes_ns = calendar.hours(exchange, day)
        minutes = range(opens_ns, closes_ns, 60 * NS_PER_S)
        volumes = [activity(at_ns, opens_ns, closes_ns) ** 2 for at_ns in minutes]
        assert last_share[0] < sum(volumes[-30:]) / sum(volumes[15:]) < last_share[1]
        assert max(volumes[60:-60]) < 2 < volumes[5], "quiet in between, lively at the opening"
    assert activity(opens_ns, 0, 0) == 1
