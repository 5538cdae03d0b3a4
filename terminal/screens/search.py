"""Find an instrument with the words traders type; Enter adds it to the list."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from core.domain import Instrument
from core.money import group, show_price
from core.views import Desk, Status
from terminal.actions import Scope, bindings, key_of
from terminal.screens.desk_screen import DeskModal
from widgets import cells
from widgets.cells import Cell, Line, fit
from widgets.drawn import DrawnPane
from widgets.ink import Ink

RESULTS_MAX = 12
TEXT_MAX = 60
TYPED = r"[ -~]*"
"""What may stand in the field: a paste is foreign text, and no instrument has other characters."""
PLACEHOLDER = "symbol or name: reliance, nifty fut"


class SearchScreen(DeskModal[Instrument | None]):
    """Gives the chosen instrument, None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.SEARCH))

    def __init__(self) -> None:
        super().__init__()
        self._results: tuple[Instrument, ...] = ()
        self._at = 0
        self._searched = ""
        self._noted = ""

    AUTO_FOCUS = ""

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Input))

    def compose(self) -> ComposeResult:
        with Vertical(classes="box", id="search-box") as box:
            box.border_title = Content("Find")
            box.border_subtitle = Content(f"{key_of('search.take')} add  {key_of('search.close')} close")
            field = Input(placeholder=PLACEHOLDER, id="search-text", max_length=TEXT_MAX, restrict=TYPED)
            field.cursor_blink = False
            yield field
            yield DrawnPane(self._draw, id="search-results")

    @on(Input.Changed, "#search-text")
    def _changed(self) -> None:
        self._search()
        self.paint(None)

    def _search(self) -> None:
        """Bring the results up to what is typed: the message that says so may be later than the next key."""
        text = self.query_one(Input).value.strip()
        if text != self._searched:
            self._searched, self._at = text, 0
            self._results = self.desk.search(text, RESULTS_MAX) if text else ()
            self._noted = self.desk.search_note()  # now, not at the next frame: by then it may be there already

    def paint(self, status: Status | None) -> None:
        """A frame; what was still being opened may have come, and then everything is looked for again."""
        if self.is_mounted and self.desk.search_note() != self._noted:
            self._noted = self.desk.search_note()
            self._searched = ""
            self._search()
        super().paint(status)

    def _draw(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        note = ((Cell(f" {cells.fit(self._noted, width - 2)}", Ink.WARN),),) if self._noted else ()
        if not self._results:
            typed = self.query_one(Input).value.strip()
            return ((Cell(" nothing found" if typed else " type a few letters", Ink.DIM),), *note)
        elsewhere = desk.elsewhere
        rows = tuple(
            result_line(i, width, at=n == self._at, elsewhere="" if desk.instrument(i.key) is not None else elsewhere)
            for n, i in enumerate(self._results)
        )
        return (*rows, *note)

    def action_move(self, by: int) -> None:
        self._search()
        if self._results:
            self._at = max(0, min(self._at + by, len(self._results) - 1))
            self.paint(None)

    def action_take(self) -> None:
        self._search()
        chosen = self._results[self._at] if self._results else None
        if chosen is None or self.desk.instrument(chosen.key) is not None:
            self.dismiss(chosen)
        else:
            self.tezi.say(f"{chosen.label} is {self.desk.elsewhere} and cannot be added", bad=True)

    def action_close(self) -> None:
        self.dismiss(None)


def result_line(instrument: Instrument, width: int, *, at: bool, elsewhere: str = "") -> Line:
    """One result: symbol, where, what, expiry, strike, lot; for what this session's exchange does not list, `elsewhere`
    in place of these."""
    strike = show_price(instrument.strike_e4) if instrument.strike_e4 else ""
    facts = (
        f"{instrument.exchange:<4}{instrument.kind:<4}{instrument.expiry:<11}{strike:>11}  lot {group(instrument.lot)}"
    )
    if elsewhere:
        facts = f"{instrument.exchange:<4}{instrument.kind:<4}{elsewhere}"
    name_width = max(10, width - len(facts) - 4)
    ink = Ink.BADGE_CALM if at else Ink.TEXT
    return (
        Cell("▸ " if at else "  ", Ink.STRONG),
        Cell(
            fit(
                f"{instrument.label}  {instrument.name}" if instrument.name != instrument.label else instrument.label,
                name_width,
            ),
            ink,
        ),
        Cell(" " + facts, Ink.DIM),
    )
