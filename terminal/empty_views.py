"""Views with nothing in them: of a desk before there is one, and of what a tape does not hold."""

from pathlib import Path

from core.account import Caution, DayLoss, Gauge, Guard, Holding, Leg, MarkBy, Purse, TicketCost, Totals, Traced, total
from core.domain import Fill, Instrument, InstrumentKey, Order, OrderIntent, Position, PositionKey
from core.facts import Event
from core.marketviews import ChainTable, ListRow, Series
from core.views import Freshness, Quote, Submitted
from widgets.quotes import NO_QUOTE

NOT_YET = "the terminal is still starting"


class EmptyViews:
    """No quotes, no orders, no positions, no events."""

    revision = 0

    def orders(self) -> tuple[Order, ...]:
        return ()

    def fills(self) -> tuple[Fill, ...]:
        return ()

    def positions(self) -> tuple[Position, ...]:
        return ()

    def latest(self, count: int) -> tuple[Event, ...]:
        return ()


class EmptyQuotes:
    """A board on which nothing was ever wanted."""

    def slot(self, key: InstrumentKey) -> int | None:
        return None

    def revision(self, slot: int) -> int:
        return 0

    def quote(self, slot: int) -> Quote:
        return NO_QUOTE

    def age_ms(self, slot: int) -> int | None:
        return None

    def freshness(self, slot: int) -> Freshness:
        return Freshness.NEVER


class EmptyAccount:
    """Nothing made, nothing held, nothing known."""

    revision = 0

    def legs(self) -> tuple[Leg, ...]:
        return ()

    def totals(self) -> Totals:
        return total(())

    def mark_by(self) -> MarkBy:
        return MarkBy.LAST

    def set_mark(self, by: MarkBy) -> None:
        """Nothing to value yet."""

    def guard(self, key: PositionKey) -> Guard | None:
        return None

    def guards(self) -> tuple[Guard, ...]:
        return ()

    def protect(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        return Submitted(refused=NOT_YET)

    def cautions(self, key: PositionKey) -> tuple[Caution, ...]:
        return ()

    def square_off_s(self, key: PositionKey) -> int | None:
        return None

    def day_loss(self) -> DayLoss:
        return DayLoss(0, 0, 0)

    def unlatch(self, typed: str) -> Submitted:
        return Submitted(refused=NOT_YET)

    def purse(self) -> Purse:
        return Purse(None, None, None, None, None, NOT_YET)

    def holdings(self) -> tuple[Holding, ...]:
        return ()

    def holdings_word(self) -> str:
        return NOT_YET

    def gauges(self) -> tuple[Gauge, ...]:
        return ()

    def ticket_cost(self, intent: OrderIntent) -> TicketCost:
        return TicketCost(0, None)

    def trace(self, tag: str) -> Traced | None:
        return Traced(failed=NOT_YET)


class EmptyLists:
    """No lists; every command is refused."""

    revision = 0
    names: tuple[str, ...] = ()
    chosen = sort = filter = ""

    def rows(self) -> tuple[ListRow, ...]:
        return ()

    def pins(self) -> tuple[Instrument, ...]:
        return ()

    def trend(self, key: InstrumentKey) -> tuple[int, ...]:
        return ()

    def columns(self) -> tuple[str, ...]:
        return ()

    def groups(self) -> tuple[str, ...]:
        return ()

    def step(self, by: int) -> None:
        """There is none to step to."""

    def choose(self, name: str) -> str:
        return NOT_YET

    def create(self, name: str) -> str:
        return NOT_YET

    def rename(self, name: str) -> str:
        return NOT_YET

    def delete(self) -> str:
        return NOT_YET

    def add(self, instrument: Instrument) -> str:
        return NOT_YET

    def remove(self, key: InstrumentKey) -> str:
        return NOT_YET

    def move(self, key: InstrumentKey, by: int) -> str:
        return NOT_YET

    def regroup(self, key: InstrumentKey, group: str) -> str:
        return NOT_YET

    def sort_by(self, column: str) -> str:
        return NOT_YET

    def filter_by(self, text: str) -> str:
        return NOT_YET

    def pin(self, instrument: Instrument) -> str:
        return NOT_YET

    def take_csv(self, path: Path) -> str:
        return NOT_YET


class EmptyCharts:
    """No chart can be opened."""

    revision = 0

    def series(self) -> Series | None:
        return None

    def intervals(self) -> tuple[str, ...]:
        return ("1m",)

    def open(self, instrument: Instrument, interval: str) -> None:
        """Nothing to open yet."""

    def close(self) -> None:
        """Nothing is open."""


class EmptyChains:
    """No chain can be opened."""

    revision = 0

    def table(self) -> ChainTable | None:
        return None

    def open(self, near: Instrument | None) -> str:
        return NOT_YET

    def underlyings(self) -> tuple[str, ...]:
        return ()

    def step_underlying(self, by: int) -> str:
        return NOT_YET

    def step_expiry(self, by: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""
