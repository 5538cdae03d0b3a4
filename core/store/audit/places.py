"""Where keys and anchors are: beside the audit folder, never in it."""

import contextlib
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Protocol

import msgspec

from core.store.audit.chain import Head

KEYS = "keys"
AUDIT = "audit"
STORE = "tezi.db"
ANCHOR_SQL = """INSERT INTO audit_anchor (id, segment, record, mac, real_ns) VALUES (1, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, record = excluded.record, mac = excluded.mac,
  real_ns = excluded.real_ns WHERE excluded.record > record"""


class KeyPlace(Protocol):
    """Keeps the root key. `in_vault` says whether it needs a password to be read."""

    @property
    def in_vault(self) -> bool: ...
    def load(self) -> bytes | None:
        """The 32 bytes, None when there are none. Raises OSError."""
        ...

    def make(self) -> bytes:
        """A new key, on the disk before it is returned. Raises OSError."""
        ...


class KeyFile:
    """The root key in `<home>/keys/audit.key`, 0600: whoever can read the file can re-make the log."""

    in_vault = False

    def __init__(self, home: Path) -> None:
        self._path = home / KEYS / "audit.key"

    def load(self) -> bytes | None:
        try:
            text = self._path.read_text("ascii").strip()
            key = bytes.fromhex(text)
        except FileNotFoundError:
            return None
        except ValueError:
            return None
        return key if len(key) == 32 else None

    def make(self) -> bytes:
        key = secrets.token_bytes(32)
        write_whole(self._path, f"{key.hex()}\n".encode())
        return key


class _Stored(msgspec.Struct):
    segment: int
    record: int
    mac: str


class AnchorFile:
    """A second anchor, in `<home>/keys/audit-anchor.json`: written at each roll, now and then, and at the end."""

    def __init__(self, home: Path) -> None:
        self._path = home / KEYS / "audit-anchor.json"

    def load(self) -> Head | None:
        """Raises ValueError for a file that is no anchor, OSError for one that cannot be read."""
        try:
            stored = msgspec.json.decode(self._path.read_bytes(), type=_Stored)
        except FileNotFoundError:
            return None
        except ValueError as e:
            raise ValueError(f"{self._path} is no anchor: {e}") from e
        return Head(stored.segment, stored.record, stored.mac)

    def store(self, head: Head) -> None:
        write_whole(self._path, msgspec.json.encode(_Stored(*head)) + b"\n")


def stored_anchor(home: Path) -> Head | None:
    """The anchor in the order store, None when the store or its row is absent. Raises ValueError, OSError."""
    path = home / STORE
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as link:
            row = link.execute("SELECT segment, record, mac FROM audit_anchor WHERE id = 1").fetchone()
    except sqlite3.Error as e:
        if "no such table" in str(e):
            return None
        raise ValueError(f"{path}: the anchor cannot be read ({e})") from e
    return Head(*row) if row is not None else None


def write_whole(path: Path, body: bytes) -> None:
    """Put a small private file in place, whole or not at all, on the disk when it returns. Folder 0700, file 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, body)
        os.fsync(handle)
    finally:
        os.close(handle)
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
