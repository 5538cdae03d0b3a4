"""Waiting for a condition with a deadline, never for a time."""

import threading
import time
from collections.abc import Callable

LIMIT_S = 10.0


def until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """Return once the condition holds; fail with its name when it does not in time."""
    deadline = time.monotonic() + limit_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        pause.wait(0.01)
