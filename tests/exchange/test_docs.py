"""What docs/exchange.md shows runs as it stands there: the SDK's five minutes, curl, and a test of another project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.exchange import pytest_plugin
from tests.exchange.wire import ORDER, Wire
from tests.exchange_process import ROOT, ExchangeProcess

DOCS = ROOT / "docs" / "exchange.md"
GUARD = """import requests

real = requests.get


def get(url, *args, **kwargs):
    if "127.0.0.1" not in url:
        raise OSError("no outside host in tests")
    return real(url, *args, **kwargs)


requests.get = get
"""
"""Loaded before the SDK: its import asks an outside host for an address."""
LIMIT_S = 50


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment in which `tezi`, `python3` and the SDK are there, and no outside host is asked."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    tezi = bin_folder / "tezi"
    tezi.write_text(f'#!/bin/sh\nexec {sys.executable} -m terminal "$@"\n')
    tezi.chmod(0o755)
    path = os.pathsep.join([str(bin_folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return kept | {"PATH": path, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "TEZI_HOME": str(tmp_path)}


def ran(words: list[str], env: dict[str, str], folder: Path) -> str:
    done = subprocess.run(words, env=env, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_five_minutes_with_the_sdk(env: dict[str, str], tmp_path: Path) -> None:
    program = "\n".join(block for block in blocks("python") if not block.startswith("# test_"))
    (tmp_path / "bot.py").write_text(program)
    first, second = ran([sys.executable, "bot.py"], env, tmp_path).strip().splitlines()[-2:]
    assert re.fullmatch(r"\d{15} complete \d+\.\d+", first), first
    assert re.fullmatch(r"(2885|3045) \d+\.\d+", second), second


def test_the_test_of_another_project(env: dict[str, str], tmp_path: Path) -> None:
    (block,) = (block for block in blocks("python") if block.startswith("# test_bot.py"))
    (tmp_path / "test_bot.py").write_text(block)
    plain = env | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "core.exchange.pytest_plugin", "-p", "no:cacheprovider"]
    assert "1 passed" in ran([*words, "test_bot.py"], plain, tmp_path)


def test_the_plugin_is_announced_to_pytest() -> None:
    import tomllib

    entries = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    assert entries == {"smartapi_exchange": pytest_plugin.__name__}


def test_an_exchange_that_cannot_start_says_so() -> None:
    with pytest.raises(RuntimeError, match="ended at once"):
        pytest_plugin.SmartApiExchange("--scenario", "no-such-story")


@pytest.mark.parametrize("said", ["", "half a line"])
def test_an_exchange_that_says_nothing_is_ended_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    silent = f"import sys; sys.stdout.write({said!r}); sys.stdout.flush(); sys.stdin.read()"
    monkeypatch.setattr(pytest_plugin, "_CODE", silent)
    monkeypatch.setattr(pytest_plugin, "START_LIMIT_S", 0.5)
    with pytest.raises(RuntimeError, match=r"did not start within 0\.5 s"):
        pytest_plugin.SmartApiExchange()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_session(env: dict[str, str], tmp_path: Path) -> None:
    (script,) = (block for block in blocks("sh") if "curl" in block)
    shown = ran(["bash", "-e", "-c", script], env, tmp_path)
    assert '"orderid"' in shown and '"tradingsymbol":"SBIN-EQ"' in shown and '"name":"slow"' in shown


def test_a_get_with_a_body_is_answered(common: ExchangeProcess) -> None:
    """As the JavaScript SDK sends it."""
    wire = Wire(common)
    for body in (b"{}", b"null"):
        assert wire.send("GET", ORDER + "getOrderBook", body).json["status"] is True
