"""What the checks look at: one value an instrument and product, filled anew for each judgement.

Prices are 1/10,000 rupee, ages ms, quantities units. `None` is "not known" and denies. A text is empty when the way is
free, else the reason.
"""

from dataclasses import dataclass

from core.approval import Action
from core.config import Limits
from core.domain import Instrument, Order
from core.views import Freshness

MONEY_MAX_E4 = 10**12 * 10_000
"""A trillion rupees: no account and no price is worth more, so a number beyond it is no fact."""
UNITS_MAX = 10**9


@dataclass(slots=True)
class Money:
    """Funds as the broker said them last. `usable_e4`: what new orders may need; `capital_e4`: what the day began with;
    `read_ns`: monotonic time at which that reading was asked for."""

    usable_e4: int
    capital_e4: int
    read_ns: int


@dataclass(slots=True)
class DayResult:
    """Realised and open profit of today at the worse of what is known; `age_ms` since all of it was known."""

    profit_e4: int
    age_ms: int


@dataclass(slots=True)
class Facts:
    """All that is known for one judgement. Fields are grouped by the stage that reads them."""

    limits: Limits
    action: Action = Action.PLACE

    # Stage 0: is anybody allowed to send anything now? `mode_typed` is the mode's word to a typed confirmation.
    halted: str | None = None
    mode: str | None = None
    mode_typed: str | None = None
    session: str | None = None
    address: str | None = None
    locked: str | None = None
    store: str | None = None
    clock_offset_ms: int | None = None
    reconciled: str | None = None
    positions_age_ms: int | None = None
    leaked: int | None = None

    # Stage 1: the instrument as today's master has it. `freeze` is None when no largest quantity is known.
    known: Instrument | None = None
    master: str | None = None
    today: str = ""
    lot: int = 0
    tick_e4: int = 0
    freeze: int | None = None
    cash: bool = False
    index: bool = False
    option: bool = False

    # Stage 2: the market. A touch of 0 is "none"; `touch_before_*` is the touch of 10 s ago, 0 when not sampled.
    freshness: Freshness | None = None
    age_ms: int | None = None
    last_e4: int | None = None
    bid_e4: int = 0
    ask_e4: int = 0
    bid_before_e4: int = 0
    ask_before_e4: int = 0
    depth_buy: int = 0
    depth_sell: int = 0
    upper_e4: int | None = None
    lower_e4: int | None = None
    range_low_e4: int | None = None
    range_high_e4: int | None = None
    market: str | None = None
    entry: str | None = None

    # Stage 3: position and money. `leaves_*` are units that may still trade, unknown ones at their worst.
    net: int | None = None
    leaves_buy: int = 0
    leaves_sell: int = 0
    reducing: bool = False
    eased: bool = False
    reduce_only: str | None = None
    banned: bool | None = None
    early: bool = False
    blocked: bool = True
    holdings_free: int | None = None
    mark_e4: int | None = None
    gross_e4: int | None = None
    gross_own_e4: int = 0
    unpriced: str = ""
    money: Money | None = None
    money_age_ms: int | None = None
    reserved_e4: int | None = None
    day: DayResult | None = None
    any_open: bool = True
    loss_latch: str | None = None
    open_here: int | None = None
    open_all: int | None = None
    unknown_here: int | None = None
    unknown_all: int | None = None
    naked_more: int = 0

    # Stage 4: what this terminal did. `own_*_e4` is the best price of our own resting orders, 0 when there is none.
    twin_ms: int | None = None
    same_intent: bool = True
    own_buy_e4: int = 0
    own_sell_e4: int = 0
    median_value_e4: int | None = None
    largest_before: int | None = None
    orders_minute: int | None = None
    fills_minute: int | None = None
    turns_minute: int | None = None
    latched_ms: int = 0
    target: Order | None = None
    changes: int = 0
    cancels_minute: int = 0
    change_refused: bool = False
    filled: int = 0
    old_leaves: int = 0
    last_stop: bool = False
    basket: str = ""

    # Stage 5: rates.
    wait_second_ms: int | None = None
    wait_long_ms: int | None = None
    day_orders: int | None = None
