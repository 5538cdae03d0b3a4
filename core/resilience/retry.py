"""The one layer that asks again, for reads alone. Nothing that changes anything may come through here."""

import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.clock import NS_PER_S, Clock
from core.outcome import Failed, FailedBy, Read

T = TypeVar("T")

ATTEMPTS_MAX = 3
BASE_S, CAP_S = 0.25, 2.0
BUDGET_NS = 6 * NS_PER_S
MEMORY_NS = 60 * NS_PER_S
FREE_RETRIES = 3
"""Retries a minute that need no calls to pay for them: a tenth of the first call is none."""


class Retries:
    """Retries of all reads together: at most a tenth of the calls of the last 60 s, so that a failing service is not
    met with more load than a healthy one."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._random = rng
        self._calls: deque[int] = deque(maxlen=10_000)
        self._retries: deque[int] = deque(maxlen=1_000)

    async def read(self, call: Callable[[float], Awaitable[Read[T]]]) -> Read[T]:
        """The answer of `call(seconds left)`, asked at most three times within 6 s.

        Only a service failure is asked again; every other answer is final. Waits are drawn from 0 to a ceiling that
        doubles from 0.25 s to 2 s (full jitter).
        """
        end_ns = self._clock.mono_ns() + BUDGET_NS
        self._calls.append(self._clock.mono_ns())
        answer = await call(BUDGET_NS / NS_PER_S)
        for attempt in range(1, ATTEMPTS_MAX):
            if not (isinstance(answer, Failed) and answer.by is FailedBy.SERVICE):
                return answer
            wait_s = self._random.uniform(0, min(CAP_S, BASE_S * 2 ** (attempt - 1)))
            if self._clock.mono_ns() + wait_s * NS_PER_S >= end_ns or not self._may_retry():
                return answer
            await self._clock.sleep(wait_s)
            left_ns = end_ns - self._clock.mono_ns()
            if left_ns <= 0:
                return answer
            answer = await call(left_ns / NS_PER_S)
        return answer

    def _may_retry(self) -> bool:
        now_ns = self._clock.mono_ns()
        for stamps in (self._calls, self._retries):
            while stamps and stamps[0] <= now_ns - MEMORY_NS:
                stamps.popleft()
        if len(self._retries) >= max(FREE_RETRIES, len(self._calls) // 10):
            return False
        self._retries.append(now_ns)
        return True
