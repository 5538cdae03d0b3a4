"""The app: attaching a desk, leaving, and what happens when a desk or a pane breaks."""

import asyncio
import subprocess
import sys

from textual.pilot import Pilot

from core.clock import ManualClock
from terminal.app import TeziApp
from terminal.empty_desk import EmptyDesk
from terminal.screens.dialogs import QuestionScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import Driver, running
from tests.screens.fake_desk import RELIANCE, FakeDesk
from widgets.watch import WatchGrid


async def test_an_empty_desk_says_what_it_waits_for():
    desk = EmptyDesk("starting the practice exchange", "PRACTICE", ManualClock())
    async with running(desk) as d:
        assert d.text.split()[0] == "PRACTICE"
        d.line("starting the practice exchange")
        desk.waiting = "loading 2,05,000 instruments"
        await d.frame()
        d.line("loading 2,05,000 instruments")


async def test_every_key_on_an_empty_desk_is_harmless():
    async with running(EmptyDesk("waiting", "PRACTICE", ManualClock())) as d:
        for key in ("b", "s", "d", "x", "enter", "tab", "f3", "f8", "f9", "down", "pagedown", "end", "[", "]"):
            await d.press(key)
            assert isinstance(d.app.screen, TradeScreen)


async def test_attach_from_a_task_outside_textual_swaps_the_desk():
    app = TeziApp(EmptyDesk("waiting", "PRACTICE", ManualClock()), paint_hz=0)
    desk = FakeDesk()
    gate = asyncio.Event()

    async def outside() -> None:
        await gate.wait()
        app.attach(desk)

    task = asyncio.create_task(outside())
    async with app.run_test(size=(120, 40)) as pilot:
        gate.set()
        await task
        d = Driver(app, pilot)
        await d.frame()
        await d.frame()
        assert app.desk is desk
        assert "RELIANCE" in d.text
        assert app.screen.query_one(WatchGrid).cursor_key == RELIANCE.key
        await d.press("b")
        await d.press("enter")
        assert len(desk.sent()) == 1


async def test_first_paint_is_told():
    app = TeziApp(FakeDesk(), paint_hz=0)
    assert not app.first_paint.is_set()
    async with app.run_test() as pilot:
        assert isinstance(pilot, Pilot)
        await asyncio.wait_for(app.first_paint.wait(), 5)


async def test_the_timer_paints():
    desk = FakeDesk()
    app = TeziApp(desk, paint_hz=50)
    async with app.run_test(size=(120, 40)) as pilot:
        d = Driver(app, pilot)
        desk.quotes.move(RELIANCE.key, 14_200_000)
        for _ in range(100):
            await pilot.pause(0.02)
            if "1,420.00" in d.text:
                break
        assert "1,420.00" in d.text


async def test_leaving_without_open_orders_asks_nothing():
    desk = FakeDesk()
    desk.orders.order_rows.clear()
    async with running(desk) as d:
        await d.press("ctrl+q")
        assert d.app.return_code == 0
        assert not d.app.is_running or d.app._exit


async def test_leaving_with_open_orders_asks_once_and_enter_says_yes():
    async with running(FakeDesk()) as d:
        await d.press("ctrl+q")
        assert isinstance(d.app.screen, QuestionScreen)
        d.line("3 orders are open, 3 positions are held. Leave?")
        await d.press("ctrl+q", "escape")
        assert isinstance(d.app.screen, TradeScreen)
        await d.press("ctrl+q", "enter")
        assert d.app._exit
        assert d.app.return_code == 0


async def test_leaving_works_inside_the_ticket():
    desk = FakeDesk()
    desk.orders.order_rows.clear()
    async with running(desk) as d:
        await d.press("b", "ctrl+q")
        assert d.app._exit


async def test_ctrl_c_only_hints():
    async with running(FakeDesk()) as d:
        await d.press("ctrl+c")
        assert d.toasts() == ["Ctrl+Q leaves"]
        assert not d.app._exit


async def test_a_broken_pane_says_so_and_the_others_go_on(caplog):
    """Quotes raise: watch and depth are broken, header and positions keep their word; it is logged once; it heals."""
    desk = FakeDesk()
    async with running(desk) as d:
        desk.quotes.raises = RuntimeError("[/b] board is gone")
        await d.frame()
        await d.frame()
        assert d.text.count("broken: RuntimeError: [/b] board is gone") >= 2
        d.line("Orders 3 open")
        assert sum("pane watch broke" in r.message for r in caplog.records) == 1
        desk.quotes.raises = None
        await d.frame()
        await d.frame()
        assert "broken" not in d.text
        d.line("HDFCBANK")


async def test_no_status_breaks_the_header_only():
    desk = FakeDesk()
    async with running(desk) as d:
        desk.status_raises = RuntimeError("no status")
        await d.frame()
        d.line("broken")
        d.line("HDFCBANK")
        await d.press("b")
        assert d.field("price") == "1412.60"


async def test_an_action_that_raises_does_not_end_the_app():
    desk = FakeDesk()
    desk.cancel = lambda tag: 1 / 0
    async with running(desk) as d:
        await d.press("f3", "x")
        assert "ZeroDivisionError" in d.toasts()[0]
        await d.press("f9")
        assert isinstance(d.app.screen, TradeScreen)


async def test_broken_orders_and_positions_do_not_end_the_app():
    desk = FakeDesk()
    async with running(desk) as d:
        desk.orders.raises = desk.positions.raises = desk.events.raises = RuntimeError("gone")
        desk.orders.revision += 1
        desk.positions.revision += 1
        desk.events.revision += 1
        await d.press("f3", "f9", "f8", "tab", "tab")
        assert not d.app._exit
        await d.press("ctrl+q", "enter")
        assert d.app.return_code == 0


CRASH = """
import asyncio
from core.clock import ManualClock
from terminal.app import TeziApp
from terminal.empty_desk import EmptyDesk
class Bad(TeziApp):
    def on_key(self):
        totp_seed = "JBSW" + "Y3DPEHPK3PXP"
        raise RuntimeError("boom")
async def main():
    app = Bad(EmptyDesk("w", "PRACTICE", ManualClock()), paint_hz=0)
    async with app.run_test() as pilot:
        await pilot.press("v")
try:
    asyncio.run(main())
except RuntimeError:
    pass
"""


def test_a_crash_prints_no_local_variables(tmp_path):
    script = tmp_path / "crash.py"
    script.write_text(CRASH)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=30, check=False)
    out = done.stdout + done.stderr
    assert "boom" in out
    assert "JBSWY3DPEHPK3PXP" not in out


def test_the_first_frame_imports_nothing_heavy():
    code = "import sys, terminal.app, terminal.empty_desk; print([m for m in %r if m in sys.modules])"
    heavy = (
        "numpy",
        "websockets",
        "httpcore",
        "sqlite3",
        "aiosqlite",
        "core.engine",
        "core.brokers",
        "scipy",
        "alembic",
    )
    done = subprocess.run(
        [sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "[]"
