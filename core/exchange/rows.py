"""Orders, trades, positions and funds in the shapes and JSON types of the live service (wire shapes recorded live:
order book prices are numbers and quantities text; positions and funds all text). Pure."""

from datetime import datetime
from typing import Any

from core.clock import ist
from core.domain import Kind, Product
from core.exchange.account import Funds, Position, Slot
from core.exchange.ledger.demat import Held, isin_of
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, OwnTrade
from core.money import E4, divide_rounded, rupees

Row = dict[str, Any]
_DERIVATIVE_GROUP = "XX"


def stamp(wall_ns: int) -> str:
    """`26-Nov-2025 11:34:56` in Indian time; empty for 0."""
    return ist(wall_ns).strftime("%d-%b-%Y %H:%M:%S") if wall_ns else ""


def number(price_e4: int) -> float:
    """Rupees as a JSON number."""
    return price_e4 / E4


def expiry_text(listing: Listing) -> str:
    """`02DEC2025`, empty without an expiry."""
    text = listing.instrument.expiry
    return datetime.fromisoformat(text).strftime("%d%b%Y").upper() if text else ""


def update_row(order: OwnOrder, listing: Listing, status: str) -> Row:
    """`orderData` of an order update: no unique and no exchange order id there."""
    sent = stamp(order.exchange_ns)
    option = _option_type(listing)
    return {
        "variety": order.variety,
        "ordertype": order.order_type.value,
        "ordertag": order.tag,
        "producttype": order.product.value,
        "price": number(order.price_e4),
        "triggerprice": number(order.trigger_e4),
        "quantity": str(order.quantity),
        "disclosedquantity": str(order.disclosed),
        "duration": order.duration.value,
        "squareoff": number(order.squareoff_e4),
        "stoploss": number(order.stoploss_e4),
        "trailingstoploss": number(order.trailing_e4),
        "tradingsymbol": order.symbol,
        "transactiontype": order.side.name,
        "exchange": order.exchange.value,
        "symboltoken": order.token,
        "instrumenttype": _type_name(listing),
        "strikeprice": number(listing.instrument.strike_e4) if option else -1.0,
        "optiontype": option,
        "expirydate": expiry_text(listing),
        "lotsize": str(listing.instrument.lot),
        "cancelsize": str(0 if order.working or status == "complete" else order.leaves),
        "averageprice": number(order.average_e4),
        "filledshares": str(order.filled),
        "unfilledshares": str(order.leaves),
        "orderid": order.order_id,
        "text": order.text,
        "status": status,
        "orderstatus": status,
        "updatetime": stamp(order.updated_ns),
        "exchtime": sent,
        "exchorderupdatetime": stamp(order.updated_ns) if sent else "",
        "fillid": "",
        "filltime": "",
        "parentorderid": order.parent_id,
    }


def order_row(order: OwnOrder, listing: Listing) -> Row:
    """One row of the order book, also the answer of `details`."""
    return update_row(order, listing, order.status) | {
        "uniqueorderid": order.unique_id,
        "exchangeorderid": order.exchange_order_id if order.exchange_ns else "",
    }


def blank_update() -> Row:
    """`orderData` of the first frame of the order socket."""
    texts = (
        "variety ordertype ordertag producttype duration tradingsymbol transactiontype exchange symboltoken "
        "instrumenttype optiontype expirydate filledshares unfilledshares orderid text status orderstatus updatetime "
        "exchtime exchorderupdatetime fillid filltime parentorderid"
    )
    numbers = "price triggerprice squareoff stoploss trailingstoploss strikeprice averageprice"
    counts = "quantity disclosedquantity lotsize cancelsize"
    return dict.fromkeys(texts.split(), "") | dict.fromkeys(numbers.split(), 0.0) | dict.fromkeys(counts.split(), "0")


def trade_row(trade: OwnTrade, listing: Listing) -> Row:
    return {
        "exchange": trade.exchange.value,
        "producttype": trade.product.value,
        "tradingsymbol": trade.symbol,
        "instrumenttype": _type_name(listing),
        "symbolgroup": "EQ" if listing.instrument.kind is Kind.EQUITY else _DERIVATIVE_GROUP,
        "strikeprice": _strike(listing),
        "optiontype": _option_type(listing),
        "expirydate": expiry_text(listing),
        "marketlot": str(listing.instrument.lot),
        "precision": "2",
        "multiplier": "-1",
        "tradevalue": _money(trade.price_e4 * trade.quantity),
        "transactiontype": trade.side.name,
        "fillprice": _money(trade.price_e4),
        "fillsize": str(trade.quantity),
        "orderid": trade.order_id,
        "fillid": trade.fill_id,
        "filltime": ist(trade.filled_ns).strftime("%H:%M:%S"),
    }


