"""Profit and charges by position: hand-worked days, the sum of the legs, both methods, both marks."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from core.account import MarkBy
from core.domain import PositionKey, Product, Side
from core.orders.blotter import Blotter
from core.orders.fifo import Lots
from core.orders.positions import Opening, Positions
from core.orders.profits import Profits
from core.tariff import tariff
from core.views import Level
from tests.builders import NIFTY_FUT, RELIANCE, SBIN, T0_NS, fill
from tests.orders.fakes import FakeQuotes, quote

DAY = date(2026, 11, 24)
MASTER = {i.key: i for i in (RELIANCE, SBIN, NIFTY_FUT)}


def book(*fills, openings=None, now=None):
    blotter = Blotter(lambda before, after, source: None)
    blotter.book_fills(fills)
    positions = Positions(blotter)
    positions.set_openings(openings or {})
    quotes = FakeQuotes()
    quotes.now = now or quotes.now
    return Profits(positions, blotter, quotes, MASTER.get, tariff(), lambda: DAY), quotes


def trade(n: int, side: Side, quantity: int, price_e4: int, instrument=RELIANCE, product=Product.INTRADAY, order="o"):
    return fill(
        fill_id=str(n),
        broker_id=f"{order}{n}",
        exchange=instrument.exchange,
        token=instrument.token,
        symbol=instrument.symbol,
        side=side,
        quantity=quantity,
        price_e4=price_e4,
        product=product,
        filled_ns=T0_NS + n,
    )


def test_average_and_first_in_first_out_differ_until_all_is_closed():
    """10 at 100, 10 at 110, 10 sold at 120: 15 a piece by the average, 20 by the oldest."""
    fills = [
        trade(1, Side.BUY, 10, 100_0000),
        trade(2, Side.BUY, 10, 110_0000),
        trade(3, Side.SELL, 10, 120_0000),
    ]
    profits, _ = book(*fills)
    (leg,) = profits.legs()
    assert (leg.realised_e4, leg.realised_fifo_e4) == (150_0000, 200_0000)

    profits, _ = book(*fills, trade(4, Side.SELL, 10, 120_0000))
    (leg,) = profits.legs()
    assert leg.realised_e4 == leg.realised_fifo_e4 == 300_0000


def test_a_carried_position_counts_today_from_the_previous_close():
    """100 carried from 1,300, close 1,401.05, 40 sold at 1,410, last 1,412.55."""
    key = PositionKey(RELIANCE.exchange, RELIANCE.token, Product.DELIVERY)
    profits, _ = book(
        trade(1, Side.SELL, 40, 1410_0000, product=Product.DELIVERY),
        openings={key: Opening("RELIANCE-EQ", 100, 1300_0000)},
    )
    (leg,) = profits.legs()
    assert leg.realised_e4 == 40 * 110_0000
    assert leg.open_e4 == 60 * 112_5500
    assert leg.day_e4 == 40 * (1410_0000 - 1401_0500) + 60 * (1412_5500 - 1401_0500)
    assert leg.depository_e4 == 23_6000  # shares left the demat account: Rs 20 and GST


def test_the_touch_is_what_closing_would_bring():
    profits, quotes = book(trade(1, Side.BUY, 10, 1400_0000))
    profits.mark_by = MarkBy.TOUCH
    assert profits.legs()[0].open_e4 == 10 * 12_5000
    short, quotes = book(trade(1, Side.SELL, 10, 1400_0000))
    short.mark_by = MarkBy.TOUCH
    assert short.legs()[0].open_e4 == -10 * 12_6000
    quotes.now = quote(asks=(Level(0, 0, 0),))
    assert short.legs()[0].open_e4 == -10 * 12_5500  # nobody offers: the last trade


def test_without_a_price_nothing_is_made_up():
    profits, quotes = book(trade(1, Side.BUY, 10, 1400_0000), trade(2, Side.SELL, 4, 1401_0000, SBIN))
    quotes.known = False
    legs = profits.legs()
    assert all(leg.open_e4 is None and leg.day_e4 is None and leg.net_e4 is None for leg in legs)
    assert profits.totals().unpriced == 2


def test_an_order_that_filled_in_parts_is_charged_once():
    """Rs 1,41,200 bought intraday in two trades of one order: brokerage Rs 20 once, and the rest on the whole."""
    one = trade(1, Side.BUY, 60, 1412_0000)
    two = replace(trade(2, Side.BUY, 40, 1412_0000), broker_id=one.broker_id)
    profits, _ = book(one, two)
    charges = profits.legs()[0].charges
    assert charges.brokerage_e4 == 20_0000
    assert charges.stt_e4 == 0
    assert charges.exchange_e4 == 4_3300  # 0.00307 %
    assert charges.stamp_e4 == 4_2400  # 0.003 %, buyer
    assert charges.sebi_e4 == 1400
    assert charges.gst_e4 == 4_4100  # 18 % of 24.4760 is 4.4057


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((RELIANCE, SBIN, NIFTY_FUT)),
            st.sampled_from(Side),
            st.integers(1, 300),
            st.integers(1, 4_000_000).map(lambda ticks: ticks * 500),
            st.integers(1, 6),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_the_total_is_the_sum_of_the_legs_and_of_the_cash_to_the_paisa(trades):
    fills = [
        replace(trade(n, side, quantity, price, instrument), broker_id=f"o{order}-{instrument.token}-{side}")
        for n, (instrument, side, quantity, price, order) in enumerate(trades)
    ]
    profits, quotes = book(*fills)
    legs, totals = profits.legs(), profits.totals()

    for name in ("realised_e4", "open_e4", "charges_e4", "day_e4", "net_e4"):
        figures = [getattr(leg, name) for leg in legs]
        assert all(figure % 100 == 0 for figure in figures), name
        assert getattr(totals, name) == sum(figures), name
    cash_e4 = sum(-int(f.side) * f.quantity * f.price_e4 for f in fills)
    held_e4 = sum(leg.position.net * quotes.now.ltp_e4 for leg in legs)
    assert totals.realised_e4 + totals.open_e4 == totals.day_e4 == cash_e4 + held_e4
    assert totals.net_e4 == cash_e4 + held_e4 - totals.charges_e4


@given(st.lists(st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 1_000)), max_size=40))
def test_first_in_first_out_against_one_unit_at_a_time(trades):
    """The reference keeps every single unit in a row."""
    lots, row, realised = Lots(), [], 0
    for units, price in trades:
        lots.take(units, price)
        for _ in range(abs(units)):
            sign = 1 if units > 0 else -1
            if row and row[0][0] != sign:
                realised += sign * (row.pop(0)[1] - price)
            else:
                row.append((sign, price))
    assert lots.realised_e4 == realised
    assert lots.net == sum(sign for sign, _ in row)
    assert lots.cost_e4 == sum(sign * price for sign, price in row)
