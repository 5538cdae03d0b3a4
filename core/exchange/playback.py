"""A recorded session through the same servers: its prices at its times, look only."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

from core.clock import AnchoredClock, Clock, ist
from core.domain import InstrumentKey
from core.exchange.account import START_CASH_E4, Funds
from core.exchange.dayfigures import DayFigures
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.recording import Columns, Recorded, Recording, listing_of, snapshot_of
from core.exchange.rows import Row, rms_row
from core.exchange.rules import OrderBody
from core.exchange.snapshot import Bar, Snapshot
from core.money import wire_e4, wire_int

ROWS_MAX = 20_000
"""Most rows taken in one step: a clock moved far ahead is caught up with over several."""
LOOK_ONLY = Refusal("AB1007", "This is a replay: it can be looked at, and takes no orders")


class Tape:
    """The recorded market: what each instrument's newest row says."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._columns: Mapping[InstrumentKey, Columns] = recording.columns
        self._listings = {key: listing_of(row) for key, row in recording.instruments.items()}
        self._newest: dict[InstrumentKey, Recorded] = {}
        self._sequence = dict.fromkeys(self._listings, 0)
        self._figures = {key: DayFigures() for key in self._listings}
        self._volume = dict.fromkeys(self._listings, 0)
        self._changed: dict[InstrumentKey, None] = {}
        self.last_ns = 0

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]:
        return self._listings

    @property
    def ended(self) -> bool:
        return self._recording.next is None

    def step(self, now_ns: int) -> None:
        """Take the rows whose time has come."""
        for _ in range(ROWS_MAX):
            coming = self._recording.next
            if coming is None or coming.time_ns > now_ns:
                return
            self._recording.take()
            self._show(coming)

    def take_changed(self) -> Iterable[InstrumentKey]:
        changed, self._changed = self._changed, {}
        for key in changed:
            self._sequence[key] += 1
        return changed

    def snapshot(self, key: InstrumentKey) -> Snapshot:
        """The newest row; before an instrument's first row, nothing but its name."""
        newest, listing = self._newest.get(key), self._listings[key]
        if newest is None:
            return Snapshot(listing, self._sequence[key], self.last_ns, 0, 0)
        return snapshot_of(listing, self._columns[key], newest, self._sequence[key])

    def watch(self, keys: Iterable[InstrumentKey]) -> None:
        """A recording is as lively as it was."""

    def bars(self, key: InstrumentKey) -> list[Bar]:
        return self._figures[key].rows()

    def _show(self, recorded: Recorded) -> None:
        key, columns = recorded.key, self._columns[recorded.key]
        self._newest[key] = recorded
        self._changed[key] = None
        self.last_ns = max(self.last_ns, recorded.time_ns)
        last_e4, volume = wire_e4(recorded.row[columns["ltp"]]), wire_int(recorded.row[columns["volume"]]) or 0
        if last_e4:
            traded = max(0, volume - self._volume[key]) if self._volume[key] else 0
            self._figures[key].trade(last_e4, traded, recorded.time_ns)
        self._volume[key] = max(volume, self._volume[key])


class Playback:
    """A venue without an account: the clock is the recording's, from its first tick to its last."""

    run = 1
    seed = 0

    def __init__(self, base: Clock, path: Path) -> None:
        """UserError when the path holds no recording."""
        recording = Recording(path)
        assert recording.next is not None
        self.start_ns = recording.next.time_ns
        self._tape = Tape(recording)
        self.day: date = ist(self.start_ns).date()
        self.clock = AnchoredClock(base)
        self.clock.anchor(self.start_ns)
        self.on_push: Callable[[str, Row], None] = lambda code, row: None
        self._tape.step(self.start_ns)

    @property
    def market(self) -> Tape:
        return self._tape

    def now_ns(self) -> int:
        return self.clock.wall_ns()

    def step(self) -> None:
        """Show what is due; the clock stands still at the last tick."""
        self._tape.step(self.now_ns())
        if self._tape.ended and self.now_ns() > self._tape.last_ns:
            self.clock.anchor(self._tape.last_ns, 0.0)

    def place(self, body: OrderBody, external: bool = False, reject_text: str = "") -> OwnOrder | Refusal:
        return LOOK_ONLY

    def modify(self, body: OrderBody) -> OwnOrder | Refusal:
        return LOOK_ONLY

    def cancel(self, body: OrderBody) -> OwnOrder | Refusal:
        return LOOK_ONLY

    def order_rows(self) -> list[Row]:
        return []

    def order_row(self, unique_id: str) -> Row | None:
        return None

    def trade_rows(self) -> list[Row]:
        return []

    def position_rows(self) -> list[Row]:
        return []

    def funds_row(self) -> Row:
        return rms_row(Funds(START_CASH_E4, 0, 0))

    def note(self, path: str, body: str) -> None:
        """Nothing to remember."""

    def close(self) -> None:
        """Nothing to save."""
