"""The command line: lazy, plain words on stderr, the right exit codes, nothing started after a mistake."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core.config import Config
from terminal.cli import COMMANDS, VERSION, read_options
from tests.egress import CHILD_PATH

ROOT = Path(__file__).parents[2]


def tezi(
    *args: object, env: dict[str, str] | None = None, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "terminal", *map(str, args)]
    whole = {**os.environ, "PYTHONPATH": CHILD_PATH, **(env or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=whole, input=typed)


def test_help_names_every_command_and_version_is_the_packages() -> None:
    done = tezi("--help")

    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
    assert tezi("--version").stdout == f"tezi {VERSION}\n"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--mode", "live"], 3, "live mode is not here yet; nothing was sent. And the screen needs a terminal"),
        (["--mode", "paper"], 3, "paper mode is not here yet"),
        (["--mode", "replay"], 3, "Name one: --replay PATH"),
        (["--config", "/nowhere/c.toml"], 3, "--config /nowhere/c.toml: no such file"),
        (["--replay", "/nowhere/tape"], 3, "--replay /nowhere/tape: no such file"),
        (["--attach", "/nowhere/line"], 3, "--attach /nowhere/line: no such file"),
        (["--mode", "dream"], 2, "'dream' is not one of"),
        (["--speed", "0"], 2, "0.0 is not in the range"),
        (["--colour"], 2, "No such option '--colour'"),
        (["sell-everything"], 2, "No such command 'sell-everything'"),
    ],
)
def test_a_mistake_is_one_plain_line(args: list[str], code: int, words: str, tmp_path: Path) -> None:
    done = tezi("--home", tmp_path / "home", *args)

    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not (tmp_path / "home").exists()


def test_a_bad_configuration_stops_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[limits]\norder_quantity_max = -5\n")
    done = tezi("--home", tmp_path / "home", "--config", path)

    assert done.returncode == 3
    assert f"{path}: limits.order_quantity_max = -5" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_options_hold_what_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    (tmp_path / "tape").touch()

    plain = read_options(None, None, None, None, 1.0, None)
    assert (plain.mode, plain.config, plain.replay, plain.attach) == ("practice", Config(), None, None)
    assert plain.home.name == "tezi"
    assert tmp_path in plain.home.parents

    asked = read_options("replay", None, Path("h"), Path("tape"), 4.0, Path("tape"))
    assert (asked.mode, asked.home, asked.speed) == ("replay", tmp_path / "h", 4.0)
    assert (asked.replay, asked.attach) == (tmp_path / "tape", tmp_path / "tape")


def test_the_configuration_may_choose_the_mode_and_the_command_line_wins(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('mode = "live"\n')

    assert read_options(None, path, tmp_path, None, 1.0, None).mode == "live"
    assert read_options("practice", path, tmp_path, None, 1.0, None).mode == "practice"


WITH_FAKE_SCREEN = """
import sys, types
screen = types.ModuleType("terminal.compose")
screen.run = lambda options: print(options.home, options.mode) or 5
sys.modules["terminal.compose"] = screen
from terminal.__main__ import run
sys.exit(run(sys.argv[1:]))
"""


def test_the_screen_gets_the_options_and_its_exit_code_is_the_programs(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": CHILD_PATH, "TEZI_HOME": str(tmp_path / "h"), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", WITH_FAKE_SCREEN], capture_output=True, text=True, env=env)

    assert (done.stdout, done.stderr, done.returncode) == (f"{tmp_path / 'h'} practice\n", "", 5)


def test_without_a_terminal_nothing_is_started(tmp_path: Path) -> None:
    done = tezi(env={"TEZI_HOME": str(tmp_path / "h"), "XDG_CONFIG_HOME": str(tmp_path)})

    assert (done.returncode, done.stdout) == (3, "")
    assert "needs a terminal" in done.stderr
    assert not (tmp_path / "h").exists()


def test_config_check_says_good(tmp_path: Path) -> None:
    for args in (
        ["config", "check", "--config", ROOT / "config.example.toml"],
        ["--config", ROOT / "config.example.toml", "config", "check"],
    ):
        done = tezi(*args)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("config.example.toml: good (mode practice)\n")


def test_config_check_of_an_absent_file_says_that_the_defaults_hold(tmp_path: Path) -> None:
    done = tezi("config", "check", env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})

    assert done.returncode == 0
    assert re.search(r"tezi.config\.toml: not there, so the defaults hold", done.stdout)


@pytest.mark.parametrize(
    ("symbols", "said"),
    [
        (["RELIANCE-EQ", "SBIN", "Nifty 50", "NIFTY29DEC26FUT", "NIFTY29DEC2624800CE"], ""),
        (
            ["RELIANCE-EQ", "RELAINCE-EQ"],
            "names 'RELAINCE-EQ' (meant RELIANCE-EQ?), not known to the practice",
        ),
        (["A1", "A2", "A3", "A4"], "'A1', 'A2', 'A3' and 1 more, not known"),
        (["NOSUCH29DEC26FUT"], "Other symbols are known once a master is loaded: tezi instruments update."),
    ],
)
def test_config_check_of_watchlist_symbols(tmp_path: Path, symbols: list[str], said: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f"[screen]\nwatchlist = {symbols}\n")

    done = tezi("config", "check", "--config", path, "--home", tmp_path / "home")

    assert (done.returncode, said in done.stderr) == (int(bool(said)), True)
    assert not said or str(path) in done.stderr


def test_config_check_of_a_bad_file(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("speling = 1\n")

    plain, as_json = tezi("config", "check", "--config", path), tezi("config", "check", "--config", path, "--json")

    assert (plain.returncode, as_json.returncode) == (1, 1)
    assert "unknown key speling = 1" in plain.stderr
    answer = json.loads(as_json.stdout)
    assert (answer["ok"], answer["exists"]) == (False, True)
    assert "unknown key speling = 1" in answer["error"]
