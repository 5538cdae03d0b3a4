"""Candles in half blocks, with an axis at the right, the last price as a line, and volume below. Pure but for the pane.

A rising candle is thin and a falling one solid, so that direction is known without colour. A missing bar leaves its
place empty and a dot on the time axis.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from core.clock import NS_PER_S, ist
from core.domain import Bar
from core.marketviews import Series
from core.money import show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell, Line
from widgets.ink import Ink
from widgets.pane import LinePane
from widgets.quotes import Seen, seen

VOLUME_LINES = 3
AXIS_GAP = 2
DAY_S = 86_400
APART = 4
"""Cells between two labels of the time axis."""
DAYS_APART = 10
"""A chart of days names every tenth."""
_RISING = {(1, 1): "┃", (1, 0): "╹", (0, 1): "╻"}
_FALLING = {(1, 1): "█", (1, 0): "▀", (0, 1): "▄"}
_WICK = {(1, 1): "│", (1, 0): "╵", (0, 1): "╷"}


@dataclass(frozen=True, slots=True)
class View:
    """Which part of a series is shown: `back` slots before the newest at the right edge, `step` cells a candle."""

    back: int = 0
    step: int = 2


class ChartPane(LinePane, can_focus=True):
    """Shows the desk's open chart; `view` is the part of it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = View()

    def show(self, view: View) -> None:
        """Another part from now on."""
        self.view = view
        self.forget()
        self.paint()

    def fingerprint(self, desk: Desk) -> Hashable:
        series = desk.charts.series()
        if series is None:
            return "none"
        now = seen(desk.quotes, series.instrument.key)
        return (desk.charts.revision, self.view, now.quote.ltp_e4, now.freshness, self.content_size)

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        series = desk.charts.series()
        if series is None:
            return ((Cell(" no chart is open", Ink.DIM),),)
        return chart_lines(series, seen(desk.quotes, series.instrument.key), self.view, width, height)


