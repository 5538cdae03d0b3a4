"""A small value that must reach the store: written again until it has."""

from collections.abc import Awaitable, Callable

from core.clock import Clock
from core.errors import StoreFailed
from core.supervise import Supervisor

RETRY_S = 0.5
Save = Callable[[str, str], Awaitable[None]]


class Lasting:
    """`put(value)` at any time; the last one wins. `failing(why)` is told once for each row of failures.

    `save(key, value)` is durable when it returns and raises StoreFailed.
    """

    def __init__(
        self, key: str, save: Save, clock: Clock, supervisor: Supervisor, failing: Callable[[str], None]
    ) -> None:
        self._key = key
        self._save = save
        self._clock = clock
        self._supervisor = supervisor
        self._failing = failing
        self._value = ""
        self._wanted = self._stored = 0
        self._busy = False

    @property
    def stored(self) -> bool:
        """Whether the store holds the last value that was put."""
        return self._stored == self._wanted

    def put(self, value: str) -> None:
        self._value = value
        self._wanted += 1
        if not self._busy:
            self._busy = True
            self._supervisor.once(f"store {self._key}", self._write())

    async def _write(self) -> None:
        said = False
        try:
            while not self.stored:
                wanted = self._wanted
                try:
                    await self._save(self._key, self._value)
                    self._stored, said = wanted, False
                except StoreFailed as e:
                    if not said:
                        self._failing(f"{e}")
                    said = True
                    await self._clock.sleep(RETRY_S)
        finally:
            self._busy = False
