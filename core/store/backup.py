"""Backups: one compressed file with the store, the audit segments and a manifest; good only once it was restored aside.

Keys are not in it: a copy of the keys beside a copy of the audit log would prove nothing.
"""

import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from core.clock import NS_PER_S
from core.errors import UserError
from core.store.audit.places import AUDIT, STORE, sync_folder
from core.store.audit.segments import segments
from core.store.integrity import damage
from core.store.migrate import REVISIONS
from core.store.sealed import is_sealed, seal, unseal

FOLDER = "backups"
DAYS_KEPT, WEEKS_KEPT = 7, 4
_NAME = re.compile(r"tezi-([0-9]{8})-([0-9]{6})\.(zip|sealed)")
_PIECE = 1 << 20
_MANIFEST = "manifest.json"


class Manifest(msgspec.Struct):
    """`files` gives SHA-256 by name in the backup, `rows` the rows of each table."""

    made: str
    revision: str
    files: dict[str, str]
    rows: dict[str, int]


def create(home: Path, real_ns: int, folder: Path | None = None, key: bytes | None = None) -> Path:
    """Make a backup in `folder` (`<home>/backups` when left out), restore it aside, compare; gives the file.

    The store may be in use meanwhile. With `key` (32 bytes) the file is encrypted. Raises UserError.
    """
    target = folder or home / FOLDER
    stamp = datetime.fromtimestamp(real_ns // NS_PER_S, tz=UTC).strftime("%Y%m%d-%H%M%S")
    path = target / f"tezi-{stamp}.{'zip' if key is None else 'sealed'}"
    if not (home / STORE).exists():
        raise UserError(f"{home / STORE}: there is no store to back up. Start the terminal once, or give --home DIR.")
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _aside(target) as aside:
            made = _pack(home, aside, stamp)
            if key is not None:
                seal(made, aside / "sealed", key)
                made = aside / "sealed"
            problem = verify(made, key)
            if problem:
                raise UserError(f"{path}: the backup does not restore ({problem}); it was not kept. Try again.")
            made.chmod(0o600)
            _sync(made)
            made.replace(path)
        sync_folder(target)
    except (OSError, sqlite3.Error) as e:
        raise UserError(f"{path}: the backup cannot be made ({e}). Free the disk, or name another folder.") from e
    return path


def verify(path: Path, key: bytes | None = None) -> str:
    """Restore a backup aside and compare it with its manifest; empty when all agrees, else what does not."""
    try:
        with _aside(path.parent) as aside:
            return _unpack(path, aside, key)[1]
    except (OSError, sqlite3.Error) as e:
        return str(e)


def restore(path: Path, home: Path, real_ns: int, key: bytes | None = None) -> list[str]:
    """Put a verified backup in the store's place; what was there is moved aside. Gives what was done, a line each.

    Audit segments come back only where the home has none: a newer log is never replaced by an older one. The caller
    holds the home's lock. Raises UserError, and then nothing was changed.
    """
    try:
        with _aside(home) as aside:
            manifest, problem = _unpack(path, aside, key)
            if problem or manifest is None:
                raise UserError(f"{path}: not restored: {problem}. Nothing was changed; try another backup.")
            return _put(aside, home, manifest, real_ns)
    except OSError as e:
        raise UserError(f"{path}: cannot be restored ({e}). Free the disk, or give a writable --home.") from e


def backups(home: Path) -> list[Path]:
    """The automatic backups of a home, oldest first."""
    folder = home / FOLDER
    return sorted(p for p in folder.iterdir() if _NAME.fullmatch(p.name)) if folder.is_dir() else []


def made_ns(path: Path) -> int:
    """When a backup was made, from its name (epoch ns)."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ValueError(f"{path.name} is no backup's name")
    moment = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return int(moment.timestamp()) * NS_PER_S


def rotate(home: Path) -> list[Path]:
    """Delete what is not the last of its day for seven days or the last of its week for four; gives what went."""
    days: dict[str, Path] = {}
    weeks: dict[str, Path] = {}
    for path in backups(home):
        moment = datetime.fromtimestamp(made_ns(path) // NS_PER_S, tz=UTC)
        days[moment.strftime("%Y%m%d")] = path
        weeks[moment.strftime("%G-%V")] = path
    kept = {*list(days.values())[-DAYS_KEPT:], *list(weeks.values())[-WEEKS_KEPT:]}
    gone = [p for p in backups(home) if p not in kept]
    for path in gone:
        path.unlink()
    return gone


def _pack(home: Path, aside: Path, stamp: str) -> Path:
    copy = aside / STORE
    with (
        contextlib.closing(sqlite3.connect(f"{(home / STORE).absolute().as_uri()}?mode=ro", uri=True)) as live,
        contextlib.closing(sqlite3.connect(copy)) as link,
    ):
        live.backup(link)
        link.execute("PRAGMA journal_mode=DELETE")
        revision = str(link.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    files = {STORE: copy, **{f"{AUDIT}/{p.name}": p for p in segments(home)}}
    digests = {}
    packed = aside / "packed"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, source in files.items():
            with source.open("rb") as file, archive.open(name, "w", force_zip64=True) as member:
                digests[name] = _copy(file, member)
        manifest = Manifest(stamp, revision, digests, _rows(copy))
        archive.writestr(_MANIFEST, msgspec.json.encode(manifest))
    return packed


def _unpack(path: Path, aside: Path, key: bytes | None) -> tuple[Manifest | None, str]:
    """Write the members into `aside`; the manifest, and what is wrong."""
    source = path
    if is_sealed(path):
        source = aside / "opened"
        if key is None:
            return None, "it is encrypted and needs the vault"
        if not unseal(path, source, key):
            return None, "wrong key, or the file is damaged"
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
            return manifest, _members(archive, manifest, aside) or _compare(aside / STORE, manifest)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as e:
        return None, f"it is no whole backup ({e})"
    except (RuntimeError, MemoryError, zlib.error, struct.error) as e:
        return None, f"it is damaged ({e})"


def _members(archive: zipfile.ZipFile, manifest: Manifest, aside: Path) -> str:
    if {_MANIFEST, *manifest.files} != set(archive.namelist()):
        return "its files are not those of its manifest"
    for name, expected in manifest.files.items():
        folder, _, plain = name.rpartition("/")
        if folder not in ("", AUDIT) or plain in ("", ".", "..") or "\\" in plain:
            return f"it holds a file of another kind: {name!r}"
        (aside / folder).mkdir(mode=0o700, exist_ok=True)
        with archive.open(name) as member, (aside / folder / plain).open("wb") as out:
            if _copy(member, out) != expected:
                return f"{name} is not what was saved"
    return ""


def _compare(copy: Path, manifest: Manifest) -> str:
    if manifest.revision not in REVISIONS:
        return f"it was made by a newer Tezi (tables {manifest.revision})"
    if problem := damage(copy):
        return f"the store in it is damaged: {problem}"
    return "" if _rows(copy) == manifest.rows else "its tables have other numbers of rows than were saved"


def _put(aside: Path, home: Path, manifest: Manifest, real_ns: int) -> list[str]:
    store, done = home / STORE, []
    fresh = aside / STORE
    fresh.chmod(0o600)
    _sync(fresh)
    if store.exists():
        old = store.with_name(f"{STORE}.before-restore-{real_ns // NS_PER_S}")
        for rest in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                store.with_name(STORE + rest).rename(old.with_name(old.name + rest))
        done.append(f"the store that was here is now {old}")
    fresh.replace(store)
    done.append(f"store of {manifest.made} UTC: {manifest.rows.get('order_event', 0)} order records")
    saved = sorted(p for p in (aside / AUDIT).glob("*")) if (aside / AUDIT).is_dir() else []
    if saved and not segments(home):
        (home / AUDIT).mkdir(mode=0o700, exist_ok=True)
        for path in saved:
            path.chmod(0o600)
            _sync(path)
            path.replace(home / AUDIT / path.name)
        done.append(f"audit log: {len(saved)} segments")
    elif saved:
        done.append("audit log: left as it is here; a newer one is never replaced")
    sync_folder(home)
    return done


def _rows(path: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as link:
        names = [n for (n,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {n: int(link.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]) for n in names}  # noqa: S608


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A private folder on the same disk, gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix=".tezi-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
