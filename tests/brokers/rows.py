"""Rows as the broker sends them (invented values, live types) and an order of ours."""

from dataclasses import replace
from typing import Any

from core.domain import Exchange, Order, OrderState, OrderType, Product, Side, Validity

ORDER_ROW: dict[str, Any] = {
    "variety": "NORMAL",
    "ordertype": "LIMIT",
    "producttype": "INTRADAY",
    "duration": "DAY",
    "price": 820.5,
    "triggerprice": 0.0,
    "quantity": "10",
    "tradingsymbol": "SBIN-EQ",
    "transactiontype": "BUY",
    "exchange": "NSE",
    "symboltoken": "3045",
    "averageprice": 820.45,
    "filledshares": "10",
    "unfilledshares": "0",
    "orderid": "251126000000123",
    "text": "",
    "status": "complete",
    "orderstatus": "complete",
    "updatetime": "26-Nov-2025 11:34:56",
    "ordertag": "desk-1",
    "uniqueorderid": "5d0c6b8e-4a1f-4f7b-9a53-0d1b6a2c7e91",
}
TRADE_ROW: dict[str, Any] = {
    "exchange": "NSE",
    "producttype": "INTRADAY",
    "tradingsymbol": "SBIN-EQ",
    "transactiontype": "BUY",
    "fillprice": "820.45",
    "fillsize": "10",
    "orderid": "251126000000123",
    "fillid": "50012345",
    "filltime": "11:34:56",
}
POSITION_ROW: dict[str, Any] = {
    "exchange": "NFO",
    "symboltoken": "47231",
    "producttype": "CARRYFORWARD",
    "tradingsymbol": "NIFTY02DEC2526000CE",
    "cfbuyqty": "0",
    "cfsellqty": "0",
    "buyqty": "150",
    "sellqty": "75",
    "totalbuyvalue": "20730.00",
    "totalsellvalue": "10702.50",
    "netvalue": "- 10027.50",
    "netqty": "75",
}


def an_order(**changes: Any) -> Order:
    order = Order(
        tag="T0000000100AA11",
        intent_id="i1",
        exchange=Exchange.NSE,
        token="3045",
        symbol="SBIN-EQ",
        side=Side.BUY,
        quantity=10,
        price_e4=8_205_000,
        trigger_e4=0,
        order_type=OrderType.LIMIT,
        product=Product.INTRADAY,
        validity=Validity.DAY,
        source="ticket",
        state=OrderState.SENDING,
        created_ns=1,
        real_ns=1,
        updated_ns=1,
    )
    return replace(order, **changes)
