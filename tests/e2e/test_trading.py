"""The whole path: keys, engine, adapters, sockets, exchange process."""

import os
import signal

import pytest

from core.domain import OrderState
from core.facts import LadderMode, Operation
from tests.e2e.terminal import Terminal

S = OrderState
ORDER_CALLS = ["placeOrder", "modifyOrder", "cancelOrder", "getOrderBook", "details"]

pytestmark = pytest.mark.timeout(120)


async def test_a_buy_at_the_touch_fills_and_a_sell_closes_it(tmp_path):
    async with Terminal(tmp_path) as t:
        bought = await t.order("b")
        await t.until(lambda: t.now(bought).state is S.FILLED, 5, "the buy's fill")
        await t.until(lambda: any(p.net > 0 for p in t.desk.positions.positions()), 5, "the position")
        await t.shows("RELIANCE")
        await t.shows("FILLED")

        sold = await t.order("s")
        await t.until(lambda: t.now(sold).state is S.FILLED, 5, "the sell's fill")
        await t.until(lambda: all(p.net == 0 for p in t.desk.positions.positions()), 5, "a flat book")

        truth = await t.control.truth()
        assert [o["orderstatus"] for o in truth["orders"]] == ["complete", "complete"]
        assert len(truth["trades"]) >= 2
        exact = sum(
            round(float(x["fillprice"]) * 10_000) * int(x["fillsize"]) * (1 if x["transactiontype"] == "SELL" else -1)
            for x in truth["trades"]
        )
        await t.until(lambda: len(t.desk.orders.fills()) == len(truth["trades"]), 5, "the trade book")
        assert t.desk.status().realised_e4 == exact
        assert t.engine.gate.leaked == 0


async def test_read_only_while_every_order_call_fails_and_back_by_itself(tmp_path):
    async with Terminal(tmp_path) as t:
        await t.control.fault(name="http_status", on=ORDER_CALLS, status=503)
        lost = await t.order("b")
        await t.until(lambda: t.mode is LadderMode.READ_ONLY, 8, "READ-ONLY")
        assert t.now(lost).state is S.UNKNOWN
        await t.shows("READ-ONLY")
        await t.shows("next test")
        assert t.desk.forbidden(Operation.OPEN)
        before = await t.control.order_calls()

        await t.press("down", "b")
        await t.shows("READ-ONLY")
        await t.read_ticket()
        await t.press("enter")
        await t.press("escape")
        quotes = sum(t.desk.quotes.revision(s) for s in range(5))
        await t.until(lambda: sum(t.desk.quotes.revision(s) for s in range(5)) > quotes, 5, "quotes that go on")
        assert await t.control.order_calls() == before

        await t.control.clear_faults()
        await t.until(lambda: t.mode is LadderMode.NORMAL, 20, "NORMAL again")
        assert await t.control.order_calls() == before

        again = await t.order("b")
        assert again.symbol != lost.symbol
        await t.until(lambda: t.now(again).state is S.FILLED, 5, "a fill in another underlying")
        assert t.now(lost).state is S.UNKNOWN


async def test_panic_cancels_every_resting_order(tmp_path):
    async with Terminal(tmp_path) as t:
        for ticks in (20, 30, 40):
            before = len(t.desk.orders.orders())
            await t.press("b", "tab", *["shift+down"] * (ticks // 10))
            await t.read_ticket()
            await t.press("enter")
            await t.until(lambda before=before: len(t.desk.orders.orders()) > before, 3, "a resting order")
        await t.until(lambda: all(o.state is S.WORKING for o in t.desk.orders.orders()), 5, "three working orders")

        await t.press("ctrl+k", "c", "enter")
        await t.until(lambda: all(o.state is S.CANCELLED for o in t.desk.orders.orders()), 8, "all cancelled")

        truth = await t.control.truth()
        assert [o["orderstatus"] for o in truth["orders"]] == ["cancelled"] * 3


async def test_a_lost_answer_leaves_one_order_that_is_adopted_by_its_tag(tmp_path):
    async with Terminal(tmp_path) as t:
        await t.control.fault(name="lost_answer", on=["placeOrder"], count=1)
        await t.control.fault(name="refuse_orders")
        await t.control.fault(name="drop_orders")
        order = await t.order("b")
        await t.until(lambda: t.now(order).state is S.FILLED, 10, "its adoption")
        told = "\n".join(e.text for e in reversed(t.desk.events.latest(50)))
        assert 0 < told.index("  UNKNOWN  ") < told.index("found by its tag: adopted") < told.index("  FILLED  ")

        truth = await t.control.truth()
        (theirs,) = truth["orders"]
        assert theirs["ordertag"] == order.tag
        assert theirs["orderid"] == t.now(order).broker_id
        assert await t.control.order_calls() == ["placeOrder"]


async def test_a_killed_exchange_is_started_again_and_nothing_is_lost(tmp_path):
    async with Terminal(tmp_path) as t:
        order = await t.order("b")
        await t.until(lambda: t.now(order).state is S.FILLED, 5, "the fill")
        net = t.desk.positions.positions()[0].net
        old = t.boot.link.pid

        os.kill(old, signal.SIGKILL)
        await t.until(lambda: t.mode >= LadderMode.READ_ONLY, 2, "READ-ONLY")
        assert t.desk.forbidden(Operation.OPEN)
        await t.until(lambda: t.mode is LadderMode.NORMAL, 25, "NORMAL again")

        assert t.boot.link.pid != old
        assert t.now(order).state is S.FILLED
        assert t.desk.positions.positions()[0].net == net
        await t.until(t.prices_live, 10, "live prices")
        sold = await t.order("s")
        await t.until(lambda: t.now(sold).state is S.FILLED, 5, "the sell's fill")


async def test_a_second_start_the_same_day_goes_on_with_the_same_account(tmp_path):
    async with Terminal(tmp_path) as t:
        order = await t.order("b")
        await t.until(lambda: t.now(order).state is S.FILLED, 5, "the fill")
        pid = t.boot.link.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

    async with Terminal(tmp_path) as t:
        assert t.now(order).state is S.FILLED
        assert [p.net for p in t.desk.positions.positions()] == [order.quantity]
        assert "MISMATCH" not in "\n".join(e.text for e in t.desk.events.latest(100))
        sold = await t.order("s")
        await t.until(lambda: t.now(sold).state is S.FILLED, 5, "the sell's fill")


async def test_malformed_frames_are_counted_and_the_connection_is_kept(tmp_path):
    async with Terminal(tmp_path) as t:
        dropped = t.desk.status().dropped_frames
        await t.control.fault(name="garbage_frame", count=1)
        await t.until(lambda: t.desk.status().dropped_frames > dropped, 5, "a counted malformed frame")
        revision = t.desk.quotes.revision(0)

        await t.until(lambda: t.desk.quotes.revision(0) > revision, 5, "further prices")
        assert t.mode is LadderMode.NORMAL
