"""Reads are asked again with patience and a budget; everything else is final."""

import asyncio
import random

import pytest

from core.clock import ManualClock
from core.outcome import Failed, FailedBy, Ok, Read
from core.resilience.retry import FREE_RETRIES, Retries

DOWN = Failed(FailedBy.SERVICE, "no answer")


class Service:
    """Answers from a list (the last one for ever); each answer takes `takes_s`."""

    def __init__(self, clock: ManualClock, answers: list[Read[int]], takes_s: float = 0.0) -> None:
        self.clock, self.answers, self.takes_s = clock, answers, takes_s
        self.asked_s: list[float] = []

    async def __call__(self, left_s: float) -> Read[int]:
        self.asked_s.append(left_s)
        await self.clock.sleep(self.takes_s)
        return self.answers[min(len(self.asked_s), len(self.answers)) - 1]


async def run(clock: ManualClock, retries: Retries, service: Service) -> Read[int]:
    task = asyncio.create_task(retries.read(service))
    async with asyncio.timeout(5):
        while not task.done():
            await asyncio.sleep(0)
            clock.move(0.05)
    return task.result()


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([Ok(1)], 1),
        ([DOWN, Ok(1)], 2),
        ([DOWN, DOWN, Ok(1)], 3),
        ([DOWN], 3),
        ([Failed(FailedBy.AUTH, "login")], 1),
        ([Failed(FailedBy.RATE, "too fast")], 1),
        ([Failed(FailedBy.BUSINESS, "no such")], 1),
        ([Failed(FailedBy.LOCAL, "circuit open")], 1),
        ([DOWN, Failed(FailedBy.AUTH, "login"), Ok(1)], 2),
    ],
)
async def test_only_a_service_failure_is_asked_again_and_three_times_at_most(answers, asked: int) -> None:
    clock = ManualClock()
    service = Service(clock, answers)
    answer = await run(clock, Retries(clock, random.Random(1)), service)

    assert len(service.asked_s) == asked
    assert answer == answers[min(asked, len(answers)) - 1]


async def test_all_attempts_fit_into_six_seconds_and_each_is_told_what_is_left() -> None:
    clock = ManualClock()
    service = Service(clock, [DOWN], takes_s=3.5)
    started_ns = clock.mono_ns()
    await run(clock, Retries(clock, random.Random(1)), service)

    assert len(service.asked_s) == 2
    assert service.asked_s[0] == 6.0
    assert 0 < service.asked_s[1] <= 2.5
    assert clock.mono_ns() - started_ns < 8e9


async def test_a_failing_service_gets_a_tenth_more_calls_and_no_storm() -> None:
    clock = ManualClock()
    retries = Retries(clock, random.Random(1))
    service = Service(clock, [DOWN])
    for _ in range(10):
        await run(clock, retries, service)
    assert len(service.asked_s) == 10 + FREE_RETRIES

    clock.move(61)
    await run(clock, retries, service)
    assert len(service.asked_s) == 10 + FREE_RETRIES + 3
