"""The table of the forty checks. `docs/gate.md` is written from it; the gate takes from it what applies to what."""

from dataclasses import dataclass
from enum import Enum

from core.approval import Action


class Stage(Enum):
    """Cheap and certain first; what uses something up last."""

    AUTHORITY = "Is anyone allowed to send anything now?"
    STRUCTURE = "Is this a well-formed order for this instrument?"
    MARKET = "Does the price make sense now?"
    MONEY = "Position and money"
    CONDUCT = "Is this terminal running away?"
    RATE = "Is there a place in the broker's windows?"


class Treatment(Enum):
    """What a failed check does. TYPE: passes once a person typed what is asked for. WARN: is shown and lets through."""

    DENY = "denies"
    TYPE = "asks to type"
    WARN = "warns"
    PASS = "passes"  # noqa: S105  no password


@dataclass(frozen=True, slots=True)
class Row:
    """One check. `applies` names what it is asked of; `opening` and `reducing` what a failure does to an order that may
    add risk, and to one that provably only reduces. `rule` and `remedy` are sentences for a person."""

    number: int
    name: str
    stage: Stage
    applies: str
    opening: Treatment
    reducing: Treatment
    rule: str
    remedy: str

    @property
    def code(self) -> str:
        return f"G{self.number}"

    @property
    def bit(self) -> int:
        return 1 << self.number


_A, _S, _M, _P, _C, _R = Stage
D, T, W, P = Treatment

CATALOGUE: tuple[Row, ...] = (
    Row(1, "KILL_ACTIVE", _A, "PM", D, T,
        "Nothing new leaves while the kill switch is on. It survives a restart.",
        "Undo the halt in PANIC."),
    Row(2, "MODE_FORBIDS", _A, "PMC", D, T,
        "The present mode allows this kind of message.",
        "See the line on top."),
    Row(3, "SESSION_INVALID", _A, "PMC", D, D,
        "Logged in, with a token of today.",
        "Wait for the login."),
    Row(4, "IP_UNREGISTERED", _A, "PMC", D, D,
        "The broker has not said that this address is not registered (AG7002).",
        "Register this computer's address with the broker, then log in again."),
    Row(5, "LOCKED", _A, "PM", D, D,
        "The screen is not locked and this process holds the instance lock.",
        "Unlock, or close the other terminal."),
    Row(6, "STORE_UNHEALTHY", _A, "PM", D, T,
        "Order records and audit records are being written.",
        "Free the disk."),
    Row(7, "CLOCK_UNSURE", _A, "PM", D, P,
        "The clock agrees with the broker's, and does not jump.",
        "Set the computer's clock."),
    Row(8, "NOT_RECONCILED", _A, "PM", D, D,
        "Own orders and positions were compared with the broker's and agree; a reducing order needs only "
        "positions read in the last 5 s.",
        "Wait a moment."),
    Row(34, "LEAK", _A, "PMC", D, D,
        "As many order messages were written as were approved.",
        "Restart; report."),
    Row(9, "BAD_FIELD", _S, "PMC", D, D,
        "Every field has exactly its type; no unknown word is taken for a known one.",
        "Enter the order again."),
    Row(10, "INSTRUMENT_UNKNOWN", _S, "PM", D, D,
        "Today's master knows this token under this symbol; a contract has not expired; an index is not traded. "
        "To close, the row of an old master will do.",
        "Choose a tradable instrument of today's master."),
    Row(11, "TYPE_NOT_ALLOWED", _S, "PM", D, D,
        "LIMIT or STOPLOSS_LIMIT, DAY; INTRADAY or DELIVERY for shares, INTRADAY or CARRYFORWARD for contracts. "
        "MARKET and IOC are off.",
        "Use LIMIT DAY; MIS or CNC for shares, MIS or NRML for derivatives. Market and IOC orders are off."),
    Row(12, "QTY_INVALID", _S, "PM", D, D,
        "Whole lots, more than is filled already, at most the freeze quantity rounded down to a lot; a contract "
        "without a known freeze quantity is denied.",
        "Change the quantity."),
    Row(13, "PRICE_INVALID", _S, "PM", D, D,
        "Above 0 and on a tick; a stop waits beyond the last price and its limit lies beyond its trigger.",
        "Change the price."),
    Row(14, "QUOTE_STALE", _M, "PM", D, T,
        "A live price of this connection, not late for how often its row ticks, no older than the limit, and no "
        "crossed book: a row that is marked fresh.",
        "Wait for a live price."),
    Row(15, "MARKET_CLOSED", _M, "PM", D, D,
        "The segment trades continuously now; no new intraday position from 15:10 on (closing one stays "
        "possible).",
        "Wait for the session."),
    Row(16, "OUTSIDE_BAND", _M, "PM", D, D,
        "Price and trigger lie within today's circuit limits.",
        "Choose a price inside the band."),
    Row(17, "OUTSIDE_LPP", _M, "PM", D, W,
        "A contract's price lies within nine tenths of the exchange's limit price protection round the average of"
        " the last 30 s.",
        "Move the price nearer to the market; the exchange would refuse it."),
    Row(18, "PRICE_COLLAR", _M, "PM", D, T,
        "No further beyond the touch (the worse of now and 10 s ago) than the collar; a reducing order may reach "
        "three times as far.",
        "Move the price nearer to the market."),
    Row(19, "THIN_BOOK", _M, "PM", D, W,
        "An order that trades at once meets a narrow spread and takes at most its share of the visible book.",
        "Reduce the quantity, or let the order wait at a price of its own."),
    Row(20, "NOT_REDUCING", _P, "PM", D, P,
        "Where only reducing is allowed on an instrument, the order provably reduces.",
        "Only closing this position is possible until its books agree."),
    Row(21, "RESTRICTED", _P, "PM", D, P,
        "The underlying is not under ban (a missing list denies from 09:30), a trade-to-trade share is not bought"
        " for the day, and the symbol is not on the own list.",
        "Only closing orders are possible here."),
    Row(22, "SELL_NOT_COVERED", _P, "PM", D, D,
        "Shares sold for delivery were bought today or are free in the holding.",
        "Sell at most what is covered, or use MIS."),
    Row(23, "ORDER_SIZE", _P, "PM", D, D,
        "Shares: units and rupees; contracts: lots; bought options: premium; selling options is off until it is "
        "switched on. A reducing order may be twice as large, and may sell options.",
        "Reduce the quantity, or raise the limit in the configuration."),
    Row(24, "POSITION_LIMIT", _P, "PM", D, P,
        "The position at its worst (everything resting and unknown filled) and the sum of all stay below their "
        "limits.",
        "Reduce the quantity, or close something first."),
    Row(25, "FUNDS", _P, "PM", D, P,
        "What the order needs, by a cautious table, is free with 5 % kept back; funds were read in the last 120 "
        "s.",
        "Reduce the quantity, or wait for the broker's figures."),
    Row(26, "LOSS_LIMIT", _P, "PM", D, P,
        "Today's loss is known and below its limit.",
        "Only closing orders until tomorrow."),
    Row(32, "OPEN_ORDERS", _P, "P", D, D,
        "Few enough orders may still trade, here and in all (ten and five more for reducing orders).",
        "Cancel an order first."),
    Row(36, "UNKNOWN_PENDING", _P, "PM", D, P,
        "No order of unknown state on the same underlying, fewer than three in all.",
        "Wait until the broker's books answer for it."),
    Row(37, "HEDGE_BREAK", _P, "PMC", T, T,
        "Closing a leg leaves no short option without its cover.",
        "Close the short leg first."),
    Row(27, "DUPLICATE", _C, "PM", D, D,
        "Not the same order (price within two ticks) a moment ago, and never the same ticket twice; for half a "
        "minute it is a warning.",
        "Wait two seconds if you mean it."),
    Row(28, "FAT_FINGER", _C, "PM", T, T,
        "Not 20 times the median value nor 10 times the largest quantity of earlier orders in this segment (after"
        " ten of them), and no price with a digit too many or too few.",
        "Look at quantity and price again."),
    Row(33, "SELF_CROSS", _C, "PM", D, D,
        "The order would not trade against one of our own.",
        "Cancel your own order first."),
    Row(35, "RUNAWAY", _C, "PM", D, P,
        "Fewer than so many orders, filled orders and turns of the position on one instrument in a minute.",
        "Wait a minute."),
    Row(38, "PROTECTIVE", _C, "MC", T, T,
        "Not the last stop that covers an open position.",
        "Place another stop first."),
    Row(39, "STALE_TARGET", _C, "MC", D, D,
        "The order can still be changed: alive, known to the broker, no change under way, at most 20 changes, 3 "
        "cancels a minute, and read again after a refused change.",
        "Wait for the broker's word on it."),
    Row(40, "BASKET", _C, "P", D, D,
        "All legs of a basket pass together, or none is sent.",
        "Mend the leg that is named."),
    Row(29, "RATE_SECOND", _R, "PMC", D, D,
        "9 order messages in 1.05 s, 6 of them opening; exits and cancels may use all.",
        "Try again in a second."),
    Row(30, "RATE_MIN_HOUR", _R, "PMC", D, D,
        "400 a minute and 850 an hour for opening orders; the rest, up to 480 and 980, is kept for cancels and "
        "exits.",
        "The rest is kept for exits."),
    Row(31, "DAY_COUNT", _R, "P", D, P,
        "Fewer orders today than your limit.",
        "Raise the limit in the configuration if you mean it."),
)  # fmt: skip
"""In the order in which they are asked: the first that fails names the denial."""

