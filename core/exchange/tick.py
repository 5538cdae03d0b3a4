"""One row of a recording, whatever its shape: what it says, and nothing it does not. Pure."""

from typing import NamedTuple

from core.domain import InstrumentKey
from core.exchange.book import LevelView


class Raw(NamedTuple):
    """Prices in 1/10,000 rupee; 0 or an empty tuple is "not said". `label` names the instrument in its file.

    `volume` is the day's; `traded` what this tick alone adds, for recordings that give no day's volume.
    """

    time_ns: int
    label: str
    last_e4: int
    last_quantity: int = 0
    last_ns: int = 0
    close_e4: int = 0
    open_e4: int = 0
    high_e4: int = 0
    low_e4: int = 0
    average_e4: int = 0
    volume: int = 0
    traded: int = 0
    total_buy: int = 0
    total_sell: int = 0
    open_interest: int = 0
    bids: tuple[LevelView, ...] = ()
    asks: tuple[LevelView, ...] = ()


class Tick(NamedTuple):
    """A row in its place: when it arrives, in which file it stands, whose it is."""

    time_ns: int
    number: int
    key: InstrumentKey
    raw: Raw
