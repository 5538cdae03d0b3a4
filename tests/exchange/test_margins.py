"""Margins: netting of one underlying, full payment for what is bought, and the basket calculator's parts."""

from datetime import date

from core.domain import Exchange, Instrument, Kind, Product
from core.exchange.ledger.estimates import BatchBody, BatchRow, ChargeBody, ChargeRow, batch_row, charges_row
from core.exchange.ledger.margins import Exposure, Margin, margin_of
from core.exchange.listing import Listing
from core.exchange.orders import Refusal

E4 = 10_000
SPOT = 25_000 * E4
INDEX = Listing(Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0), SPOT)
FUTURE = Listing(
    Instrument(Exchange.NFO, "1", "NIFTY31MAR26FUT", "NIFTY", Kind.FUTURE, 65, expiry="2026-03-31"),
    SPOT,
    members=(INDEX.key,),
    type_name="FUTIDX",
)


def option(token: str, strike: int, kind: str, price: int, name: str = "NIFTY") -> Listing:
    symbol = f"{name}31MAR26{strike}{kind}"
    instrument = Instrument(
        Exchange.NFO, token, symbol, name, Kind.OPTION, 65, expiry="2026-03-31", strike_e4=strike * E4
    )
    return Listing(instrument, price * E4, members=(INDEX.key,), type_name="OPTIDX")


CALL, FAR_CALL, PUT = option("2", 25_000, "CE", 300), option("3", 25_500, "CE", 120), option("4", 25_000, "PE", 280)
SHARE = Listing(Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY), 1_000 * E4)
ALL = {row.key: row for row in (INDEX, FUTURE, CALL, FAR_CALL, PUT, SHARE)}


def held(listing: Listing, net: int, product: Product = Product.CARRYFORWARD) -> Exposure:
    return Exposure(listing, product, net, abs(net) * listing.close_e4, listing.close_e4, SPOT)


def total(*rows: Exposure) -> int:
    return margin_of(rows).total_e4 // E4


def test_a_future_blocks_scan_and_exposure_either_way() -> None:
    value = 65 * 25_000
    for net in (65, -65):
        margin = margin_of([held(FUTURE, net)])
        assert (margin.span_e4, margin.exposure_e4) == (value * 9 * E4 // 100, value * 3 * E4 // 100)
    assert total(held(FUTURE, 0)) == 0


def test_a_bought_option_costs_its_premium_and_no_more() -> None:
    assert margin_of([held(CALL, 65)]) == Margin(0, 0, 0, 65 * 300 * E4, 0)
    deep = option("5", 24_000, "CE", 1_200)
    assert margin_of([held(deep, 65)]) == Margin(0, 0, 0, 65 * 1_200 * E4, 0), (
        "though it could lose its intrinsic value"
    )


def test_a_sold_option_blocks_more_than_a_spread_and_a_spread_saves() -> None:
    naked = total(held(CALL, -65))
    spread = margin_of([held(CALL, -65), held(FAR_CALL, 65)])
    assert 65 * 25_000 * 11 // 100 < naked < 65 * 25_000 * 13 // 100
    assert spread.total_e4 // E4 < naked // 2
    assert spread.benefit_e4 > 0
    assert spread.span_e4 <= 65 * 500 * E4, "a spread cannot lose more than its width"


def test_a_covered_future_saves_and_another_underlying_does_not() -> None:
    covered = total(held(FUTURE, 65), held(PUT, 65))
    assert covered < total(held(FUTURE, 65)) + total(held(PUT, 65))
    other = Listing(Instrument(Exchange.NFO, "9", "XFUT", "X", Kind.FUTURE), SPOT, type_name="FUTIDX")
    assert total(held(FUTURE, 65), held(other, -65)) == total(held(FUTURE, 65)) + total(held(other, -65))


def test_shares_are_a_fifth_or_the_whole_and_sold_holdings_nothing() -> None:
    assert total(held(SHARE, 10, Product.INTRADAY)) == total(held(SHARE, -10, Product.INTRADAY)) == 2_000
    assert total(held(SHARE, 10, Product.DELIVERY)) == 10_000
    assert total(held(SHARE, -10, Product.DELIVERY)) == 0


def test_working_orders_block_what_they_would_open() -> None:
    row = held(SHARE, 10, Product.INTRADAY)
    row.sells, row.sells_e4 = 10, 10 * 1_010 * E4
    assert total(row) == 2_000
    row.sells, row.sells_e4 = 30, 30 * 1_010 * E4
    assert total(row) == 2_000 + 20 * 1_010 // 5
    waiting = held(CALL, 0)
    waiting.sells, waiting.sells_e4 = 65, 65 * 300 * E4
    assert total(waiting) == total(held(CALL, -65))
    hedged = [held(FAR_CALL, 65), waiting]
    assert total(*hedged) < total(waiting), "an option that is held covers one that is to be sold"


def test_the_basket_of_the_calculator() -> None:
    rows = [
        BatchRow("NFO", 65, 0, "CARRYFORWARD", "2", "SELL", "MARKET"),
        BatchRow("NFO", "65", 0, "CARRYFORWARD", "3", "BUY"),
        BatchRow("NSE", 10, 1_000, "DELIVERY", "3045", "BUY"),
    ]
    found = batch_row(BatchBody(rows), ALL, lambda key: ALL[key].close_e4)
    assert not isinstance(found, Refusal)
    parts = found["marginComponents"]
    assert parts["netPremium"] == 65 * (120 - 300) and parts["totOptionsPremium"] == 65 * 120
    assert parts["deliveryMargin"] == 10_000 and parts["nonNFOMargin"] == 0
    whole = parts["spanMargin"] + parts["totOptionsPremium"] + parts["deliveryMargin"] + parts["nonNFOMargin"]
    assert found["totalMarginRequired"] == whole and parts["marginBenefit"] > 0
    assert [row["optionPremium"] for row in found["optionsBuy"]["optionDetails"]] == [7_800]
    assert {row["exchange"] for row in found["marginBreakup"]} == {"NFO", "NSE"}
    for bad, code in (
        (BatchRow("NFO", 0, 0, "CARRYFORWARD", "2", "SELL"), "AB1004"),
        (BatchRow("NFO", 65, 0, "CASH", "2", "SELL"), "AB1012"),
        (BatchRow("NFO", 65, 0, "CARRYFORWARD", "77", "SELL"), "AB1018"),
    ):
        refused = batch_row(BatchBody([bad]), ALL, lambda key: 1)
        assert isinstance(refused, Refusal) and refused.code == code


def test_charges_of_two_orders_and_their_sum() -> None:
    orders = [
        ChargeRow("DELIVERY", "BUY", "100", "1000", "NSE", "SBIN-EQ", "3045"),
        ChargeRow("CARRYFORWARD", "SELL", 65, 300, "NFO", CALL.instrument.symbol, "2"),
    ]
    found = charges_row(ChargeBody(orders), ALL, date(2026, 4, 2))
    assert not isinstance(found, Refusal)
    first, second = found["charges"]
    assert (first["trade_value"], first["total_charges"]) == (100_000, 142.3406)
    assert [p["amount"] for p in second["breakup"][2]["breakup"]] == [29.25, 4.8506]
    assert found["summary"]["total_charges"] == round(first["total_charges"] + second["total_charges"], 4)
    assert [p["name"] for p in found["summary"]["breakup"]] == ["Angel One Brokerage", "External Charges", "Taxes"]
