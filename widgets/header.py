"""The lines at the top: what mode, what session, how fresh, how the broker is, what the day made; and the pins."""

from core.clock import hms
from core.domain import Instrument
from core.facts import CircuitState
from core.views import CircuitStatus, Desk, Status, StreamStatus
from widgets import cells
from widgets.cells import Cell, Line, spread
from widgets.health import CIRCUIT_INK, STREAM_INK, short_ms
from widgets.ink import Ink
from widgets.pane import LinePane
from widgets.quotes import Seen, seen
from widgets.shed import Part, shed

BADGES = {"LIVE": Ink.BADGE_LIVE, "REPLAY": Ink.BADGE_WARN}
LIGHTS = {"live": "●", "connecting": "◌", "silent": "◐"}
NARROW = 100
"""Below this width the names of the indices are shortened and the circuit's word goes."""
DATE = 13
"""Cells of the trading date with its distance."""
SHORT_NAMES = {"Nifty 50": "NIFTY", "NIFTY 50": "NIFTY", "NIFTY": "NIFTY", "Nifty Bank": "BNF", "BANKNIFTY": "BNF"}
CIRCUIT_RANK = (
    CircuitState.CLOSED,
    CircuitState.PROBATION,
    CircuitState.HALF_OPEN,
    CircuitState.OPEN,
    CircuitState.FORCED_OPEN,
)


class HeaderPane(LinePane):
    """Two lines, and a third with the screens' names when there is room."""

    NEEDS_STATUS = True

    def __init__(self, tabs: tuple[str, ...], *, at: int = 1, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs = tabs
        self._at = at

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        if self.status is None:
            raise ValueError("the desk gave no status")
        pins = tuple((i, seen(desk.quotes, i.key)) for i in desk.pins())
        top = status_line(self.status, width)
        second = dated(pins_line(pins, width - DATE), self.status.market_ns, width)
        return (top, second, tabs_line(self._tabs, self._at))[:height]


def status_line(status: Status, width: int) -> Line:
    """The first line. Its first word is the mode, whatever the width."""
    parts = [
        _session(status),
        _feed(status),
        *_other_streams(status),
        _api(status.circuits),
        Part((Cell(f"OPS {status.orders_last_second}/{status.orders_per_second_max}", _ops_ink(status)),), rank=3),
        Part((Cell("Day "), cells.profit(status.open_pnl_e4 + status.realised_e4))),
    ]
    badge = Cell(f" {status.mode_word} ", BADGES.get(status.mode_word, Ink.BADGE_CALM))
    account = Part((badge, Cell(f" {status.account}", Ink.DIM)), (badge,), rank=8, keep=True)
    return shed((account, *parts), width, Cell(" │ " if width >= NARROW else "│", Ink.DIM))


def _session(status: Status) -> Part:
    clock, word = hms(status.market_ns), status.session_word
    if status.closes_in_s is None:
        return Part((Cell(f"{word} {clock}"),), (Cell(clock),), rank=6)
    left = cells.countdown(status.closes_in_s)
    ink = Ink.WARN if status.closes_in_s < 300 else Ink.TEXT
    return Part(
        (Cell(f"{word} {clock} "), Cell(f"closes {left}", ink)), (Cell(f"{clock} "), Cell(f"{left} left", ink)), rank=6
    )


def _feed(status: Status) -> Part:
    """The light of the market stream: judged by its last byte, with how many instruments are fresh."""
    stream = status.streams[0] if status.streams else StreamStatus("market", "down", None, "")
    ink = STREAM_INK.get(stream.word, Ink.ALARM)
    light = LIGHTS.get(stream.word, "!")
    covered = Cell(f" {status.fresh}/{status.wanted}", Ink.TEXT if status.fresh >= status.wanted else Ink.WARN)
    words = "" if stream.word == "live" else f" {stream.word}"
    base = (Cell("Feed "), Cell(light + words, ink), Cell(f" {short_ms(stream.last_byte_ms)}"))
    return Part((*base, covered), (Cell("Feed "), Cell(light + words, ink), covered), rank=5)


def _other_streams(status: Status) -> list[Part]:
    bad = [s for s in status.streams[1:] if s.word != "live"]
    return [Part((Cell(f"{s.name} "), Cell(s.word, STREAM_INK.get(s.word, Ink.ALARM))), rank=2) for s in bad]


def _api(circuits: tuple[CircuitStatus, ...]) -> Part:
    """The worst circuit speaks for all; the health table tells them apart."""
    if not circuits:
        return Part((Cell("API "), Cell("-", Ink.DIM)), rank=4)
    worst = max(circuits, key=lambda c: CIRCUIT_RANK.index(c.state))
    good = worst.state is CircuitState.CLOSED
    ink = CIRCUIT_INK.get(worst.state, Ink.ALARM)
    word = "ok" if good else f"{worst.name} {worst.state.value}"
    light = "●" if good else "!"
    short = Cell(light if good else f"{light} {worst.state.value}", ink)
    return Part((Cell("API "), Cell(f"{light} {word}", ink)), (Cell("API "), short), rank=4)


def _ops_ink(status: Status) -> Ink:
    return Ink.WARN if status.orders_last_second * 10 >= status.orders_per_second_max * 8 else Ink.TEXT


def pins_line(pins: tuple[tuple[Instrument, Seen], ...], width: int) -> Line:
    """The indices with their change; those that no longer fit are left out from the right."""
    parts = [Part(_pin(i, now, short=width < NARROW), rank=n) for n, (i, now) in enumerate(pins)]
    return (Cell(" "), *shed(tuple(parts), width - 1, Cell("   ")))


def _pin(instrument: Instrument, now: Seen, *, short: bool) -> Line:
    name = instrument.name or instrument.label
    if short:
        name = SHORT_NAMES.get(name, name)
    last = cells.last_price(now.quote, now.freshness, 2)
    moved = cells.change(now.quote.change_bps, now.freshness)
    flag = "" if now.freshness.mark == " " else now.freshness.mark
    sign = "%" if now.quote.change_bps is not None else ""
    return (Cell(f"{name} ", Ink.DIM), last, Cell(" "), moved, Cell(sign, moved.ink), Cell(flag, Ink.WARN))


def dated(line: Line, market_ns: int, width: int) -> Line:
    """The line with the trading date at its end: the market clock's, which in practice is not today."""
    return spread(line, (Cell(cells.day(market_ns) + " ", Ink.DIM),), width)


def tabs_line(tabs: tuple[str, ...], at: int = 1) -> Line:
    """The screens; number `at` is the one that is shown."""
    line: list[Cell] = []
    for n, name in enumerate(tabs, 1):
        line.append(Cell(f" {n} {name} ", Ink.STRONG if n == at else Ink.DIM))
    return tuple(line)
