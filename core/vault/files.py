"""A private file, read with distrust and replaced whole: after any stop the old or the new one is there."""

import contextlib
import os
import stat
from pathlib import Path

from core.vault.errors import ExposedVault, VaultUnwritable

READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class Disk:
    """The calls that a replacement is made of; tests let each of them fail."""

    def create(self, path: Path) -> int:
        return os.open(path, WRITE, 0o600)

    def write(self, handle: int, data: bytes) -> int:
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        os.fsync(handle)

    def link(self, path: Path, other: Path) -> None:
        other.hardlink_to(path)

    def rename(self, path: Path, onto: Path) -> None:
        path.replace(onto)

    def sync_folder(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_private(path: Path, limit: int) -> bytes | None:
    """At most `limit` + 1 bytes of a file that only its owner may read; None when there is none.

    Raises ExposedVault for a link, another's file, or one that others may read or write.
    """
    try:
        handle = os.open(path, READ)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise ExposedVault(path, f"cannot be opened ({e.strerror})", "It must be a plain file of yours.") from e
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise ExposedVault(path, "this is no plain file of yours", "Remove it or put your own there.")
        if found.st_mode & 0o077:
            raise ExposedVault(path, f"others may read it (mode {found.st_mode & 0o777:o})", f"chmod 600 {path}")
        return _all(handle, limit)
    finally:
        os.close(handle)


def replace_private(path: Path, data: bytes, *, keep_previous: bool, disk: Disk | None = None) -> None:
    """Write a new file beside, sync it, then put it in the old one's place; one previous copy stays if wanted.

    Raises VaultUnwritable when the disk refuses; the old file, or the whole new one, is then there.
    """
    disk = disk or Disk()
    new, previous = path.with_name(path.name + ".new"), path.with_name(path.name + ".prev")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)  # of a write that was cut off; the file itself is whole
        _write(new, data, disk)
        if keep_previous and path.exists():
            aside = path.with_name(path.name + ".aside")
            aside.unlink(missing_ok=True)
            disk.link(path, aside)
            disk.rename(aside, previous)
        if not keep_previous:
            previous.unlink(missing_ok=True)
        disk.rename(new, path)
        disk.sync_folder(path.parent)
    except OSError as e:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise VaultUnwritable(path, e) from e


def _write(path: Path, data: bytes, disk: Disk) -> None:
    handle = disk.create(path)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[disk.write(handle, bytes(rest)) :]
        disk.sync(handle)
    finally:
        os.close(handle)


def _all(handle: int, limit: int) -> bytes:
    parts, length = [], 0
    while length <= limit and (part := os.read(handle, limit + 1 - length)):
        parts.append(part)
        length += len(part)
    return b"".join(parts)
