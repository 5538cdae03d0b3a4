"""The login, kept: tries until it holds, again when told that it does not."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from core.clock import Clock
from core.outcome import Failed, Read
from core.supervise import Wake

WAIT_MIN_S = 1.0
WAIT_MAX_S = 15.0
HOLD_S = 3600.0


class Login(Protocol):
    async def login(self) -> Read[str]: ...


class SessionKeeper:
    """`on_login(account)` and `on_failure(times, why, wait_s)` tell the owner how it stands."""

    def __init__(
        self,
        clock: Clock,
        broker: Login,
        random: Random,
        on_login: Callable[[str], None],
        on_failure: Callable[[int, str, float], None],
    ) -> None:
        self._broker = broker
        self._random = random
        self._on_login = on_login
        self._on_failure = on_failure
        self._wake = Wake(clock)
        self._wanted = True
        self.account = ""

    def again(self) -> None:
        """The session is no longer good: log in anew."""
        self._wanted = True
        self._wake.set()

    async def run(self) -> None:
        failures = 0
        while True:
            if not self._wanted:
                await self._wake.wait(HOLD_S)
                continue
            self._wanted = False
            answer = await self._broker.login()
            if isinstance(answer, Failed):
                failures += 1
                wait_s = self._random.uniform(0.5, 1.0) * min(WAIT_MAX_S, WAIT_MIN_S * 2**failures)
                self._wanted = True
                self._on_failure(failures, answer.why, wait_s)
                await self._wake.wait(wait_s)
                continue
            failures = 0
            self.account = answer.value
            self._on_login(answer.value)
