"""The line grid: the only table for data that ticks.

Rows have a key and a revision. A frame walks the visible rows only, and draws again those whose revision moved. The
cursor stays with its key when rows come, go or change places. (`DataTable` costs twenty times as much: measured.)
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.domain import Instrument
from core.views import Desk
from widgets.cells import BLANK, Cell, Line, fit, short_name
from widgets.columns import Column, Placed, place
from widgets.ink import Ink
from widgets.pane import Pane

SPACE = Cell(" ")
MARGIN = 2
"""Cells before the first column: the cursor's arrow and the mark of the row."""


class LineGrid(Pane, ScrollView, can_focus=True, inherit_bindings=False):
    """A table painted line by line. Subclasses say which rows there are and what stands in them."""

    DEFAULT_CSS = """
    LineGrid { scrollbar-size: 0 0; overflow-x: hidden; }
    """
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = ""

    class CursorMoved(Message):
        """The cursor stands on another row; None when there are no rows."""

        def __init__(self, grid: "LineGrid", key: Hashable | None) -> None:
            super().__init__()
            self.grid = grid
            self.key = key

        @property
        def control(self) -> "LineGrid":
            return self.grid

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor_key: Hashable | None = None
        self._keys: tuple[Hashable, ...] = ()
        self._cursor = 0
        self._strips: dict[Hashable, tuple[Hashable, Strip]] = {}
        self._drawn: dict[Hashable, Hashable] = {}
        self._placed: tuple[Placed, ...] | None = None
        self._foot: Line = ()
        self._empty = ""

    # What a subclass gives.

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        """The identities of all rows, top first."""
        raise NotImplementedError

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        """Something that changes whenever the cells of this row do; cheap, called for each visible row and frame."""
        raise NotImplementedError

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        """Cells by column id; `mark` is the one before the first column."""
        raise NotImplementedError

    def rests_on(self, key: Hashable) -> bool:
        """Whether the cursor may stand on this row; headings say no."""
        return True

    def empty(self, desk: Desk) -> str:
        """What stands in a table without rows."""
        return self.EMPTY

    def foot(self, desk: Desk, width: int) -> Line:
        """The line under the rows; empty for none."""
        return ()

    # Painting.

    def forget(self) -> None:
        super().forget()
        self._strips.clear()
        self._drawn.clear()
        self._placed = None

    def load(self) -> None:
        """Take the rows without drawing them: a table just shown has a cursor before it has a size. Never raises."""
        if self.desk is None:
            return
        try:
            self._take_keys(tuple(self.row_keys(self.desk)))
        except Exception as e:  # noqa: BLE001  border: the next paint says that the pane is broken
            self._break(e)

    def repaint(self, desk: Desk) -> None:
        self._take_keys(tuple(self.row_keys(desk)))
        dirty = [self._row_region(i) for i in self._visible() if self._is_stale(desk, self._keys[i])]
        if not self._keys and self._empty != (empty := self.empty(desk)):
            self._empty = empty
            dirty.append(Region(0, 1, self.size.width, 1))
        foot = self.foot(desk, self.size.width)
        if foot != self._foot:
            self._foot = foot
            dirty.append(Region(0, self.size.height - 1, self.size.width, 1))
        if dirty:
            self.refresh(*dirty)

    def _is_stale(self, desk: Desk, key: Hashable) -> bool:
        revision = self.row_revision(desk, key)
        if self._drawn.get(key) == revision:
            return False
        self._draw_row(desk, key, revision)
        return True

    def _draw_row(self, desk: Desk, key: Hashable, revision: Hashable) -> None:
        cells = self.row_cells(desk, key)
        self._strips.pop(key, None)
        self._strips[key] = (revision, self._base_strip(cells, key))
        self._drawn[key] = revision

    def _base_strip(self, cells: Mapping[str, Cell], key: Hashable) -> Strip:
        at = key == self.cursor_key
        line: list[Cell] = [Cell("▸" if at else " ", Ink.STRONG), cells.get("mark", SPACE)]
        used = MARGIN
        for column, width in self._columns():
            cell = cells.get(column.id, BLANK)
            text = fit(cell.text, width, right=column.right)
            line.append(Cell(text if used == MARGIN else " " + text, cell.ink))
            used += width + (used > MARGIN)
        line.append(Cell(" " * (self.size.width - used)))
        if used > self.size.width:
            return self.strip_of(tuple(line), self.size.width, cursor=at, focused=self.has_focus)
        return self.whole_strip(tuple(line), self.size.width, cursor=at, focused=self.has_focus)

    def _take_keys(self, keys: tuple[Hashable, ...]) -> None:
        if keys == self._keys:
            return
        self._keys = keys
        alive = set(keys)
        for gone in [k for k in self._strips if k not in alive]:
            self._strips.pop(gone)
            self._drawn.pop(gone, None)
        self.virtual_size = Size(self.size.width, len(keys) + 1 + self._foot_height)
        self._keep_cursor()
        self.refresh()

    def on_resize(self) -> None:
        """Another size is another drawing of everything, header included, with the cursor's row in view."""
        super().on_resize()
        self.virtual_size = Size(self.size.width, len(self._keys) + 1 + self._foot_height)
        self._show_cursor()
        self.refresh()

    def _keep_cursor(self) -> None:
        """The cursor stays with its row; one that rests on the top of a table nobody is in stays on the top."""
        if self._keys and self._cursor == self._rest(0) and not self.has_focus:
            self._set_key(self._keys[self._cursor])
        elif self.cursor_key in self._keys:
            self._cursor = self._keys.index(self.cursor_key)
        else:
            self._cursor = self._rest(max(0, min(self._cursor, len(self._keys) - 1)))
            self._set_key(self._keys[self._cursor] if self._keys else None)
        self._show_cursor()

    def _rest(self, row: int, way: int = 1) -> int:
        """The nearest row from here on, first this way then back, on which the cursor may stand."""
        rows = range(len(self._keys))
        on = [*rows[row::way], *rows[row::-way]] if self._keys and way == 1 else [*rows[row::-1], *rows[row:]]
        return next((n for n in on if self.rests_on(self._keys[n])), row)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.broken:
            return self.strip_of((Cell(" " + self.broken, Ink.ALARM),) if y == 0 else (), width)
        if y == 0:
            return self._head_strip(width)
        if self._foot_height and y == self.size.height - 1:
            return self.strip_of(self._foot, width)
        row = y - 1 + round(self.scroll_offset.y)
        if 0 <= row < len(self._keys):
            kept = self._strips.get(self._keys[row]) or self._late_strip(self._keys[row])
            return kept[1]
        if self._keys or y != 1:
            return self.strip_of((), width)
        return self.strip_of((Cell("  " + self._empty, Ink.DIM),), width)

    def _late_strip(self, key: Hashable) -> tuple[Hashable, Strip]:
        """A row that came into view between two frames: blank until the next one fills it."""
        self._drawn.pop(key, None)
        return (None, self.strip_of((), self.size.width))

    def _head_strip(self, width: int) -> Strip:
        line = [Cell("  ")]
        for i, placed in enumerate(self._columns()):
            line.append(
                Cell((" " if i else "") + fit(placed.column.title, placed.width, right=placed.column.right), Ink.HEAD)
            )
        return self.strip_of(tuple(line), width)

    def _columns(self) -> tuple[Placed, ...]:
        if self._placed is None:
            self._placed = place(self.COLUMNS, self.size.width - MARGIN)
        return self._placed

    def shown_columns(self) -> tuple[str, ...]:
        """The ids of the columns that have room now."""
        return tuple(p.column.id for p in self._columns())

    def column_width(self, column_id: str) -> int:
        """The width a column has now, 0 when it is not shown."""
        return next((p.width for p in self._columns() if p.column.id == column_id), 0)

    def name_cell(self, instrument: Instrument | None, symbol: str) -> Cell:
        """The name of a row in its column; the broker's symbol when the instrument is not known."""
        return Cell(short_name(instrument, self.column_width("symbol")) if instrument else symbol)

    @property
    def _foot_height(self) -> int:
        return 1 if self._foot else 0

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 1 - self._foot_height)

    def _visible(self) -> range:
        top = round(self.scroll_offset.y)
        return range(top, min(len(self._keys), top + self._room))

    def _row_region(self, row: int) -> Region:
        return Region(0, row + 1 - round(self.scroll_offset.y), self.size.width, 1)

    # The cursor.

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The identities of the rows as last painted."""
        return self._keys

    def move(self, rows: int) -> None:
        """Move the cursor by rows, stopping at both ends."""
        self.move_to_row(self._cursor + rows)

    def move_pages(self, pages: int) -> None:
        self.move_to_row(self._cursor + pages * max(1, self._room - 1))

    def move_to_row(self, row: int) -> None:
        if not self._keys:
            return
        way = -1 if row < self._cursor else 1
        self._cursor = self._rest(max(0, min(row, len(self._keys) - 1)), way)
        self._set_key(self._keys[self._cursor])
        self._show_cursor()
        self.paint()

    def move_to_last(self) -> None:
        self.move_to_row(len(self._keys) - 1)

    def move_to_key(self, key: Hashable) -> None:
        """Put the cursor on a row by identity; it goes there once the row exists."""
        before, self.cursor_key = self.cursor_key, key
        for touched in (before, key):
            self._drawn.pop(touched, None)
        if key in self._keys:
            self.move_to_row(self._keys.index(key))
        self.post_message(self.CursorMoved(self, key))
        self.refresh()

    def _set_key(self, key: Hashable | None) -> None:
        if key == self.cursor_key:
            return
        before, self.cursor_key = self.cursor_key, key
        for touched in (before, key):
            self._drawn.pop(touched, None)
        self.post_message(self.CursorMoved(self, key))

    def _show_cursor(self) -> None:
        top = round(self.scroll_offset.y)
        if self._cursor < top or self._rest(0) == self._cursor:
            top = self._cursor if self._rest(0) != self._cursor else 0
        elif self._cursor >= top + self._room:
            top = self._cursor - self._room + 1
        if top != round(self.scroll_offset.y):
            self.scroll_to(y=top, animate=False, force=True)
            self._drawn.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.paint()

    def on_focus(self) -> None:
        self._drawn.pop(self.cursor_key, None)
        self.paint()

    def on_blur(self) -> None:
        self._drawn.pop(self.cursor_key, None)
        self.paint()

    def on_click(self, event: events.Click) -> None:
        row = event.y - self.gutter.top - 1 + round(self.scroll_offset.y)
        if 0 <= row < len(self._keys):
            self.move_to_row(row)
