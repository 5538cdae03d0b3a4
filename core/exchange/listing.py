"""What is listed: the values of one trading day's instruments, and the bands of their prices."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain import Exchange, Instrument, InstrumentKey, Kind

_SEGMENT = {
    Exchange.NSE: 1,
    Exchange.NFO: 2,
    Exchange.BSE: 3,
    Exchange.BFO: 4,
    Exchange.MCX: 5,
    Exchange.NCDEX: 7,
    Exchange.CDS: 13,
}
SEGMENTS: Mapping[int, Exchange] = {number: exchange for exchange, number in _SEGMENT.items()}
"""The stream's exchange types (official WebSocket 2.0 page)."""
SHARE_SPREAD_E6 = 130


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed instrument on one day. Prices in 1/10,000 rupee; `typical` is units of an ordinary order.

    `members` are the keys whose mean return moves an index, times `leverage`; a future follows its one member with
    `premium_e6` millionths on top (without a member it has a price of its own), an option is priced from the future
    that is its one member with the volatility `vol_e6` (millionths a year). `spread_e6` is the usual distance between
    bid and ask in millionths of the price.
    """

    instrument: Instrument
    close_e4: int
    lower_e4: int = 0
    upper_e4: int = 0
    low_52w_e4: int = 0
    high_52w_e4: int = 0
    typical: int = 0
    members: tuple[InstrumentKey, ...] = ()
    leverage: int = 1
    premium_e6: int = 0
    open_interest: int = 0
    type_name: str = ""
    spread_e6: int = SHARE_SPREAD_E6
    vol_e6: int = 0

    @property
    def key(self) -> InstrumentKey:
        return self.instrument.key

    @property
    def segment(self) -> int:
        """The stream's exchange type."""
        return _SEGMENT[self.instrument.exchange]

    @property
    def tradable(self) -> bool:
        return self.instrument.kind is not Kind.INDEX

    @property
    def is_call(self) -> bool:
        """Whether an option is a call; the symbol's last two letters say so (instrument master)."""
        return self.instrument.symbol.endswith("CE")


def band(close_e4: int, tick_e4: int, percent: int) -> tuple[int, int]:
    """Lower and upper circuit, rounded to ticks inside the band, the lower one at least one tick."""
    margin_e4 = close_e4 * percent // 100
    lower = -(-(close_e4 - margin_e4) // tick_e4) * tick_e4
    return max(tick_e4, lower), (close_e4 + margin_e4) // tick_e4 * tick_e4
