"""The option chain: calls left, puts right, strikes between. Keys act on the focused side of the cursor's row."""

from collections.abc import Hashable, Mapping, Sequence
from math import isnan

from core.domain import Instrument, Side
from core.marketviews import ChainTable, Leg, Strike
from core.money import group, show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell, Line, spread
from widgets.columns import Column, Placed, place
from widgets.grid import MARGIN, LineGrid
from widgets.ink import Ink
from widgets.quotes import seen
from widgets.shed import Part, shed

CALL, PUT = 0, 1
BAND = 2
"""Strikes on either side of the money that are written strong."""


def _columns() -> tuple[Column, ...]:
    """Mirrored: what leaves first stands outermost."""
    calls = (
        Column("c_oi", "OI", 6, right=True, rank=5),
        Column("c_doi", "chg", 6, right=True, rank=7),
        Column("c_iv", "IV%", 4, right=True, rank=3),
        Column("c_delta", "delta", 5, right=True, rank=4),
        Column("c_bid", "bid", 8, right=True, rank=1),
        Column("c_ask", "ask", 8, right=True, rank=2),
        Column("c_ltp", "CALL", 9, right=True),
    )
    puts = tuple(Column(f"p{c.id[1:]}", "PUT" if c.id == "c_ltp" else c.title, c.width, True, c.rank) for c in calls)
    return (*calls, Column("strike", "Strike", 9, grow=True), *reversed(puts))


