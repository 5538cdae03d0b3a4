"""Every test runs behind the guard of `tests/egress.py`, and so do the processes that tests start."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import egress

egress.install()
TOLD = Path(tempfile.mkstemp(prefix="tezi-egress-")[1])
"""Where guarded children of this process write down what they tried."""
os.environ["EGRESS_FILE"] = str(TOLD)


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine() -> Iterator[None]:
    """Fails a test that tried to reach beyond loopback, also when the code under test swallowed the refusal."""
    egress.attempts.clear()
    told = TOLD.stat().st_size
    yield
    tried = [line for line in TOLD.read_text()[told:].splitlines() if line != "installed"]
    assert not egress.attempts, f"tried to reach beyond this machine: {egress.attempts}"
    assert not tried, f"a child process tried to reach beyond this machine: {tried}"


def pytest_sessionfinish() -> None:
    TOLD.unlink(missing_ok=True)
