"""What loading a part brings along, seen from outside in a fresh process."""

import subprocess
import sys

import pytest

from tests.rules.source import ROOT, sources

LAZY = ("keyring", "cryptography")
WATCHED = (
    "textual",
    "rich",
    "SmartApi",
    "requests",
    "litestar",
    "uvicorn",
    "alembic",
    "sqlalchemy",
    "structlog",
    *LAZY,
)
LOOK = """
import sys
for name in sys.argv[1].split():
    __import__(name)
print(*{m.partition('.')[0] for m in sys.modules})
"""


def loaded(*modules: str) -> set[str]:
    """Top-level names in sys.modules after importing these."""
    command = [sys.executable, "-c", LOOK, " ".join(modules)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_the_engine_and_its_rooms_are_headless_and_light() -> None:
    """Migrations are left out: Alembic alone may run them."""
    names = [
        module(p) for p in sources() if p.startswith("core/") and not p.startswith(("core/exchange", "core/store/mig"))
    ]

    assert loaded(*names) & set(WATCHED) == set()


@pytest.mark.parametrize("name", ["terminal.__main__", "terminal.cli", "terminal.commands.config"])
def test_the_command_line_is_light(name: str) -> None:
    heavy = {*WATCHED, "numpy", "aiosqlite", "websockets", "httpcore", "platformdirs"}

    assert loaded(name) & heavy == set()


def test_the_look_sees_what_is_there() -> None:
    assert {"textual", "rich"} <= loaded("textual.app")
