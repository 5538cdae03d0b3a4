"""For other projects' tests: `def test_bot(smartapi_exchange): ...` runs against a practice exchange of its own.

Installed as a pytest plugin with Tezi (entry point `pytest11`); it imports nothing of the exchange.
"""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

START_LIMIT_S = 20.0
_CODE = "from terminal.commands.exchange import exchange; exchange()"


class SmartApiExchange:
    """A running exchange. `line` is its first line; `rest`, `stream`, `orders`, `control`, `client_code`, `pin`,
    `totp_secret`, `api_key`, `now` are its values as attributes.
    """

    def __init__(self, *words: str) -> None:
        """Start `tezi exchange` with these further words. RuntimeError when it does not start within START_LIMIT_S."""
        self.process = subprocess.Popen(  # noqa: S603  our own interpreter and code
            [sys.executable, "-P", "-c", _CODE, "--end-with-stdin", "--limits", "off", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        first = self._first_line()
        self.line: dict[str, Any] = json.loads(first)

    def _first_line(self) -> bytes:
        """Killed when its time is over, which ends the wait for its line where pipes cannot be polled, too."""
        assert self.process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(START_LIMIT_S, end)
        timer.start()
        try:
            first = self.process.stdout.readline()
        finally:
            timer.cancel()
        if first.endswith(b"\n") and not late.is_set():
            return first
        self.process.communicate()
        if late.is_set():
            raise RuntimeError(f"the practice exchange did not start within {START_LIMIT_S:g} s")
        raise RuntimeError(f"the practice exchange ended at once (exit {self.process.returncode})")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["line"][name]
        except KeyError:
            raise AttributeError(name) from None

    def totp(self) -> str:
        """The six digits of now."""
        import pyotp

        return pyotp.TOTP(self.totp_secret).now()

    def state(self) -> dict[str, Any]:
        """The truth: orders, trades, positions, and every request received."""
        found: dict[str, Any] = self._call("/state")
        return found

    def fault(self, name: str, **fields: Any) -> None:
        """Make something go wrong: a name of the fault catalogue and its fields."""
        self._call("/faults", {"add": {"name": name, **fields}})

    def clear_faults(self) -> None:
        self._call("/faults", {"clear": True})

    def advance(self, seconds: float) -> str:
        """Move market time ahead; gives the new time."""
        return str(self._call("/clock", {"advance_s": seconds})["now"])

    def place_from_phone(self, **body: Any) -> dict[str, str]:
        """An order of the same account from elsewhere: a placeOrder body."""
        placed: dict[str, str] = self._call("/external-order", body)
        return placed

    def stop(self) -> None:
        """End it and wait for that; it ends by itself too when this process does."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.control + path, data, timeout=30) as answer:  # noqa: S310  our own loopback URL
            return json.load(answer)


@pytest.fixture
def smartapi_exchange_options() -> tuple[str, ...]:
    """Override to start it with other words, for instance `("--seed", "3", "--scenario", "flash-crash")`."""
    return ()


@pytest.fixture
def smartapi_exchange(smartapi_exchange_options: tuple[str, ...]) -> Iterator[SmartApiExchange]:
    """A fresh practice exchange for one test, on free loopback ports."""
    exchange = SmartApiExchange(*smartapi_exchange_options)
    try:
        yield exchange
    finally:
        exchange.stop()
