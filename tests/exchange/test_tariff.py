"""The dated tariff against the broker's printed example, and against sums done by hand."""

from datetime import date

import pytest

from core.domain import Exchange, Instrument, Kind, Product, Side
from core.tariff import Segment, segment_of, tariff

PRINTED = date(2023, 12, 1)
"""The printed example of the brokerage calculator has the rates of 2023: no brokerage on delivery, NSE Rs 325."""


def test_the_printed_example_of_the_brokerage_calculator() -> None:
    """Two bond purchases of Rs 8,000, one on each exchange: 1.5162, 1.5634, together 3.0796; GST 0.1036."""
    nse, bse = (
        tariff().charges(PRINTED, exchange, Segment.DELIVERY, Side.BUY, 8_000 * 10_000, tax_free=True)
        for exchange in (Exchange.NSE, Exchange.BSE)
    )
    assert (nse.total_e4, bse.total_e4) == (15_162, 15_634)
    assert nse.exchange_e4 + bse.exchange_e4 == 5_600
    assert nse.stamp_e4 + bse.stamp_e4 == 24_000
    assert nse.sebi_e4 + bse.sebi_e4 == 160
    assert nse.external_e4 + bse.external_e4 == 29_760
    assert nse.gst_e4 + bse.gst_e4 == 1_036
    assert nse.brokerage_e4 == bse.brokerage_e4 == 0


@pytest.mark.parametrize(
    ("day", "exchange", "segment", "side", "rupees", "parts"),
    [
        # Rs 1,00,000 of shares bought for delivery: 20, 3.07, 15, 0.10, 100, 18 % of 23.17
        ("2025-06-02", Exchange.NSE, Segment.DELIVERY, Side.BUY, 100_000, (20, 3.07, 15, 0.1, 100, 4.1706)),
        ("2025-06-02", Exchange.NSE, Segment.DELIVERY, Side.BUY, 500, (2, 0.0154, 0.075, 0.0005, 0.5, 0.3629)),
        ("2025-06-02", Exchange.NSE, Segment.INTRADAY, Side.SELL, 100_000, (20, 3.07, 0, 0.1, 25, 4.1706)),
        ("2025-06-02", Exchange.NSE, Segment.INTRADAY, Side.BUY, 10_000, (3, 0.307, 0.3, 0.01, 0, 0.5971)),
        ("2025-06-02", Exchange.NFO, Segment.FUTURE, Side.SELL, 1_000_000, (20, 18.3, 0, 1, 200, 7.074)),
        ("2026-04-01", Exchange.NFO, Segment.FUTURE, Side.SELL, 1_000_000, (20, 18.3, 0, 1, 500, 7.074)),
        ("2026-03-31", Exchange.NFO, Segment.OPTION, Side.SELL, 10_000, (20, 3.553, 0, 0.01, 10, 4.2413)),
        ("2026-04-01", Exchange.NFO, Segment.OPTION, Side.SELL, 10_000, (20, 3.553, 0, 0.01, 15, 4.2413)),
        ("2025-06-02", Exchange.MCX, Segment.FUTURE, Side.BUY, 100_000, (20, 2.1, 2, 0.1, 0, 3.996)),
        ("2025-06-02", Exchange.CDS, Segment.FUTURE, Side.SELL, 100_000, (20, 0.35, 0, 0.1, 0, 3.681)),
    ],
)
def test_sums_done_by_hand(
    day: str, exchange: Exchange, segment: Segment, side: Side, rupees: int, parts: tuple[float, ...]
) -> None:
    found = tariff().charges(date.fromisoformat(day), exchange, segment, side, rupees * 10_000)
    assert found == tuple(round(part * 10_000) for part in parts)
    assert found.total_e4 == sum(found)


def test_the_published_example_of_the_raised_transaction_tax() -> None:
    """Futures of Rs 20,00,000: Rs 400 before 1 April 2026, Rs 1,000 from then on (cleartax.in on Budget 2026)."""
    days = (date(2026, 3, 31), date(2026, 4, 1))
    taxes = [tariff().charges(d, Exchange.NFO, Segment.FUTURE, Side.SELL, 2_000_000 * 10_000).stt_e4 for d in days]
    assert taxes == [400 * 10_000, 1_000 * 10_000]


def test_depository_charge_carries_gst() -> None:
    assert tariff().depository_e4(date(2025, 6, 2)) == 236_000
    assert tariff().depository_e4(date(2000, 1, 1)) == 0


def test_segments_follow_instrument_and_product() -> None:
    share = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
    option = Instrument(Exchange.NFO, "1", "X", "NIFTY", Kind.OPTION)
    assert segment_of(share, Product.INTRADAY) is Segment.INTRADAY
    assert segment_of(share, Product.MARGIN) is segment_of(share, Product.DELIVERY) is Segment.DELIVERY
    assert segment_of(option, Product.INTRADAY) is Segment.OPTION
