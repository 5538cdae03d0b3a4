"""The exchange child: its address in time, a plain word when it fails, and no process left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import UserError
from terminal.child import LOG_BYTES, ExchangeAddress, ExchangeChild, parse_address, read_address

FIELDS = {
    "rest": "http://127.0.0.1:1",
    "stream": "ws://127.0.0.1:2",
    "orders": "ws://127.0.0.1:3",
    "control": "http://127.0.0.1:4",
    "client_code": "T1",
    "pin": "2468",
    "totp_secret": "JBSW",
    "api_key": "key",
    "now": "2025-11-27T09:20:00+05:30",
}
LINE = json.dumps({**FIELDS, "more": 1})
READY = f"print({LINE!r}, flush=True)\n"
FAKES = {
    "good": f"import sys\n{READY}sys.stdin.read()\nsys.exit(7)",
    "chatty": f"import sys\n{READY}print('x' * 1_000_000, flush=True)\nsys.stdin.read()",
    "deaf": f"import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{READY}time.sleep(60)",
    "stubborn": f"import time\n{READY}time.sleep(60)",
    "dies": "import sys\nprint('first\\nport 80\\x1b[31m in use', file=sys.stderr)\nsys.exit(4)",
    "silent": "import sys\nprint('thinking', file=sys.stderr, flush=True)\nsys.stdin.read()",
    "garbage": "import sys\nprint('hello', flush=True)\nsys.stdin.read()",
    "endless": "import sys\nsys.stdout.write('x' * 300_000)\nsys.stdout.flush()\nsys.stdin.read()",
}


def child(home: Path, name: str) -> ExchangeChild:
    return ExchangeChild(home, (), SystemClock(), command=[sys.executable, "-c", FAKES[name]])


def gone(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_the_first_line_is_the_address_and_closing_stdin_ends_it(tmp_path: Path) -> None:
    exchange = child(tmp_path, "good")
    address = await exchange.start()
    assert exchange.pid is not None
    assert os.getpgid(exchange.pid) != os.getpgid(0), "Ctrl+C in the terminal would reach the exchange first"
    ended = asyncio.create_task(exchange.wait_end())
    await exchange.stop()
    await exchange.stop()

    assert address == ExchangeAddress(**FIELDS)
    assert "2468" not in repr(address)
    assert await ended == 7
    assert gone(exchange.pid)


async def test_a_child_that_prints_never_blocks(tmp_path: Path) -> None:
    exchange = child(tmp_path, "chatty")
    await exchange.start()
    await exchange.stop()

    assert await exchange.wait_end() == 0


@pytest.mark.parametrize(("name", "code"), [("stubborn", -signal.SIGTERM), ("deaf", -signal.SIGKILL)])
async def test_a_child_that_does_not_listen_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    monkeypatch.setattr("terminal.child.STOP_S", 0.2)
    exchange = child(tmp_path, name)
    await exchange.start()
    await exchange.stop()

    assert await exchange.wait_end() == code
    assert gone(exchange.pid)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dies", r"ended at once \(exit 4\): port 80·\[31m in use. See .*exchange.log"),
        ("silent", r"no answer within 0.5 s: thinking. Try again"),
        ("garbage", "not the first line of an exchange"),
        ("endless", "first line was over"),
    ],
)
async def test_a_failed_start_is_told_and_leaves_nothing(tmp_path: Path, name: str, words: str) -> None:
    exchange = child(tmp_path, name)
    with pytest.raises(UserError, match=words):
        await exchange.start(0.5 if name == "silent" else 10)

    assert gone(exchange.pid)


async def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    exchange = child(tmp_path, "silent")
    start = asyncio.create_task(exchange.start())
    async with asyncio.timeout(5):
        while exchange.pid is None:  # noqa: ASYNC110  nothing signals the moment between launch and first line
            await asyncio.sleep(0.001)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start

    assert gone(exchange.pid)


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    exchange = ExchangeChild(tmp_path, (), SystemClock(), command=["/nowhere/python"])
    with pytest.raises(UserError, match="cannot be started"):
        await exchange.start()
    await exchange.stop()
    assert exchange.pid is None


async def test_stderr_goes_to_a_bounded_private_file(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "exchange.log"
    log.parent.mkdir()
    log.write_bytes(b"o" * (LOG_BYTES + 1))
    with pytest.raises(UserError):
        await child(tmp_path, "dies").start()

    assert log.read_text().startswith("first\n")
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.with_suffix(".log.1").stat().st_size == LOG_BYTES + 1


def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib\nfrom tests.terminal.test_child import child\n"
        "async def main():\n    exchange = child(pathlib.Path(sys.argv[1]), 'good')\n    await exchange.start()\n"
        "    print(exchange.pid, flush=True)\n    await exchange.wait_end()\nasyncio.run(main())"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    deadline = time.monotonic() + 5
    while not (gone(pid) or zombie(pid)):
        assert time.monotonic() < deadline


def zombie(pid: int) -> bool:
    """Ended, but nobody in this container collects the children of the dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return gone(pid)


def test_an_exchange_started_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "line"
    path.write_text(LINE + "\nlog\n")

    assert read_address(path) == parse_address(LINE.encode(), "x") == ExchangeAddress(**FIELDS)
    with pytest.raises(UserError, match=r"cannot be read \(No such file"):
        read_address(tmp_path / "absent")
    with pytest.raises(UserError, match="missing required field `pin`"):
        parse_address(json.dumps({k: v for k, v in FIELDS.items() if k != "pin"}).encode(), "x")
