"""The order-update socket: rows out, fillers ignored, damage counted, and connected only by evidence."""

import json
from random import Random
from typing import Any

from websockets.asyncio.server import ServerConnection

from core.brokers.order_socket import AngelOrderSocket
from core.ports import BrokerOrder, StreamLogin
from tests.brokers.rows import ORDER_ROW
from tests.feed.test_stream import _Fast
from tests.links.sockets import QUICK, FakeSocket, fake_socket, running
from tests.waiting import until

LOGIN = StreamLogin("the-jwt", "the-feed", "the-key", "DEMO01", 1)


def _frame(code: str, row: dict[str, Any]) -> str:
    return json.dumps(
        {"user-id": "X", "status-code": "200", "order-status": code, "error-message": "", "orderData": row}
    )


def _socket(fake: FakeSocket) -> tuple[AngelOrderSocket, list[BrokerOrder], list[int]]:
    timing = type(QUICK)(open_s=1.0, ping_s=0.05, pong_s=None, mute_s=None, control_ping_s=4.0, watch_s=0.05)
    socket = AngelOrderSocket(lambda: fake.url, lambda: LOGIN, _Fast(), Random(1), timing=timing)
    return socket, [], []


async def test_updates_become_rows_marked_as_from_the_socket() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send(_frame("AB00", {"orderid": ""}))
        await connection.send(_frame("AB05", {k: v for k, v in ORDER_ROW.items() if k != "uniqueorderid"}))

    async with fake_socket(talk) as fake:
        socket, orders, greeted = _socket(fake)
        async with running(socket.run(orders.append, lambda: greeted.append(1))):
            await until(lambda: orders)

            assert fake.handshakes[0]["Authorization"] == "Bearer the-jwt"
            assert orders[0].from_socket and orders[0].unique_id == "" and orders[0].status == "complete"
            assert greeted == [1] and socket.connected()
            assert socket.status().word == "live"
            await until(lambda: fake.texts.count("ping") >= 2)


async def test_fillers_are_ignored_and_damage_is_counted() -> None:
    async def talk(connection: ServerConnection) -> None:
        for filler in (b"", b"\0", "", "\0", "pong"):
            await connection.send(filler)
        for damage in ("{x", "[]", "17", json.dumps({"order-status": "AB01"}), b"\x01\x02"):
            await connection.send(damage)
        await connection.send(_frame("AB01", ORDER_ROW).encode())

    async with fake_socket(talk) as fake:
        socket, orders, _ = _socket(fake)
        async with running(socket.run(orders.append, lambda: None)):
            await until(lambda: orders and socket.malformed == 5)

            assert len(fake.live) == 1


async def test_connected_needs_the_greeting_of_this_connection() -> None:
    async def talk(connection: ServerConnection) -> None:
        if not greet[0]:
            return
        await connection.send(_frame("AB00", {}))

    greet = [True]
    async with fake_socket(talk) as fake:
        socket, orders, greeted = _socket(fake)
        async with running(socket.run(orders.append, lambda: greeted.append(1))):
            await until(socket.connected)
            greet[0] = False
            first = fake.live[0]
            first.transport.abort()
            await until(lambda: fake.live and fake.live[0] is not first)

            assert not socket.connected()

            greet[0] = True
            fake.live[0].transport.abort()
            await until(lambda: len(greeted) == 2)
            assert socket.connected()
        assert not socket.connected()
