"""The practice exchange as a child process: started, waited for, and never left behind."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from core.clock import Clock
from core.errors import UserError
from core.supervise import Supervisor
from core.text import plain

START_S = 20.0
STOP_S = 3.0
LOG_BYTES = 1024 * 1024
LINE_BYTES = 64 * 1024


class ExchangeAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The first line that an exchange prints: its URLs, the practice account's login, its time (ISO 8601).

    `run` counts the account's fresh beginnings; orders of two runs have nothing to do with each other.
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
    run: int = 1

    def __repr__(self) -> str:
        return f"ExchangeAddress(rest={self.rest!r})"


def parse_address(line: bytes, origin: str) -> ExchangeAddress:
    """The address in a line of JSON; `origin` is used in messages. Raises UserError."""
    try:
        return msgspec.json.decode(line, type=ExchangeAddress)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise UserError(
            f"{origin}: not the first line of an exchange ({plain(e)}). Start one with: tezi exchange"
        ) from e


def read_address(path: Path) -> ExchangeAddress:
    """The address of an exchange that was started by hand, from a file holding its output. Raises UserError."""
    try:
        with path.open("rb") as file:
            line = file.readline(LINE_BYTES)
    except OSError as e:
        raise UserError(f"--attach {path}: cannot be read ({e.strerror}). Write the exchange's output there.") from e
    return parse_address(line, f"--attach {path}")


class ExchangeChild:
    """One exchange process. It ends when its stdin closes, which also happens when this process is killed.

    `args` go to `tezi exchange`; `command` replaces the whole command (tests). Its stderr is appended to
    `<home>/logs/exchange.log`; of an earlier log over 1 MiB one generation is kept.
    """

    def __init__(self, home: Path, args: Sequence[str], clock: Clock, command: Sequence[str] | None = None) -> None:
        own = [sys.executable, "-P", "-m", "terminal", "exchange", "--end-with-stdin"]
        self._command = list(command) if command is not None else [*own, *args]
        self._log = home / "logs" / "exchange.log"
        self._log_start = 0
        self._tasks = Supervisor(clock, lambda name, error: None)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None before the start."""
        return self._process.pid if self._process is not None else None

    async def start(self, limit_s: float = START_S) -> ExchangeAddress:
        """Start it and give its address. Raises UserError when it ends, says something else, or says nothing in time.

        After any failure (and after cancellation) the process is gone.
        """
        try:
            self._process = await self._launch()
            try:
                async with asyncio.timeout(limit_s):
                    line = await self._first_line(self._process)
            finally:
                self._tasks.once("exchange-stdout", self._drain(self._process))
            return parse_address(line, "practice exchange")
        except TimeoutError as e:
            await self.stop(now=True)
            raise UserError(
                f"practice exchange: no answer within {limit_s:g} s{self._last_words()} Try again; see {self._log}"
            ) from e
        except BaseException:
            await self.stop(now=True)
            raise

    async def wait_end(self) -> int:
        """Wait until the process has ended; gives its exit code (negative: the signal)."""
        assert self._process is not None, "wait_end before start"
        return await self._process.wait()

    async def stop(self, *, now: bool = False) -> None:
        """End the process: close its stdin and wait 3 s, then terminate, then kill. `now` starts with the kill."""
        process = self._process
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.close()
            for step, limit_s in ((None, STOP_S), (process.terminate, STOP_S)):
                if process.returncode is not None or now:
                    break
                if step is not None:
                    step()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), limit_s)
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        with contextlib.suppress(TimeoutError):  # a grandchild may hold the pipe for longer
            await asyncio.wait_for(process.wait(), STOP_S)
        await self._tasks.stop()

    async def _launch(self) -> asyncio.subprocess.Process:
        try:
            with self._open_log() as log:
                return await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    limit=LINE_BYTES,
                    env=dict(os.environ),
                    start_new_session=True,  # Ctrl+C in the terminal is ours to handle; the child follows its stdin
                )
        except OSError as e:
            raise UserError(f"practice exchange: cannot be started ({e}). Give a writable folder with --home.") from e

    def _open_log(self) -> "contextlib.AbstractContextManager[int]":
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        handle = os.open(self._log, os.O_APPEND | os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._log_start = os.fstat(handle).st_size
        return _closing(handle)

    async def _first_line(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None
        try:
            line = await process.stdout.readline()
        except ValueError as e:
            raise UserError(f"practice exchange: its first line was over {LINE_BYTES} bytes. See {self._log}") from e
        if not line:
            code = await process.wait()
            raise UserError(f"practice exchange: ended at once (exit {code}){self._last_words()} See {self._log}")
        return line

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        """Read on, so that a child that prints never blocks."""
        assert process.stdout is not None
        while await process.stdout.read(LINE_BYTES):
            pass

    def _last_words(self) -> str:
        """The last line that the child wrote to stderr, made safe, ready to be put into a sentence."""
        with contextlib.suppress(OSError), self._log.open("rb") as file:
            file.seek(max(self._log_start, self._log.stat().st_size - 4_096))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
            if lines:
                return f": {plain(lines[-1]).strip().rstrip('.')}."
        return "."


@contextlib.contextmanager
def _closing(handle: int) -> Iterator[int]:
    try:
        yield handle
    finally:
        os.close(handle)