class ChainGrid(LineGrid):
    """One row a strike; `side` is the column pair that has the cursor."""

    COLUMNS = _columns()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.side = CALL
        self._table: ChainTable | None = None
        self._rows: dict[Hashable, Strike] = {}
        self._seen = -1
        self._centred: tuple[str, str] | None = None

    def forget(self) -> None:
        super().forget()
        self._seen = -1

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        if desk.chains.revision != self._seen:
            self._seen = desk.chains.revision
            self._table = desk.chains.table()
            self._rows = {s.strike_e4: s for s in self._table.strikes} if self._table else {}
        return tuple(self._rows)

    def empty(self, desk: Desk) -> str:
        return self._table.note if self._table is not None and self._table.note else "waiting for prices"

    def repaint(self, desk: Desk) -> None:
        super().repaint(desk)
        t = self._table
        if t is not None and t.atm is not None and self._centred != (t.name, t.expiry):
            self._centred = (t.name, t.expiry)
            self.to_money()

    def to_money(self) -> None:
        """Put the cursor on the strike nearest to the forward, in the middle of the pane."""
        t = self._table
        if t is not None and t.atm is not None and self.keys:
            self.move_to_row(min(len(self.keys) - 1, t.atm + self.size.height // 2 - 1))
            self.move_to_row(t.atm)

    def choose(self, side: int) -> None:
        """The calls or the puts from now on."""
        self.side = side
        self._drawn.pop(self.cursor_key, None)
        self.paint()

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        strike = self._rows[key]
        at = self.side if key == self.cursor_key else -1
        return (strike, at, self._band(key), self._marks(desk, strike))

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        strike = self._rows[key]
        at = self.side if key == self.cursor_key else -1
        found: dict[str, Cell] = {}
        for name, side, leg in (("c", CALL, strike.call), ("p", PUT, strike.put)):
            found |= {f"{name}_{what}": cell for what, cell in self._leg(desk, leg, on=at == side).items()}
        ink = Ink.STRONG if self._band(key) else Ink.DIM
        found["strike"] = Cell(self._strike(strike, at), ink)
        return found

    def _strike(self, strike: Strike, at: int) -> str:
        """The strike in the middle, an arrow to the side that keys act on, a dot beside the one at the money."""
        text = show_price(strike.strike_e4).removesuffix(".00") + ("·" if self._is_money(strike.strike_e4) else "")
        width = self.column_width("strike")
        text = cells.fit(text, width - 2).rstrip().center(width - 2)
        return ("◂" if at == CALL else " ") + text + ("▸" if at == PUT else " ")

    def _columns(self) -> tuple[Placed, ...]:
        """A column of one side leaves with its twin of the other."""
        if self._placed is None:
            ids = {p.column.id for p in place(self.COLUMNS, self.size.width - MARGIN)}
            twins = tuple(c for c in self.COLUMNS if c.id == "strike" or {f"c{c.id[1:]}", f"p{c.id[1:]}"} <= ids)
            self._placed = place(twins, self.size.width - MARGIN)
        return self._placed

    def current(self) -> Instrument | None:
        """The option under the cursor on the focused side."""
        strike = self._rows.get(self.cursor_key)
        if strike is None:
            return None
        return (strike.call if self.side == CALL else strike.put).instrument

    def _leg(self, desk: Desk, leg: Leg, *, on: bool) -> Mapping[str, Cell]:
        if leg.instrument is None:
            return {"ltp": cells.DASH}
        fresh = seen(desk.quotes, leg.instrument.key).freshness
        last = Cell(show_price(leg.ltp_e4), cells.live_ink(fresh, Ink.TEXT)) if leg.ltp_e4 else cells.DASH
        mark = fresh.mark.strip()
        if on:
            last = Cell(last.text, Ink.BADGE_CALM)
        elif mark:
            last = Cell(f"{mark}{last.text}", Ink.DIM)
        return {
            "oi": Cell(cells.lakh(leg.interest) if leg.interest else "-", Ink.DIM),
            "doi": _change(leg.interest_change),
            "iv": Cell(
                "-" if isnan(leg.volatility) else f"{leg.volatility * 100:.1f}", cells.live_ink(fresh, Ink.TEXT)
            ),
            "delta": Cell("-" if isnan(leg.delta) else f"{leg.delta:+.2f}", Ink.DIM),
            "bid": cells.price(leg.bid_e4, 2, cells.live_ink(fresh, cells.side_ink(Side.BUY))),
            "ask": cells.price(leg.ask_e4, 2, cells.live_ink(fresh, cells.side_ink(Side.SELL))),
            "ltp": last,
        }

    def _marks(self, desk: Desk, strike: Strike) -> tuple[str, ...]:
        legs = (strike.call.instrument, strike.put.instrument)
        return tuple(seen(desk.quotes, i.key).freshness.mark if i else "" for i in legs)

    def _band(self, key: Hashable) -> bool:
        t = self._table
        if t is None or t.atm is None:
            return False
        near = t.strikes[max(0, t.atm - BAND) : t.atm + BAND + 1]
        return any(s.strike_e4 == key for s in near)

    def _is_money(self, key: Hashable) -> bool:
        t = self._table
        return t is not None and t.atm is not None and t.strikes[t.atm].strike_e4 == key


def _change(units: int) -> Cell:
    if not units:
        return Cell("", Ink.DIM)
    return Cell(("+" if units > 0 else "") + cells.lakh(units), cells.sign_ink(units))


def chain_head(table: ChainTable, width: int) -> tuple[Line, ...]:
    """Two lines: what chain, its forward and how it is known; then the figures of the whole of it."""
    name = Cell(f" {table.name} {table.expiry or '-'}", Ink.STRONG)
    at = table.expiries.index(table.expiry) + 1 if table.expiry in table.expiries else 0
    days = f"{table.days_left:.1f} days left" if table.days_left >= 1 else f"{table.days_left * 24:.1f} hours left"
    source = "future" if table.forward_from == "future" else "parity of calls and puts"
    forward = f"forward {show_price(table.forward_e4)} from the {source}"
    if table.forward_from == "none":
        forward = "no forward yet"
    parts = (
        Part((Cell(f"expiry {at} of {len(table.expiries)}", Ink.DIM),), rank=3),
        Part((Cell(days if table.strikes else ""),), rank=2),
        Part((Cell(forward),), (Cell(show_price(table.forward_e4)),), rank=1),
    )
    first: Line = (name, Cell("   "), *shed(parts, width - cells.width_of((name,)) - 4, Cell("   ")))
    pcr = "-" if table.pcr is None else f"{table.pcr:.2f}"
    pain = "-" if table.max_pain_e4 is None else show_price(table.max_pain_e4).removesuffix(".00")
    since = cells.clock(table.since_ns) if table.since_ns else "-"
    figures = (
        Part((Cell("PCR "), Cell(pcr, Ink.STRONG)), rank=1),
        Part((Cell("Max pain "), Cell(pain, Ink.STRONG)), rank=2),
        Part((Cell(f"OI changes since {since}", Ink.DIM),), rank=3),
        Part((Cell(f"{group(len(table.strikes))} strikes", Ink.DIM),), rank=5),
        Part((Cell(table.note, Ink.WARN),), rank=4),
    )
    second: Line = (Cell(" "), *shed(figures, width - 1, Cell("   ")))
    return (spread(first, (), width), second)
