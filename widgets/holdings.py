"""What is held in the demat account, with what is still on its way (T+1)."""

from collections.abc import Hashable, Mapping, Sequence

from core.account import Holding
from core.domain import InstrumentKey
from core.money import group, show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell, Line
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink
from widgets.quotes import Seen, pulse, seen


class HoldingsGrid(LineGrid):
    """One row a share. Valued at the last trade where the feed has it, else at the previous close, and marked so."""

    COLUMNS = (
        Column("symbol", "Symbol", 12, grow=True),
        Column("quantity", "Qty", 8, right=True),
        Column("settled", "Settled", 8, right=True, rank=3),
        Column("coming", "T+1", 7, right=True),
        Column("average", "Avg", 11, right=True, rank=2),
        Column("price", "Price", 11, right=True),
        Column("by", "At", 5, rank=6),
        Column("value", "Value", 14, right=True, rank=4),
        Column("profit", "P&L", 13, right=True),
        Column("percent", "%", 8, right=True, rank=5),
        Column("day", "Day", 12, right=True, rank=7),
    )
    EMPTY = "no holdings"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Holding] = {}

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        self._rows = {InstrumentKey(h.exchange, h.token): h for h in desk.account.holdings()}
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        held = self._rows[key]
        return (held, pulse(desk.quotes, InstrumentKey(held.exchange, held.token)))

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        held = self._rows[key]
        at = InstrumentKey(held.exchange, held.token)
        instrument, now = desk.instrument(at), seen(desk.quotes, at)
        price_e4, live = price_of(held, now)
        cost_e4, value_e4 = held.quantity * held.average_e4, held.quantity * price_e4
        known = bool(price_e4 and held.average_e4)
        bps = round((value_e4 - cost_e4) * 10_000 / cost_e4) if known and cost_e4 else 0
        moved_e4 = held.quantity * (price_e4 - held.close_e4) if live and held.close_e4 else None
        ink = Ink.TEXT if live else Ink.DIM
        return {
            "mark": cells.mark(now.freshness) if live else Cell(" "),
            "symbol": self.name_cell(instrument, held.symbol.removesuffix("-EQ")),
            "quantity": Cell(group(held.quantity)),
            "settled": Cell(group(held.settled)),
            "coming": Cell(group(held.unsettled), Ink.WARN) if held.unsettled else cells.DASH,
            "average": cells.price(held.average_e4),
            "price": cells.price(price_e4, 2, cells.live_ink(now.freshness, ink) if live else ink),
            "by": Cell("last" if live else "close", Ink.DIM),
            "value": Cell(show_price(value_e4), ink) if price_e4 else cells.DASH,
            "profit": cells.profit(value_e4 - cost_e4) if known else cells.DASH,
            "percent": Cell(cells.percent(bps), cells.sign_ink(bps)) if known else cells.DASH,
            "day": cells.DASH if moved_e4 is None else cells.profit(moved_e4),
        }

    def foot(self, desk: Desk, width: int) -> Line:
        word = desk.account.holdings_word()
        worth_e4 = cost_e4 = 0
        for held in desk.account.holdings():
            worth_e4 += held.quantity * price_of(held, seen(desk.quotes, InstrumentKey(held.exchange, held.token)))[0]
            cost_e4 += held.quantity * held.average_e4
        left = (Cell(f"  not the broker's newest answer: {word}", Ink.WARN),) if word else ()
        right = (
            *(Cell("Value ", Ink.DIM), Cell(show_price(worth_e4))),
            *(Cell("   P&L ", Ink.DIM), cells.profit(worth_e4 - cost_e4), Cell(" ")),
        )
        return cells.spread(left, right, width)

    def current(self) -> Holding | None:
        """The holding under the cursor."""
        return self._rows.get(self.cursor_key)


def price_of(held: Holding, now: Seen) -> tuple[int, bool]:
    """What one is worth and whether that is a trade of today; 0 when nothing is known."""
    return (now.quote.ltp_e4, True) if now.quote.has_ltp else (held.close_e4, False)
