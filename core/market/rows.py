"""One row of the quote board, as the wire wrote it, read as a `Quote`: only when somebody looks at it.

Any field that cannot be what it says becomes 0, "no value". A level of the book is empty when it makes no sense: no
quantity, a price out of range, or (for anything but an option) a price beyond half or twice the last one.
"""

import math
from typing import Any

from core.domain import Exchange
from core.market.packet import CURRENCY, EXCHANGE_TYPES, RawLevel
from core.market.wire import LEVELS_AT, SNAP_PACKET, TAIL_AT, sides
from core.money import PRICE_MAX_E4
from core.views import Level, Quote

DEPTH = 5
QUANTITY_MAX = 10**15
"""No quantity, volume or open interest of any exchange comes near; more is garbage."""
_EMPTY = Level(0, 0, 0)
_BELOW_ZERO = frozenset({EXCHANGE_TYPES[Exchange.MCX], EXCHANGE_TYPES[Exchange.NCDEX]})
"""Where contracts may trade below zero."""


class Scale:
    """How one exchange's wire prices read: paise, or 1e-7 rupee for currency; below zero only where that is possible.

    `lowest` and `highest` bound a wire price that may be one.
    """

    __slots__ = ("_divide", "highest", "lowest")

    def __init__(self, exchange_type: int) -> None:
        self._divide = exchange_type == CURRENCY
        self.highest = PRICE_MAX_E4 * 1_000 if self._divide else PRICE_MAX_E4 // 100
        self.lowest = -self.highest if exchange_type in _BELOW_ZERO else 0

    def price_e4(self, wire: int) -> int:
        """The price in 1/10,000 rupee; 0 when it cannot be one."""
        if not self.lowest <= wire <= self.highest:
            return 0
        return wire // 1_000 if self._divide else wire * 100

    def quote(self, memory: memoryview, at: int, exchange_ms: int, *, bounded: bool) -> Quote:
        """The quote in the row at this byte. `bounded` holds the book to half and twice the last price."""
        f = SNAP_PACKET.unpack_from(memory, at)
        price, ltp = self.price_e4, f[5]
        bids, asks = sides(f[LEVELS_AT:TAIL_AT])
        near = ltp if bounded and ltp > 0 else 0
        return Quote(
            has_ltp=ltp != 0,
            ltp_e4=price(ltp),
            ltq=quantity(f[6]),
            average_e4=price(f[7]),
            volume=quantity(f[8]),
            total_buy=_whole(f[9]),
            total_sell=_whole(f[10]),
            open_e4=price(f[11]),
            high_e4=price(f[12]),
            low_e4=price(f[13]),
            close_e4=price(f[14]),
            last_trade_s=quantity(f[15]),
            open_interest=quantity(f[16]),
            upper_e4=price(f[TAIL_AT]),
            lower_e4=price(f[TAIL_AT + 1]),
            bids=self._levels(bids, near),
            asks=self._levels(asks, near),
            exchange_ms=exchange_ms,
        )

    def _levels(self, side: tuple[RawLevel, ...], near: int) -> tuple[Level, ...]:
        lowest, highest = (max(self.lowest, (near + 1) // 2), near * 2) if near else (self.lowest, self.highest)
        divide = self._divide
        made = [
            Level(wire // 1_000 if divide else wire * 100, count, max(orders, 0))
            if 0 < count <= QUANTITY_MAX and lowest <= wire <= highest
            else _EMPTY
            for count, wire, orders in side[:DEPTH]
        ]
        return tuple(made + [_EMPTY] * (DEPTH - len(made)))


def quantity(wire: int) -> int:
    """The wire's count, or 0 when it cannot be one."""
    return wire if 0 <= wire <= QUANTITY_MAX else 0


def _whole(number: Any) -> int:
    return quantity(int(number)) if math.isfinite(number) else 0
