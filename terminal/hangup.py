"""A terminal that goes away: a closed window, a dropped line. The loop must never wait for a screen nobody has.

Textual writes in a thread of its own; when a write fails there the thread dies, the queue in front of it fills, and the
loop stands still for ever (textual 8.2, drivers/_writer_thread.py). So no write may fail: the first that would ends the
program in good order instead.
"""

from collections.abc import Callable
from typing import IO, Any

from textual.driver import Driver


class TerminalFile:
    """Stands before the terminal's file: a write that fails is dropped, and `on_gone` is told once, from any thread."""

    def __init__(self, file: IO[str], on_gone: Callable[[], None]) -> None:
        self._file = file
        self._on_gone = on_gone
        self._gone = False

    def write(self, text: str) -> int:
        return self._guarded(self._file.write, text) or 0

    def flush(self) -> None:
        self._guarded(self._file.flush)

    def _guarded(self, call: Callable[..., Any], *arguments: str) -> Any:
        if self._gone:
            return None
        try:
            return call(*arguments)
        except (OSError, ValueError):
            self._gone = True
            self._on_gone()
            return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def surviving(base: type[Driver], on_gone: Callable[[], None]) -> type[Driver]:
    """The same driver on a guarded file."""

    class Surviving(base):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            file = self.__dict__.get("_file")  # a driver without a terminal has none
            if file is not None:
                self.__dict__["_file"] = TerminalFile(file, on_gone)

    return Surviving
