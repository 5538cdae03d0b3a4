"""What every command does before anything else, seen from outside."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = "import os, resource, sys\nos.umask(0)\nfrom terminal.hardening import harden\nharden()\n"


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, cwd=ROOT, timeout=20)


def test_files_are_for_the_owner_and_no_core_is_dumped() -> None:
    done = run("print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE))")

    assert done.stdout == "0o77 (0, 0)\n"


def test_the_last_words_hold_no_secret_and_no_local_variable() -> None:
    done = run(
        "from core.secret import Secret\n"
        "def login(pin):\n"
        "    sent = 'Sent-' + pin.reveal()\n"
        "    raise ValueError('refused for ' + pin.reveal())\n"
        "login(Secret('-'.join(['very', 'hidden', 'value'])))\n"
    )

    assert done.returncode == 1
    assert "ValueError: refused for [hidden]" in done.stderr
    assert "line 8, in login" in done.stderr
    assert "very-hidden-value" not in done.stderr and "Sent-very" not in done.stderr


def test_the_command_line_hardens_first() -> None:
    code = (
        "import terminal.__main__ as m\n"
        "m.run = lambda args: print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE)) or 0\n"
        "os.umask(0)\n"
        "m.main()\n"
    )

    assert run(code).stdout == "0o77 (0, 0)\n"
