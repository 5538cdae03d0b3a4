"""Structured logs into one rotating JSON file, redacted, never to the screen's stdout or stderr.

Whoever logs makes the finished, redacted line; a thread writes it, so that a slow disk never stalls the loop. What
waits is written before the process ends; a killed process loses what still waited.

structlog is imported by `setup`, not with this module: it costs 0.15 s and brings rich, which headless code must not.
"""

import atexit
import io
import json
import logging
import os
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue
from typing import TYPE_CHECKING, Any, Literal

from core.errors import UserError
from core.telemetry.redact import redact_fields, redact_live, register_secret
from core.text import plain

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

__all__ = ["Level", "Log", "logger", "register_secret", "setup"]

Level = Literal["debug", "info", "warning", "error"]
FILE_BYTES = 2 * 1024 * 1024
FILES = 5
WAITING_MAX = 10_000
"""Lines that may wait for the disk; what comes beyond is left out, and a line says how many."""
VALUE_MAX = 4_000
TRACE_LINES_MAX = 200
_ROOT = "tezi"
_ready = False
_writing: "_Writing | None" = None


class Log:
    """Writes events with named values: `log.info("order sent", tag=tag, ms=12)`. Silent before `setup`."""

    def __init__(self, name: str) -> None:
        self._name = f"{_ROOT}.{name}"

    def debug(self, event: str, **values: object) -> None:
        self._write("debug", event, values)

    def info(self, event: str, **values: object) -> None:
        self._write("info", event, values)

    def warning(self, event: str, **values: object) -> None:
        self._write("warning", event, values)

    def error(self, event: str, **values: object) -> None:
        """Also with `exc_info=error`, for the traceback (never with local variables)."""
        self._write("error", event, values)

    def _write(self, level: Level, event: str, values: dict[str, object]) -> None:
        if _ready:
            import structlog

            getattr(structlog.get_logger(self._name), level)(event, **values)


def logger(name: str) -> Log:
    """The log of one part, by its name."""
    return Log(name)


def setup(path: Path, level: Level) -> None:
    """Send every log of the process to `path` (five files of 2 MiB at most, 0600); other libraries from warning on.

    Raises UserError when the file cannot be opened. A disk that fills or stalls later costs log lines, nothing else.
    """
    global _ready
    import structlog

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _PrivateFile(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
    except OSError as e:
        raise UserError(f"{path}: the log cannot be opened ({e}). Give a writable folder with --home.") from e
    shared: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _safe,
        structlog.processors.JSONRenderer(),
    ]
    handler = _Waiting(Queue(WAITING_MAX))
    handler.setFormatter(_Redacted(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=ending)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    _install(handler, file, level)
    _ready = True


def _install(handler: "_Waiting", file: logging.Handler, level: Level) -> None:
    global _writing
    _finish()
    _writing = _Writing(handler, file)
    _writing.start()
    atexit.register(_finish)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(_ROOT).setLevel(level.upper())
    logging.raiseExceptions = False  # a failing handler would print a traceback over the screen
    logging.captureWarnings(True)


def _finish() -> None:
    """Write what waits, and end the thread."""
    global _writing
    if _writing is not None:
        _writing.finish()
    _writing = None


class _Waiting(QueueHandler):
    """Puts finished lines where the writing thread takes them; never waits."""

    queue: Queue[logging.LogRecord]

    def __init__(self, lines: Queue[logging.LogRecord]) -> None:
        super().__init__(lines)
        self._left_out = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Called under the handler's lock."""
        try:
            for told in self.own_up():
                self.queue.put_nowait(told)
                self._left_out = 0
            self.queue.put_nowait(record)
        except Full:
            self._left_out += 1

    def own_up(self) -> list[logging.LogRecord]:
        """The line that says how many were left out, when any were."""
        if not self._left_out:
            return []
        told = {"event": "log lines left out", "count": self._left_out, "level": "warning"}
        return [logging.makeLogRecord({"msg": json.dumps(told)})]


class _Writing(QueueListener):
    """The thread that writes; it is the one that waits for the disk."""

    def __init__(self, waiting: _Waiting, file: logging.Handler) -> None:
        super().__init__(waiting.queue, file)
        self._waiting = waiting
        self._file = file

    def enqueue_sentinel(self) -> None:
        """As many as wait are written first, however long that takes."""
        for told in self._waiting.own_up():
            self._waiting.queue.put(told)
        self._waiting.queue.join()
        super().enqueue_sentinel()

    def finish(self) -> None:
        self.stop()
        self._file.close()


class _PrivateFile(RotatingFileHandler):
    """Files that only their owner may read."""

    def _open(self) -> io.TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_APPEND | os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        return open(handle, "a", encoding="utf-8")  # noqa: PTH123  a descriptor, not a path


class _Redacted(logging.Formatter):
    """The last hand on a line: a live secret that came by a way nobody thought of does not reach the file."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact_live(self._inner.format(record))


def _safe(_logger: Any, _method: str, event: "EventDict") -> "EventDict":
    hidden = redact_fields(event)
    assert isinstance(hidden, dict)
    for name, value in hidden.items():
        if isinstance(value, str) and name != "exception":
            hidden[name] = plain(value, VALUE_MAX)
        elif name == "exception":
            hidden[name] = "\n".join(plain(line, VALUE_MAX) for line in str(value).splitlines()[-TRACE_LINES_MAX:])
    return hidden
