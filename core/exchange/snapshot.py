"""What is known of one instrument at one moment: the seam between markets (matched or replayed) and the servers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.domain import InstrumentKey
from core.exchange.book import LevelView
from core.exchange.listing import Listing

Bar = tuple[int, int, int, int, int, int]
"""Start (epoch s), open, high, low, close in 1/10,000 rupee, volume in units."""


@dataclass(slots=True)
class Snapshot:
    """One instrument now. Prices in 1/10,000 rupee, times in epoch ns, a few levels a side, best first."""

    listing: Listing
    sequence: int
    time_ns: int
    last_e4: int
    close_e4: int
    open_e4: int = 0
    high_e4: int = 0
    low_e4: int = 0
    last_quantity: int = 0
    last_ns: int = 0
    average_e4: int = 0
    volume: int = 0
    total_buy: int = 0
    total_sell: int = 0
    open_interest: int = 0
    bids: tuple[LevelView, ...] = ()
    asks: tuple[LevelView, ...] = ()


class Market(Protocol):
    """A source of prices: the matched floor or a recording."""

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]: ...

    def snapshot(self, key: InstrumentKey, levels: int = 5) -> Snapshot:
        """The picture of an instrument with at most so many levels a side."""

    def step(self, now_ns: int) -> bool:
        """Bring the market to this time; True when it is there."""

    def take_changed(self) -> Iterable[InstrumentKey]:
        """What changed since the last call."""

    def watch(self, keys: Iterable[InstrumentKey]) -> None:
        """The instruments that streams show from now on."""

    def bars(self, key: InstrumentKey) -> list[Bar]:
        """The one-minute bars of the day so far."""
