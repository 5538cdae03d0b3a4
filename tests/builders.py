"""Test data: one call for each value, every field with a sensible default."""

from typing import Any

from core.domain import (
    Exchange,
    Fill,
    Instrument,
    Kind,
    Order,
    OrderIntent,
    OrderState,
    OrderType,
    Product,
    Side,
    Validity,
)
from core.ports import BrokerOrder

RELIANCE = Instrument(Exchange.NSE, "2885", "RELIANCE-EQ", "RELIANCE", Kind.EQUITY, lot=1, tick_e4=1000)
SBIN = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY, lot=1, tick_e4=500)
NIFTY = Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0)
NIFTY_FUT = Instrument(Exchange.NFO, "66071", "NIFTY29DEC26FUT", "NIFTY", Kind.FUTURE, 65, 1000, "2026-12-29", 0, 1800)
NIFTY_CALL = Instrument(
    Exchange.NFO, "43650", "NIFTY29DEC2624800CE", "NIFTY", Kind.OPTION, 65, 500, "2026-12-29", 24_800 * 10_000, 1800
)
T0_NS = 1_764_214_200 * 1_000_000_000


def intent(**changes: Any) -> OrderIntent:
    values: dict[str, Any] = dict(
        intent_id="ticket-1",
        instrument=RELIANCE,
        side=Side.BUY,
        quantity=10,
        price_e4=1412_6000,
        product=Product.INTRADAY,
    )
    return OrderIntent(**{**values, **changes})


def order(**changes: Any) -> Order:
    values: dict[str, Any] = dict(
        tag="T00000001000000",
        intent_id="ticket-1",
        exchange=Exchange.NSE,
        token="2885",
        symbol="RELIANCE-EQ",
        side=Side.BUY,
        quantity=10,
        price_e4=1412_6000,
        trigger_e4=0,
        order_type=OrderType.LIMIT,
        product=Product.INTRADAY,
        validity=Validity.DAY,
        source="ticket",
        state=OrderState.SENDING,
        created_ns=T0_NS,
        real_ns=T0_NS,
        updated_ns=T0_NS,
    )
    return Order(**{**values, **changes})


def row(status: str = "open", **changes: Any) -> BrokerOrder:
    values: dict[str, Any] = dict(
        broker_id="251126000000001",
        unique_id="u-1",
        tag="T00000001000000",
        exchange=Exchange.NSE,
        token="2885",
        symbol="RELIANCE-EQ",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        product=Product.INTRADAY,
        validity=Validity.DAY,
        quantity=10,
        filled=0,
        average_e4=None,
        price_e4=1412_6000,
        trigger_e4=0,
        status=status,
        reason="",
        updated="26-Nov-2025 09:20:00",
    )
    return BrokerOrder(**{**values, **changes})


def fill(**changes: Any) -> Fill:
    values: dict[str, Any] = dict(
        fill_id="1",
        broker_id="251126000000001",
        exchange=Exchange.NSE,
        token="2885",
        symbol="RELIANCE-EQ",
        side=Side.BUY,
        product=Product.INTRADAY,
        quantity=10,
        price_e4=1412_6000,
        filled_ns=T0_NS,
    )
    return Fill(**{**values, **changes})
