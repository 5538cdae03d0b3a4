"""The screen on a tape: where it is, keys, look only."""

import json
from pathlib import Path

import pytest

from core.clock import NS_PER_S, ManualClock, SystemClock
from core.domain import Exchange, Instrument, Kind, OrderState
from core.errors import UserError
from core.feed.recorder import FeedRecorder
from core.store.tape import Kind as RecordKind
from core.store.tape import TapeFile
from core.store.tape_writer import TapeWriter
from terminal.replay_desk import LOOK_ONLY, ReplayDesk, open_desk
from terminal.screens.prompts import PromptScreen
from tests.builders import order
from tests.feed.frames import snap_frame
from tests.screens.driver import NARROW, WIDE, running

SHARE = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
OPTIONS = tuple(
    Instrument(Exchange.NFO, token, f"BANKNIFTY_OPT_{token}", "BANKNIFTY", Kind.OPTION, 35)
    for token in ("51460", "51461")
)


@pytest.fixture
async def desk(tmp_path: Path) -> ReplayDesk:
    """Two minutes of a share, a packet a second; an order and a change of mode in the middle."""
    import msgspec

    clock = ManualClock()
    writer = TapeWriter(tmp_path / "day.tape", clock)
    recorder = FeedRecorder(writer)
    recorder.wanted({SHARE: 0, **dict.fromkeys(OPTIONS, 0)})
    recorder.opened(0)
    for n in range(120):
        frame = snap_frame(ltp=82_000 + 5 * n, sequence=n, ms=clock.wall_ns() // 1_000_000)
        recorder.frames(0, frame, 0, len(frame), len(frame), 1)
        if n == 60:
            writer.add(RecordKind.INTENT, msgspec.json.encode(order(tag="T1", symbol="SBIN-EQ", token="3045")))
            writer.add(RecordKind.MODE, json.dumps(["NORMAL", "READ-ONLY", ["orders failing"]]).encode())
        clock.move(1.0)
    await writer.close()
    return ReplayDesk(TapeFile(tmp_path / "day.tape"), SystemClock(), 1.0)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_screen_says_where_it_is_and_tells_options_apart(desk: ReplayDesk, size: tuple[int, int]) -> None:
    async with running(desk, size) as d:
        desk.replay.toggle()
        desk.replay.step(10)
        await d.frame()
        assert d.text.split()[0] == "REPLAY"
        line = d.line("paused 1x")
        assert "27 Nov" in line and "09:00:08" in line and "├" in line
        d.line("27 Nov 2025")
        d.line("SBIN")
        assert d.line("51460") != d.line("51461")
        d.line("Space Play/pause")
        assert all(len(text) == size[0] for text in d.text.splitlines())


async def test_keys_play_step_and_go_to_a_time(desk: ReplayDesk) -> None:
    tape = desk.replay
    async with running(desk) as d:
        await d.press("space")
        assert tape.word == "paused"
        await d.press(".", ".")
        before_ns = tape.position_ns
        await d.press(".")
        assert tape.position_ns == before_ns + NS_PER_S
        await d.press("=", "=", "<")
        assert tape.speed == 2.0
        await d.press("G", *"25:99", "enter")
        assert isinstance(d.app.screen, PromptScreen)
        d.line("is no time of the day; write 10:15 or 10:15:30")
        await d.type_into("prompt-text", "9:01:30")
        await d.press("enter")
        assert tape.word == "seeking"


async def test_orders_and_modes_of_the_tape_are_told_and_nothing_can_be_sent(desk: ReplayDesk) -> None:
    async with running(desk) as d:
        desk.replay.step(200)
        await d.press("f3")
        d.line("NORMAL to READ-ONLY: orders failing")
        assert [o.state for o in desk.orders.orders()] == [OrderState.SENDING]
        await d.press("f9", "tab", "b", "enter")
        assert LOOK_ONLY in d.text or LOOK_ONLY in " ".join(d.toasts())
        assert desk.cancel("T1").refused == LOOK_ONLY and desk.halt("x") is None
        assert desk.cancel_all() == 0


async def test_wound_back_the_orders_of_later_are_gone(desk: ReplayDesk) -> None:
    desk.replay.step(200)
    assert desk.orders.orders()
    desk.wound_back()
    assert desk.orders.orders() == ()


def test_a_tape_without_records_is_refused_in_words(tmp_path: Path) -> None:
    from core.store.tape import MAGIC

    path = tmp_path / "empty.tape"
    path.write_bytes(MAGIC)

    with pytest.raises(UserError, match="holds no records"):
        open_desk(path, TapeFile(path), 1.0)
