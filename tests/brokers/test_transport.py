"""The REST seam: one request, one reply or a typed failure, and an honest count of what left."""

import asyncio
import gc

import pytest

from core.brokers.transport import BODY_MAX, Failure, Phase, Reply, Transport
from core.clock import ManualClock, SystemClock
from core.links.addresses import refusal
from tests.brokers.rest import Request, Wire, fake_rest, ok, reply, silence
from tests.waiting import until

_BODY = b'{"a":"b"}'


async def _post(transport: Transport, deadline_s: float = 2.0, valid: list[bool] | None = None) -> Reply | Failure:
    answers = iter(valid or [])
    return await transport.request(
        "POST", "/x", {"Accept": "*/*"}, _BODY, deadline_s=deadline_s, still_valid=lambda: next(answers, True)
    )


async def _get(transport: Transport, deadline_s: float = 2.0) -> Reply | Failure:
    return await transport.request("GET", "/x", {}, None, deadline_s=deadline_s)


async def test_a_whole_answer_comes_back_and_the_connection_is_used_again() -> None:
    async with fake_rest(lambda _: ok([1])) as fake:
        transport = Transport(fake.url, SystemClock())

        first, second = await _post(transport), await _get(transport)

        assert isinstance(first, Reply) and isinstance(second, Reply)
        assert (first.status, b"SUCCESS" in first.body) == (200, True)
        assert fake.connections == 1
        assert [(r.method, r.body) for r in fake.requests] == [("POST", _BODY), ("GET", b"")]
        await transport.aclose()


async def test_an_order_does_not_go_out_on_a_connection_that_was_idle_for_long() -> None:
    clock = ManualClock()
    async with fake_rest(lambda _: ok(None)) as fake:
        transport = Transport(fake.url, clock)
        await _post(transport)
        clock.move(2.9)
        await _post(transport)
        assert fake.connections == 1

        clock.move(3.1)
        await _post(transport)

        assert fake.connections == 2
        await transport.aclose()


async def test_a_connection_closed_by_the_server_is_not_used_again() -> None:
    async def answer_and_close(wire: Wire) -> None:
        await wire.send(ok(None))
        wire.writer.close()

    async with fake_rest(lambda _: answer_and_close) as fake:
        transport = Transport(fake.url, SystemClock())
        for _ in range(3):
            assert isinstance(await _post(transport), Reply)
            await asyncio.sleep(0)

        assert len(fake.requests) == 3
        await transport.aclose()


async def test_nothing_listens_proves_that_nothing_left() -> None:
    async with fake_rest(lambda _: ok(None)) as fake:
        url = fake.url
    transport = Transport(url, SystemClock())

    result = await _post(transport)

    assert isinstance(result, Failure)
    assert (result.phase, result.bytes_sent) == (Phase.CONNECT, 0)


@pytest.mark.parametrize("cut", [0, 1, 20, 60])
async def test_a_reset_after_the_request_is_a_receive_failure_with_bytes_sent(cut: int) -> None:
    async def half(wire: Wire) -> None:
        if cut:
            await wire.send(ok({"orderid": "1"})[:cut])
        wire.reset()

    async with fake_rest(lambda _: half) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await _post(transport)

        assert isinstance(result, Failure)
        assert result.phase is Phase.RECEIVE and result.bytes_sent > len(_BODY)
        assert len(fake.requests) == 1
        await transport.aclose()


async def test_a_half_answer_is_no_answer() -> None:
    async def half(wire: Wire) -> None:
        await wire.send(ok({"orderid": "1"})[:-3])
        wire.writer.close()

    async with fake_rest(lambda _: half) as fake:
        transport = Transport(fake.url, SystemClock())

        assert isinstance(await _post(transport), Failure)
        await transport.aclose()


async def test_silence_ends_at_the_deadline_and_the_connection_is_not_kept() -> None:
    answers = iter([silence, ok(None)])
    async with fake_rest(lambda _: next(answers)) as fake:
        transport = Transport(fake.url, SystemClock())

        late = await _post(transport, deadline_s=0.15)

        assert isinstance(late, Failure) and late.phase is Phase.RECEIVE and late.bytes_sent
        assert isinstance(await _post(transport), Reply)
        assert fake.connections == 2
        await transport.aclose()


async def test_one_byte_at_a_time_does_not_outlive_the_deadline() -> None:
    async def drip(wire: Wire) -> None:
        for byte in ok(None):
            await wire.send(bytes([byte]))
            await asyncio.sleep(0.02)

    async with fake_rest(lambda _: drip) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await _post(transport, deadline_s=0.2)

        assert isinstance(result, Failure) and result.phase is Phase.RECEIVE
        await transport.aclose()