def chart_lines(series: Series, now: Seen, view: View, width: int, height: int) -> tuple[Line, ...]:
    """The whole pane: candles, volume, times."""
    places = cells.decimals(series.instrument)
    axis = max((len(show_price(b.high_e4, places)) for b in series.slots if b), default=8) + AXIS_GAP
    count = max(1, (width - axis) // view.step)
    end = max(0, len(series.slots) - view.back)
    shown, starts = series.slots[max(0, end - count) : end], series.starts_s[max(0, end - count) : end]
    bars = [bar for bar in shown if bar is not None]
    if not bars:
        return ((Cell(f" {series.note or 'no candles yet'}", Ink.DIM),),)
    volume = VOLUME_LINES if height >= 14 and any(b.volume for b in bars) else 0
    rows = max(2, height - volume - 1)
    scale = Scale(bars, rows, now.quote.ltp_e4 if now.quote.has_ltp and not view.back else 0)
    room = width - axis
    lines = [_row(shown, scale, y, view.step, room, places, now) for y in range(rows)]
    lines += [_volume_row(shown, bars, y, volume, view.step, room) for y in range(volume)]
    lines.append(_times(starts, shown, series.seconds, view.step, room))
    return tuple(lines)


class Scale:
    """Prices to half lines, the highest at the top; the last price is kept in sight."""

    def __init__(self, bars: Sequence[Bar], rows: int, last_e4: int) -> None:
        prices = [*(b.high_e4 for b in bars), *(b.low_e4 for b in bars), *([last_e4] if last_e4 else [])]
        self.low_e4, self.high_e4 = min(prices), max(prices)
        if self.low_e4 == self.high_e4:
            self.low_e4, self.high_e4 = self.low_e4 - 1_000, self.high_e4 + 1_000
        self.rows, self.last_e4 = rows, last_e4

    def half(self, price_e4: int) -> int:
        """The half line of a price, 0 at the top."""
        halves = self.rows * 2 - 1
        return round((self.high_e4 - price_e4) * halves / (self.high_e4 - self.low_e4))

    def price_e4(self, y: int) -> int:
        """The price at the upper half of a line."""
        return round(self.high_e4 - y * 2 * (self.high_e4 - self.low_e4) / (self.rows * 2 - 1))

    @property
    def last_row(self) -> int:
        """The line of the last price, far above without one."""
        return self.half(self.last_e4) // 2 if self.last_e4 else -9


def _row(shown: Sequence[Bar | None], scale: Scale, y: int, step: int, room: int, places: int, now: Seen) -> Line:
    at_last = y == scale.last_row
    blank = "╌" if at_last else " "
    line: list[Cell] = [Cell(blank * (room - len(shown) * step), Ink.DIM)]
    for bar in shown:
        text, ink = _glyph(bar, scale, y) if bar else ("", Ink.DIM)
        line.append(Cell(text, ink) if text else Cell(blank, Ink.DIM))
        line.append(Cell(blank * (step - 1), Ink.DIM))
    if at_last:
        mark = now.freshness.mark.strip()
        ink = Ink.BADGE_CALM if not mark else Ink.BADGE_WARN
        line.append(Cell(f" {mark}{show_price(scale.last_e4, places)}", ink))
    elif y % 4 == 0 and abs(y - scale.last_row) > 1:
        line.append(Cell(f" {show_price(scale.price_e4(y), places)}", Ink.DIM))
    return tuple(line)


def _glyph(bar: Bar, scale: Scale, y: int) -> tuple[str, Ink]:
    """What of a candle stands in one cell: body before wick."""
    rising = bar.close_e4 >= bar.open_e4
    ink = Ink.GAIN if rising else Ink.LOSS
    top, bottom = scale.half(max(bar.open_e4, bar.close_e4)), scale.half(min(bar.open_e4, bar.close_e4))
    high, low = scale.half(bar.high_e4), scale.half(bar.low_e4)
    halves = (y * 2, y * 2 + 1)
    body = tuple(int(top <= h <= bottom) for h in halves)
    wick = tuple(int(high <= h <= low) for h in halves)
    if body == (0, 0) and wick == (0, 0):
        return "", ink
    if body == (0, 0):
        return _WICK[wick[0], wick[1]], ink
    return (_RISING if rising else _FALLING)[body[0], body[1]], ink


def _volume_row(shown: Sequence[Bar | None], bars: Sequence[Bar], y: int, lines: int, step: int, room: int) -> Line:
    """One line of the volume bars, `y` 0 the highest; the axis names the largest."""
    most = max(b.volume for b in bars)
    below = (lines - 1 - y) * 8
    line: list[Cell] = [Cell(" " * (room - len(shown) * step))]
    for bar in shown:
        eighths = min(8, max(0, bar.volume * lines * 8 // most - below)) if bar else 0
        line.append(Cell((cells.EIGHTHS[eighths - 1] if eighths else " ") + " " * (step - 1), Ink.DIM))
    if y == 0:
        line.append(Cell(f" {cells.lakh(most)}", Ink.DIM))
    return tuple(line)


def _times(starts: Sequence[int], shown: Sequence[Bar | None], seconds: int, step: int, room: int) -> Line:
    """A date where a day begins, times where there is room between, a dot under a missing bar."""
    text = [" "] * room
    left = room - len(starts) * step
    moments = [ist(start_s * NS_PER_S) for start_s in starts]
    days = [moment.strftime("%d %b") for moment in moments]
    begins = [n for n in range(len(days)) if n == 0 or days[n] != days[n - 1]]
    for n in begins if seconds < DAY_S else begins[::DAYS_APART]:
        _put(text, left + n * step, days[n])
    for n, moment in enumerate(moments):
        if seconds < DAY_S and shown[n] is not None:
            _put(text, left + n * step, moment.strftime("%H:%M"))
    for n, bar in enumerate(shown):
        x = left + n * step
        if bar is None and not "".join(text[max(0, x - 1) : x + 2]).strip(" ·"):
            text[x] = "·"
    return (Cell("".join(text), Ink.DIM),)


def _put(text: list[str], x: int, label: str) -> None:
    """Write a label where it fits with some room on either side."""
    end = x + len(label)
    if end <= len(text) and not "".join(text[max(0, x - APART) : end + APART]).strip():
        text[x:end] = label


def chart_head(series: Series, now: Seen, view: View, width: int) -> tuple[Line, ...]:
    """Two lines: what it is and where it stands now; the newest shown bar, what is missing, what is waited for."""
    i, places = series.instrument, cells.decimals(series.instrument)
    moved = cells.change(now.quote.change_bps, now.freshness)
    first: Line = (
        Cell(f" {cells.name(i)}", Ink.STRONG), Cell(f" {i.exchange} {i.kind}   ", Ink.DIM),
        Cell(series.interval, Ink.STRONG), Cell("   "),
        cells.last_price(now.quote, now.freshness, places), Cell(" "), moved,
        Cell("%" if now.quote.change_bps is not None else "", moved.ink),
        Cell(f" {now.freshness.word}" if now.freshness.mark != " " else "", Ink.WARN),
    )  # fmt: skip
    end = max(0, len(series.slots) - view.back)
    bar = next((b for b in reversed(series.slots[:end]) if b is not None), None)
    second: list[Cell] = [Cell(" ")]
    if bar is not None:
        at = ist(bar.start_s * NS_PER_S).strftime("%d %b" if series.seconds >= DAY_S else "%d %b %H:%M")
        figures = "  ".join(
            f"{name} {show_price(value, places)}"
            for name, value in (("O", bar.open_e4), ("H", bar.high_e4), ("L", bar.low_e4), ("C", bar.close_e4))
        )
        forming = " forming" if bar.start_s == series.live_s else ""
        second += [Cell(f"{at}{forming}  "), Cell(f"{figures}  V {cells.lakh(bar.volume)}", Ink.TEXT)]
    if view.back:
        second.append(Cell("   End: newest", Ink.DIM))
    missing = Cell(f"bars without a trade: {series.missing} ", Ink.DIM) if series.missing else Cell("")
    about = Cell(f"{series.note} ", Ink.WARN) if series.note else missing
    return (cells.spread(first, (about,), width), tuple(second))
