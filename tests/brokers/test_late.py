"""Answers after the deadline: read on as evidence, told once, and never a reason to send anything again."""

import asyncio

from core.brokers.transport import Failure, Late, Phase, Reply, Transport
from core.clock import SystemClock
from tests.brokers.rest import Wire, fake_rest, ok, silence
from tests.waiting import until

_BODY = b"{}"


class Told:
    def __init__(self, for_s: float = 5.0) -> None:
        self.results: list[Reply | Failure] = []
        self.late = Late(for_s, self.results.append)


async def _post(transport: Transport, told: Told, deadline_s: float = 0.1) -> Reply | Failure:
    return await transport.request(
        "POST", "/x", {}, _BODY, deadline_s=deadline_s, still_valid=lambda: True, late=told.late
    )


async def test_an_answer_after_the_deadline_is_told_once_and_the_connection_is_used_again() -> None:
    gate = asyncio.Event()

    async def slow(wire: Wire) -> None:
        await gate.wait()
        await wire.send(ok([1]))

    told = Told()
    async with fake_rest(lambda _: slow) as fake:
        transport = Transport(fake.url, SystemClock())
        first = await _post(transport, told)
        assert isinstance(first, Failure) and first.phase is Phase.RECEIVE and first.bytes_sent > 0
        assert told.results == []

        gate.set()
        await until(lambda: bool(told.results))
        assert isinstance(told.results[0], Reply) and b"SUCCESS" in told.results[0].body
        assert isinstance(await _post(transport, told, 5.0), Reply)
        assert (len(told.results), len(fake.requests), fake.connections) == (1, 2, 1)
        await transport.aclose()


async def test_silence_tells_nothing_and_ends_the_connection() -> None:
    gone = asyncio.Event()

    async def note(wire: Wire) -> None:
        await silence(wire)
        gone.set()

    told = Told(0.1)
    async with fake_rest(lambda _: note) as fake:
        transport = Transport(fake.url, SystemClock())
        await _post(transport, told)
        await asyncio.wait_for(gone.wait(), 10)
        assert told.results == [] and len(fake.requests) == 1
        await transport.aclose()


async def test_a_late_wait_holds_no_slot_that_another_order_needs() -> None:
    told = Told(30)
    async with fake_rest(lambda r: silence if r.connection <= 2 else ok(None)) as fake:
        transport = Transport(fake.url, SystemClock(), connections_max=2)
        await asyncio.gather(_post(transport, told), _post(transport, told))
        assert isinstance(await _post(transport, told, 5.0), Reply)
        await transport.aclose()


async def test_closing_ends_late_waits() -> None:
    told = Told(30)
    async with fake_rest(lambda _: silence) as fake:
        transport = Transport(fake.url, SystemClock())
        await _post(transport, told)
        await transport.aclose()
        await until(lambda: not [t for t in asyncio.all_tasks() if t.get_name() in ("late answer", "exchange")])
        assert told.results == []


async def test_a_request_of_which_nothing_left_is_given_up_at_the_deadline() -> None:
    """It must not go out later: who asked was told that nothing left."""
    told = Told(30)
    async with fake_rest(lambda _: silence) as fake:
        transport = Transport(fake.url, SystemClock(), connections_max=1)
        waiting = asyncio.ensure_future(_post(transport, told, 5.0))
        await until(lambda: len(fake.requests) == 1)
        second = await _post(transport, told, 0.1)

        assert isinstance(second, Failure) and (second.phase, second.bytes_sent) == (Phase.CONNECT, 0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await until(lambda: not [t for t in asyncio.all_tasks() if t.get_name() == "exchange"])
        assert len(fake.requests) == 1
        await transport.aclose()
