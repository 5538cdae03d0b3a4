"""Order frames as they came over a socket, on a tape, and again through the adapter that read them first."""

import json
from pathlib import Path
from random import Random

from websockets.asyncio.server import ServerConnection

from core.brokers import order_frames
from core.brokers.order_socket import AngelOrderSocket
from core.clock import ManualClock, SystemClock
from core.feed.player import TapePlayer
from core.feed.recorder import FeedRecorder
from core.ports import BrokerOrder, StreamLogin
from core.store.tape import TapeFile
from core.store.tape_writer import TapeWriter
from tests.brokers.rows import ORDER_ROW
from tests.links.sockets import QUICK, fake_socket, running
from tests.waiting import until

LOGIN = StreamLogin("the-jwt", "the-feed", "the-key", "DEMO01", 1)


def _frame(number: str, status: str, filled: int) -> str:
    row = ORDER_ROW | {"orderid": number, "orderstatus": status, "status": status, "filledshares": str(filled)}
    return json.dumps({"order-status": "AB05", "orderData": row})


FRAMES = (
    json.dumps({"order-status": "AB00", "orderData": {}}), "\0", "pong", "{broken",
    _frame("A1", "open", 0), _frame("B2", "open", 0), _frame("A1", "open", 4), _frame("A1", "complete", 10),
    _frame("B2", "rejected", 0),
)  # fmt: skip


async def _recorded(path: Path, frames: tuple[str, ...] = FRAMES) -> dict[str, BrokerOrder]:
    """What a live socket made of these frames, each of them 0.2 s later on the tape."""
    clock = ManualClock()
    writer = TapeWriter(path, clock)
    recorder, live = FeedRecorder(writer), dict[str, BrokerOrder]()

    def on_frame(payload: bytes) -> None:
        clock.move(0.2)
        recorder.order_frame(payload)

    async def talk(connection: ServerConnection) -> None:
        for frame in frames:
            await connection.send(frame)

    async with fake_socket(talk) as fake:
        socket = AngelOrderSocket(
            lambda: fake.url, lambda: LOGIN, SystemClock(), Random(1), timing=QUICK, on_frame=on_frame
        )
        async with running(socket.run(lambda order: live.__setitem__(order.broker_id, order), lambda: None)):
            await until(lambda: live.get("B2") is not None and live["B2"].status == "rejected")
    await writer.close()
    return live


def _player(path: Path, speed: float | None) -> TapePlayer:
    return TapePlayer(TapeFile(path), SystemClock(), speed, read_orders=order_frames.recorded)


async def test_recorded_order_frames_make_the_orders_that_the_live_socket_made(tmp_path: Path) -> None:
    live = await _recorded(tmp_path / "a.tape")

    states = []
    for speed in (None, 20.0, 100.0):
        player = _player(tmp_path / "a.tape", speed)
        assert await player.play()
        assert player.updates == live and live["A1"].filled == 10
        states.append(player.fingerprint())

    assert len(set(states)) == 1


async def test_winding_back_forgets_what_the_broker_said_later(tmp_path: Path) -> None:
    await _recorded(tmp_path / "a.tape")
    player = _player(tmp_path / "a.tape", None)
    assert await player.play()
    end, first_ns = player.fingerprint(), TapeFile(tmp_path / "a.tape").spans[0].first_us * 1_000

    player.seek(first_ns + 1_000_000_000)
    assert {n: (o.status, o.filled) for n, o in player.updates.items()} == {"A1": ("open", 0), "B2": ("open", 0)}
    assert player.fingerprint() != end

    assert await player.play()
    assert player.fingerprint() == end


async def test_one_lost_order_frame_is_another_state(tmp_path: Path) -> None:
    await _recorded(tmp_path / "a.tape")
    await _recorded(tmp_path / "b.tape", tuple(f for f in FRAMES if f != FRAMES[7]))
    states = set()
    for name in ("a.tape", "b.tape"):
        player = _player(tmp_path / name, None)
        assert await player.play()
        states.add(player.fingerprint())

    assert len(states) == 2
