"""A program in a real pseudo-terminal, and how long it takes until a text stands in its output."""

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


def seconds_to(marker: bytes, argv: list[str], home: Path, columns: int = 120, rows: int = 40) -> float:
    """Seconds from the start of the process until `marker` stands in its output; raises TimeoutError."""
    started = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's machine keeps bytecode; the first round makes it
        os.environ.update(TERM="xterm-256color", TEZI_HOME=str(home), COLUMNS=str(columns), LINES=str(rows))
        os.execv(sys.executable, [sys.executable, *argv])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    seen = b""
    try:
        while time.perf_counter() - started < 30:
            if not select.select([fd], [], [], 0.5)[0]:
                continue
            seen += os.read(fd, 65536)
            if marker in seen:
                return time.perf_counter() - started
        raise TimeoutError(f"{marker!r} was not drawn within 30 s by {argv}")
    finally:
        os.kill(pid, signal.SIGTERM)
        _drain(fd, pid)


def _drain(fd: int, pid: int) -> None:
    """Read until the program is gone, so that it never blocks on a full terminal."""
    deadline = time.perf_counter() + 8
    while time.perf_counter() < deadline:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                if not os.read(fd, 65536):
                    break
            except OSError:
                break
        if os.waitpid(pid, os.WNOHANG)[0]:
            os.close(fd)
            return
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)
