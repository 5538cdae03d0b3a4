"""Brings the store's file to the current tables before the writer opens it.

The revision is read with plain sqlite3; Alembic (and SQLAlchemy with it) is imported only when there is work to do. The
work is done on a copy that then takes the file's place, so that a crash in the middle leaves the old file whole.
"""

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

from core.errors import UserError

REVISIONS = ("0001", "0002")
"""Every revision of the scripts, oldest first; a test holds it equal to Alembic's own list."""
HEAD = REVISIONS[-1]
_SCRIPTS = Path(__file__).parent / "migrations"


async def prepare(path: Path, real_ns: int) -> None:
    """Make the file current: new, upgraded or untouched. Folder 0700, file 0600.

    `real_ns` stamps the name of a damaged file that is moved aside. Raises UserError for a damaged file, one from a
    newer version, or a folder that cannot be written.
    """
    await asyncio.to_thread(_prepare, path, real_ns)


def _prepare(path: Path, real_ns: int) -> None:
    try:
        _make_private(path.parent)
        _bring_up(path)
    except sqlite3.OperationalError as e:
        raise UserError(f"{path}: cannot be opened ({e}). Free the disk or the file, then start again.") from e
    except sqlite3.DatabaseError as e:
        moved = _move_aside(path, real_ns)
        report = _report(moved, str(e))
        raise UserError(
            f"{path}: damaged ({e}); moved to {moved}, nothing was deleted; {report.name} tells what can be read. "
            "Start again: a new journal is made and today's orders are read from the broker. Or: tezi backup restore"
        ) from e
    except OSError as e:
        raise UserError(f"{path}: cannot be used ({e}). Give a writable folder with --home.") from e


def _bring_up(path: Path) -> None:
    found = _revision(path)
    if found == HEAD:
        path.chmod(0o600)
    elif found in ("", *REVISIONS):
        _upgrade(path)
    else:
        raise UserError(
            f"{path}: made by a newer Tezi (tables {found}, this one knows {HEAD}). "
            "Start the newer version, or another folder with --home."
        )


def _revision(path: Path) -> str:
    """The revision of a file: empty for a new one. Raises sqlite3.DatabaseError when it is no sound database."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=2.0)) as link:
        tables = {name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return ""
        if "alembic_version" not in tables:
            raise sqlite3.DatabaseError("tables without a version")
        rows = link.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(rows) != 1:
        raise sqlite3.DatabaseError("no single version")
    return str(rows[0][0])


def _upgrade(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    copy = path.with_name(path.name + ".new")
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if path.exists():
        with contextlib.closing(sqlite3.connect(path)) as old, contextlib.closing(sqlite3.connect(copy)) as new:
            old.backup(new)
    settings = Config()
    settings.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(copy), poolclass=NullPool)
    try:
        with engine.begin() as link:
            settings.attributes["connection"] = link
            command.upgrade(settings, "head")
    except DBAPIError as e:
        copy.unlink(missing_ok=True)
        raise sqlite3.OperationalError(f"upgrade failed: {e.orig}") from e
    finally:
        engine.dispose()
    _replace(copy, path)


def _replace(copy: Path, path: Path) -> None:
    """Put the finished copy in the file's place, on the disk and not only in its cache."""
    for target in (copy, path.parent):
        handle = os.open(target, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    copy.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _move_aside(path: Path, real_ns: int) -> Path:
    target = path.with_name(f"{path.name}.damaged-{real_ns // 1_000_000_000}")
    for rest in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + rest).rename(target.with_name(target.name + rest))
    return target


def _report(moved: Path, error: str) -> Path:
    """Tell, in a file beside the damaged one, what can still be read of it. The damaged file itself stays untouched."""
    lines = [f"{moved.name}: {moved.stat().st_size} bytes, {error}", "", "rows that can be read, by table:"]
    try:
        uri = f"{moved.absolute().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as link:
            names = [n for (n,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            lines += [f"  {name}: {_readable(link, name)}" for name in names]
    except sqlite3.Error:
        lines.append("  none")
    lines += ["", "To put the newest backup in its place: tezi backup restore"]
    report = moved.with_name(f"{moved.name}.txt")
    handle = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return report


def _readable(link: sqlite3.Connection, table: str) -> str:
    """How many rows come before the damage, if any."""
    count = 0
    try:
        for _ in link.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  a name from the file's own list
            count += 1
    except sqlite3.Error as e:
        return f"{count}, then: {e}"
    return str(count)


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