LIMITS: dict[int, tuple[str, ...]] = {
    7: ("clock_offset_ms_max",),
    14: ("quote_age_ms_max", "quote_age_index_ms_max"),
    18: ("collar_cash_bps", "collar_futures_bps", "collar_option_bps"),
    19: ("spread_cash_bps_max", "spread_option_bps_max", "book_share_bps_max"),
    21: ("blocked_symbols",),
    23: (
        "order_quantity_max",
        "order_value_rupees_max",
        "order_lots_max",
        "option_buy_rupees_max",
        "option_selling",
    ),
    24: ("position_value_rupees_max", "position_lots_max", "gross_times_capital_max"),
    25: ("funds_use_bps_max",),
    26: ("day_loss_rupees_max", "day_loss_bps_max"),
    27: ("duplicate_block_ms", "duplicate_warn_ms"),
    28: ("fat_finger_times_max",),
    29: ("orders_per_second_max",),
    31: ("day_orders_max",),
    32: ("open_orders_max", "open_orders_instrument_max"),
    35: ("runaway_orders_max", "runaway_fills_max"),
}
"""The keys of the configuration that each check holds."""

BY_NUMBER = {row.number: row for row in CATALOGUE}
_LETTERS = {Action.PLACE: "P", Action.MODIFY: "M", Action.CANCEL: "C"}


def applying(action: Action) -> int:
    """The checks that are asked of a kind of message."""
    return sum(row.bit for row in CATALOGUE if _LETTERS[action] in row.applies)


def treated(treatment: Treatment, *, reducing: bool) -> int:
    """The checks whose failure is treated so."""
    return sum(row.bit for row in CATALOGUE if (row.reducing if reducing else row.opening) is treatment)
