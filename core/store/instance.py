"""One Tezi for one home folder: a second writer would break the journal's promises."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from core.errors import UserError


class InstanceLock:
    """An advisory lock (flock) on `<home>/lock`; the kernel drops it when the process ends, however it ends."""

    def __init__(self, home: Path) -> None:
        self._path = home / "lock"
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises UserError naming the holder's process id when somebody has it."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise UserError(f"{self._path}: cannot be used ({e}). Give a writable folder with --home.") from e
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise UserError(
                f"{self._path.parent}: another Tezi is using this folder (process {holder}). "
                "Leave it there first, or start with another folder: --home DIR."
            ) from e
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Give the lock back; may be called twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> "InstanceLock":
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()
