"""Each service of the broker fails alone: its circuit opens, others go on, and it is tested until it is well."""

import asyncio
import random
from collections.abc import Callable

from core.brokers.circuits import AUTH, HISTORY, MARKET, OF_ROUTE, PORTFOLIO, Circuits
from core.clock import ManualClock
from core.facts import CircuitState
from core.outcome import Failed, FailedBy, Ok, Read

DOWN = Failed(FailedBy.SERVICE, "HTTP 503")


class Rig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.circuits = Circuits(self.clock, random.Random(2))
        self.asked = 0
        self.answer: Read[int] = Ok(1)

    async def read(self, route: str) -> Read[int]:
        async def call() -> Read[int]:
            self.asked += 1
            return self.answer

        return await self._run(lambda: self.circuits.read(route, call))

    async def login(self) -> Read[int]:
        async def call() -> Read[int]:
            return self.answer

        return await self._run(lambda: self.circuits.login(call))

    async def _run(self, work: Callable[[], object]) -> Read[int]:
        task = asyncio.ensure_future(work())  # type: ignore[arg-type]
        while not task.done():
            await asyncio.sleep(0)
            self.clock.move(0.05)
        return task.result()

    def state(self, name: str) -> CircuitState:
        return next(s.state for s in self.circuits.statuses() if s.name == name)


async def test_a_failing_service_opens_its_own_circuit_only() -> None:
    rig = Rig()
    rig.answer = DOWN
    for _ in range(6):
        await rig.read("api.position")
    assert rig.state(PORTFOLIO) is CircuitState.OPEN
    asked = rig.asked
    refused = await rig.read("api.rms.limit")
    assert isinstance(refused, Failed) and refused.by is FailedBy.LOCAL and "next try in" in refused.why
    assert rig.asked == asked, "an open circuit asks nothing"
    rig.answer = Ok(1)
    assert await rig.read("api.market.data") == Ok(1)
    assert {rig.state(n) for n in (MARKET, HISTORY, AUTH)} == {CircuitState.CLOSED}


async def test_probes_close_it_again() -> None:
    rig = Rig()
    rig.answer = DOWN
    while rig.state(HISTORY) is not CircuitState.OPEN:
        await rig.read("api.candle.data")
    rig.answer = Ok(1)
    for _ in range(200):
        rig.clock.move(0.5)
        if HISTORY in rig.circuits.due():
            await rig.read("api.candle.data")
    assert rig.state(HISTORY) is CircuitState.CLOSED


async def test_a_rate_refusal_opens_nothing_and_rests_its_route() -> None:
    rig = Rig()
    rig.answer = Failed(FailedBy.RATE, "too many")
    for _ in range(20):
        await rig.read("api.position")
    assert rig.asked == 1 and rig.state(PORTFOLIO) is CircuitState.CLOSED
    rig.answer = Ok(1)
    assert await rig.read("api.rms.limit") == Ok(1)


async def test_only_service_failures_count() -> None:
    rig = Rig()
    for by in (FailedBy.AUTH, FailedBy.BUSINESS, FailedBy.LOCAL):
        rig.answer = Failed(by, "no")
        for _ in range(10):
            await rig.read("api.position")
    assert rig.state(PORTFOLIO) is CircuitState.CLOSED


async def test_a_failing_read_is_asked_again_but_a_login_is_not() -> None:
    rig = Rig()
    rig.answer = DOWN
    await rig.read("api.position")
    assert rig.asked == 3
    for _ in range(5):
        await rig.login()
    assert rig.state(AUTH) is CircuitState.OPEN
    rig.clock.move(61)
    rig.answer = Ok(1)
    assert await rig.login() == Ok(1)
    assert rig.state(AUTH) is CircuitState.CLOSED


def test_no_route_of_the_order_service_is_counted_here() -> None:
    assert not any("order" in route for route in OF_ROUTE)


async def test_by_hand_open_and_given_back() -> None:
    rig = Rig()
    rig.circuits.force(MARKET, True)
    assert isinstance(await rig.read("api.ltp.data"), Failed) and rig.asked == 0
    rig.circuits.force(MARKET, False)
    assert await rig.read("api.ltp.data") == Ok(1)