async def test_withdrawn_before_the_headers_nothing_leaves() -> None:
    async with fake_rest(lambda _: ok(None)) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await _post(transport, valid=[False])

        assert result == Failure(Phase.STOPPED, 0, "no longer allowed when it was about to leave")
        assert fake.requests == []
        await transport.aclose()


async def test_withdrawn_between_headers_and_body_no_whole_request_leaves() -> None:
    async with fake_rest(lambda _: ok(None)) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await _post(transport, valid=[True, False])

        assert isinstance(result, Failure)
        assert result.phase is Phase.STOPPED and result.bytes_sent > 0
        assert isinstance(await _post(transport), Reply)
        assert len(fake.requests) == 1
        await transport.aclose()


async def test_a_cancelled_call_ends_its_connection() -> None:
    gone = asyncio.Event()

    async def wait(wire: Wire) -> None:
        await wire.reader.read()
        gone.set()

    async with fake_rest(lambda _: wait) as fake:
        transport = Transport(fake.url, SystemClock())
        task = asyncio.get_running_loop().create_task(_post(transport))
        await until(lambda: fake.requests)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(2):
            await gone.wait()
        await transport.aclose()


async def test_cancelling_many_calls_leaves_room_for_the_next() -> None:
    """The library's own pool could fill up with slots of cancelled requests until every call hangs."""
    quiet = [True]
    async with fake_rest(lambda _: silence if quiet[0] else ok(None)) as fake:
        transport = Transport(fake.url, SystemClock(), connections_max=2)
        tasks = [asyncio.get_running_loop().create_task(_post(transport, 5.0)) for _ in range(12)]
        await until(lambda: len(fake.requests) == 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        quiet[0] = False

        assert isinstance(await _post(transport), Reply)
        await transport.aclose()


async def test_an_order_write_never_waits_behind_reads() -> None:
    def script(request: Request) -> object:
        return silence if request.method == "GET" else ok(None)

    async with fake_rest(script) as fake:  # type: ignore[arg-type]
        transport = Transport(fake.url, SystemClock(), connections_max=1)
        read = asyncio.get_running_loop().create_task(_get(transport, 1.0))
        await until(lambda: fake.requests)

        assert isinstance(await _post(transport, deadline_s=0.8), Reply)
        waiting = await _get(transport, 0.1)
        assert isinstance(waiting, Failure) and waiting.bytes_sent == 0
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)
        await transport.aclose()


async def test_an_endless_answer_is_cut_off() -> None:
    async def flood(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        for _ in range(BODY_MAX // 65_536 + 8):
            await wire.send(b"x" * 65_536)

    async with fake_rest(lambda _: flood) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await _get(transport, 8.0)

        assert isinstance(result, Failure) and result.phase is Phase.TOO_LARGE
        await transport.aclose()
        gc.collect()


async def test_garbage_instead_of_http_is_a_failure() -> None:
    async def garbage(wire: Wire) -> None:
        await wire.send(b"\x16\x03\x01 hello\r\n\r\n")
        wire.writer.close()

    async with fake_rest(lambda _: garbage) as fake:
        transport = Transport(fake.url, SystemClock())

        assert isinstance(await _get(transport), Failure)
        await transport.aclose()


async def test_headers_that_would_split_the_request_never_leave() -> None:
    async with fake_rest(lambda _: ok(None)) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await transport.request("GET", "/x", {"A": "b\r\nC: d"}, None, deadline_s=1.0)

        assert isinstance(result, Failure) and result.bytes_sent == 0
        assert fake.requests == []
        await transport.aclose()


async def test_a_closed_transport_refuses_at_once() -> None:
    async with fake_rest(lambda _: reply(b"")) as fake:
        transport = Transport(fake.url, SystemClock())
        await transport.aclose()

        result = await _get(transport)

        assert isinstance(result, Failure) and result.phase is Phase.REFUSED


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://apiconnect.angelone.in", True),
        ("wss://smartapisocket.angelone.in/smart-stream", True),
        ("http://127.0.0.1:8080", True),
        ("ws://[::1]:9000/smart-stream", True),
        ("http://localhost:8080", False),
        ("http://10.0.0.1", False),
        ("ws://127.0.0.1.evil.test/", False),
        ("http://user:pass@127.0.0.1:1", False),
        ("ftp://127.0.0.1", False),
        ("http://127.0.0.1:99999999", False),
        ("", False),
    ],
)
def test_clear_text_goes_to_a_literal_loopback_address_only(url: str, allowed: bool) -> None:
    assert (refusal(url) == "") is allowed


async def test_a_refused_address_sends_nothing() -> None:
    result = await _get(Transport("http://example.test", SystemClock()))

    assert isinstance(result, Failure)
    assert (result.phase, result.bytes_sent) == (Phase.REFUSED, 0)