def position_row(slot: Slot, held: Position, listing: Listing, last_e4: int) -> Row:
    """One row of getPosition: every value is text."""
    instrument, net = listing.instrument, held.net
    value_e4 = held.all_sold_e4 - held.all_bought_e4
    average = _money(divide_rounded(abs(value_e4), abs(net))) if net else "0.00"
    realised_e4, profit_e4 = held.realised_e4, held.profit_e4(last_e4)
    if slot.product is Product.DELIVERY and net < 0:
        profit_e4 = realised_e4  # shares sold from the holdings are no short position
    long_in, short_in = max(0, held.carried), max(0, -held.carried)
    return {
        "exchange": instrument.exchange.value,
        "symboltoken": instrument.token,
        "producttype": slot.product.value,
        "tradingsymbol": instrument.symbol,
        "symbolname": instrument.name,
        "instrumenttype": _type_name(listing),
        **dict.fromkeys(("priceden", "pricenum", "genden", "gennum"), "1.00"),
        "precision": "2",
        "multiplier": "-1",
        "boardlotsize": "1",
        "symbolgroup": "EQ" if instrument.kind is Kind.EQUITY else _DERIVATIVE_GROUP,
        "strikeprice": _strike(listing),
        "optiontype": _option_type(listing),
        "expirydate": expiry_text(listing),
        "lotsize": str(instrument.lot),
        "cfbuyqty": str(long_in),
        "cfsellqty": str(short_in),
        "cfbuyamount": _money(held.carried_e4 if long_in else 0),
        "cfsellamount": _money(held.carried_e4 if short_in else 0),
        "cfbuyavgprice": _average(held.carried_e4, long_in),
        "cfsellavgprice": _average(held.carried_e4, short_in),
        "buyqty": str(held.bought),
        "sellqty": str(held.sold),
        "buyamount": _money(held.bought_e4),
        "sellamount": _money(held.sold_e4),
        "buyavgprice": _average(held.bought_e4, held.bought),
        "sellavgprice": _average(held.sold_e4, held.sold),
        "avgnetprice": average,
        "netvalue": _money(value_e4),
        "netqty": str(net),
        "netprice": average,
        "totalbuyvalue": _money(held.all_bought_e4),
        "totalsellvalue": _money(held.all_sold_e4),
        "totalbuyavgprice": _average(held.all_bought_e4, held.all_bought),
        "totalsellavgprice": _average(held.all_sold_e4, held.all_sold),
        "ltp": _money(last_e4),
        "close": _money(listing.close_e4),
        "pnl": _money(profit_e4),
        "realised": _money(realised_e4),
        "unrealised": _money(profit_e4 - realised_e4),
    }


def rms_row(funds: Funds) -> Row:
    """getRMS: all text with four decimals, unused figures null. `m2mrealized` stays 0, as it does live."""
    net = _four(funds.net_e4)
    return {
        "net": net,
        "availablecash": net,
        "availableintradaypayin": "0.0000",
        "availablelimitmargin": "0.0000",
        "collateral": "0.0000",
        "m2munrealized": _four(funds.unrealised_e4),
        "m2mrealized": "0.0000",
        "utiliseddebits": _four(funds.used_e4),
        "utilisedspan": _used(funds.span_e4),
        "utilisedoptionpremium": _used(funds.premium_e4),
        "utilisedholdingsales": _used(funds.holdings_sold_e4),
        "utilisedexposure": _used(funds.exposure_e4),
        "utilisedturnover": None,
        "utilisedpayout": net,
    }


def _used(value_e4: int) -> str | None:
    """A part of what is blocked: null while nothing is, as live answers have it."""
    return _four(value_e4) if value_e4 else None


def _type_name(listing: Listing) -> str:
    return "" if listing.instrument.kind is Kind.EQUITY else listing.type_name


def _option_type(listing: Listing) -> str:
    """CE or PE; empty for anything else, and for a recorded option that is known by its token only."""
    ending = listing.instrument.symbol[-2:]
    return ending if listing.instrument.kind is Kind.OPTION and ending in ("CE", "PE") else ""


def _strike(listing: Listing) -> str:
    return str(number(listing.instrument.strike_e4)) if listing.instrument.kind is Kind.OPTION else "-1"


def _average(value_e4: int, quantity: int) -> str:
    return _money(divide_rounded(value_e4, quantity)) if quantity else "0.00"


def _money(value_e4: int) -> str:
    """Rupees with two decimals."""
    return rupees(divide_rounded(value_e4, 100) * 100)


def _four(value_e4: int) -> str:
    sign, rest = ("-" if value_e4 < 0 else ""), abs(value_e4)
    return f"{sign}{rest // E4}.{rest % E4:04d}"


def holding_row(held: Held, last_e4: int, close_e4: int) -> Row:
    """One row of getHolding: numbers, profit against the average cost."""
    cost_e4, value_e4 = held.cost_e4, held.units * last_e4
    return {
        "tradingsymbol": held.symbol,
        "exchange": held.exchange.value,
        "isin": isin_of(held.key),
        "t1quantity": held.coming,
        "realisedquantity": held.settled,
        "quantity": held.units,
        "authorisedquantity": held.authorised,
        "product": "DELIVERY",
        "collateralquantity": None,
        "collateraltype": None,
        "haircut": 0.0,
        "averageprice": _two(held.average_e4),
        "ltp": number(last_e4),
        "symboltoken": held.token,
        "close": number(close_e4),
        "profitandloss": _two(value_e4 - cost_e4),
        "pnlpercentage": _percent(value_e4 - cost_e4, cost_e4),
    }


def total_row(rows: list[tuple[int, int]]) -> Row:
    """`totalholding` of (value, cost) pairs."""
    value_e4, cost_e4 = sum(v for v, _ in rows), sum(c for _, c in rows)
    return {
        "totalholdingvalue": _two(value_e4),
        "totalinvvalue": _two(cost_e4),
        "totalprofitandloss": _two(value_e4 - cost_e4),
        "totalpnlpercentage": _percent(value_e4 - cost_e4, cost_e4),
    }


def _two(value_e4: int) -> float:
    return divide_rounded(value_e4, 100) / 100


def _percent(part_e4: int, whole_e4: int) -> float:
    return divide_rounded(part_e4 * E4, whole_e4) / 100 if whole_e4 else 0.0
