"""What the screens show of our own account: profit by position, charges, funds, holdings, protection. Frozen values.

Money in 1/10,000 rupee. The figures of a leg are whole paise, so that a total is the sum of what stands above it.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from core.domain import Exchange, Position, PositionKey
from core.tariff import Charges

NO_CHARGES = Charges(0, 0, 0, 0, 0, 0)


class MarkBy(StrEnum):
    """What an open position is valued at: the last trade, or what it could be closed at now."""

    LAST = "last"
    TOUCH = "touch"


@dataclass(frozen=True, slots=True)
class Leg:
    """The profit of one position, gross but for `charges`. None where there is no price to say it by.

    `open_e4` is that of the open units against their cost, `day_e4` what today made of everything that was held or
    traded (units carried into the day count from the previous close), `break_even_e4` the price on the tick at which
    closing now nets nothing, charges of both sides counted.
    """

    position: Position
    mark_e4: int | None
    realised_e4: int
    realised_fifo_e4: int
    open_e4: int | None
    day_e4: int | None
    charges: Charges
    depository_e4: int
    break_even_e4: int | None

    @property
    def charges_e4(self) -> int:
        return self.charges.total_e4 + self.depository_e4

    @property
    def net_e4(self) -> int | None:
        """Realised and open profit less charges."""
        return None if self.open_e4 is None else self.realised_e4 + self.open_e4 - self.charges_e4


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum of the legs. `unpriced` legs have open units and no price: then open, day and net are without them."""

    realised_e4: int
    realised_fifo_e4: int
    open_e4: int
    day_e4: int
    charges_e4: int
    unpriced: int

    @property
    def net_e4(self) -> int:
        return self.realised_e4 + self.open_e4 - self.charges_e4


@dataclass(frozen=True, slots=True)
class Holding:
    """One share held in the demat account. `settled` may be sold for delivery; `unsettled` (T+1) is on its way."""

    exchange: Exchange
    token: str
    symbol: str
    settled: int
    unsettled: int
    average_e4: int
    close_e4: int

    @property
    def quantity(self) -> int:
        return self.settled + self.unsettled


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing about a position that will bite: `word` for the row, `text` for the line below. `loud`: it is near."""

    word: str
    text: str
    loud: bool = False


def total(legs: tuple[Leg, ...]) -> Totals:
    """The sum of legs, to the paisa."""
    return Totals(
        realised_e4=sum(leg.realised_e4 for leg in legs),
        realised_fifo_e4=sum(leg.realised_fifo_e4 for leg in legs),
        open_e4=sum(leg.open_e4 or 0 for leg in legs),
        day_e4=sum(leg.day_e4 or 0 for leg in legs),
        charges_e4=sum(leg.charges_e4 for leg in legs),
        unpriced=sum(1 for leg in legs if leg.open_e4 is None),
    )


class GuardState(StrEnum):
    """Where a protection kept by us stands. Only WATCHING and BLOCKED can still send something."""

    WATCHING = "WATCHING"
    BLOCKED = "BLOCKED"
    CLEARING = "CLEARING"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Guard:
    """A stop, a target, a trailing stop of one position, kept by this program and not by the broker.

    Prices in 1/10,000 rupee, 0 for "none". `trail_e4` is the distance kept from `best_e4`, the best price since it was
    set. `planned` units are to be closed, `sent` of them were handed to the one door, as the orders `tags`. `attempts`
    numbers what was handed over, so that no order identity is ever used twice.
    """

    id: str
    key: PositionKey
    symbol: str
    long: bool
    stop_e4: int
    target_e4: int
    trail_e4: int
    best_e4: int
    set_ns: int
    state: GuardState = GuardState.WATCHING
    why: str = ""
    planned: int = 0
    sent: int = 0
    attempts: int = 0
    tags: tuple[str, ...] = ()
    acted_ns: int = 0

    @property
    def stop_now_e4(self) -> int:
        """The stop in force: the tighter of the fixed and the trailing one; 0 for none."""
        if not self.trail_e4:
            return self.stop_e4
        if self.long:
            return max(self.stop_e4, self.best_e4 - self.trail_e4)
        trailing_e4 = self.best_e4 + self.trail_e4
        return min(self.stop_e4, trailing_e4) if self.stop_e4 else trailing_e4

    @property
    def armed(self) -> bool:
        return self.state in (GuardState.WATCHING, GuardState.BLOCKED)


@dataclass(frozen=True, slots=True)
class DayLoss:
    """The day's loss against its limit. `latched` says why only closing is allowed, empty while it is not.

    `accepted_e4` is what a typed word allowed on top of the limit today.
    """

    loss_e4: int
    limit_e4: int
    accepted_e4: int
    latched: str = ""
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Purse:
    """The broker's funds answer, 1/10,000 rupee; None where it said nothing. `failed`: why it is not the newest."""

    net_e4: int | None
    used_e4: int | None
    cash_e4: int | None
    collateral_e4: int | None
    age_ms: int | None
    failed: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """One limit and how much of it is used, in its own words. `share` is used over limit, 0 to 1 and above."""

    name: str
    used: str
    limit: str
    share: float
    left: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class TicketCost:
    """What an order not yet sent would cost, and where closing it again nets nothing. 1/10,000 rupee."""

    charges_e4: int
    break_even_e4: int | None


@dataclass(frozen=True, slots=True)
class Traced:
    """What was on screen when an order was asked for. Prices 1/10,000 rupee; levels as (price, units, orders).

    `checks` is what the gate compared, by number; `denied` the numbers that forbade it. `failed`: why nothing is known.
    """

    failed: str = ""
    at_ns: int = 0
    mode: str = ""
    position: int = 0
    quote: str = "none"
    age_ms: int | None = None
    last_e4: int | None = None
    bids: tuple[tuple[int, int, int], ...] = ()
    asks: tuple[tuple[int, int, int], ...] = ()
    checks: dict[str, str] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
