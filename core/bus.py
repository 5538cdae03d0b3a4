"""Facts to whoever asked for them: synchronous, in order, by class. A handler's error is reported and stops nobody."""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from core.facts import EngineFault

F = TypeVar("F")


class Bus:
    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any], None]]] = {}
        self._publishing: set[type] = set()

    def on(self, fact: type[F], handler: Callable[[F], None]) -> None:
        """Call `handler` with every later fact of this class, in the order of registration."""
        self._handlers.setdefault(fact, []).append(handler)

    def publish(self, fact: object) -> None:
        """Deliver now. Publishing a fact from inside a handler of the same class is a programming error."""
        kind = type(fact)
        assert kind not in self._publishing, f"{kind.__name__} published from its own handler"
        self._publishing.add(kind)
        try:
            for handler in self._handlers.get(kind, ()):
                try:
                    handler(fact)
                except Exception as e:  # noqa: BLE001  border: one broken listener must not silence the others
                    self._report(kind, f"{type(e).__name__}: {e}")
        finally:
            self._publishing.discard(kind)

    def _report(self, kind: type, error: str) -> None:
        if kind is not EngineFault:
            with contextlib.suppress(AssertionError):
                self.publish(EngineFault(f"handler of {kind.__name__}", error))
