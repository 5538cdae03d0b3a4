"""Recorded from the real exchange, played through the same board: the same state, at any speed, from anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock, SystemClock
from core.domain import Exchange, Instrument
from core.domain import Kind as What
from core.feed.player import TapePlayer
from core.feed.recorder import FeedRecorder
from core.secret import remember
from core.store.tape import Kind, TapeFile
from core.store.tape_writer import WAITING_MAX, TapeWriter
from core.views import Freshness
from tests.exchange_process import ExchangeProcess
from tests.feed.frames import snap_frame
from tests.feed.rig import login, market_clock, rig
from tests.links.sockets import running
from tests.waiting import until


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as process:
        yield process


async def _recorded(exchange: ExchangeProcess, path: Path) -> str:
    """Some frames over two connections with a cut between; gives the fingerprint of the live board at the end."""
    given = await login(exchange)
    clock = market_clock(exchange)
    writer = TapeWriter(path, clock)
    async with running(writer.run()), rig(exchange, given, clock=clock, tape=FeedRecorder(writer)) as on:
        await until(lambda: on.board.applied > 12)
        on.relay.inject(b"\x82\x05short")
        on.relay.cut()
        await until(lambda: on.feed.connections == 2 and on.live())
        await until(lambda: on.board.applied > 24)
        on.relay.frozen = True
        writer.add(Kind.MODE, b"NORMAL")
        live = on.board.fingerprint()
        await writer.close()
    data = b"".join(r.body for r in TapeFile(path).records())
    secrets = (given.jwt, given.feed_token, given.api_key, exchange.pin, exchange.totp_secret)
    assert not any(s.encode() in data for s in secrets), "no login on a tape"
    return live


async def _played(path: Path, speed: float | None) -> TapePlayer:
    player = TapePlayer(TapeFile(path), SystemClock(), speed)
    assert await player.play()
    return player


async def test_a_tape_played_at_any_speed_ends_in_the_state_of_the_day(
    exchange: ExchangeProcess, tmp_path: Path
) -> None:
    path = tmp_path / "day.tape"
    live = await _recorded(exchange, path)

    at_once, quick = await _played(path, None), await _played(path, 25.0)

    assert at_once.board.fingerprint() == quick.board.fingerprint() == live
    assert at_once.board.malformed == 1 and at_once.frames > 24


class _Tape:
    """A made tape: one frame of one share each 100 ms, prices rising."""

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.start_ns = path, 1_764_214_200_000_000_000
        self.count = count

    async def write(self) -> TapeFile:
        clock = ManualClock(self.start_ns)
        writer = TapeWriter(self.path, clock)
        recorder = FeedRecorder(writer)
        recorder.wanted({Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", What.EQUITY): 0})
        recorder.opened(0)
        for n in range(self.count):
            frame = snap_frame(ltp=82_000 + n, sequence=n, ms=self.start_ns // 1_000_000 + n)
            recorder.frames(0, b"hd" + frame, 2, 379, 381, 1)
            clock.move(0.1)
            if n % 40 == 39:
                await writer.flush()
        recorder.lost(0)
        await writer.close()
        return TapeFile(self.path)


async def test_seek_step_pause(tmp_path: Path) -> None:
    made = _Tape(tmp_path / "a.tape", 200)
    tape = await made.write()
    player = TapePlayer(tape, SystemClock(), None)
    second = 1_000_000_000

    player.seek(made.start_ns + 5 * second)
    there = player.board.fingerprint()
    assert player.board.quote(0).ltp_e4 == (82_000 + 50) * 100
    assert player.board.freshness(0) is Freshness.FRESH and player.clock.wall_ns() == made.start_ns + 5 * second

    player.seek(made.start_ns + 15 * second)
    player.seek(made.start_ns + 5 * second)
    assert player.board.fingerprint() == there

    assert player.step() == 1
    assert player.board.quote(0).ltp_e4 == (82_000 + 51) * 100

    player.pause()
    assert not await player.play()
    assert player.board.quote(0).ltp_e4 == (82_000 + 51) * 100
    player.resume()
    assert await player.play(made.start_ns + 8 * second) is False
    assert player.board.quote(0).ltp_e4 == (82_000 + 80) * 100
    assert await player.play()
    assert player.board.freshness(0) is Freshness.DOWN


async def test_the_speed_is_kept(tmp_path: Path) -> None:
    class Counting(ManualClock):
        slept = 0.0

        async def sleep(self, seconds: float) -> None:
            self.slept += seconds

    made = _Tape(tmp_path / "a.tape", 100)
    clock = Counting()
    player = TapePlayer(await made.write(), clock, 10.0)

    await player.play()

    assert clock.slept == pytest.approx(9.9 / 10, abs=0.05)


async def test_a_disk_that_does_not_keep_up_costs_records_and_says_so(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "a.tape", ManualClock())
    frames = b"".join(snap_frame(sequence=n) for n in range(1_000))
    for _ in range(WAITING_MAX // 1_000 + 3):
        writer.frames(0, frames, 0, 379, 379, 1_000)
    assert writer.left_out == 3_000
    await writer.flush()

    writer.add(Kind.MODE, b"NORMAL")
    await writer.close()

    last = list(TapeFile(tmp_path / "a.tape").records())[-2:]
    assert [(r.kind, r.body) for r in last] == [(Kind.GAP, b'{"left_out": 3000}'), (Kind.MODE, b"NORMAL")]


async def test_a_secret_that_the_other_side_repeats_is_not_on_the_tape(tmp_path: Path) -> None:
    secret = "Zq7-feed-token-0123456789abcdef"
    remember(secret)
    writer = TapeWriter(tmp_path / "a.tape", ManualClock())
    recorder = FeedRecorder(writer)

    recorder.text(0, f'{{"errorCode":"E1001","errorMessage":"bad token {secret}"}}')
    recorder.order_frame(b'{"order-status":"AB00","error-message":"\xff' + secret.encode() + b'"}')
    recorder.order_frame(b"\0")
    await writer.close()

    records = list(TapeFile(tmp_path / "a.tape").records())
    assert [r.kind for r in records] == [Kind.TEXT, Kind.ORDER_FRAME, Kind.ORDER_FRAME]
    assert not any(secret[:12].encode() in r.body for r in records)
    assert b"\xff[hidden]" in records[1].body and records[2].body == b"\0"


async def test_orders_and_modes_are_part_of_the_state(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "a.tape", clock := ManualClock())
    for n, (kind, body) in enumerate(
        [
            (Kind.INTENT, b'{"tag":"T1","state":"SENDING"}'),
            (Kind.MODE, b'["NORMAL","DATA STALE",[]]'),
            (Kind.UPDATE, b'{"tag":"T1","state":"ACKED"}'),
            (Kind.READ, snap_frame()),
        ]
    ):
        writer.add(kind, body)
        clock.move(0.5 + n)
    await writer.close()
    tape = TapeFile(tmp_path / "a.tape")

    states = []
    for speed in (None, 50.0):
        player = TapePlayer(tape, SystemClock(), speed)
        assert await player.play()
        states.append(player.fingerprint())
    early = TapePlayer(tape, SystemClock(), None)
    early.seek(tape.spans[0].first_us * 1_000 + 1_000_000_000)

    assert len(set(states)) == 1 and early.fingerprint() not in states
    assert early.orders == {"T1": b'{"tag":"T1","state":"SENDING"}'}
