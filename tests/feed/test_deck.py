"""A tape on screen: where it stands after keys, and that the way there does not matter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.clock import NS_PER_S, ManualClock
from core.domain import Exchange, Instrument, Kind
from core.feed.deck import SPEEDS, TapeDeck
from core.feed.recorder import FeedRecorder
from core.store.tape import TapeFile
from core.store.tape_writer import TapeWriter
from core.views import Freshness
from tests.feed.frames import snap_frame
from tests.links.sockets import running

SHARE = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
START_NS = 1_764_214_200 * NS_PER_S
PACKETS = 300


@pytest.fixture
async def tape(tmp_path: Path) -> TapeFile:
    """One share, a packet each second for five minutes, then silence for one, then a last packet."""
    clock = ManualClock(START_NS)
    writer = TapeWriter(tmp_path / "day.tape", clock)
    recorder = FeedRecorder(writer)
    recorder.wanted({SHARE: 0})
    recorder.opened(0)
    for n in range(PACKETS + 1):
        frame = snap_frame(ltp=82_000 + n, sequence=n, ms=clock.wall_ns() // 1_000_000)
        recorder.frames(0, frame, 0, len(frame), len(frame), 1)
        clock.move(1.0 if n < PACKETS - 1 else 60.0)
        if n % 50 == 49:
            await writer.flush()
    await writer.close()
    return TapeFile(tmp_path / "day.tape")


class Deck:
    """A deck whose real time is moved by hand."""

    def __init__(self, tape: TapeFile, speed: float = 1.0) -> None:
        self.real = ManualClock()
        self.deck = TapeDeck(tape, self.real, speed)
        self.rewinds = 0
        self.deck.on_rewind = self._rewound

    def _rewound(self) -> None:
        self.rewinds += 1

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.real.move(0.05)
            for _ in range(8):
                await asyncio.sleep(0)

    async def arrive(self) -> None:
        """Until a seek has come to its end."""
        for _ in range(2_000):
            await self.wait(0.05)
            if self.deck.word != "seeking":
                return
        raise AssertionError("the seek never arrived")

    @property
    def at_s(self) -> float:
        return (self.deck.position_ns - START_NS) / NS_PER_S

    @property
    def last_e4(self) -> int:
        return self.deck.player.board.quote(0).ltp_e4


@asynccontextmanager
async def playing(tape: TapeFile, speed: float = 1.0) -> AsyncIterator[Deck]:
    on = Deck(tape, speed)
    async with running(on.deck.run()):
        yield on


async def test_it_plays_at_its_speed_and_another_speed_holds_at_once(tape: TapeFile) -> None:
    async with playing(tape, speed=2.0) as on:
        await on.wait(5)
        assert 8.5 < on.at_s < 11 and on.deck.word == "playing"
        on.deck.faster(2)
        assert on.deck.speed == 10.0
        await on.wait(5)
        assert 55 < on.at_s < 65
        for _ in range(30):
            on.deck.faster(-1)
        assert on.deck.speed == SPEEDS[0]


async def test_paused_nothing_moves_and_steps_are_single_packets(tape: TapeFile) -> None:
    async with playing(tape) as on:
        await on.wait(3)
        on.deck.toggle()
        before = on.deck.position_ns
        await on.wait(3)
        assert on.deck.position_ns == before and on.deck.word == "paused"
        last_e4 = on.last_e4
        on.deck.step(1)
        assert on.last_e4 == last_e4 + 100
        on.deck.step(100)
        assert on.last_e4 == last_e4 + 10_100


async def test_seeking_forward_and_back_ends_in_the_state_of_playing_there(tape: TapeFile) -> None:
    async with playing(tape, speed=100.0) as straight, playing(tape) as sought:
        straight.deck.seek(START_NS + 120 * NS_PER_S)
        await straight.arrive()
        sought.deck.toggle()
        sought.deck.seek(START_NS + 250 * NS_PER_S)
        await sought.arrive()
        assert sought.rewinds == 0 and sought.last_e4 == 820_0000 + 250 * 100
        sought.deck.seek(START_NS + 120 * NS_PER_S)
        await sought.arrive()

        assert sought.rewinds == 1 and sought.deck.word == "paused"
        assert sought.at_s == straight.at_s == 120
        assert sought.deck.player.board.fingerprint() == straight.deck.player.board.fingerprint()


async def test_where_nothing_was_recorded_prices_grow_old(tape: TapeFile) -> None:
    async with playing(tape) as on:
        on.deck.seek(START_NS + (PACKETS + 20) * NS_PER_S)
        await on.arrive()

        board = on.deck.player.board
        assert on.at_s == PACKETS + 20 and board.freshness(0) is Freshness.STALE
        assert board.age_ms(0) == 21_000


async def test_at_the_end_it_stands_and_can_be_wound_back(tape: TapeFile) -> None:
    async with playing(tape, speed=250.0) as on:
        on.deck.seek(on.deck.last_ns + 3_600 * NS_PER_S)
        await on.arrive()
        assert on.deck.word == "at the end" and on.deck.position_ns == on.deck.last_ns
        await on.wait(1)
        on.deck.seek(0)
        await on.arrive()
        assert on.rewinds == 1 and on.at_s < 60


async def test_a_damaged_block_is_said_and_ends_the_playing(tape: TapeFile) -> None:
    span = tape.spans[-2]
    with tape.path.open("r+b") as file:
        file.seek(span.offset + 60)
        file.write(b"\xff" * 40)
    async with playing(tape) as on:
        on.deck.seek(on.deck.last_ns)
        await on.arrive()

        assert on.deck.word.startswith("damaged here") and on.deck.position_ns < on.deck.last_ns
        before = on.deck.position_ns
        on.deck.toggle()
        await on.wait(2)
        assert on.deck.position_ns == before
