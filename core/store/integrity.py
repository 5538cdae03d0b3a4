"""Whether the store's file was left as it should be, and whether it is whole."""

import contextlib
import sqlite3
from pathlib import Path

PROBLEMS_MAX = 5


def was_unclean(path: Path) -> bool:
    """Whether the last run ended without closing the file: only then is there a write-ahead log beside it."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def damage(path: Path) -> str:
    """Read the whole file and give what is wrong with it, empty when nothing is. Blocking: seconds for a large file."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as link:
            rows = link.execute(f"PRAGMA integrity_check({PROBLEMS_MAX})").fetchall()
    except sqlite3.Error as e:
        return str(e)
    found = [str(text) for (text,) in rows]
    return "" if found == ["ok"] else "; ".join(found)
