"""Profit by position: one row a leg with what it made, what it cost, what protects it and what will bite."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.account import Caution, Guard, GuardState, Leg, Totals, total
from core.domain import InstrumentKey, Position, PositionKey, Product
from core.money import show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell, Line, width_of
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink
from widgets.quotes import Seen, pulse, seen

GUARD_INK = {GuardState.WATCHING: Ink.TEXT, GuardState.SENT: Ink.WARN, GuardState.SENDING: Ink.WARN}


SHORT_FOOT = 110


@dataclass(frozen=True, slots=True)
class _Row:
    leg: Leg
    guard: Guard | None
    cautions: tuple[Caution, ...]
    left_s: int | None


Sorter = Callable[[Leg], tuple[bool, int | str]]
SORTS: dict[str, Sorter] = {
    "": lambda leg: (False, 0),
    "symbol": lambda leg: (False, leg.position.symbol),
    "P&L": lambda leg: (leg.open_e4 is None, leg.open_e4 or 0),
    "day": lambda leg: (leg.day_e4 is None, leg.day_e4 or 0),
    "net": lambda leg: (leg.net_e4 is None, leg.net_e4 or 0),
    "value": lambda leg: (leg.mark_e4 is None, abs(leg.position.net) * (leg.mark_e4 or 0)),
    "charges": lambda leg: (False, leg.charges_e4),
}
"""How rows may stand, by what the border calls it; the first is the desk's own order. Unknown ones go last."""

FILTERS: dict[str, Callable[[Leg], bool]] = {
    "": lambda leg: True,
    "open": lambda leg: leg.position.net != 0,
    "MIS": lambda leg: leg.position.product is Product.INTRADAY,
    "NRML": lambda leg: leg.position.product is Product.CARRYFORWARD,
    "CNC": lambda leg: leg.position.product in (Product.DELIVERY, Product.MARGIN),
    "losing": lambda leg: (leg.net_e4 or 0) < 0,
}


