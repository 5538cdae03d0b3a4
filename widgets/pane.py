"""What every pane shares: it is asked to paint, pulls from the desk, and breaks alone.

The guard in `paint` is a named border: an exception in one pane is logged once and shown as "broken"; the others go on.
"""

import logging
from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from core.hiding import hide
from core.text import plain
from core.views import Desk, Status
from widgets.cells import Cell, Line
from widgets.ink import Ink, inks, row_style

log = logging.getLogger("tezi.screen")


class Pane(Widget):
    """A widget that paints from a desk when asked. Set `desk` and `status`, call `paint()`; nothing is pushed at it."""

    NEEDS_STATUS: ClassVar[bool] = False
    """Whether the pane has nothing to say before the first status."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.desk: Desk | None = None
        self.status: Status | None = None
        self.broken = ""
        self._grounds: dict[tuple[bool, bool], dict[Ink, Style]] = {}

    def use(self, desk: Desk) -> None:
        """Show another desk from now on: everything remembered of the last one is dropped."""
        self.desk = desk
        self.forget()

    def forget(self) -> None:
        """Drop every cache, so that the next paint draws anew."""
        self._grounds.clear()

    def paint(self) -> None:
        """Draw what changed since the last call. Never raises."""
        if self.desk is None or not self.display or not self.size.width:
            return
        try:
            self.repaint(self.desk)
        except Exception as e:  # noqa: BLE001  border: one broken pane must not take the screen away
            self._break(e)
        else:
            self._mend()

    def repaint(self, desk: Desk) -> None:
        """Compare revisions and refresh the regions that moved."""
        raise NotImplementedError

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.forget()

    def on_resize(self) -> None:
        self.forget()
        if self.status is not None or not self.NEEDS_STATUS:
            self.paint()

    def strip_of(self, line: Line, width: int, *, cursor: bool = False, focused: bool = False) -> Strip:
        """A line as a strip of exactly `width` cells on the pane's ground."""
        styles = self._styles(cursor=cursor, focused=focused)
        segments = [Segment(c.text, styles[c.ink]) for c in line if c.text]
        return Strip(segments).adjust_cell_length(width, styles[Ink.TEXT])

    def whole_strip(self, line: Line, width: int, *, cursor: bool, focused: bool) -> Strip:
        """The same for a line that is known to be `width` cells wide: nothing is measured. The grid's hot path."""
        styles = self._styles(cursor=cursor, focused=focused)
        return Strip([Segment(c.text, styles[c.ink]) for c in line if c.text], width)

    def _styles(self, *, cursor: bool, focused: bool) -> dict[Ink, Style]:
        """Every ink on a ground, made once per theme."""
        made = self._grounds.get((cursor, focused))
        if made is None:
            variables = self.app.theme_variables
            ground = row_style(variables, cursor=cursor, focused=focused)
            made = {ink: ground + style for ink, style in inks(variables).items()}
            self._grounds[cursor, focused] = made
        return made

    def _break(self, error: Exception) -> None:
        if not self.broken:
            log.error("pane %s broke", self.id, exc_info=error)
        self.broken = plain(hide(f"broken: {type(error).__name__}: {error}"), 120)
        self.forget()
        self.refresh()

    def _mend(self) -> None:
        if self.broken:
            self.broken = ""
            self.forget()
            self.refresh()


class LinePane(Pane):
    """A pane of free lines: give them in `lines`; only those that differ from the last frame are drawn again."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Line, ...] = ()
        self._seen: Hashable = None

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        """The whole pane, at most `height` lines."""
        raise NotImplementedError

    def fingerprint(self, desk: Desk) -> Hashable:
        """Something that changes whenever `lines` might; None means "always ask"."""
        return None

    def forget(self) -> None:
        super().forget()
        self._shown, self._seen = (), None

    def repaint(self, desk: Desk) -> None:
        mark = self.fingerprint(desk)
        if mark is not None and mark == self._seen:
            return
        width, height = self.content_size
        fresh = self.lines(desk, width, height)[:height]
        if self._shown == ():
            self.refresh()
        else:
            self._refresh_changed(fresh, width, height)
        self._shown, self._seen = fresh, mark

    def _refresh_changed(self, fresh: tuple[Line, ...], width: int, height: int) -> None:
        pad: tuple[Line, ...] = ((),)
        old = self._shown + pad * (height - len(self._shown))
        new = fresh + pad * (height - len(fresh))
        dirty = [Region(0, y, width, 1) for y in range(height) if old[y] != new[y]]
        if dirty:
            self.refresh(*dirty)

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        if self.broken:
            return self.strip_of((Cell(" " + self.broken, Ink.ALARM),) if y == 0 else (), width)
        return self.strip_of(self._shown[y] if y < len(self._shown) else (), width)
