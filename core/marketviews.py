"""What the screen may see and ask of lists, charts, chains and a replay: values and protocols, no machinery.

Panes pull by revision. Commands return at once; a text that comes back says why nothing was done, empty when it was.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from core.domain import Bar, Instrument, InstrumentKey


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of a watchlist: a group's heading (`count` instruments in it), or an entry.

    An entry without an instrument is one that today's master does not hold; `symbol` says what it was.
    """

    key: Hashable
    symbol: str
    group: str
    instrument: Instrument | None = None
    heading: bool = False
    count: int = 0


class Lists(Protocol):
    """The named watchlists of a person; one of them is shown."""

    @property
    def revision(self) -> int:
        """Rises when names, rows, their order, or pins change."""
        ...

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def chosen(self) -> str: ...
    @property
    def sort(self) -> str:
        """The column sorted by, `-` before it for falling order; empty for the order made by hand."""
        ...

    @property
    def filter(self) -> str: ...
    def rows(self) -> tuple[ListRow, ...]:
        """What the chosen list shows now. The same object until something changed."""
        ...

    def pins(self) -> tuple[Instrument, ...]: ...
    def trend(self, key: InstrumentKey) -> tuple[int, ...]:
        """Prices (1/10,000 rupee) sampled since the session was first seen, oldest first; empty before two of them."""
        ...

    def columns(self) -> tuple[str, ...]:
        """What may be sorted and filtered by."""
        ...

    def groups(self) -> tuple[str, ...]: ...
    def step(self, by: int) -> None: ...
    def choose(self, name: str) -> str: ...
    def create(self, name: str) -> str: ...
    def rename(self, name: str) -> str: ...
    def delete(self) -> str:
        """Remove the chosen list; the last one stays."""
        ...

    def add(self, instrument: Instrument) -> str: ...
    def remove(self, key: InstrumentKey) -> str: ...
    def move(self, key: InstrumentKey, by: int) -> str: ...
    def regroup(self, key: InstrumentKey, group: str) -> str: ...
    def sort_by(self, column: str) -> str: ...
    def filter_by(self, text: str) -> str: ...
    def pin(self, instrument: Instrument) -> str:
        """Pin to the second line of the screen, or take it off."""
        ...

    def take_csv(self, path: Path) -> str:
        """Add the instruments of a CSV file to the chosen list, all or none; the answer says what was done or why not,
        and begins with `added` when it was."""
        ...


@dataclass(frozen=True, slots=True)
class Series:
    """Candles of one instrument. `slots` is in time, with None where a bar of the session is missing.

    `note` says what is being waited for or why older bars are missing. `live_s` is the start of the bar that forms.
    """

    instrument: Instrument
    interval: str
    seconds: int
    slots: tuple[Bar | None, ...]
    starts_s: tuple[int, ...]
    missing: int
    note: str
    live_s: int | None = None


class Charts(Protocol):
    """The chart that is open; nothing is asked of the broker while none is."""

    @property
    def revision(self) -> int: ...
    def series(self) -> Series | None:
        """None while no chart is open."""
        ...

    def intervals(self) -> tuple[str, ...]:
        """Their short names, shortest first: `1m` to `1D`."""
        ...

    def open(self, instrument: Instrument, interval: str) -> None: ...
    def close(self) -> None: ...


class Leg(NamedTuple):
    """One option of a chain: prices 1/10,000 rupee (0 none), volatility and delta as fractions (NaN unknown), open
    interest and its change since first seen in units."""

    instrument: Instrument | None
    bid_e4: int
    ask_e4: int
    ltp_e4: int
    volatility: float
    delta: float
    interest: int
    interest_change: int
    volume: int


class Strike(NamedTuple):
    """One line of a chain."""

    strike_e4: int
    call: Leg
    put: Leg


@dataclass(frozen=True, slots=True)
class ChainTable:
    """A chain as last computed. `forward_from` is `future`, `parity` or `none`; ratios and max pain None when unknown.

    `since_ns` (market time) is since when open interest changes are counted; `made_ns` when this was computed.
    """

    name: str
    expiry: str
    expiries: tuple[str, ...]
    strikes: tuple[Strike, ...]
    atm: int | None
    forward_e4: int
    forward_from: str
    pcr: float | None
    max_pain_e4: int | None
    days_left: float
    since_ns: int
    made_ns: int
    note: str = ""


class Chains(Protocol):
    """The option chain that is open; its contracts are subscribed while it is."""

    @property
    def revision(self) -> int: ...
    def table(self) -> ChainTable | None:
        """None while no chain is open."""
        ...

    def open(self, near: Instrument | None) -> str:
        """Open the chain that an instrument belongs to, the nearest expiry; None takes the first there is."""
        ...

    def underlyings(self) -> tuple[str, ...]: ...
    def step_underlying(self, by: int) -> str: ...
    def step_expiry(self, by: int) -> None: ...
    def close(self) -> None: ...


class Replay(Protocol):
    """The tape that is played. Times are market time, epoch ns."""

    @property
    def first_ns(self) -> int: ...
    @property
    def last_ns(self) -> int: ...
    @property
    def position_ns(self) -> int: ...
    @property
    def word(self) -> str:
        """`playing`, `paused`, `seeking`, `at the end`, or what is wrong with the tape."""
        ...

    @property
    def speed(self) -> float: ...
    def toggle(self) -> None:
        """Play or pause."""
        ...

    def faster(self, by: int) -> None:
        """One step faster or slower."""
        ...

    def step(self, count: int) -> None:
        """That many packets, then pause."""
        ...

    def seek(self, at_ns: int) -> None: ...
