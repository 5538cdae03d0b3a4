"""What today's trades cost, order by order, by the dated tariff. Pure.

The broker charges each executed order by itself; each part is rounded to the paisa there, so that the charges of a
position are the sum of its orders and the total is the sum of the positions. An estimate: a contract note rounds the
transaction tax and the stamp duty to the rupee over the whole note, and shares bought and sold for delivery on one day
are taxed as intraday by the exchange (not verified with the live broker).
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

from core.account import NO_CHARGES
from core.domain import Exchange, Fill, Instrument, InstrumentKey, Kind, PositionKey, Product, Side
from core.money import divide_rounded
from core.tariff import Charges, Segment, Tariff, segment_of

PAISA_E4 = 100
ORDERS_KEPT = 16_384
_DERIVATIVES = frozenset({Exchange.NFO, Exchange.BFO, Exchange.MCX, Exchange.CDS, Exchange.NCDEX})
Finder = Callable[[InstrumentKey], Instrument | None]


def to_paisa(value_e4: int) -> int:
    """The value rounded to a whole paisa, halves to even, still in 1/10,000 rupee."""
    return divide_rounded(value_e4, PAISA_E4) * PAISA_E4


def add(a: Charges, b: Charges) -> Charges:
    return Charges(*(x + y for x, y in zip(a, b, strict=True)))


def order_charges(
    tariff: Tariff, day: date, instrument: Instrument, product: Product, side: Side, value_e4: int
) -> Charges:
    """What one executed order of that value costs, each part in whole paise."""
    return _rounded(tariff, day, instrument.exchange, segment_of(instrument, product), side, value_e4)


@lru_cache(maxsize=ORDERS_KEPT)
def _rounded(tariff: Tariff, day: date, exchange: Exchange, segment: Segment, side: Side, value_e4: int) -> Charges:
    """Kept, because each new trade asks again for every order of the day."""
    found = tariff.charges(day, exchange, segment, side, value_e4)
    return Charges(*(to_paisa(part) for part in found))


def charges_by_position(tariff: Tariff, day: date, fills: Iterable[Fill], find: Finder) -> dict[PositionKey, Charges]:
    """The charges of the day's orders, summed for each instrument and product."""
    values: dict[tuple[PositionKey, str, Side], tuple[Fill, int]] = {}
    for fill in fills:
        order = (PositionKey(fill.exchange, fill.token, fill.product), fill.broker_id or fill.fill_id, fill.side)
        values[order] = (fill, values.get(order, (fill, 0))[1] + fill.quantity * fill.price_e4)
    summed: dict[PositionKey, Charges] = {}
    for (key, _, side), (fill, value_e4) in values.items():
        instrument = find(fill.key) or stand_in(fill.exchange, fill.token, fill.symbol)
        cost = order_charges(tariff, day, instrument, fill.product, side, value_e4)
        summed[key] = add(summed.get(key, NO_CHARGES), cost)
    return summed


def depository_e4(tariff: Tariff, day: date, product: Product, bought: int, sold: int) -> int:
    """The fee for a share taken out of the demat account: once a day for each, when more was sold than was bought."""
    leaves_demat = product in (Product.DELIVERY, Product.MARGIN) and sold > bought
    return to_paisa(tariff.depository_e4(day)) if leaves_demat else 0


def stand_in(exchange: Exchange, token: str, symbol: str) -> Instrument:
    """The kind of an instrument that the master does not hold, from its segment and its symbol."""
    if exchange not in _DERIVATIVES:
        return Instrument(exchange, token, symbol, symbol, Kind.EQUITY)
    kind = Kind.OPTION if symbol[-2:] in ("CE", "PE") else Kind.FUTURE
    return Instrument(exchange, token, symbol, symbol, kind)
