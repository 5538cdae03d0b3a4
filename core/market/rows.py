"""The columns of one quote-board row, and how wire integers become them and become a `Quote`."""

import math

from core.market.packet import CURRENCY, Packet, RawLevel
from core.money import PRICE_MAX_E4
from core.views import Level, Quote

DEPTH = 5
REVISION, RECEIVED_NS, EPOCH, SEQUENCE, EXCHANGE_MS, LTP = range(6)
QUOTE_AT = 6
"""ltq, average, volume, total buy, total sell, open, high, low, close: what mode 2 adds."""
CLOSE = 14
SNAP_AT = 15
"""last trade second, open interest, upper, lower, then (price, quantity, orders) five times a side: mode 3 adds."""
_BIDS_AT = 19
_ASKS_AT = _BIDS_AT + 3 * DEPTH
WIDTH = _ASKS_AT + 3 * DEPTH

QUANTITY_MAX = 10**15
"""No quantity, volume or open interest of any exchange comes near; more is garbage."""
_EMPTY = (0, 0, 0)


class Scale:
    """How one exchange's wire prices read: paise, or 1e-7 rupee for currency; `below_zero` where that is possible."""

    __slots__ = ("_divide", "_lowest_e4")

    def __init__(self, exchange_type: int, *, below_zero: bool) -> None:
        self._divide = exchange_type == CURRENCY
        self._lowest_e4 = -PRICE_MAX_E4 if below_zero else 0

    def price_e4(self, wire: int) -> int | None:
        """The price in 1/10,000 rupee; None when it cannot be one."""
        price_e4 = wire // 1_000 if self._divide else wire * 100
        return price_e4 if self._lowest_e4 <= price_e4 <= PRICE_MAX_E4 else None

    def snap(self, packet: Packet) -> list[int]:
        """The columns that mode 3 adds."""
        price = self.price_e4
        return [
            quantity(packet.last_trade_s),
            quantity(packet.open_interest),
            price(packet.upper) or 0,
            price(packet.lower) or 0,
            *self._levels(packet.bids),
            *self._levels(packet.asks),
        ]

    def quote(self, packet: Packet) -> list[int]:
        """The columns that modes 2 and 3 add."""
        price = self.price_e4
        return [
            quantity(packet.ltq),
            price(packet.average) or 0,
            quantity(packet.volume),
            _whole(packet.total_buy),
            _whole(packet.total_sell),
            price(packet.open) or 0,
            price(packet.high) or 0,
            price(packet.low) or 0,
            price(packet.close) or 0,
        ]

    def _levels(self, side: tuple[RawLevel, ...]) -> list[int]:
        """The best five as flat columns; a level that makes no sense is an empty one."""
        flat: list[int] = []
        lowest_e4, divide = self._lowest_e4, self._divide
        for count, wire, orders in side[:DEPTH]:
            price_e4 = wire // 1_000 if divide else wire * 100
            if 0 < count <= QUANTITY_MAX and lowest_e4 <= price_e4 <= PRICE_MAX_E4:
                flat += (price_e4, count, max(orders, 0))
            else:
                flat += _EMPTY
        return flat if len(flat) == 3 * DEPTH else flat + [0] * (3 * DEPTH - len(flat))


def quantity(wire: int) -> int:
    """The wire's count, or 0 when it cannot be one."""
    return wire if 0 <= wire <= QUANTITY_MAX else 0


def _whole(number: float) -> int:
    return quantity(int(number)) if math.isfinite(number) else 0


def to_quote(row: list[int]) -> Quote:
    """The values of one row."""
    ltq, average, volume, buy, sell, open_, high, low, close = row[QUOTE_AT:SNAP_AT]
    last_trade_s, open_interest, upper, lower = row[SNAP_AT:_BIDS_AT]
    return Quote(
        has_ltp=row[LTP] != 0,
        ltp_e4=row[LTP],
        ltq=ltq,
        average_e4=average,
        volume=volume,
        total_buy=buy,
        total_sell=sell,
        open_e4=open_,
        high_e4=high,
        low_e4=low,
        close_e4=close,
        last_trade_s=last_trade_s,
        open_interest=open_interest,
        upper_e4=upper,
        lower_e4=lower,
        bids=_levels(row, _BIDS_AT),
        asks=_levels(row, _ASKS_AT),
        exchange_ms=row[EXCHANGE_MS],
    )


def _levels(row: list[int], at: int) -> tuple[Level, ...]:
    return tuple(Level(*row[i : i + 3]) for i in range(at, at + 3 * DEPTH, 3))
