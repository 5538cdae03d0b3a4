"""Logs: one bounded private JSON file, no secret in it, nothing on stdout or stderr."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.telemetry import redact as redaction
from core.telemetry.logs import FILE_BYTES, FILES
from core.telemetry.redact import HIDDEN, SECRETS_MAX, redact, redact_fields, register_secret

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


@pytest.mark.parametrize(
    "text",
    [
        "Bearer SECRETVALUE",
        "'X-PrivateKey': 'SECRETVALUE'",
        '{\\"X-PrivateKey\\": \\"SECRETVALUE\\"}',
        "eyJSECRETVALUE.eyJzdWIiOi.sig",
        "?feedToken=SECRETVALUE&x=1",
        "password=SECRETVALUE",
    ],
)
def test_shapes_of_secrets_are_hidden(text: str) -> None:
    assert "SECRETVALUE" not in redact(text)


@pytest.mark.parametrize("text", ["price 123456", "order 251127000000001", "qty=100 tag=T00AB"])
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


def test_other_dresses_of_a_live_secret_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_live", {})
    redaction._compiled.cache_clear()
    register_secret("pa ss/w0rd")

    for dress in ("pa ss/w0rd", "pa%20ss%2Fw0rd", b"pa ss/w0rd".hex(), "cGEgc3MvdzByZA=="):
        assert redact(f"x {dress} y") == f"x {HIDDEN} y"


def test_live_secrets_are_bounded_and_short_ones_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_live", {})
    redaction._compiled.cache_clear()
    register_secret("abc")
    for n in range(SECRETS_MAX + 1):
        register_secret(f"value-{n:04d}")

    assert redact("abc value-0000 value-0001") == f"abc value-0000 {HIDDEN}"


def test_nothing_below_the_depth_is_shown() -> None:
    value: object = "deep"
    for _ in range(20):
        value = {"a": value}

    assert "deep" not in str(redact_fields(value))
