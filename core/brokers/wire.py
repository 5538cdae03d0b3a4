"""Broker rows to typed values and back: pure, tolerant of number or text, strict about meaning.

A row that cannot be understood gives None; the caller counts it. Shapes: SmartAPI documentation, corrected by the
recorded answers (order book prices are numbers, quantities text; positions and RMS all text).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from core.clock import IST, NS_PER_S, ist
from core.domain import Exchange, Fill, InstrumentKey, Order, OrderType, Product, Side, Validity
from core.hiding import hide
from core.money import rupees, wire_e4, wire_int
from core.ports import BrokerOrder, BrokerPosition, Funds
from core.text import SYMBOL_MAX, TAG_MAX, plain

E = TypeVar("E", Exchange, OrderType, Product, Validity)
Row = Mapping[str, Any]
_STOPS = (OrderType.STOPLOSS_LIMIT, OrderType.STOPLOSS_MARKET)
_INTRADAY_KINDS = {"BO": Product.INTRADAY, "CO": Product.INTRADAY}
"""Bracket and cover orders from another device: intraday by nature, and we have no other word for them."""


def place_body(order: Order) -> dict[str, str]:
    """The body of placeOrder; every value is text, prices are decimal rupees."""
    return {
        **_terms(order),
        "transactiontype": order.side.name,
        "squareoff": "0",
        "stoploss": "0",
        "trailingStopLoss": "0",
        "disclosedquantity": "0",
        "ordertag": order.tag,
    }


def modify_body(order: Order) -> dict[str, str]:
    """The body of modifyOrder: the complete set of terms, for `quantity` as the new total."""
    return {**_terms(order), "orderid": order.broker_id}


def cancel_body(order: Order) -> dict[str, str]:
    """The body of cancelOrder."""
    return {"variety": variety(order.order_type), "orderid": order.broker_id}


def variety(order_type: OrderType) -> str:
    """STOPLOSS for stop orders, NORMAL for the rest; after hours NORMAL becomes an after-market order by itself."""
    return "STOPLOSS" if order_type in _STOPS else "NORMAL"


def _terms(order: Order) -> dict[str, str]:
    price_e4 = 0 if order.order_type in (OrderType.MARKET, OrderType.STOPLOSS_MARKET) else order.price_e4
    return {
        "variety": variety(order.order_type),
        "tradingsymbol": order.symbol,
        "symboltoken": order.token,
        "exchange": order.exchange.value,
        "ordertype": order.order_type.value,
        "producttype": order.product.value,
        "duration": order.validity.value,
        "price": rupees(price_e4) if price_e4 else "0",
        "triggerprice": rupees(order.trigger_e4) if order.trigger_e4 else "0",
        "quantity": str(order.quantity),
    }


def broker_order(row: Any, *, from_socket: bool = False) -> BrokerOrder | None:
    """An order-book row, a details answer or the `orderData` of an update frame; None when it cannot be used.

    A row without a token but with a symbol is kept (doc_order_book): an order is worth more than its token.
    """
    if not isinstance(row, Mapping):
        return None
    broker_id = _text(row, "orderid", 64)
    exchange, side, product = _enum(Exchange, row, "exchange"), _side(row), _product(row)
    quantity = wire_int(row.get("quantity"))
    token, symbol = _text(row, "symboltoken", SYMBOL_MAX), _text(row, "tradingsymbol", SYMBOL_MAX)
    if not broker_id or exchange is None or side is None or product is None or not (token or symbol):
        return None
    if quantity is None or quantity < 0:
        return None
    price_e4, trigger_e4 = wire_e4(row.get("price")), wire_e4(row.get("triggerprice"))
    return BrokerOrder(
        broker_id=broker_id,
        unique_id="" if from_socket else _text(row, "uniqueorderid", 64),
        tag=_text(row, "ordertag", TAG_MAX),
        exchange=exchange,
        token=token,
        symbol=symbol,
        side=side,
        order_type=_enum(OrderType, row, "ordertype") or _likely_type(price_e4, trigger_e4),
        product=product,
        validity=_enum(Validity, row, "duration") or Validity.DAY,
        quantity=quantity,
        filled=_filled(row, quantity),
        average_e4=wire_e4(row.get("averageprice")),
        price_e4=price_e4,
        trigger_e4=trigger_e4,
        status=_status(row),
        reason=plain(hide(_text(row, "text", 300))),
        updated=_text(row, "updatetime", 40),
        from_socket=from_socket,
    )


def tag_of(row: Any) -> str:
    """The order tag of a row that may be unusable otherwise."""
    return _text(row, "ordertag", TAG_MAX) if isinstance(row, Mapping) else ""


def fill(row: Any, tokens: Mapping[str, InstrumentKey], now_ns: int) -> Fill | None:
    """A trade-book row; None when it cannot be used.

    Trade rows carry no token and no date: `tokens` maps order ids to instruments (from the order book), and the day is
    the Indian date of `now_ns` (market time).
    """
    if not isinstance(row, Mapping):
        return None
    broker_id, fill_id = _text(row, "orderid", 64), _text(row, "fillid", 64)
    key, side, product = tokens.get(broker_id), _side(row), _product(row)
    quantity, price_e4 = wire_int(row.get("fillsize")), wire_e4(row.get("fillprice"))
    filled_ns = _time_of_day_ns(_text(row, "filltime", 40), now_ns)
    if key is None or side is None or product is None or not fill_id or filled_ns is None:
        return None
    if quantity is None or quantity <= 0 or price_e4 is None:
        return None
    symbol = _text(row, "tradingsymbol", SYMBOL_MAX)
    return Fill(fill_id, broker_id, key.exchange, key.token, symbol, side, product, quantity, price_e4, filled_ns)


def position(row: Any) -> BrokerPosition | None:
    """A position row; None when it cannot be used. Bought and sold include what was carried forward."""
    if not isinstance(row, Mapping):
        return None
    exchange, product, token = _enum(Exchange, row, "exchange"), _product(row), _text(row, "symboltoken", SYMBOL_MAX)
    net = wire_int(row.get("netqty"))
    bought, sold = _sum(row, "buyqty", "cfbuyqty"), _sum(row, "sellqty", "cfsellqty")
    if exchange is None or product is None or not token or net is None or bought is None or sold is None:
        return None
    bought_e4 = _value_e4(row, "totalbuyvalue", "buyamount", "cfbuyamount")
    sold_e4 = _value_e4(row, "totalsellvalue", "sellamount", "cfsellamount")
    symbol = _text(row, "tradingsymbol", SYMBOL_MAX)
    return BrokerPosition(exchange, token, symbol, product, net, bought, sold, bought_e4, sold_e4)


def funds(data: Any) -> Funds | None:
    """The getRMS answer; None when it is no object."""
    if not isinstance(data, Mapping):
        return None
    return Funds(
        net_e4=wire_e4(data.get("net")),
        used_e4=wire_e4(data.get("utiliseddebits")),
        cash_e4=wire_e4(data.get("availablecash")),
        collateral_e4=wire_e4(data.get("collateral")),
    )


def _text(row: Row, name: str, limit: int) -> str:
    value = row.get(name)
    return "" if value is None or isinstance(value, dict | list) else plain(value, limit).strip()


def _enum(kind: type[E], row: Row, name: str) -> E | None:
    try:
        return kind(_text(row, name, 40).upper())
    except ValueError:
        return None


def _side(row: Row) -> Side | None:
    return {"BUY": Side.BUY, "SELL": Side.SELL}.get(_text(row, "transactiontype", 8).upper())


def _product(row: Row) -> Product | None:
    return _enum(Product, row, "producttype") or _INTRADAY_KINDS.get(_text(row, "producttype", 8).upper())


def _likely_type(price_e4: int | None, trigger_e4: int | None) -> OrderType:
    if trigger_e4:
        return OrderType.STOPLOSS_LIMIT if price_e4 else OrderType.STOPLOSS_MARKET
    return OrderType.LIMIT if price_e4 else OrderType.MARKET


def _status(row: Row) -> str:
    """The working state is `orderstatus`, else `status` (captured_order_amo_admin_stopped: orderstatus empty)."""
    word = _text(row, "orderstatus", 60) or _text(row, "status", 60)
    return " ".join(word.lower().split())


def _filled(row: Row, quantity: int) -> int:
    filled, unfilled = wire_int(row.get("filledshares")), wire_int(row.get("unfilledshares"))
    if filled is not None and filled >= 0:
        return filled
    return max(quantity - unfilled, 0) if unfilled is not None else 0


def _sum(row: Row, today: str, carried: str) -> int | None:
    first = wire_int(row.get(today))
    return None if first is None else first + (wire_int(row.get(carried)) or 0)


def _value_e4(row: Row, total: str, today: str, carried: str) -> int:
    whole = wire_e4(row.get(total))
    return whole if whole is not None else (wire_e4(row.get(today)) or 0) + (wire_e4(row.get(carried)) or 0)


def _time_of_day_ns(text: str, now_ns: int) -> int | None:
    for pattern in ("%H:%M:%S", "%d-%b-%Y %H:%M:%S"):
        try:
            moment = datetime.strptime(text, pattern).replace(tzinfo=IST)
        except ValueError:
            continue
        if pattern == "%H:%M:%S":
            day = ist(now_ns)
            moment = moment.replace(year=day.year, month=day.month, day=day.day)
        return int(moment.timestamp()) * NS_PER_S
    return None