class LegsGrid(LineGrid):
    """Every position of the day. `sort`, `reverse` and `filter` are what the border says of them."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("symbol", "Symbol", 15, grow=True),
        Column("product", "Prod", 4),
        Column("quantity", "Qty", 7, right=True),
        Column("average", "Avg", 10, right=True, rank=4),
        Column("mark_price", "Last", 10, right=True),
        Column("open", "P&L", 11, right=True),
        Column("percent", "%", 7, right=True, rank=7),
        Column("day", "Day P&L", 11, right=True, rank=2),
        Column("realised", "Realised", 11, right=True, rank=8),
        Column("fifo", "FIFO", 11, right=True, rank=12),
        Column("charges", "Charges", 9, right=True, rank=6),
        Column("net", "Net", 11, right=True, rank=5),
        Column("even", "Break-even", 10, right=True, rank=9),
        Column("guard", "Stop / target", 21, right=True, rank=3),
        Column("left", "Sq-off", 7, right=True, rank=1),
        Column("bites", "Mind", 10, rank=10),
        Column("age", "Age", 4, right=True, rank=11),
    )
    EMPTY = "no positions today"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, _Row] = {}
        self.sort, self.filter, self.reverse = "", "", False

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        legs = [leg for leg in desk.account.legs() if FILTERS[self.filter](leg)]
        if self.sort:
            known = [leg for leg in legs if not SORTS[self.sort](leg)[0]]
            known.sort(key=SORTS[self.sort], reverse=self.reverse is (self.sort == "symbol"))
            legs = known + [leg for leg in legs if SORTS[self.sort](leg)[0]]
        self._rows = {leg.position.key: _row(desk, leg) for leg in legs}
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        row = self._rows[key]
        position = row.leg.position
        return (row, pulse(desk.quotes, InstrumentKey(position.exchange, position.token)))

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        row = self._rows[key]
        leg, position = row.leg, row.leg.position
        at = InstrumentKey(position.exchange, position.token)
        instrument, now = desk.instrument(at), seen(desk.quotes, at)
        places = cells.decimals(instrument) if instrument else 2
        return {
            "mark": _mark(row, now),
            "symbol": self.name_cell(instrument, position.symbol),
            "product": Cell(position.product.short, Ink.DIM),
            "quantity": cells.signed_quantity(position.net),
            "average": cells.price(position.average_e4, places),
            "mark_price": _valued(leg, now, places),
            "open": _live(leg.open_e4, now, bool(position.net)),
            "percent": _percent(leg, now),
            "day": _live(leg.day_e4, now, True),
            "realised": cells.profit(leg.realised_e4) if leg.realised_e4 else cells.DASH,
            "fifo": cells.profit(leg.realised_fifo_e4) if leg.realised_fifo_e4 else cells.DASH,
            "charges": Cell(show_price(leg.charges_e4), Ink.DIM),
            "net": _live(leg.net_e4, now, True),
            "even": cells.price(leg.break_even_e4 or 0, places),
            "guard": guard_cell(row.guard, bool(position.net)),
            "left": _left(row.left_s, bool(position.net)),
            "bites": _bites(row.cautions),
            "age": Cell(cells.age(now.age_ms) if position.net else "", Ink.DIM),
        }

    def foot(self, desk: Desk, width: int) -> Line:
        """The sums of every position, whatever the filter hides; each is the sum of its column to the paisa.

        A filter's own sum stands at the left, where there is room.
        """
        legs = desk.account.legs()
        shown: Line = ()
        if self.filter:
            part = total(tuple(leg for leg in legs if FILTERS[self.filter](leg)))
            shown = (Cell(f"  {self.filter}: net ", Ink.DIM), cells.profit(part.net_e4))
        sums = sums_line(total(legs), short=width < SHORT_FOOT)
        if width_of(shown) + width_of(sums) >= width:
            shown = ()
        return cells.spread(shown, sums, width)

    def current(self) -> Leg | None:
        """The leg under the cursor."""
        row = self._rows.get(self.cursor_key)
        return row.leg if row else None

    def step_sort(self, by: int) -> None:
        names = tuple(SORTS)
        self.sort = names[(names.index(self.sort) + by) % len(names)]

    def step_filter(self, by: int) -> None:
        names = tuple(FILTERS)
        self.filter = names[(names.index(self.filter) + by) % len(names)]

    def words(self) -> str:
        """What keeps rows out of order or out of sight, for the border; empty when nothing does."""
        arrow = "▲" if self.reverse else "▼"
        parts = [f"sort {self.sort} {arrow}" if self.sort else "", f"only {self.filter}" if self.filter else ""]
        return "  ".join(part for part in parts if part)


class PositionsGrid(LegsGrid):
    """The same on the Trade screen, in fewer columns; the Positions screen has them all."""

    COLUMNS = (
        Column("symbol", "Symbol", 11, grow=True),
        Column("product", "Prod", 4),
        Column("quantity", "Qty", 7, right=True),
        Column("average", "Avg", 11, right=True, rank=3),
        Column("mark_price", "Last", 11, right=True),
        Column("open", "P&L", 12, right=True),
        Column("percent", "%", 8, right=True, rank=6),
        Column("day", "Day P&L", 12, right=True, rank=5),
        Column("guard", "Stop / target", 21, right=True, rank=2),
        Column("left", "Sq-off", 7, right=True, rank=1),
        Column("age", "Age", 4, right=True, rank=7),
    )

    def position(self) -> Position | None:
        """The position under the cursor."""
        leg = self.current()
        return leg.position if leg else None


def sums_line(sums: Totals, *, short: bool) -> Line:
    """Open, realised, charges, net and day; `short` leaves the day out and shortens the names."""
    names = ("Open", "Real", "Chg", "Net") if short else ("Open", "Realised", "Charges est", "Net", "Day")
    values = (
        cells.profit(sums.open_e4),
        cells.profit(sums.realised_e4),
        Cell(f"-{show_price(sums.charges_e4)}", Ink.DIM),
        cells.profit(sums.net_e4),
        cells.profit(sums.day_e4),
    )
    gap = " " if short else "   "
    line: list[Cell] = []
    for name, value in zip(names, values, strict=False):
        line += [Cell(f"{gap}{name} ", Ink.DIM), value]
    if sums.unpriced:
        line.append(Cell(f"{gap}{sums.unpriced} without a price", Ink.WARN))
    return (*line, Cell(" "))


def _row(desk: Desk, leg: Leg) -> _Row:
    key: PositionKey = leg.position.key
    account = desk.account
    if not leg.position.net:
        return _Row(leg, None, (), None)
    return _Row(leg, account.guard(key), account.cautions(key), account.square_off_s(key))


def _mark(row: _Row, now: Seen) -> Cell:
    """What is worst about the row, in one sign."""
    if row.guard is not None and row.guard.state is GuardState.FAILED:
        return Cell("!", Ink.ALARM)
    return cells.mark(now.freshness) if row.leg.position.net else Cell(" ")


def _valued(leg: Leg, now: Seen, places: int) -> Cell:
    """The price that the row is valued by: dim unless it is fresh."""
    if leg.mark_e4 is None:
        return cells.DASH
    return Cell(show_price(leg.mark_e4, places), cells.live_ink(now.freshness, Ink.TEXT))


def _live(value_e4: int | None, now: Seen, shown: bool) -> Cell:
    if not shown:
        return cells.DASH
    if value_e4 is None:
        return Cell("no price", Ink.DIM)
    cell = cells.profit(value_e4)
    return Cell(cell.text, cells.live_ink(now.freshness, cell.ink))


def _percent(leg: Leg, now: Seen) -> Cell:
    cost_e4 = abs(leg.position.net) * leg.position.average_e4
    if not cost_e4 or leg.open_e4 is None:
        return cells.DASH
    bps = round(leg.open_e4 * 10_000 / cost_e4)
    return Cell(cells.percent(bps), cells.live_ink(now.freshness, cells.sign_ink(bps)))


def guard_cell(guard: Guard | None, shown: bool = True) -> Cell:
    """The levels that are watched, or what became of them; `t` marks a trailing stop."""
    if guard is None:
        return Cell("- / -" if shown else "", Ink.DIM)
    if not guard.armed:
        return Cell(guard.state.value, GUARD_INK.get(guard.state, Ink.ALARM))
    stop = show_price(guard.stop_now_e4) + ("t" if guard.trail_e4 else "") if guard.stop_now_e4 else "-"
    target = show_price(guard.target_e4) if guard.target_e4 else "-"
    return Cell(f"{stop} / {target}", Ink.WARN if guard.state is GuardState.BLOCKED else Ink.TEXT)


def _left(left_s: int | None, shown: bool) -> Cell:
    if left_s is None or not shown:
        return Cell("")
    if left_s == 0:
        return Cell("NOW", Ink.ALARM)
    return Cell(cells.countdown(left_s), Ink.WARN if left_s <= 15 * 60 else Ink.TEXT)


def _bites(cautions: tuple[Caution, ...]) -> Cell:
    if not cautions:
        return Cell("")
    first = cautions[0]
    more = f" +{len(cautions) - 1}" if len(cautions) > 1 else ""
    return Cell(first.word + more, Ink.WARN if first.loud else Ink.DIM)
