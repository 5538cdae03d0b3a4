"""The practice exchange as a real process, for tests of every room."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.egress import CHILD_PATH

ROOT = Path(__file__).parent.parent
START_LIMIT_S = 20.0
_CODE = "from terminal.commands.exchange import exchange; exchange()"


class ExchangeProcess:
    """Starts `tezi exchange` on free ports and reads its first line; a context manager that always ends it.

    `args` are further command-line words. `state` None keeps everything in memory. `before` is code that runs first in
    the process, for limits that no option reaches.
    """

    rest: str
    stream: str
    orders: str
    control: str
    client_code: str
    pin: str
    totp_secret: str
    api_key: str
    now: str

    def __init__(self, state: Path | None = None, *args: str, before: str = "") -> None:
        words = [*(["--state", str(state)] if state is not None else []), *args]
        env = {**os.environ, "PYTHONPATH": CHILD_PATH}
        started = time.monotonic()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed in _reap
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", before + _CODE, "--end-with-stdin", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=env,
        )
        try:
            self.line: dict[str, str] = json.loads(self._first_line())
        except BaseException:
            self.kill()
            raise
        self.start_s = time.monotonic() - started
        for name, value in self.line.items():
            setattr(self, name, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def truth(self) -> dict[str, Any]:
        """GET /state of the control door."""
        found: dict[str, Any] = self.call("/state")
        return found

    def fault(self, **fields: Any) -> dict[str, Any]:
        """Set one fault; gives the faults that are set."""
        found: dict[str, Any] = self.call("/faults", {"add": fields})
        return found

    def clear_faults(self) -> None:
        self.call("/faults", {"clear": True})

    def advance(self, seconds: float) -> str:
        """Move market time ahead; gives the new time."""
        return str(self.call("/clock", {"advance_s": seconds})["now"])

    def external_order(self, **body: Any) -> dict[str, str]:
        """Place an order as if from the phone."""
        found: dict[str, str] = self.call("/external-order", body)
        return found

    def call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def errors(self) -> str:
        """What it wrote to stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self._reap()

    def stop(self) -> int:
        """SIGTERM, and kill -9 if that does not end it within 5 s; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()
        return self.process.returncode

    def _reap(self) -> None:
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout, self._errors):
            if pipe is not None:
                pipe.close()

    def _first_line(self) -> bytes:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_LIMIT_S)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.process.kill()
            raise RuntimeError(f"the exchange did not start: {self.errors()[-2000:]}")
        return line
