"""The Risk screen's tables: limits with bars, what protects each position, and what will bite."""

from collections.abc import Hashable, Mapping, Sequence

from core.account import Caution, Gauge, Guard, GuardState
from core.clock import hms
from core.domain import InstrumentKey, Position
from core.money import show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink
from widgets.legs import GUARD_INK

BAR_WIDTH = 16
WARN_SHARE = 0.7
_LAST_ON_TOP = 1.0


class GaugesGrid(LineGrid):
    """Each limit with how much of it is used and left. A limit without a share bounds one order and has no bar."""

    COLUMNS = (
        Column("name", "Limit", 22),
        Column("used", "Used", 15, right=True),
        Column("limit", "of", 15, right=True),
        Column("bar", "", BAR_WIDTH, rank=1),
        Column("percent", "%", 6, right=True),
        Column("left", "Left", 22, right=True, rank=2),
        Column("word", "", 16, rank=3, grow=True),
    )
    EMPTY = "no limits: the terminal is still starting"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Gauge] = {}

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        self._rows = {gauge.name: gauge for gauge in desk.account.gauges()}
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        return self._rows[key]

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        gauge = self._rows[key]
        has_bar = bool(gauge.limit and gauge.used)
        ink = Ink.LOSS if gauge.share >= _LAST_ON_TOP else Ink.WARN if gauge.share >= WARN_SHARE else Ink.TEXT
        full, empty = cells.bar(gauge.share, BAR_WIDTH)
        return {
            "mark": Cell("!" if gauge.share >= _LAST_ON_TOP else "~" if gauge.share >= WARN_SHARE else " ", ink),
            "name": Cell(gauge.name),
            "used": Cell(gauge.used, ink),
            "limit": Cell(gauge.limit, Ink.DIM),
            "bar": Cell(full + empty if has_bar else "", ink),
            "percent": Cell(f"{round(gauge.share * 100)}%" if has_bar else "", ink),
            "left": Cell(gauge.left, Ink.DIM),
            "word": Cell(gauge.word, Ink.WARN),
        }


class GuardsGrid(LineGrid):
    """Every stop, target and trailing stop: kept by us, not by the broker."""

    COLUMNS = (
        Column("symbol", "Symbol", 14),
        Column("product", "Prod", 4),
        Column("side", "Side", 5, rank=3),
        Column("state", "State", 9),
        Column("stop", "Stop", 11, right=True),
        Column("target", "Target", 11, right=True),
        Column("trail", "Trail", 9, right=True, rank=2),
        Column("since", "Since", 8, rank=4),
        Column("why", "Why", 20, rank=1, grow=True),
    )
    EMPTY = "no stops and no targets; e on the positions screen sets them. They are kept by Tezi, not by the broker."

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Guard] = {}

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        self._rows = {guard.key: guard for guard in desk.account.guards()}
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        return self._rows[key]

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        guard = self._rows[key]
        ink = Ink.WARN if guard.state is GuardState.BLOCKED else GUARD_INK.get(guard.state, Ink.ALARM)
        return {
            "mark": Cell("!", Ink.ALARM) if guard.state is GuardState.FAILED else Cell(" "),
            "symbol": self.name_cell(desk.instrument(InstrumentKey(guard.key.exchange, guard.key.token)), guard.symbol),
            "product": Cell(guard.key.product.short, Ink.DIM),
            "side": Cell("LONG" if guard.long else "SHORT", Ink.BUY if guard.long else Ink.SELL),
            "state": Cell(guard.state.value, ink),
            "stop": cells.price(guard.stop_now_e4),
            "target": cells.price(guard.target_e4),
            "trail": Cell(show_price(guard.trail_e4)) if guard.trail_e4 else cells.DASH,
            "since": Cell(hms(guard.set_ns), Ink.DIM),
            "why": Cell(guard.why, ink),
        }

    def current(self) -> InstrumentKey | None:
        """The instrument of the guard under the cursor."""
        guard = self._rows.get(self.cursor_key)
        return InstrumentKey(guard.key.exchange, guard.key.token) if guard else None


class CautionsGrid(LineGrid):
    """What will bite, position by position: the loud ones first."""

    COLUMNS = (
        Column("symbol", "Symbol", 14),
        Column("product", "Prod", 4),
        Column("quantity", "Qty", 8, right=True),
        Column("word", "Mind", 10),
        Column("text", "What it means", 30, grow=True),
    )
    EMPTY = "nothing to mind: no square-off near, no expiry, ban, freeze or circuit on what is held"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, tuple[Position, Caution]] = {}

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        found = [
            ((p.key, caution.word), (p, caution))
            for p in desk.positions.positions()
            for caution in desk.account.cautions(p.key)
        ]
        self._rows = dict(sorted(found, key=lambda row: not row[1][1].loud))
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        return self._rows[key]

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        position, caution = self._rows[key]
        ink = Ink.WARN if caution.loud else Ink.DIM
        at = InstrumentKey(position.exchange, position.token)
        return {
            "mark": Cell("!" if caution.loud else " ", ink),
            "symbol": self.name_cell(desk.instrument(at), position.symbol),
            "product": Cell(position.product.short, Ink.DIM),
            "quantity": cells.signed_quantity(position.net),
            "word": Cell(caution.word, ink),
            "text": Cell(caution.text, Ink.TEXT if caution.loud else Ink.DIM),
        }

    def current(self) -> Position | None:
        """The position that the caution under the cursor is about."""
        row = self._rows.get(self.cursor_key)
        return row[0] if row else None
