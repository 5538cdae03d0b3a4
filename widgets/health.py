"""The health table: one row for every circuit and stream, then the machine: loop lag, frames dropped, journal."""

from collections.abc import Hashable, Mapping, Sequence

from core.facts import CircuitState
from core.views import CircuitStatus, Desk, Status, StreamStatus
from widgets import cells
from widgets.cells import Cell
from widgets.columns import Column
from widgets.grid import LineGrid
from widgets.ink import Ink

CIRCUIT_INK = {CircuitState.CLOSED: Ink.GAIN, CircuitState.HALF_OPEN: Ink.WARN, CircuitState.PROBATION: Ink.WARN}
STREAM_INK = {"live": Ink.GAIN, "connecting": Ink.WARN, "silent": Ink.WARN}
LAG_GOAL_MS = 15.0
"""Loop lag above this is worth a colour: the goal at the 99th percentile under full load."""

Row = Mapping[str, Cell]


class HealthGrid(LineGrid):
    """What every part is doing, in words."""

    COLUMNS = (
        Column("part", "Part", 18),
        Column("state", "State", 11),
        Column("last", "Last", 7, right=True),
        Column("calls", "Failed/calls", 12, right=True, rank=3),
        Column("next", "Next try", 8, right=True, rank=1),
        Column("p50", "p50", 6, right=True, rank=4),
        Column("p99", "p99", 6, right=True, rank=5),
        Column("detail", "Last error or detail", 20, rank=2, grow=True),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[Hashable, Row] = {}

    def circuit(self) -> str:
        """The name of the circuit under the cursor; empty on any other row."""
        key = self.cursor_key
        return key[1] if isinstance(key, tuple) and key[0] == "circuit" else ""

    def row_keys(self, desk: Desk) -> Sequence[Hashable]:
        self._rows = health_rows(self.status) if self.status else {}
        return tuple(self._rows)

    def row_revision(self, desk: Desk, key: Hashable) -> Hashable:
        return tuple(self._rows[key].values())

    def row_cells(self, desk: Desk, key: Hashable) -> Mapping[str, Cell]:
        return self._rows[key]


def health_rows(status: Status) -> dict[Hashable, Row]:
    """All rows by name, in the order of the table."""
    rows: dict[Hashable, Row] = {}
    for stream in status.streams:
        rows["stream", stream.name] = _stream(stream)
    for circuit in status.circuits:
        rows["circuit", circuit.name] = _circuit(circuit)
    lag_ink = Ink.TEXT if status.loop_lag_ms <= LAG_GOAL_MS else Ink.WARN
    rows["machine", "loop"] = {
        "part": Cell("event loop"),
        "state": Cell("on time" if lag_ink is Ink.TEXT else "late", lag_ink),
        "last": Cell(f"{status.loop_lag_ms:.1f}ms", lag_ink),
        "detail": Cell(f"{status.dropped_frames} frames dropped", Ink.DIM if not status.dropped_frames else Ink.WARN),
    }
    rows["machine", "journal"] = {"part": Cell("journal"), "detail": Cell(status.journal_word)}
    return rows


def _stream(stream: StreamStatus) -> Row:
    ink = STREAM_INK.get(stream.word, Ink.LOSS)
    return {
        "mark": Cell(" " if ink is Ink.GAIN else "!", ink),
        "part": Cell(f"stream {stream.name}"),
        "state": Cell(stream.word, ink),
        "last": Cell(short_ms(stream.last_byte_ms)),
        "detail": Cell(stream.detail, Ink.DIM),
    }


def _circuit(circuit: CircuitStatus) -> Row:
    ink = CIRCUIT_INK.get(circuit.state, Ink.LOSS)
    tries = "" if circuit.next_try_ms is None else f"{-(-circuit.next_try_ms // 1000)} s"
    return {
        "mark": Cell(" " if ink is Ink.GAIN else "!", ink),
        "part": Cell(f"circuit {circuit.name}"),
        "state": Cell(circuit.state.value, ink),
        "calls": Cell(f"{circuit.failures}/{circuit.calls}", Ink.WARN if circuit.failures else Ink.DIM),
        "next": Cell(tries, Ink.WARN),
        "p50": Cell("" if circuit.p50_ms is None else f"{circuit.p50_ms}ms", Ink.DIM),
        "p99": Cell("" if circuit.p99_ms is None else f"{circuit.p99_ms}ms", Ink.DIM),
        "detail": Cell(circuit.error, Ink.LOSS if ink is not Ink.GAIN else Ink.DIM),
    }


def short_ms(value_ms: int | None) -> str:
    """A lag as `18ms` below a second, as an age above; a dash before there is one."""
    if value_ms is None:
        return "-"
    return f"{value_ms}ms" if value_ms < 1000 else cells.age(value_ms)
