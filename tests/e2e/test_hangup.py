"""The terminal's other end vanishes, and no signal tells of it: nothing may be left running."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.egress import CHILD_PATH

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(90)


def read_until(master: int, marker: bytes, limit_s: float) -> None:
    seen, deadline = b"", time.monotonic() + limit_s
    while marker not in seen:
        assert time.monotonic() < deadline, f"{marker!r} was not drawn within {limit_s} s"
        if select.select([master], [], [], 0.2)[0]:
            seen += os.read(master, 65536)


def children(pid: int) -> set[int]:
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return {int(word) for word in text.split()}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_terminal_that_vanishes_without_a_signal_ends_the_program_and_its_exchange(tmp_path):
    master, slave = os.openpty()
    env = {**os.environ, "PYTHONPATH": CHILD_PATH, "TEZI_HOME": str(tmp_path), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "terminal"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=env,
        start_new_session=True,
    )
    os.close(slave)
    try:
        read_until(master, b"logged in", 40)
        exchange = children(process.pid)
        assert exchange

        os.close(master)

        assert process.wait(20) is not None
        deadline = time.monotonic() + 10
        while any(is_alive(pid) for pid in exchange):
            assert time.monotonic() < deadline, "the exchange outlived the terminal"
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
