"""What the exchange remembers: one append-only file of JSON lines for each run and trading day, and the last figures.

`<state>/truth-RRR-YYYY-MM-DD.jsonl`: a first line that opens the day with its cash, then one line for each change (all
orders and trades of one change stand in one line, so that a torn line loses them together). A line is handed to the
operating system before anything is told: that survives a killed process. `<state>/market.json` holds clock and figures,
`<state>/bars.json` the minute bars, each replaced whole now and then. Nothing here is secret: credentials never come
near it.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from core.domain import Exchange, InstrumentKey
from core.errors import UserError
from core.exchange.account import Carried, Move
from core.exchange.dayfigures import DayFigures
from core.exchange.gtt import Rule
from core.exchange.ledger.demat import Held
from core.exchange.orders import OwnOrder, OwnTrade

MARKET, BARS = "market.json", "bars.json"
_T = TypeVar("_T")
_NAME = re.compile(r"truth-(\d{3,})-(\d{4}-\d\d-\d\d)\.jsonl")


class Opened(msgspec.Struct, tag="open"):
    """First line of a day: what it began with, and the charges that the day before was charged.

    `closes` are previous closes, keyed `NSE:SBIN-EQ`, empty on a first day.
    """

    run: int
    day: str
    cash_e4: int
    ns: int
    seed: int
    carried: list[Carried] = []
    holdings: list[Held] = []
    closes: dict[str, int] = {}
    queued: list[OwnOrder] = []
    rules: list[Rule] = []
    charges_e4: int = 0


class Changed(msgspec.Struct, tag="change"):
    """Orders as they stand after a change, and the trades that came with it."""

    ns: int
    orders: list[OwnOrder]
    trades: list[OwnTrade]


class Converted(msgspec.Struct, tag="convert"):
    """A position that was converted."""

    ns: int
    move: Move


class Ruled(msgspec.Struct, tag="rule"):
    """A GTT rule as it stands after a change."""

    ns: int
    rule: Rule


class Asked(msgspec.Struct, tag="request"):
    """An order request that was taken."""

    ns: int
    path: str
    body: str


Line = Opened | Changed | Converted | Ruled | Asked


class MarketFile(msgspec.Struct):
    """The clock and the figures of every instrument, keyed `NSE:2885`."""

    run: int
    day: str
    ns: int
    figures: dict[str, DayFigures]


class BarsFile(msgspec.Struct):
    """The minute bars of every instrument, keyed as the figures."""

    run: int
    day: str
    bars: dict[str, list[list[int]]]


class Remembered(msgspec.Struct):
    """One day read back; `opened` is what it began with, `rules` are the newest."""

    opened: Opened
    ns: int = 0
    orders: list[OwnOrder] = []
    trades: list[OwnTrade] = []
    moves: list[Move] = []
    rules: dict[int, Rule] = {}
    figures: dict[str, DayFigures] = {}

    @property
    def on(self) -> date:
        return date.fromisoformat(self.day)

    def by_key(self) -> dict[InstrumentKey, DayFigures]:
        """The figures by instrument."""
        keyed = {tuple(name.split(":", 1)): value for name, value in self.figures.items()}
        return {InstrumentKey(Exchange(exchange), token): value for (exchange, token), value in keyed.items()}

    @property
    def run(self) -> int:
        return self.opened.run

    @property
    def day(self) -> str:
        return self.opened.day


class TruthLog:
    """Appends to the file of one run and day; without a folder it forgets."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._encoder = msgspec.json.Encoder()

    @property
    def kept(self) -> bool:
        """Whether anything is remembered at all."""
        return self._folder is not None

    def open_day(self, opened: Opened) -> None:
        """Begin or go on with a day; the first line is written once."""
        if self._folder is None:
            return
        path = self._folder / f"truth-{opened.run:03d}-{opened.day}.jsonl"
        torn = _mend(path)
        self._file = path.open("ab", buffering=0)
        path.chmod(0o600)
        if torn is None:
            self.write(opened)

    def write(self, line: Line) -> None:
        if self._file is not None:
            self._file.write(self._encoder.encode(line) + b"\n")

    def save(self, what: MarketFile | BarsFile) -> None:
        """Replace a file, whole or not at all."""
        if self._folder is None:
            return
        path = self._folder / (MARKET if isinstance(what, MarketFile) else BARS)
        beside = path.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.chmod(0o600)
        beside.write_bytes(self._encoder.encode(what))
        beside.replace(path)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def recall(folder: Path) -> Remembered | None:
    """The newest day of the newest run in the folder; None in a new one.

    UserError when the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        names = [(int(m[1]), m[2], p) for p in folder.iterdir() if (m := _NAME.fullmatch(p.name))]
        if not names:
            return None
        run, day, path = max(names)
        remembered = _fold(run, day, path)
        market, bars = _saved(folder / MARKET, MarketFile), _saved(folder / BARS, BarsFile)
    except OSError as e:
        raise UserError(f"The state folder {folder} cannot be used ({e.strerror}). Name another with --state.") from e
    if market is not None and (market.run, market.day) == (run, day):
        remembered.figures = market.figures
        remembered.ns = max(remembered.ns, market.ns)
        if bars is not None and (bars.run, bars.day) == (run, day):
            for name, figures in remembered.figures.items():
                figures.bars = bars.bars.get(name, [])
    return remembered


def _fold(run: int, day: str, path: Path) -> Remembered:
    found = Remembered(Opened(run, day, 0, 0, 0))
    orders: dict[int, OwnOrder] = {}
    for line in _lines(path):
        found.ns = max(found.ns, line.ns)
        if isinstance(line, Opened):
            found.opened = line
            found.rules = {rule.id: rule for rule in line.rules}
        elif isinstance(line, Changed):
            orders |= {order.serial: order for order in line.orders}
            found.trades += line.trades
        elif isinstance(line, Converted):
            found.moves.append(line.move)
        elif isinstance(line, Ruled):
            found.rules[line.rule.id] = line.rule
    found.orders = [orders[serial] for serial in sorted(orders)]
    return found


def _lines(path: Path) -> Iterator[Line]:
    """Every whole line; a torn last one is left out, a bad one before it is refused."""
    decoder = msgspec.json.Decoder(Line)
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                return
            try:
                yield decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as e:
                raise UserError(
                    f"Line {number} of {path} is damaged ({e}). Start again with --fresh, or name another --state."
                ) from e


def _saved(path: Path, kind: type[_T]) -> _T | None:
    """A saved file; None when there is none that can be read: the day's orders do not depend on it."""
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _mend(path: Path) -> int | None:
    """Cut a torn last line off; gives the bytes cut, None when the file holds no whole line."""
    if not path.exists():
        return None
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        with path.open("r+b") as file:
            file.truncate(end)
    return len(data) - end if end else None
