"""Every test runs behind the guard of `tests/egress.py`."""

from collections.abc import Iterator

import pytest

from tests import egress

egress.install()


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine() -> Iterator[None]:
    """Fails a test that tried to reach beyond loopback, also when the code under test swallowed the refusal."""
    egress.attempts.clear()
    yield
    assert not egress.attempts, f"tried to reach beyond this machine: {egress.attempts}"
