"""The market stream against a scripted server: subscribing, surviving, coming back, and saying so."""

import asyncio
import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from core.clock import SystemClock
from core.domain import Exchange, Instrument, Kind
from core.feed.market import MarketFeed
from core.market.quotes import QuoteBoard
from core.ports import StreamLogin
from core.views import Freshness
from tests.feed.frames import VECTORS, ltp_frame, snap_frame
from tests.links.sockets import QUICK, FakeSocket, fake_socket, running
from tests.waiting import until

SBIN = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
NIFTY = Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0)
LOGIN = StreamLogin("the-jwt", "the-feed", "the-key", "DEMO01", 1)


class _Fast(SystemClock):
    """The real clock with every wait divided by ten, so that back-off costs no test a second."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds if seconds < 0.3 else seconds / 10)


def _stream(fake: FakeSocket, **options: Any) -> tuple[MarketFeed, QuoteBoard, list[str]]:
    clock, events = _Fast(), list[str]()
    board = QuoteBoard(clock)
    options = {"login": lambda: LOGIN, "timing": QUICK, "on_event": events.append} | options
    stream = MarketFeed(lambda: fake.url, board=board, clock=clock, random=Random(1), **options)
    return stream, board, events


def _many(count: int) -> tuple[Instrument, ...]:
    return tuple(Instrument(Exchange.NSE, str(i), f"S{i}-EQ", f"S{i}", Kind.EQUITY) for i in range(count))


def _tokens(texts: list[str], action: int = 1) -> list[str]:
    messages = [json.loads(t) for t in texts]
    return [t for m in messages if m["action"] == action for part in m["params"]["tokenList"] for t in part["tokens"]]


async def test_the_handshake_carries_the_bare_jwt_and_prices_arrive() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send(snap_frame())

    async with fake_socket(talk) as fake:
        stream, board, _ = _stream(fake)
        stream.want((SBIN,))
        async with running(stream.run()):
            await until(lambda: board.freshness(0) is Freshness.FRESH)

            headers = fake.handshakes[0]
            assert headers["Authorization"] == "the-jwt"
            assert (headers["x-api-key"], headers["x-client-code"], headers["x-feed-token"]) == (
                "the-key",
                "DEMO01",
                "the-feed",
            )
            assert "Sec-WebSocket-Extensions" not in headers
            assert board.quote(0).ltp_e4 == 8_205_000
            assert (stream.status().word, stream.mute_ms() is not None) == ("live", True)
        assert board.freshness(0) is Freshness.DOWN


async def test_without_the_own_framing_the_same_prices_arrive() -> None:
    async def talk(connection: ServerConnection) -> None:
        for sequence in range(100):
            await connection.send(snap_frame(sequence=sequence, ltp=82_000 + sequence))

    async with fake_socket(talk) as fake:
        prints = []
        for plain in (False, True):
            stream, board, _ = _stream(fake, plain=plain)
            stream.want((SBIN,))
            async with running(stream.run()):
                await until(lambda board=board: board.applied == 100)
                prints.append(board.fingerprint())
        assert prints[0] == prints[1]


async def test_a_new_login_makes_a_new_connection() -> None:
    logins = [LOGIN]
    async with fake_socket() as fake:
        stream, _, events = _stream(fake, login=lambda: logins[-1])
        stream.want((SBIN,))
        async with running(stream.run()):
            await until(lambda: _tokens(fake.requests) == ["3045"])

            logins.append(StreamLogin("jwt-2", "f", "k", "DEMO01", 2))

            await until(lambda: _tokens(fake.requests) == ["3045", "3045"])
            assert fake.handshakes[-1]["Authorization"] == "jwt-2"
            assert any("new login" in e for e in events)


async def test_more_than_a_connection_holds_goes_over_three_and_each_fails_alone() -> None:
    async def talk(connection: ServerConnection) -> None:
        await until(lambda: len(fake.requests) >= 14)
        for n in range(2_500):
            await connection.send(snap_frame(str(n)))

    async with fake_socket(talk) as fake:
        stream, board, _ = _stream(fake, canary=NIFTY)
        stream.want(_many(2_500))
        async with running(stream.run()):
            await until(lambda: board.live_count() == 2_500)
            per_socket = sorted(sum(len(_tokens([t])) for t in texts) for texts in fake.heard.values())
            assert per_socket == [834, 834, 835]
            assert _tokens(fake.requests).count(NIFTY.token) == 3

            fake.refusals = [(503, "busy")] * 99
            fake.live[0].transport.abort()

            await until(lambda: stream.status().word == "down")
            assert 1_600 < board.live_count() < 1_700


async def test_twenty_damaged_frames_in_a_minute_cost_the_connection() -> None:
    async def talk(connection: ServerConnection) -> None:
        for _ in range(20):
            await connection.send(snap_frame()[:-1])

    async with fake_socket(talk) as fake:
        stream, _, events = _stream(fake)
        async with running(stream.run()):
            stream.want((SBIN,))
            await until(lambda: stream.connections >= 2)
            assert any("malformed" in e for e in events)


async def test_a_lost_connection_comes_back_with_everything_subscribed_again() -> None:
    async with fake_socket() as fake:
        stream, board, events = _stream(fake)
        stream.want(_many(450))
        async with running(stream.run()):
            await until(lambda: len(_tokens(fake.requests)) == 450)
            fake.texts.clear()

            fake.live[0].transport.abort()

            await until(lambda: len(_tokens(fake.requests)) == 450)
            assert len(fake.requests) == 3 and stream.connections == 2
            assert any("connection lost" in e for e in events)
            assert board.fresh_count() == 0


async def test_a_changed_wish_sends_only_the_difference() -> None:
    async with fake_socket() as fake:
        stream, _, _ = _stream(fake)
        stream.want(_many(3))
        async with running(stream.run()):
            await until(lambda: len(_tokens(fake.requests)) == 3)

            stream.want((*_many(2), SBIN))

            await until(lambda: "3045" in _tokens(fake.requests))
            assert _tokens(fake.requests, action=0) == ["2"]
            assert _tokens(fake.requests) == ["0", "1", "2", "3045"]


async def test_damaged_frames_are_counted_and_the_connection_stays() -> None:
    damaged = [bytes.fromhex(v["hex"]) for v in VECTORS["malformed"]]

    async def talk(connection: ServerConnection) -> None:
        for frame in damaged:
            await connection.send(frame)
        await connection.send("not json \x1b[31m")
        await connection.send(ltp_frame())

    async with fake_socket(talk) as fake:
        stream, board, events = _stream(fake)
        stream.want((SBIN,))
        async with running(stream.run()):
            await until(lambda: board.applied == 1)
            await until(lambda: any("feed said" in e for e in events))

            assert stream.malformed == len(damaged) - 1
            assert stream.connections == 1 and stream.status().word == "live"
            assert not any("\x1b" in e for e in events)


async def test_an_error_of_the_stream_is_told_in_safe_words() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"errorCode": "E1002", "errorMessage": "Limit \u202e Exceeded"}))

    async with fake_socket(talk) as fake:
        stream, _, events = _stream(fake)
        async with running(stream.run()):
            await until(lambda: any("E1002" in e for e in events))

            assert "feed error E1002: Limit · Exceeded" in events


async def test_a_refused_login_asks_for_a_new_one_and_comes_back_with_it() -> None:
    logins = [LOGIN]
    asked: list[int] = []

    async def renew(epoch: int) -> None:
        asked.append(epoch)
        logins.append(StreamLogin("jwt-2", "f", "k", "DEMO01", 2))

    async with fake_socket(refusals=[(401, "Invalid Header - Invalid Auth token")]) as fake:
        stream, _, events = _stream(fake, login=lambda: logins[-1], renew=renew)
        async with running(stream.run()):
            await until(lambda: fake.live)

            assert asked == [1]
            assert [h["Authorization"] for h in fake.handshakes] == ["the-jwt", "jwt-2"]
            assert any("401" in e and "Invalid Auth token" in e for e in events)


@pytest.mark.parametrize("status", [429, 403])
async def test_a_refusal_is_named_and_asks_for_no_login(status: int) -> None:
    asked: list[int] = []

    async def renew(epoch: int) -> None:
        asked.append(epoch)

    async with fake_socket(refusals=[(status, "Connection Limit Exceeded.")] * 50) as fake:
        stream, _, events = _stream(fake, renew=renew)
        async with running(stream.run()):
            await until(lambda: any(str(status) in e for e in events))
            status_now = stream.status()

            assert status_now.word == "down" and str(status) in status_now.detail
            assert asked == []


async def test_without_a_login_nothing_connects_and_with_one_it_does() -> None:
    logins: list[StreamLogin | None] = [None]
    async with fake_socket() as fake:
        stream, _, events = _stream(fake, login=lambda: logins[-1])
        async with running(stream.run()):
            await until(lambda: any("not logged in" in e for e in events))
            assert fake.handshakes == []

            logins.append(LOGIN)

            await until(lambda: fake.live)


async def test_a_peer_that_answers_no_ping_is_left() -> None:
    async with fake_socket(answer_pings=False) as fake:
        stream, _, events = _stream(fake)
        async with running(stream.run()):
            await until(lambda: stream.connections >= 2)

            assert any("no pong" in e for e in events)


async def test_silence_in_the_session_ends_the_connection_but_not_outside() -> None:
    open_now = [False]
    async with fake_socket() as fake:
        timing = replace(QUICK, mute_s=0.3)
        stream, _, events = _stream(fake, timing=timing, in_session=lambda _: open_now[0])
        stream.want((SBIN,))
        async with running(stream.run()):
            await until(lambda: (stream.mute_ms() or 0) > 400)
            assert (stream.connections, stream.status().word) == (1, "live")

            open_now[0] = True

            assert stream.status().word == "live", "a market that opens gets its time"
            await until(lambda: stream.connections == 2)
            assert any("silent" in e for e in events)


async def test_a_server_that_is_not_there_is_down_with_a_reason() -> None:
    async with fake_socket() as fake:
        url = fake.url
    fake.url = url
    stream, _, events = _stream(fake)
    async with running(stream.run()):
        await until(lambda: events)

        assert stream.status().word == "down" and "no connection" in stream.status().detail
        assert stream.mute_ms() is None


async def test_an_address_in_the_clear_is_refused() -> None:
    async with fake_socket() as fake:
        fake.url = "ws://stream.example.test/"
        stream, _, events = _stream(fake)
        async with running(stream.run()):
            await until(lambda: any("loopback" in e for e in events))

            assert fake.handshakes == []


async def test_a_frame_beyond_the_limit_costs_the_connection_not_the_memory() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send(b"x" * 300_000)

    async with fake_socket(talk) as fake:
        stream, _, events = _stream(fake)
        async with running(stream.run()):
            await until(lambda: any("1009" in e for e in events))


async def test_the_login_never_shows() -> None:
    async with fake_socket() as fake:
        stream, _, _ = _stream(fake)
        target = stream._streams[0]._target()

        shown = repr([stream, vars(stream), vars(stream._streams[0]), vars(stream._streams[0]._link), target, LOGIN])
        assert not any(secret in shown for secret in ("the-jwt", "the-feed", "the-key"))


async def test_a_stop_that_meets_the_end_of_a_connection_is_not_forgotten() -> None:
    """The stop comes in the very turn in which the connection is given up."""
    async with fake_socket() as fake:
        stopping: list[asyncio.Task[None]] = []

        class Clock(_Fast):
            async def sleep(self, seconds: float) -> None:
                await super().sleep(seconds)
                if stopping and seconds == QUICK.watch_s:
                    asyncio.get_running_loop().call_soon(stopping[0].cancel)

        clock = Clock()
        stream = MarketFeed(lambda: fake.url, lambda: LOGIN, QuoteBoard(clock), clock, Random(1), timing=QUICK)
        task = asyncio.get_running_loop().create_task(stream.run())
        await until(lambda: stream.connections == 1)

        stream._streams[0]._link.end("useless")
        stopping.append(task)

        async with asyncio.timeout(3):
            await asyncio.wait([task])
        assert task.cancelled()
