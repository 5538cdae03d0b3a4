"""What makes an order request acceptable: meaning, never dress. Pure.

Codes and combination rules: the official Orders and Exceptions pages; texts are our own.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from core.domain import Exchange, InstrumentKey, Kind, OrderType, Product, Side, Validity
from core.exchange.listing import Listing
from core.exchange.orders import Refusal, Ticket
from core.money import rupees, wire_e4, wire_int

Text = str | int | float | None
TAG_MAX = 19
STOPS = frozenset({OrderType.STOPLOSS_LIMIT, OrderType.STOPLOSS_MARKET})
PRICED = frozenset({OrderType.LIMIT, OrderType.STOPLOSS_LIMIT})
_VARIETIES = ("NORMAL", "STOPLOSS", "ROBO")
_E = TypeVar("_E", OrderType, Product, Validity)


class OrderBody(msgspec.Struct):
    """The body of placeOrder and modifyOrder. Numbers may come as text or numbers; unknown keys are ignored."""

    variety: Text = ""
    tradingsymbol: Text = ""
    symboltoken: Text = ""
    transactiontype: Text = ""
    exchange: Text = ""
    ordertype: Text = ""
    producttype: Text = ""
    duration: Text = ""
    price: Text = "0"
    triggerprice: Text = "0"
    quantity: Text = ""
    disclosedquantity: Text = "0"
    ordertag: Text = ""
    orderid: Text = ""


def read_ticket(body: OrderBody, listings: Mapping[InstrumentKey, Listing]) -> Ticket | Refusal:
    """The ticket that a placeOrder body means, or why it means none."""
    variety, tag = _word(body.variety), str(body.ordertag or "")
    if (refusal := variety_refusal(variety)) is not None:
        return refusal
    if len(tag) > TAG_MAX:
        return Refusal("AB4008", "Order tag must be shorter than 20 characters")
    listing = find(body, listings)
    if isinstance(listing, Refusal):
        return listing
    if _word(body.transactiontype) not in ("BUY", "SELL"):
        return Refusal("AB1007", "transactiontype must be BUY or SELL")
    kinds = _kinds(body)
    if isinstance(kinds, Refusal):
        return kinds
    numbers = _numbers(body)
    if numbers is None:
        return Refusal("AB1007", "price, triggerprice and quantity must be numbers")
    order_type, product, duration = kinds
    price_e4, trigger_e4, quantity, disclosed = numbers
    side = Side.BUY if _word(body.transactiontype) == "BUY" else Side.SELL
    ticket = Ticket(
        listing.key, variety, side, order_type, product, duration, quantity, price_e4, trigger_e4, disclosed, tag
    )
    return check(ticket, listing) or ticket


def variety_refusal(variety: str) -> Refusal | None:
    if variety not in _VARIETIES:
        return Refusal("AB1008", f"Invalid Order Variety. Value should be {', '.join(_VARIETIES)}")
    return Refusal("AB2002", "ROBO order is block") if variety == "ROBO" else None


def find(body: OrderBody, listings: Mapping[InstrumentKey, Listing]) -> Listing | Refusal:
    """The listed instrument that exchange, token and symbol name together."""
    exchange, token = _word(body.exchange), str(body.symboltoken or "").strip()
    if exchange not in Exchange.__members__:
        return Refusal("AB1007", f"Invalid exchange {exchange[:12]!r}")
    listing = listings.get(InstrumentKey(Exchange(exchange), token))
    if listing is None:
        return Refusal("AB1009", "Symbol Not Found")
    if listing.instrument.symbol != str(body.tradingsymbol or ""):
        return Refusal("AB1009", "Symbol Not Found: tradingsymbol and symboltoken do not belong together")
    return listing


def check(ticket: Ticket, listing: Listing) -> Refusal | None:
    """Everything that can be refused at once: kind, product, type, tick, lot, freeze, band."""
    if not listing.tradable:
        return Refusal("AB1007", "An index cannot be traded")
    allowed = (
        (Product.INTRADAY, Product.DELIVERY, Product.MARGIN)
        if listing.instrument.kind is Kind.EQUITY
        else (Product.INTRADAY, Product.CARRYFORWARD)
    )
    if ticket.product not in allowed:
        return Refusal("AB1012", "Invalid Product Type")
    return _check_type(ticket) or _check_quantity(ticket, listing) or _check_prices(ticket, listing)


def _check_type(ticket: Ticket) -> Refusal | None:
    is_stop = ticket.order_type in STOPS
    if is_stop != (ticket.variety == "STOPLOSS"):
        return Refusal("AB1007", "Stop-loss order types go with variety STOPLOSS, the others with NORMAL")
    if ticket.order_type in PRICED and ticket.price_e4 <= 0:
        return Refusal("AB1007", "price must be above 0 for this order type")
    if is_stop and ticket.trigger_e4 <= 0:
        return Refusal("AB1007", "triggerprice must be above 0 for a stop-loss order")
    if ticket.order_type is OrderType.STOPLOSS_LIMIT and (ticket.trigger_e4 - ticket.price_e4) * ticket.side > 0:
        word = "at or below" if ticket.side is Side.BUY else "at or above"
        return Refusal("AB1007", f"triggerprice must be {word} price")
    return None


def _check_quantity(ticket: Ticket, listing: Listing) -> Refusal | None:
    instrument = listing.instrument
    if ticket.quantity <= 0 or ticket.quantity % instrument.lot:
        return Refusal("AB1007", f"quantity must be a positive multiple of the lot size {instrument.lot}")
    if instrument.freeze_quantity is not None and ticket.quantity > instrument.freeze_quantity:
        return Refusal("AB1007", f"quantity is above the freeze quantity {instrument.freeze_quantity}")
    if not 0 <= ticket.disclosed <= ticket.quantity:
        return Refusal("AB1007", "disclosedquantity must be between 0 and quantity")
    return None


def _check_prices(ticket: Ticket, listing: Listing) -> Refusal | None:
    prices = []
    if ticket.order_type in PRICED:
        prices.append(ticket.price_e4)
    if ticket.order_type in STOPS:
        prices.append(ticket.trigger_e4)
    for price_e4 in prices:
        if price_e4 % listing.instrument.tick_e4:
            return Refusal("AB1007", f"price must be a multiple of the tick {rupees(listing.instrument.tick_e4)}")
        if not listing.lower_e4 <= price_e4 <= listing.upper_e4:
            lower, upper = rupees(listing.lower_e4), rupees(listing.upper_e4)
            return Refusal("AB1007", f"price is outside the circuit limits {lower} to {upper}")
    return None


def _kinds(body: OrderBody) -> tuple[OrderType, Product, Validity] | Refusal:
    order_type = _member(OrderType, body.ordertype)
    product = _member(Product, body.producttype)
    duration = _member(Validity, body.duration)
    if order_type is None:
        return Refusal("AB1007", "Invalid order type")
    if product is None:
        return Refusal("AB1012", "Invalid Product Type")
    return Refusal("AB1007", "Invalid duration") if duration is None else (order_type, product, duration)


def _numbers(body: OrderBody) -> tuple[int, int, int, int] | None:
    """Price, trigger, quantity, disclosed; an absent price, trigger or disclosed quantity is 0."""
    price = wire_e4(_or_zero(body.price))
    trigger = wire_e4(_or_zero(body.triggerprice))
    quantity, disclosed = wire_int(body.quantity), wire_int(_or_zero(body.disclosedquantity))
    if price is None or trigger is None or quantity is None or disclosed is None:
        return None
    return price, trigger, quantity, disclosed


def _or_zero(value: Text) -> Text:
    return "0" if value in (None, "") else value


def _member(kind: type[_E], value: Text) -> _E | None:
    word = _word(value)
    return kind(word) if word in kind.__members__ else None


def _word(value: Text) -> str:
    return str(value or "").strip()
