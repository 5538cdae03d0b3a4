"""What makes an order request acceptable: meaning, never dress. Pure.

Codes and combination rules: the official Orders and Exceptions pages; texts are our own.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from core.domain import Exchange, InstrumentKey, Kind, OrderType, Product, Side, Validity
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, Refusal, Ticket
from core.exchange.switches import Switches, lists
from core.money import E4, rupees, wire_e4, wire_int

Text = str | int | float | None
TAG_MAX = 19
STOPS = frozenset({OrderType.STOPLOSS_LIMIT, OrderType.STOPLOSS_MARKET})
PRICED = frozenset({OrderType.LIMIT, OrderType.STOPLOSS_LIMIT})
_VARIETIES = ("NORMAL", "STOPLOSS", "ROBO")
_COMMODITIES = (Exchange.MCX, Exchange.NCDEX)
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
    squareoff: Text = "0"
    stoploss: Text = "0"
    trailingStopLoss: Text = "0"
    scripconsent: Text = ""


def read_ticket(
    body: OrderBody, listings: Mapping[InstrumentKey, Listing], switches: Switches | None = None
) -> Ticket | Refusal:
    """The ticket that a placeOrder body means, or why it means none. The circuit band is asked for apart (`band`)."""
    switches = switches or Switches()
    variety, tag = _word(body.variety), str(body.ordertag or "")
    if (refusal := variety_refusal(variety, switches)) is not None:
        return refusal
    if variety == "AMO":
        variety = "STOPLOSS" if _word(body.ordertype).startswith("STOPLOSS") else "NORMAL"
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
    side = Side.BUY if _word(body.transactiontype) == "BUY" else Side.SELL
    quantity, price_e4, trigger_e4, disclosed, squareoff_e4, stoploss_e4, trailing_e4 = numbers
    ticket = Ticket(
        listing.key,
        variety,
        side,
        order_type,
        product,
        duration,
        quantity,
        price_e4,
        trigger_e4,
        disclosed,
        tag,
        squareoff_e4,
        stoploss_e4,
        trailing_e4,
    )
    return check(ticket, listing) or _consent(body, listing, switches) or ticket


def changed_body(body: OrderBody, order: OwnOrder, switches: Switches) -> OrderBody:
    """A modify body with what it left out, and what cannot be changed, taken from the order."""
    quantity = body.quantity or str(order.quantity)
    if body.quantity and switches.modify_quantity == "open":
        quantity = str((wire_int(body.quantity) or 0) + order.filled)
    kind = body.ordertype or order.order_type.value
    stays = "STOPLOSS" if str(kind).startswith("STOPLOSS") else "NORMAL"
    return OrderBody(
        variety=body.variety or (stays if order.variety != "ROBO" else "ROBO"),
        tradingsymbol=body.tradingsymbol or order.symbol,
        symboltoken=body.symboltoken or order.token,
        transactiontype=order.side.name,
        exchange=body.exchange or order.exchange.value,
        ordertype=kind,
        producttype=order.product.value,
        duration=body.duration or order.duration.value,
        price=body.price,
        triggerprice=body.triggerprice,
        quantity=quantity,
        disclosedquantity=body.disclosedquantity,
        ordertag=order.tag,
        orderid=order.order_id,
        squareoff=str(order.squareoff_e4 / E4),
        stoploss=str(order.stoploss_e4 / E4),
        trailingStopLoss=str(order.trailing_e4 / E4),
        scripconsent="yes",
    )


def variety_refusal(variety: str, switches: Switches) -> Refusal | None:
    if variety not in _VARIETIES and not (variety == "AMO" and switches.amo_variety):
        return Refusal("AB1008", f"Invalid Order Variety. Value should be {', '.join(_VARIETIES)}")
    return Refusal("AB2002", "ROBO order is block") if variety == "ROBO" and not switches.robo else None


def _consent(body: OrderBody, listing: Listing, switches: Switches) -> Refusal | None:
    """Lists that surveillance and the broker keep."""
    exchange, token = listing.instrument.exchange.value, listing.instrument.token
    if lists(switches.cautionary, exchange, token) and _word(body.scripconsent).lower() != "yes":
        return Refusal("AB4036", "Order cannot be processed: the token is on the cautionary list, send scripconsent")
    if lists(switches.no_intraday, exchange, token) and _word(body.producttype) in ("INTRADAY", "BO"):
        return Refusal("AB1007", "Intraday is blocked for this scrip")
    return None


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
    """Everything that can be refused at once but the circuit band: kind, product, type, tick, lot, freeze."""
    if not listing.tradable:
        return Refusal("AB1007", "An index cannot be traded")
    if ticket.product not in products_of(listing):
        return Refusal("AB1012", "Invalid Product Type")
    return _check_type(ticket) or _check_quantity(ticket, listing) or _check_prices(ticket, listing)


def products_of(listing: Listing) -> tuple[Product, ...]:
    if listing.instrument.kind is Kind.EQUITY:
        return (Product.INTRADAY, Product.DELIVERY, Product.MARGIN)
    return (Product.INTRADAY, Product.CARRYFORWARD)


def _check_type(ticket: Ticket) -> Refusal | None:
    is_stop = ticket.order_type in STOPS
    if is_stop != (ticket.variety == "STOPLOSS"):
        return Refusal("AB1020", "Invalid Order Type: stop-loss types go with variety STOPLOSS, the others with NORMAL")
    if ticket.variety == "ROBO" and (ticket.order_type is not OrderType.LIMIT or not _bracket(ticket)):
        return Refusal("AB1007", "ROBO needs a LIMIT order with squareoff and stoploss in points above 0")
    if ticket.duration is Validity.IOC and ticket.key.exchange in _COMMODITIES:
        return Refusal("AB1007", "IOC is not allowed for commodities")
    if ticket.order_type is OrderType.MARKET and (ticket.price_e4 or ticket.trigger_e4):
        return Refusal("AB1007", "price and triggerprice must be 0 for a MARKET order")
    if ticket.order_type in PRICED and ticket.price_e4 <= 0:
        return Refusal("AB1007", "price must be above 0 for this order type")
    if is_stop and ticket.trigger_e4 <= 0:
        return Refusal("AB1007", "triggerprice must be above 0 for a stop-loss order")
    if ticket.order_type is OrderType.STOPLOSS_LIMIT and (ticket.trigger_e4 - ticket.price_e4) * ticket.side > 0:
        word = "at or below" if ticket.side is Side.BUY else "at or above"
        return Refusal("AB1007", f"triggerprice must be {word} price")
    return None


def _bracket(ticket: Ticket) -> bool:
    return ticket.squareoff_e4 > 0 and ticket.stoploss_e4 > 0 and ticket.product is Product.INTRADAY


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
    tick_e4 = listing.instrument.tick_e4
    points = (ticket.squareoff_e4, ticket.stoploss_e4, ticket.trailing_e4) if ticket.variety == "ROBO" else ()
    if any(price_e4 % tick_e4 for price_e4 in (*_prices(ticket), *points)):
        return Refusal("AB1007", f"price must be a multiple of the tick {rupees(tick_e4)}")
    return None


def _prices(ticket: Ticket) -> list[int]:
    """The prices of a ticket that mean something for its type."""
    limit = [ticket.price_e4] if ticket.order_type in PRICED else []
    return limit + ([ticket.trigger_e4] if ticket.order_type in STOPS else [])


def band(ticket: Ticket, listing: Listing, last_e4: int, switches: Switches) -> Refusal | None:
    """Why its prices are too far away: beyond the circuit, or beyond the price-protection range if that is set."""
    for price_e4 in _prices(ticket):
        if switches.protection_percent and abs(price_e4 - last_e4) * 100 > last_e4 * switches.protection_percent:
            return Refusal("AB1007", f"price is outside the protection range of {switches.protection_percent} %")
        if not listing.lower_e4 <= price_e4 <= listing.upper_e4:
            lower, upper = rupees(listing.lower_e4), rupees(listing.upper_e4)
            return Refusal("AB1007", f"price is outside the circuit limits {lower} to {upper}")
    return None


def _kinds(body: OrderBody) -> tuple[OrderType, Product, Validity] | Refusal:
    order_type = _member(OrderType, body.ordertype)
    bracket = _word(body.variety) == "ROBO" and _word(body.producttype) == "BO"
    product = Product.INTRADAY if bracket else _member(Product, body.producttype)
    duration = _member(Validity, body.duration)
    if order_type is None:
        return Refusal("AB1020", "Invalid Order Type")
    if product is None:
        return Refusal("AB1012", "Invalid Product Type")
    return Refusal("AB1007", "Invalid duration") if duration is None else (order_type, product, duration)


def _numbers(body: OrderBody) -> list[int] | None:
    """Quantity, price, trigger, disclosed, squareoff, stoploss, trailing; absent is 0, but never for the quantity."""
    prices = (body.price, body.triggerprice, body.squareoff, body.stoploss, body.trailingStopLoss)
    price, trigger, *points = (wire_e4(_or_zero(value)) for value in prices)
    counts = [wire_int(body.quantity), wire_int(_or_zero(body.disclosedquantity))]
    found = [counts[0], price, trigger, counts[1], *points]
    numbers = [value for value in found if value is not None]
    return numbers if len(numbers) == len(found) and min(numbers[4:]) >= 0 else None


def _or_zero(value: Text) -> Text:
    return "0" if value in (None, "") else value


def _member(kind: type[_E], value: Text) -> _E | None:
    word = _word(value)
    return kind(word) if word in kind.__members__ else None


def _word(value: Text) -> str:
    return str(value or "").strip()
