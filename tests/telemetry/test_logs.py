"""Logs: one bounded private JSON file, no secret in it, nothing on stdout or stderr."""

import json
import os
import select
import stat
import subprocess
import sys
from pathlib import Path

from core.telemetry.logs import FILE_BYTES, FILES
from core.telemetry.redact import HIDDEN

PROGRAM = """
import logging, pathlib, sys, warnings
from core.telemetry import logs
from core.telemetry.logs import logger, register_secret, setup
logs.FILE_BYTES = int(sys.argv[3])
log = logger("test")
log.error("before setup")
setup(pathlib.Path(sys.argv[1]), "info")
register_secret("s3cr\\"et-key")
register_secret("2468")
log.debug("too fine")
log.info("login", pin="2468", totp="123456", note="key s3cr\\"et-key", nested={"X-PrivateKey": "abcd", "ok": [1, 2]})
log.warning("header", text="Authorization: Bearer abc.def and eyJhbGciOi.eyJ1c2Vy.c2ln totp is 654321")
log.info("foreign\\x1b]52;c;x\\x07text", reason="a\\u202eb")
logging.getLogger("library").warning("url wss://x?clientCode=A123&feedToken=ft999&apiKey=ak777")
logging.getLogger("library").info("chatter")
warnings.warn("odd")
try:
    raise ValueError("pin was 2468")
except ValueError as e:
    log.error("crashed", exc_info=e)
for n in range(int(sys.argv[2])):
    log.info("filler", text="x" * 2_000, n=n)
"""


def run(path: Path, filler: int = 0, file_bytes: int = FILE_BYTES) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path, str(filler), str(file_bytes)],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_the_file_holds_events_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "tezi.jsonl"
    run(path)
    text = path.read_text()
    lines = [json.loads(line) for line in text.splitlines()]

    for secret in ("2468", "123456", "654321", "s3cr", "abcd", "abc.def", "eyJ", "A123", "ft999", "ak777"):
        assert secret not in text
    assert [line["event"] for line in lines][:4] == ["login", "header", "foreign·]52;c;x·text", lines[3]["event"]]
    assert lines[0]["nested"] == {"X-PrivateKey": HIDDEN, "ok": [1, 2]}
    assert lines[0]["level"] == "info"
    assert lines[0]["timestamp"].endswith("Z")
    assert lines[2]["reason"] == "a·b"
    assert lines[3]["logger"] == "library"
    assert "odd" in lines[4]["event"]
    assert f"ValueError: pin was {HIDDEN}" in lines[5]["exception"]
    assert "before setup" not in text
    assert "chatter" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_files_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "tezi.jsonl"
    run(path, filler=200, file_bytes=50_000)

    files = sorted(tmp_path.iterdir())
    assert len(files) == FILES
    assert all(f.stat().st_size <= 50_000 and stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files)


STALLED = """
import asyncio, pathlib, sys
from core import secret
from core.telemetry import logs
from core.telemetry.logs import logger, register_secret, setup
logs.WAITING_MAX = int(sys.argv[2])
setup(pathlib.Path(sys.argv[1]), "info")
log = logger("test")
register_secret("canary-while-stalled")

async def busy():
    for n in range(500):
        log.info("filler", text="x" * 2_000, n=n, said="it was canary-while-stalled")
        await asyncio.sleep(0)

asyncio.run(busy())
secret._values.clear()
secret._revision += 1
print("not stalled", flush=True)
"""


def stalled(path: Path, waiting_max: int) -> list[dict[str, object]]:
    """The lines of a program whose log file is a pipe that nobody reads until its loop has ended: till then what it
    writes waits, as on a disk that hangs."""
    os.mkfifo(path)
    disk = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    program = subprocess.Popen([sys.executable, "-c", STALLED, path, str(waiting_max)], stdout=subprocess.PIPE)
    with program, open(disk, "rb") as pipe:  # noqa: PTH123  a descriptor, not a path
        try:
            assert program.stdout is not None
            assert select.select([program.stdout], [], [], 50)[0], "the loop waits for the disk"
            assert program.stdout.readline() == b"not stalled\n"
            os.set_blocking(disk, True)
            text = pipe.read().decode()
            assert program.wait(50) == 0
        finally:
            program.kill()
    assert "canary" not in text, "a line is redacted before it waits"
    return [json.loads(line) for line in text.splitlines()]


def test_a_disk_that_hangs_does_not_stall_the_loop_and_gets_every_line_at_the_end(tmp_path: Path) -> None:
    lines = stalled(tmp_path / "pipe", 10_000)

    assert [line["n"] for line in lines] == list(range(500))
    assert lines[0]["said"] == f"it was {HIDDEN}"


def test_lines_for_which_there_is_no_room_are_counted_in_the_log(tmp_path: Path) -> None:
    lines = stalled(tmp_path / "pipe", 50)

    written = [line["n"] for line in lines[:-1]]
    assert 50 <= len(written) < 200 and written == list(range(len(written)))
    assert (lines[-1]["event"], lines[-1]["count"]) == ("log lines left out", 500 - len(written))
