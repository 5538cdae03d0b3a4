"""`tezi secrets` as a person and as a script uses it."""

import json
import os
import pty
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.secret import Secret
from core.vault.vault import FILE, Vault
from tests.egress import CHILD_PATH

ROOT = Path(__file__).parents[2]
PASSWORD = "a long password"


def secrets(home: Path, *args: str, lines: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": CHILD_PATH, "XDG_STATE_HOME": str(home / "state")}
    command = [sys.executable, "-P", "-m", "terminal", "--home", str(home / "home"), "secrets", *args]
    text = "".join(line + "\n" for line in lines)
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, env=env)


def value(home: Path, name: str, password: str = PASSWORD) -> str | None:
    found = Vault(home / "home" / FILE, SystemClock()).open(Secret(password)).get(name)
    return None if found is None else found.reveal()


@pytest.fixture(scope="module")
def one_pin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("secrets")
    done = secrets(home, "set", "pin", lines=(PASSWORD, "4711"))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return home


def test_a_value_from_stdin_is_kept_and_never_shown(one_pin: Path) -> None:
    listed = secrets(one_pin, "list", "--json", lines=(PASSWORD,))

    assert (listed.returncode, listed.stderr) == (0, "")
    assert json.loads(listed.stdout) == ["pin"]
    assert value(one_pin, "pin") == "4711"


def test_all_files_are_for_the_owner_only(one_pin: Path) -> None:
    wide = [p for p in one_pin.rglob("*") if stat.S_IMODE(p.stat().st_mode) & 0o077]

    assert wide == []
    assert list((one_pin / "state" / "tezi").glob("vault-*.mark"))


@pytest.mark.parametrize(
    ("args", "lines", "code", "words"),
    [
        (["list"], ("a wrong password",), 3, "the password is wrong, or the vault was altered"),
        (["list"], (), 3, "Password of the vault: no line"),
        (["set", "jwt"], (PASSWORD, "x"), 3, "It keeps: client_code, api_key, pin, totp_seed"),
        (["set", "totp_seed"], (PASSWORD, "JBSWY3DPEHPK3PXP"), 3, "one factor: whoever opens the vault"),
        (["set", "totp_seed", "--both-factors"], (PASSWORD, "123456"), 3, "Copy the seed, not the code"),
        (["set", "pin", "4712"], (PASSWORD,), 2, "unexpected extra argument"),
        (["delete", "api_key"], (PASSWORD,), 1, "api_key is not in the vault"),
    ],
)
def test_a_mistake_is_one_plain_line(
    one_pin: Path, args: list[str], lines: tuple[str, ...], code: int, words: str
) -> None:
    done = secrets(one_pin, *args, lines=lines)

    assert done.returncode == code
    assert words in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert value(one_pin, "pin") == "4711"


def test_no_vault_no_question(tmp_path: Path) -> None:
    done = secrets(tmp_path, "list")

    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "there is no vault yet. Make one with: tezi secrets set NAME" in done.stderr


def test_set_delete_and_a_new_password(tmp_path: Path) -> None:
    assert secrets(tmp_path, "set", "pin", lines=(PASSWORD, "4711")).returncode == 0
    seed = secrets(tmp_path, "set", "totp_seed", "--both-factors", lines=(PASSWORD, "JBSWY3DPEHPK3PXP"))
    assert seed.returncode == 0
    assert secrets(tmp_path, "delete", "pin", lines=(PASSWORD,)).returncode == 0
    assert secrets(tmp_path, "password", lines=(PASSWORD, "another password")).returncode == 0

    assert value(tmp_path, "totp_seed", "another password") == "JBSWY3DPEHPK3PXP"
    assert value(tmp_path, "pin", "another password") is None


def test_without_a_keyring_remember_says_why_and_the_value_is_kept(tmp_path: Path) -> None:
    done = secrets(tmp_path, "set", "pin", "--remember", lines=(PASSWORD, "4711"))

    assert done.returncode == 3
    assert "none can be used on this machine" in done.stderr
    assert "Traceback" not in done.stderr
    assert value(tmp_path, "pin") == "4711"


def test_an_older_vault_must_be_accepted(tmp_path: Path) -> None:
    secrets(tmp_path, "set", "pin", lines=(PASSWORD, "4711"))
    old = (tmp_path / "home" / FILE).read_bytes()
    secrets(tmp_path, "set", "pin", lines=(PASSWORD, "4712"))
    (tmp_path / "home" / FILE).write_bytes(old)

    refused = secrets(tmp_path, "set", "pin", lines=(PASSWORD, "4713"))
    assert refused.returncode == 3
    assert "was seen here before" in refused.stderr and "--accept-older" in refused.stderr
    assert "was seen here before" in secrets(tmp_path, "list", lines=(PASSWORD,)).stderr
    assert secrets(tmp_path, "set", "pin", "--accept-older", lines=(PASSWORD, "4713")).returncode == 0
    assert value(tmp_path, "pin") == "4713"


def test_what_is_typed_is_not_echoed(tmp_path: Path) -> None:
    """In a real terminal: password twice, then the value."""
    pid, fd = pty.fork()
    if pid == 0:
        env = {**os.environ, "PYTHONPATH": CHILD_PATH, "XDG_STATE_HOME": str(tmp_path / "state")}
        words = ["-P", "-m", "terminal", "--home", str(tmp_path / "home"), "secrets", "set", "pin"]
        os.execve(sys.executable, [sys.executable, *words], env)
    seen = b""
    for prompt, typed in ((b"vault:", PASSWORD), (b"confirmation:", PASSWORD), (b"PIN:", "4711")):
        seen += _read_until(fd, prompt)
        os.write(fd, typed.encode() + b"\n")
    seen += _read_until(fd, b"is in the vault")
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)

    assert code == 0
    assert PASSWORD.encode() not in seen and b"4711" not in seen
    assert value(tmp_path, "pin") == "4711"


def _read_until(fd: int, marker: bytes) -> bytes:
    seen, deadline = b"", time.monotonic() + 20
    while marker not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([fd], [], [], 0.2)[0]:
            seen += os.read(fd, 4_096)
    return seen
