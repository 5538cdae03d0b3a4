"""The instrument file on disk: read a master of any dress, judge it against the one that is held, replace it whole.

A master that is worse than yesterday's is refused and yesterday's stays, byte for byte (faults F59): truncated, half
the rows, rows twice, other symbols behind known tokens, other lots, shares without a tick.
"""

import gzip
import lzma
import os
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.domain import Exchange, Instrument
from core.errors import TeziError
from core.market import index
from core.market.instruments import Catalogue
from core.market.master import Master, parse

NAME = "instruments.db"
RAW_MAX = 256 * 2**20
"""Bytes of JSON; a real master has 25 to 50 million."""
ROWS_LEAST = 0.8
"""Share of the held rows that a new master must have (G10: within 20 %)."""
BAD_MOST = 0.01
TWICE_MOST = 0.001
RENAMED_MOST = 0.02
"""Share of known NSE and BSE tokens that may name another symbol: companies are renamed, tokens are not dealt anew."""
LOTS_MOST = 0.1
_PIECE = 2**20

Say = Callable[[str], None]


class MasterRefused(TeziError):
    """A master that was not taken over; the text says what was seen and what to do."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an update did. `other_segments`: rows of segments we do not know (NCO); `bad`: rows that made no sense.

    `first_expiry` is the earliest expiry in it, `YYYY-MM-DD`: the master is of that day or of one shortly before.
    """

    path: Path
    instruments: int
    rows: int
    bad: int
    twice: int
    other_segments: int
    first_expiry: str


def unpack(path: Path) -> bytes:
    """The JSON of a file, plain, gzip or xz by its first bytes. Raises MasterRefused when it is cut or too long."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            return _bounded(zlib.decompressobj(wbits=31), raw, path)
        if raw[:6] == b"\xfd7zXZ\x00":
            return _bounded(lzma.LZMADecompressor(), raw, path)
    except OSError as e:
        raise MasterRefused(f"{path}: cannot be read ({e.strerror}). Check the path.") from e
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as e:
        raise MasterRefused(f"{path}: damaged or cut short ({e}). Get it again; the instruments held are kept.") from e
    if len(raw) > RAW_MAX:
        raise MasterRefused(
            f"{path}: over {RAW_MAX >> 20} MB of JSON. That is no instrument master; nothing was changed."
        )
    return raw


def update(folder: Path, raw: bytes, source: str, now_ns: int, say: Say = lambda text: None) -> Loaded:
    """Judge a master and put it in place of the one held. For a worker thread: takes seconds.

    Raises MasterRefused, with the file held untouched. `now_ns` (epoch) and `source` are noted in the file; `say` hears
    what is being done.
    """
    say(f"reading {len(raw) // 1_000_000} MB")
    master = parse(raw)
    twice = len(master.instruments) - len({i.key for i in master.instruments})
    say(f"judging {master.rows} rows")
    held = _held(folder / NAME)
    try:
        _judge(master, twice, held)
    finally:
        if held is not None:
            held.close()
    first = min((i.expiry for i in master.instruments if i.expiry), default="")
    meta = {"source": source, "loaded_ns": str(now_ns), "rows": str(master.rows), "first_expiry": first}
    count = _replace(folder / NAME, master, meta, say)
    return Loaded(folder / NAME, count, master.rows, master.bad, twice, master.other_segments, first)


def _bounded(unpacker: "zlib._Decompress | lzma.LZMADecompressor", raw: bytes, path: Path) -> bytes:
    """The whole of a packed file, but never more than RAW_MAX: a small file can hold a very large one."""
    out = unpacker.decompress(raw, RAW_MAX + 1)
    if len(out) > RAW_MAX:
        raise MasterRefused(f"{path}: unpacks to over {RAW_MAX >> 20} MB. That is no instrument master.")
    if not unpacker.eof:
        raise EOFError("the end is missing")
    return out


def _held(path: Path) -> Catalogue | None:
    """What is held; None when there is nothing or it cannot be read any more (then anything readable is better)."""
    if not path.exists():
        return None
    with suppress(sqlite3.Error, KeyError, ValueError):
        return Catalogue.open(path)
    return None


def _judge(master: Master, twice: int, held: Catalogue | None) -> None:
    keep = "The instruments held are kept." if held else "Nothing was loaded."
    if not master.instruments:
        raise MasterRefused(f"the master holds no instrument (cut short, or not a master). Get it again. {keep}")
    if master.bad > BAD_MOST * master.rows:
        raise MasterRefused(f"{master.bad} of {master.rows} rows of the master make no sense. Get it again. {keep}")
    if twice > TWICE_MOST * master.rows:
        raise MasterRefused(f"{twice} of {master.rows} rows of the master are there twice. Get it again. {keep}")
    if held is not None:
        _compare(master, held, keep)


def _compare(master: Master, held: Catalogue, keep: str) -> None:
    count = held.count()
    if len(master.instruments) < ROWS_LEAST * count:
        raise MasterRefused(
            f"the master holds {len(master.instruments)} instruments, the one held {count}: under "
            f"{ROWS_LEAST:.0%}. Get it again, or delete {NAME} if it is meant. {keep}"
        )
    known, renamed, contracts, lots = 0, 0, 0, 0
    for new, old in _pairs(master, held):
        if new.is_derivative and (new.expiry, new.strike_e4, new.kind) == (old.expiry, old.strike_e4, old.kind):
            contracts += 1
            lots += new.lot != old.lot
        elif new.exchange in (Exchange.NSE, Exchange.BSE):
            known += 1
            renamed += new.symbol != old.symbol
    if renamed > RENAMED_MOST * known:
        raise MasterRefused(f"{renamed} of {known} known shares have other symbols behind their tokens. {keep}")
    if lots > LOTS_MOST * contracts:
        raise MasterRefused(f"{lots} of {contracts} known contracts have other lots. {keep}")


def _pairs(master: Master, held: Catalogue) -> list[tuple[Instrument, Instrument]]:
    """Rows that both have, by key."""
    before = {i.key: i for i in held.stream()}
    return [(i, before[i.key]) for i in master.instruments if i.key in before]


def _replace(path: Path, master: Master, meta: dict[str, str], say: Say) -> int:
    """Build beside, make durable, rename: at any moment there is one whole file under the name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(beside)
        try:
            total = len(master.instruments)
            count = index.build(connection, master.instruments, meta, lambda n: say(f"writing {n} of {total}"))
        finally:
            connection.close()
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except (sqlite3.Error, OSError) as e:
        raise MasterRefused(f"{path}: cannot be written ({e}). Free some space or give another --home.") from e
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return count
