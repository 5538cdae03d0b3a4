"""Stops kept by us with a real exchange process: typed on the screen, hit by the market, closed once; and a restart."""

import pytest
from textual.widgets import Input

from core.account import GuardState
from core.domain import OrderState
from core.money import rupees
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.timeout(150)


def positions(t: Terminal):
    return [p for p in t.desk.positions.positions() if p.net]


async def bought(t: Terminal):
    order = await t.order("b")
    await t.until(lambda: t.now(order).state is OrderState.FILLED, 8, "the buy's fill")
    await t.until(lambda: bool(positions(t)), 8, "the position")
    return positions(t)[0]


def levels_around(t: Terminal, held) -> tuple[int, int]:
    """A stop and a target two ticks from the last price: the market reaches one of them soon."""
    instrument = next(i for i in t.desk.watchlist() if i.token == held.token)
    last_e4 = t.desk.quotes.quote(t.desk.quotes.slot(instrument.key)).ltp_e4
    return last_e4 - 2 * instrument.tick_e4, last_e4 + 2 * instrument.tick_e4


async def test_levels_typed_on_screen_3_close_the_position_once(tmp_path):
    async with Terminal(tmp_path) as t:
        held = await bought(t)
        await t.control.speed(0.001)
        await t._quiet(0.4)
        await t.press("3")
        await t.shows("Stop / target")
        await t.press("e")
        stop_e4, target_e4 = levels_around(t, held)
        for field, level_e4 in (("stop", stop_e4), ("target", target_e4)):
            t.app.screen.query_one(f"#protect-{field}", Input).value = rupees(level_e4)
        await t.press("enter")
        await t.until(lambda: t.desk.account.guard(held.key) is not None, 3, "the protection")
        await t.shows("kept by Tezi, not by the broker")
        await t.control.speed(1)

        await t.until(lambda: not positions(t), 60, "a flat book")
        await t.until(lambda: t.desk.account.guard(held.key) is None, 5, "the protection's end")
        truth = await t.control.truth()
        assert len([o for o in truth["orders"] if o["transactiontype"] == "SELL"]) == 1
        made = [o for o in t.desk.orders.orders() if o.source in ("stop", "target")]
        assert len(made) == 1 and made[0].state is OrderState.FILLED
        assert t.engine.gate.leaked == 0
        assert t.desk.account.totals().charges_e4 > 0


async def test_it_stands_again_after_the_program_was_ended_and_started(tmp_path):
    async with Terminal(tmp_path) as t:
        held = await bought(t)
        last_e4 = levels_around(t, held)[0]
        assert t.desk.account.protect(held.key, last_e4 * 9 // 10 // 1000 * 1000, 0, 0).tag
        await t.until(lambda: t.engine.account.protection.guards.saved, 5, "the store")
    async with Terminal(tmp_path) as t:
        guard = t.desk.account.guard(held.key)
        assert guard is not None and guard.state is GuardState.WATCHING
        assert guard.stop_e4 == last_e4 * 9 // 10 // 1000 * 1000
