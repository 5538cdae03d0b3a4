"""What the screen may see and ask: read-only views by revision, and the desk. No setters, no machinery.

A pane keeps revisions, never state. Every call here is synchronous, returns at once and never blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from core.account import Caution, DayLoss, Gauge, Guard, Holding, Leg, MarkBy, Purse, TicketCost, Totals, Traced
from core.clock import Clock
from core.domain import Fill, Instrument, InstrumentKey, Order, OrderIntent, Position, PositionKey
from core.facts import Event, Operation
from core.marketviews import Chains, Charts, Lists, Replay
from core.secret import Secret
from core.standing import BookDifference as BookDifference
from core.standing import BooksReport as BooksReport
from core.standing import Choice as Choice
from core.standing import CircuitStatus as CircuitStatus
from core.standing import GuardStatus as GuardStatus
from core.standing import PanicPlan as PanicPlan
from core.standing import Status as Status
from core.standing import StreamStatus as StreamStatus
from core.standing import Unanswered as Unanswered


class Level(NamedTuple):
    """One price of the book: 1/10,000 rupee, units, number of orders. All zero when the level is empty."""

    price_e4: int
    quantity: int
    orders: int


class Freshness(Enum):
    """Whether a price may be called live; the second value is the mark of the row.

    STALE is late by the row's own measure (how often it usually changes), older than the gate allows, or of a crossed
    book (`core.market.live`). REST is a price that was read while its feed
    was down. Only FRESH may be traded on.
    """

    FRESH = ("fresh", " ")
    STALE = ("stale", "~")
    DOWN = ("feed down", "!")
    REST = ("read, not live", "R")
    NEVER = ("no price yet", "·")

    def __init__(self, word: str, mark: str) -> None:
        self.word = word
        self.mark = mark


@dataclass(frozen=True, slots=True)
class Quote:
    """The last known market of one instrument. Prices 1/10,000 rupee; 0 means "no value" except where a price may be
    negative (`has_ltp` says whether there is a last price at all). `close_e4` is the previous close."""

    has_ltp: bool
    ltp_e4: int
    ltq: int
    average_e4: int
    volume: int
    total_buy: int
    total_sell: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    last_trade_s: int
    open_interest: int
    upper_e4: int
    lower_e4: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    exchange_ms: int

    @property
    def bid_e4(self) -> int:
        """Best bid, 0 when there is none."""
        return self.bids[0].price_e4 if self.bids and self.bids[0].quantity else 0

    @property
    def ask_e4(self) -> int:
        """Best ask, 0 when there is none."""
        return self.asks[0].price_e4 if self.asks and self.asks[0].quantity else 0

    @property
    def change_bps(self) -> int | None:
        """Change against the previous close in 1/100 percent; None when either price is missing."""
        if not self.has_ltp or self.close_e4 <= 0:
            return None
        return round((self.ltp_e4 - self.close_e4) * 10_000 / self.close_e4)


class QuoteView(Protocol):
    """The quote board. A slot is a small integer, fixed for the life of the process."""

    def slot(self, key: InstrumentKey) -> int | None:
        """The slot of an instrument; None while it was never wanted."""
        ...

    def revision(self, slot: int) -> int:
        """Rises with each packet for this slot."""
        ...

    def quote(self, slot: int) -> Quote: ...
    def age_ms(self, slot: int) -> int | None:
        """Milliseconds since the last packet was received here; None before the first."""
        ...

    def freshness(self, slot: int) -> Freshness: ...


class OrderView(Protocol):
    """Orders and fills of the day, newest first."""

    @property
    def revision(self) -> int: ...
    def orders(self) -> tuple[Order, ...]: ...
    def fills(self) -> tuple[Fill, ...]: ...


class PositionView(Protocol):
    @property
    def revision(self) -> int: ...
    def positions(self) -> tuple[Position, ...]:
        """Open positions first, then those closed today."""
        ...


class EventView(Protocol):
    @property
    def revision(self) -> int: ...
    def latest(self, count: int) -> tuple[Event, ...]:
        """The last events, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of the gate: number, name, whether it lets through, what was compared, the next step when it does not.

    `typed` is what a person types to let the order through nevertheless, empty when nothing does. `warning`: it lets
    through and is worth a look.
    """

    code: str
    name: str
    ok: bool
    compared: str
    remedy: str = ""
    typed: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Headroom:
    """The largest quantity that every check lets through at this price, in units; 0 when none passes.

    `by_check` gives it for each check that minds the quantity, by number: `{"G23": 141}`; without an entry a check
    does not mind. `first` is the check that binds, empty when nothing does.
    """

    largest: int
    by_check: dict[str, int]
    first: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of an intent, every check, in the gate's order."""

    results: tuple[CheckResult, ...]

    @property
    def allowed(self) -> bool:
        return all(r.ok for r in self.results)

    @property
    def denials(self) -> tuple[CheckResult, ...]:
        return tuple(r for r in self.results if not r.ok)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a request: the row that now exists (`tag`), or why nothing was done. Exactly one is set."""

    tag: str = ""
    refused: str = ""


class AccountView(Protocol):
    """Our own account: what the day made, what is held, what protects it, what the limits leave. See `core.account`."""

    @property
    def revision(self) -> int:
        """Rises with trades, guards and the broker's answers; not with prices."""
        ...

    def legs(self) -> tuple[Leg, ...]: ...
    def totals(self) -> Totals: ...
    def mark_by(self) -> MarkBy: ...
    def set_mark(self, by: MarkBy) -> None: ...
    def guard(self, key: PositionKey) -> Guard | None: ...
    def guards(self) -> tuple[Guard, ...]: ...
    def protect(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        """Watch a stop, a target and a trailing distance (0: none) here; all 0 takes the protection away."""
        ...

    def cautions(self, key: PositionKey) -> tuple[Caution, ...]: ...
    def square_off_s(self, key: PositionKey) -> int | None:
        """Seconds until the broker begins to close it; None when it does not, or the hour is not known."""
        ...

    def day_loss(self) -> DayLoss: ...
    def unlatch(self, typed: str) -> Submitted:
        """Allow opening again after the day-loss limit; `typed` must be the whole phrase."""
        ...

    def purse(self) -> Purse: ...
    def holdings(self) -> tuple[Holding, ...]: ...
    def holdings_word(self) -> str:
        """Empty when the holdings are the broker's newest answer; else why not."""
        ...

    def gauges(self) -> tuple[Gauge, ...]: ...
    def ticket_cost(self, intent: OrderIntent) -> TicketCost: ...
    def trace(self, tag: str) -> Traced | None:
        """What was on screen when this order was asked for; None while the store is being read."""
        ...


class Desk(Protocol):
    """The one object the screen talks to. Commands return at once; what became of them shows in the views."""

    @property
    def clock(self) -> Clock: ...
    @property
    def quotes(self) -> QuoteView: ...
    @property
    def orders(self) -> OrderView: ...
    @property
    def positions(self) -> PositionView: ...
    @property
    def events(self) -> EventView: ...
    @property
    def account(self) -> AccountView: ...

    def status(self) -> Status: ...
    @property
    def lists(self) -> Lists: ...
    @property
    def charts(self) -> Charts: ...
    @property
    def chains(self) -> Chains: ...
    @property
    def replay(self) -> Replay | None:
        """The tape that is played; None in every other session."""
        ...

    @property
    def elsewhere(self) -> str:
        """What a found instrument is that `instrument` does not know: `not on the practice exchange`."""
        ...

    def watchlist(self) -> tuple[Instrument, ...]:
        """The instruments of the chosen list."""
        ...

    def pins(self) -> tuple[Instrument, ...]:
        """The indices of the second line."""
        ...

    def instrument(self, key: InstrumentKey) -> Instrument | None: ...
    def search(self, text: str, limit: int) -> tuple[Instrument, ...]: ...
    def search_note(self) -> str:
        """What a search still waits for (an index being opened or built); empty when it covers everything."""
        ...

    def preset_quantity(self, instrument: Instrument) -> int: ...
    def forbidden(self, operation: Operation) -> str:
        """Why the present mode forbids an operation, in one sentence; empty when it allows it."""
        ...

    def check(self, intent: OrderIntent) -> Verdict:
        """Every check, nothing reserved, nothing sent: for the ticket while typing."""
        ...

    def headroom(self, intent: OrderIntent) -> Headroom:
        """The largest quantity of this order that the gate would let through now."""
        ...

    def submit(self, intent: OrderIntent) -> Submitted: ...
    def cancel(self, tag: str, typed: str = "") -> Submitted:
        """Ask the broker to cancel one order. In READ-ONLY it goes only with `typed` CANCEL, one at a time."""
        ...

    def modify(self, tag: str, quantity: int, price_e4: int, trigger_e4: int = 0) -> Submitted:
        """Ask for other terms; `quantity` is the new total. Its row keeps the old terms until the books show new."""
        ...

    def books(self) -> BooksReport | None:
        """The last comparison with the broker's books, with every difference; None before the first."""
        ...

    def reconcile(self) -> None:
        """Compare the books now; until they agree nothing opens."""
        ...

    def split(self, intent: OrderIntent) -> tuple[OrderIntent, ...]:
        """The plan for an order above the freeze quantity: its parts, each within it. Sends nothing."""
        ...

    def submit_all(self, intents: Sequence[OrderIntent]) -> tuple[Submitted, ...]:
        """All legs of a basket, or none: one answer each, in the order in which they leave (hedges first)."""
        ...

    def exit(self, key: PositionKey) -> tuple[Submitted, ...]:
        """Close one position with limits through the touch; one answer for each order that takes."""
        ...

    def flatten(self) -> tuple[Submitted, ...]:
        """Close every open position, each by itself: a leg that fails hides no other."""
        ...

    def reverse(self, key: PositionKey) -> tuple[Submitted, ...]:
        """Close a position and open as much on the other side."""
        ...

    def send_again(self, tag: str) -> OrderIntent | None:
        """A fresh intent with the terms of a NOT_SENT, DENIED or REJECTED order, for the ticket; sends nothing."""
        ...

    def unanswered(self, tag: str) -> Unanswered | None:
        """What a person must know to decide about an UNCONFIRMED order; None for any other."""
        ...

    def decide(self, tag: str, choice: Choice) -> Submitted: ...
    def send_beside(self, tag: str, typed: str) -> OrderIntent | str:
        """A second order beside an UNCONFIRMED one, for the ticket; `typed` must be its quantity. Else why not."""
        ...

    def panic_plan(self) -> PanicPlan: ...
    def cancel_all(self) -> int:
        """Ask to cancel every live order; gives how many were asked."""
        ...

    def halt(self, why: str) -> None:
        """Nothing new leaves from this instant on; cancels still do."""
        ...

    def retry_circuit(self, name: str) -> Submitted:
        """Skip the wait before the next test of an open circuit."""
        ...

    def force_circuit(self, name: str) -> Submitted:
        """Hold a circuit open until this is asked again: stricter at any time, never looser than its own judgement."""
        ...

    def resume(self, typed: str) -> Submitted:
        """Leave HALTED; `typed` must be RESUME."""
        ...

    def guard(self) -> GuardStatus: ...
    def touched(self) -> None:
        """A key was pressed: the screen does not lock by itself for a while."""
        ...

    def lock(self) -> Submitted:
        """Lock the screen; refused where there is no vault."""
        ...

    def unlock(self, password: Secret) -> None:
        """Try the vault's password; `guard` tells what came of it."""
        ...

    def confirm_limits(self, typed: Secret) -> Submitted:
        """Accept the loosened limits: the vault's password, or the word where there is none."""
        ...

    def keep_limits(self) -> None:
        """Take back a confirmation that has not taken force yet."""
        ...
