"""The calculators: margin of a basket, charges of orders; in wire shape. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from core.domain import Exchange, InstrumentKey, Kind, Product, Side
from core.exchange.account import LastPrice, spot_of
from core.exchange.errorcodes import refusal
from core.exchange.ledger.margins import Exposure, Margin, margin_of
from core.exchange.listing import Listing
from core.exchange.orders import Refusal
from core.money import E4, divide_rounded, wire_e4, wire_int
from core.tariff import Charges, segment_of, tariff

POSITIONS_MAX = 50
ORDERS_MAX = 50
Text = str | int | float | None
Listings = Mapping[InstrumentKey, Listing]


class BatchRow(msgspec.Struct):
    exchange: Text = ""
    qty: Text = ""
    price: Text = 0
    productType: Text = ""
    token: Text = ""
    tradeType: Text = ""
    orderType: Text = "LIMIT"


class BatchBody(msgspec.Struct):
    positions: list[BatchRow] = []


class ChargeRow(msgspec.Struct):
    product_type: Text = ""
    transaction_type: Text = ""
    quantity: Text = ""
    price: Text = ""
    exchange: Text = ""
    symbol_name: Text = ""
    token: Text = ""


class ChargeBody(msgspec.Struct):
    orders: list[ChargeRow] = []


def batch_row(body: BatchBody, listings: Listings, last: LastPrice) -> dict[str, Any] | Refusal:
    """Margin of at most 50 positions taken together; AB1004 for a bad basket, AB1018 for what is not listed."""
    if not 1 <= len(body.positions) <= POSITIONS_MAX:
        return refusal("AB1004")
    rows: list[Exposure] = []
    for asked in body.positions:
        row = _exposure(asked, listings, last)
        if isinstance(row, Refusal):
            return row
        rows.append(row)
    whole = margin_of(rows)
    options = [row for row in rows if row.listing.instrument.kind is Kind.OPTION]
    paid_e4 = sum(row.cost_e4 for row in options if row.net > 0)
    delivery_e4 = _cash_e4(rows, lambda r: r.product is Product.DELIVERY)
    other_e4 = _cash_e4(rows, lambda r: r.product is not Product.DELIVERY)
    return {
        "totalMarginRequired": _number(whole.total_e4),
        "marginComponents": {
            "netPremium": _number(sum(row.cost_e4 * (1 if row.net > 0 else -1) for row in options)),
            "spanMargin": _number(whole.span_e4 + whole.exposure_e4),
            "marginBenefit": _number(whole.benefit_e4),
            "deliveryMargin": _number(delivery_e4),
            "nonNFOMargin": _number(other_e4),
            "totOptionsPremium": _number(paid_e4),
        },
        "marginBreakup": _breakup(rows),
        "optionsBuy": {
            "totOptionsPremium": _number(paid_e4),
            "optionDetails": [_bought(row) for row in options if row.net > 0],
        },
    }


def charges_row(body: ChargeBody, listings: Listings, day: date) -> dict[str, Any] | Refusal:
    """Charges of each order and of all; AB1004 for a bad request, AB1018 for what is not listed."""
    if not 1 <= len(body.orders) <= ORDERS_MAX:
        return refusal("AB1004")
    found: list[tuple[int, Charges]] = []
    for asked in body.orders:
        priced = _priced(asked, listings, day)
        if isinstance(priced, Refusal):
            return priced
        found.append(priced)
    parts = zip(*(charges for _, charges in found), strict=True)
    whole = Charges(*(sum(part) for part in parts))
    return {
        "summary": _estimate(sum(value for value, _ in found), whole),
        "charges": [_estimate(value_e4, charges) for value_e4, charges in found],
    }


def _exposure(asked: BatchRow, listings: Listings, last: LastPrice) -> Exposure | Refusal:
    listing = _listing(asked.exchange, asked.token, listings)
    quantity, price_e4 = wire_int(asked.qty), wire_e4(asked.price or 0)
    if listing is None:
        return refusal("AB1018")
    product, side = str(asked.productType), str(asked.tradeType)
    if quantity is None or quantity <= 0 or price_e4 is None or price_e4 < 0:
        return refusal("AB1004")
    if product not in Product.__members__:
        return refusal("AB1012")
    if side not in Side.__members__:
        return refusal("AB1004")
    last_e4 = last(listing.key)
    cost_e4 = (price_e4 or last_e4) * quantity
    net = quantity * Side[side]
    return Exposure(listing, Product(product), net, cost_e4, last_e4, spot_of(listing, last))


def _breakup(rows: list[Exposure]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[Exposure]] = {}
    for row in rows:
        groups.setdefault((row.listing.instrument.exchange.value, row.product.value), []).append(row)
    return [
        {"exchange": exchange, "productType": product, "totalMarginRequired": _number(margin_of(group).total_e4)}
        for (exchange, product), group in groups.items()
    ]


def _bought(row: Exposure) -> dict[str, Any]:
    instrument = row.listing.instrument
    return {
        "exchange": instrument.exchange.value,
        "productType": row.product.value,
        "token": instrument.token,
        "lotMultiplier": instrument.lot,
        "optionPremium": _number(row.cost_e4),
    }


def _cash_e4(rows: list[Exposure], wanted: Callable[[Exposure], bool]) -> int:
    margin: Margin = margin_of(row for row in rows if wanted(row) and not row.listing.instrument.is_derivative)
    return margin.cash_e4


def _priced(asked: ChargeRow, listings: Listings, day: date) -> tuple[int, Charges] | Refusal:
    listing = _listing(asked.exchange, asked.token, listings)
    quantity, price_e4 = wire_int(asked.quantity), wire_e4(asked.price)
    if listing is None:
        return refusal("AB1018")
    if quantity is None or quantity <= 0 or price_e4 is None or price_e4 <= 0:
        return refusal("AB1004")
    if str(asked.product_type) not in Product.__members__:
        return refusal("AB1012")
    if str(asked.transaction_type) not in Side.__members__:
        return refusal("AB1004")
    segment = segment_of(listing.instrument, Product(str(asked.product_type)))
    value_e4 = quantity * price_e4
    side = Side[str(asked.transaction_type)]
    return value_e4, tariff().charges(day, listing.key.exchange, segment, side, value_e4)


def _estimate(value_e4: int, charges: Charges) -> dict[str, Any]:
    external = [
        _part("Exchange Transaction Charges", charges.exchange_e4),
        _part("Stamp Duty", charges.stamp_e4),
        _part("SEBI Fees", charges.sebi_e4),
    ]
    taxes = [_part("Security Transaction Tax", charges.stt_e4), _part("GST", charges.gst_e4)]
    return {
        "total_charges": charges.total_e4 / E4,
        "trade_value": value_e4 / E4,
        "breakup": [
            _part("Angel One Brokerage", charges.brokerage_e4),
            _part("External Charges", charges.external_e4, external),
            _part("Taxes", charges.taxes_e4, taxes),
        ],
    }


def _part(name: str, amount_e4: int, inner: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"name": name, "amount": amount_e4 / E4, "msg": "", "breakup": inner or []}


def _listing(exchange: Text, token: Text, listings: Listings) -> Listing | None:
    name = str(exchange)
    return listings.get(InstrumentKey(Exchange(name), str(token))) if name in Exchange.__members__ else None


def _number(value_e4: int) -> float:
    return divide_rounded(value_e4, 100) / 100
