"""The columns of one quote-board row, and how wire integers become them and become a `Quote`."""

from typing import NamedTuple

from core.market.packet import CURRENCY, RawLevel
from core.money import PRICE_MAX_E4
from core.views import Level, Quote

DEPTH = 5
REVISION, RECEIVED_NS, EPOCH, SEQUENCE, EXCHANGE_MS, LTP = range(6)
QUOTE_FIELDS = slice(6, 15)
"""ltq, average, volume, total buy, total sell, open, high, low, close: what mode 2 adds."""
CLOSE = 14
SNAP_FIELDS = slice(15, 15 + 4 + 6 * DEPTH)
"""last trade second, open interest, upper, lower, then (price, quantity, orders) five times a side: mode 3 adds."""
_BIDS_AT = 19
_ASKS_AT = _BIDS_AT + 3 * DEPTH
WIDTH = _ASKS_AT + 3 * DEPTH

QUANTITY_MAX = 10**15
"""No quantity, volume or open interest of any exchange comes near; more is garbage."""
_EMPTY = (0, 0, 0)


class Scale(NamedTuple):
    """How one exchange's wire prices read: paise, or 1e-7 rupee for currency; `below_zero` where that is possible."""

    exchange_type: int
    below_zero: bool

    def price_e4(self, wire: int) -> int | None:
        """The price in 1/10,000 rupee; None when it cannot be one."""
        price_e4 = wire // 1_000 if self.exchange_type == CURRENCY else wire * 100
        lowest = -PRICE_MAX_E4 if self.below_zero else 0
        return price_e4 if lowest <= price_e4 <= PRICE_MAX_E4 else None

    def price_or_0(self, wire: int) -> int:
        return self.price_e4(wire) or 0

    def levels(self, side: tuple[RawLevel, ...]) -> list[int]:
        """The best five as flat columns; a level that makes no sense is an empty one."""
        flat: list[int] = []
        for level in side[:DEPTH]:
            price_e4 = self.price_e4(level.price)
            sane = price_e4 is not None and 0 < level.quantity <= QUANTITY_MAX
            flat += (price_e4 or 0, level.quantity, max(level.orders, 0)) if sane else _EMPTY
        return flat + [0] * (3 * DEPTH - len(flat))


def quantity(wire: int) -> int:
    """The wire's count, or 0 when it cannot be one."""
    return wire if 0 <= wire <= QUANTITY_MAX else 0


def to_quote(row: list[int]) -> Quote:
    """The values of one row."""
    ltq, average, volume, buy, sell, open_, high, low, close = row[QUOTE_FIELDS]
    last_trade_s, open_interest, upper, lower = row[15:_BIDS_AT]
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
