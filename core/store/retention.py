"""How long the store keeps what is finished."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

from core.clock import ist, ist_day
from core.config import Keep
from core.store.tape import SUFFIX
from core.store.writer import Writer

TAPES, CANDLES = "tapes", "candles"
_TAPE = re.compile(r"(\d{4})(\d\d)(\d\d)-\d{6}" + re.escape(SUFFIX))
_CANDLES = re.compile(r".+\.db")

DAYS_KEPT = 5 * 366
"""Five years, which SEBI asks of brokers; a trader's own records are kept as long."""
_OLD = (
    "DELETE FROM order_finished WHERE tag IN (SELECT tag FROM order_event WHERE day < ?)",
    "DELETE FROM order_event WHERE day < ?",
    "DELETE FROM trade WHERE day < ?",
)


def forget_old(writer: Writer, real_ns: int) -> None:
    """Delete orders and trades of days before the kept ones, with the next group of writes."""
    day = (ist(real_ns) - timedelta(days=DAYS_KEPT)).strftime("%Y-%m-%d")
    for sql in _OLD:
        writer.later(sql, (day,))


def old_files(home: Path, real_ns: int, keep: Keep, in_use: Collection[Path] = ()) -> list[Path]:
    """The tapes and candle files whose last day is more than the kept days ago; only files that Tezi named itself.

    A file counts by the later of its name's day and its last change, so that today's is never among them; `in_use`
    names files that are left alone. Raises OSError.
    """
    found = []
    if keep.tape_days:
        before = _day_before(real_ns, keep.tape_days)
        found += [p for p in _files(home / TAPES, _TAPE) if max(_named_day(p), _changed_day(p)) < before]
    if keep.candle_days:
        before = _day_before(real_ns, keep.candle_days)
        found += [p for p in _files(home / CANDLES, _CANDLES) if max(map(_changed_day, _with_log(p))) < before]
    used = {path.resolve() for path in in_use}
    return [path for path in found if path.resolve() not in used]


def delete_old(home: Path, real_ns: int, keep: Keep, in_use: Collection[Path] = ()) -> list[Path]:
    """Delete them, a candle file with its write-ahead log; gives what is gone. Raises OSError."""
    gone = old_files(home, real_ns, keep, in_use)
    for path in gone:
        for part in _with_log(path):
            part.unlink(missing_ok=True)
    return gone


def _files(folder: Path, name: re.Pattern[str]) -> Iterator[Path]:
    if folder.is_dir():
        yield from (p for p in sorted(folder.iterdir()) if name.fullmatch(p.name) and p.is_file())


def _with_log(path: Path) -> list[Path]:
    beside = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    return [path, *(p for p in beside if p.exists())]


def _day_before(real_ns: int, days: int) -> str:
    return (ist(real_ns) - timedelta(days=days)).strftime("%Y-%m-%d")


def _changed_day(path: Path) -> str:
    return ist_day(path.stat().st_mtime_ns)


def _named_day(path: Path) -> str:
    named = _TAPE.fullmatch(path.name)
    return "-".join(named.groups()) if named is not None else ""
