"""What an engine is made of: built by the composition root, the only place that knows which mode it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from core.clock import Clock
from core.config import Config, Limits
from core.domain import Exchange, Instrument, InstrumentKey
from core.engine.lockout import Passwords
from core.facts import Event
from core.market.facts import Facts, load
from core.market.history import History
from core.market.instruments import Catalogue
from core.market.sessions import Session
from core.market.watchlists import Watchlists
from core.orders.tags import Tags
from core.outcome import Read
from core.ports import Audit, Broker, Feed, Journal, Ledger, NoAudit, NoLedger, OrderSocket
from core.views import CircuitStatus, QuoteView, StreamStatus


class Board(QuoteView, Protocol):
    """The quote board as its owner sees it."""

    def add(self, instrument: Instrument) -> int: ...
    def fresh_count(self) -> int: ...
    def use(self, limits: Limits) -> None:
        """Judge the age of prices by these limits from now on."""
        ...


class Instruments(Protocol):
    """The day's instrument master."""

    def get(self, key: InstrumentKey) -> Instrument | None: ...
    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None: ...
    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]: ...
    def all(self) -> tuple[Instrument, ...]: ...
    @property
    def note(self) -> str:
        """What a search still waits for; empty when it covers everything there is."""
        ...


class MarketStream(Feed, Protocol):
    @property
    def malformed(self) -> int:
        """Frames that were no packet, since start."""
        ...

    def status(self) -> StreamStatus: ...


class UpdateStream(OrderSocket, Protocol):
    def status(self) -> StreamStatus: ...


class LoggedInBroker(Broker, Protocol):
    """The broker, and how many order messages it began to write since start."""

    @property
    def writes_sent(self) -> int: ...
    async def login(self) -> Read[str]: ...
    async def tend(self) -> None:
        """For ever: test the circuits of reads that are open."""
        ...

    def retry_circuit(self, name: str) -> bool:
        """Skip the wait before the next test; False when none is waited for."""
        ...

    def force_circuit(self, name: str, shut: bool) -> None:
        """Open a circuit by hand, or give it back to its own judgement."""
        ...

    def circuit_statuses(self) -> tuple[CircuitStatus, ...]:
        """Every circuit but that of the orders."""
        ...


class Meta(Protocol):
    """Small durable values by name."""

    async def store_meta(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class MasterNote:
    """Where the instruments come from: `rows` usable ones, published for the trading day `day` (`YYYY-MM-DD`). Without
    a day it is the exchange's own list of what it trades, and holds as long as that exchange does."""

    rows: int
    day: str = ""

    def fault(self, today: str) -> str:
        """Why nothing may be opened by it today; empty when it serves."""
        if self.rows <= 0:
            return "the instrument master holds no instrument"
        if self.day and self.day != today:
            return f"the instrument master is of {self.day}, today is {today}: tezi instruments update"
        return ""


@dataclass(frozen=True, slots=True)
class Parts:
    """`mode_word` is the first word of the screen; `run` names the account's run in stored rows.

    `look_only` says why no order may be sent in this session; empty when orders may. `lists` are the watchlists to
    start with (None: one of `watchlist`), `keep_lists` gets each new state of them. `elsewhere` says what an instrument
    is that this exchange does not list. `contracts` holds option chains, `history` older candles; None for none.
    """

    clock: Clock
    config: Config
    mode_word: str
    run: str
    look_only: str
    board: Board
    instruments: Instruments
    watchlist: tuple[Instrument, ...]
    pins: tuple[Instrument, ...]
    session: Callable[[Exchange, int], Session]
    journal: Journal
    broker: LoggedInBroker
    feed: MarketStream
    updates: UpdateStream
    tags: Tags
    random: Random
    mirror: Callable[[Event], None]
    meta: Meta
    audit: Audit = field(default_factory=NoAudit)
    ledger: Ledger = field(default_factory=NoLedger)
    passwords: Passwords | None = None
    """The vault's password, where there is a vault."""
    wanted: Config | None = None
    """What the configuration file says, where that is not what is in force (`config`)."""
    master: MasterNote | None = None
    """What is known of the instrument master; None denies what opens."""
    dated: Facts = field(default_factory=load)
    """The trading facts with dates: the shipped ones, or those of the data folder where these are newer."""
    banned: Callable[[str, str], bool | None] | None = None
    """Whether an underlying is under ban on a day; None: as the dated lists say."""
    lists: Watchlists | None = None
    keep_lists: Callable[[Watchlists], None] = lambda _: None
    elsewhere: str = "not in today's instrument master"
    contracts: Catalogue | None = None
    history: History | None = None
    session_of: Callable[[Instrument, int], Session] | None = None
    """The session of one instrument, where it may differ from its segment's (closing auction); None: it does not."""

    def label(self, key: InstrumentKey) -> str:
        """An instrument as the screen names it; exchange and token when the master does not know it."""
        found = self.instruments.get(key)
        return found.label if found is not None else f"{key.exchange} {key.token}"

    def closed_text(self, instrument: Instrument) -> str:
        """Why an order now would not meet an open market; empty when it would."""
        session = self.session_now(instrument)
        return "" if session.open else f"{session.word}: an order now would be one for tomorrow"

    def session_now(self, instrument: Instrument) -> Session:
        now_ns = self.clock.wall_ns()
        if self.session_of is not None:
            return self.session_of(instrument, now_ns)
        return self.session(instrument.exchange, now_ns)
