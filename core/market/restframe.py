"""A quote that was read, as the packet that the stream would have sent: so that a board needs one kind of row. Pure."""

from core.domain import InstrumentKey
from core.market.packet import CURRENCY, EXCHANGE_TYPES, SNAP_QUOTE
from core.market.wire import SNAP_PACKET
from core.ports import RestQuote

_INT64 = (1 << 63) - 1


def frame(key: InstrumentKey, q: RestQuote) -> bytes:
    """A SNAP_QUOTE packet with sequence 0. Values that do not fit become 0, "no value"; so does a last price."""
    number = EXCHANGE_TYPES[key.exchange]

    def price(price_e4: int) -> int:
        return _fits(price_e4 * 1_000 if number == CURRENCY else price_e4 // 100)

    levels = [
        value
        for flag, side in ((1, q.bids), (0, q.asks))
        for price_e4, quantity, orders in side
        for value in (flag, _fits(quantity), price(price_e4), min(orders, 32_767))
    ]
    return SNAP_PACKET.pack(
        SNAP_QUOTE, number, key.token.encode("ascii", "replace"), 0, _fits(q.exchange_ms), price(q.ltp_e4),
        _fits(q.ltq), price(q.average_e4), _fits(q.volume), float(q.total_buy), float(q.total_sell),
        price(q.open_e4), price(q.high_e4), price(q.low_e4), price(q.close_e4), _fits(q.last_trade_s),
        _fits(q.open_interest), 0.0, *levels, price(q.upper_e4), price(q.lower_e4), 0, 0,
    )  # fmt: skip


def _fits(value: int) -> int:
    return value if -_INT64 <= value <= _INT64 else 0
