"""The real terminal in a pseudo-terminal: keys in, every byte out."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

from tests.private_files import wide
from tests.rules.source import ROOT

CTRL_Q = b"\x11"
GUARDED = Path(__file__).with_name("guarded")


class InPty:
    """`tezi` with a home of its own, guarded against reaching out; `seen` is all it ever wrote."""

    def __init__(self, home: Path, *args: str, guard_file: Path) -> None:
        self._home = home
        env = {
            **os.environ,
            "PYTHONPATH": f"{GUARDED}:{ROOT}",
            "EGRESS_FILE": str(guard_file),
            "TERM": "xterm-256color",
        }
        env |= {
            "TEZI_HOME": str(home),
            "XDG_CONFIG_HOME": str(home.parent),
            "XDG_STATE_HOME": str(home.parent / "state"),
        }
        env.pop("COLUMNS", None)
        env.pop("LINES", None)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-P", "-m", "terminal", *args], env)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
        self.seen = bytearray()
        self._from = 0

    def until(self, marker: bytes, limit_s: float = 25.0) -> None:
        """Read until `marker` was written after the last call's; AssertionError with the end of what was seen."""
        deadline = time.monotonic() + limit_s
        while (at := self.seen.find(marker, self._from)) < 0:
            assert time.monotonic() < deadline, f"{marker!r} was not drawn: {bytes(self.seen[-2000:])!r}"
            self._read(0.2)
        self._from = at

    def press(self, keys: bytes) -> None:
        self._from = len(self.seen)
        os.write(self._fd, keys)

    def leave(self, limit_s: float = 20.0) -> int:
        """Ctrl+Q, and Enter to the question if there is one; the exit code. AssertionError when it stays."""
        deadline, asked = time.monotonic() + limit_s, False
        self.press(CTRL_Q)
        while self._read(0.1) and time.monotonic() < deadline:
            if not asked and b"Leave" in self.seen[self._from :]:
                asked = True
                os.write(self._fd, b"\r")
        return self._reaped(deadline)

    def ended(self, limit_s: float = 20.0) -> int:
        """Wait until it ends by itself; the exit code. Killed at the limit."""
        deadline = time.monotonic() + limit_s
        while self._read(0.1) and time.monotonic() < deadline:
            pass
        return self._reaped(deadline)

    def _reaped(self, deadline: float) -> int:
        while not (done := os.waitpid(self.pid, os.WNOHANG))[0] and time.monotonic() < deadline:
            self._read(0.1)
        if not done[0]:
            os.kill(self.pid, signal.SIGKILL)
            done = os.waitpid(self.pid, 0)
        os.close(self._fd)
        assert wide(self._home) == [], "files that others may read"
        return os.waitstatus_to_exitcode(done[1])

    def _read(self, wait_s: float) -> bool:
        """False when the program has closed its side."""
        if not select.select([self._fd], [], [], wait_s)[0]:
            return True
        try:
            data = os.read(self._fd, 65_536)
        except OSError:
            return False
        self.seen += data
        return bool(data)
