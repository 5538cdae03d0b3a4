"""Who acts in a world: a trader who does something every few seconds, and a fate that breaks something and mends it."""

import random
from collections.abc import Callable

from core.domain import OrderIntent, Product, Side
from core.exchange.faults import Fault
from core.exchange.rules import OrderBody
from tests.simulation.world import REST, STREAMS, World

TRADER_MEAN_S, FATE_MEAN_S = 1.2, 6.0
_ANSWERS = ("placeOrder", "cancelOrder", "modifyOrder", "getOrderBook", "getTradeBook", "getPosition")


class Trader:
    """Places, changes, cancels, halts and resumes by the desk, as keys would; sometimes the phone trades beside it."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, random.Random(f"{world.seed}/trader")
        self._tickets = 0

    async def run(self, until_s: float) -> None:
        while self._world.loop.time() < until_s:
            await self._world.clock.sleep(self._rng.expovariate(1 / TRADER_MEAN_S))
            self.act()

    def act(self) -> None:
        choice = self._rng.random()
        desk = self._world.desk
        if choice < 0.58:
            self.place()
        elif choice < 0.69:
            self.change()
        elif choice < 0.70:
            self.rush()
        elif choice < 0.84 and (live := self._world.engine.orders.cancellable()):
            desk.cancel(self._rng.choice(live).tag)
        elif choice < 0.86:
            desk.cancel_all()
        elif choice < 0.88:
            desk.halt("the trader pressed it")
        elif choice < 0.93:
            desk.resume("RESUME")
        else:
            self.phone()

    def place(self) -> None:
        rng, world = self._rng, self._world
        share = rng.choice(world.shares)
        last_e4 = world.practice.market.last_e4(share.key)
        ticks = rng.choice((-40, -8, -2, 0, 2, 8, 40))
        self._tickets += 1
        world.desk.submit(
            OrderIntent(
                intent_id=f"{self._tickets}@{world.loop.time()}",
                instrument=share,
                side=rng.choice((Side.BUY, Side.SELL)),
                quantity=rng.randint(1, 20),
                price_e4=last_e4 // share.tick_e4 * share.tick_e4 + ticks * share.tick_e4,
                product=rng.choice((Product.INTRADAY, Product.DELIVERY)),
            )
        )

    def rush(self) -> None:
        """As many keys as fit into a moment, then all of it taken back: what the windows are for."""
        for _ in range(15):
            self.place()
        self._world.desk.cancel_all()

    def change(self) -> None:
        """Other terms for one of the live orders, better or worse, larger or smaller."""
        rng, live = self._rng, self._world.engine.orders.cancellable()
        if not live:
            return
        order = rng.choice(live)
        share = next((s for s in self._world.shares if s.token == order.token), None)
        if share is not None:
            price_e4 = order.price_e4 + rng.choice((-20, -2, 0, 2, 20)) * share.tick_e4
            self._world.desk.modify(order.tag, max(1, order.quantity + rng.randint(-5, 10)), price_e4)

    def phone(self) -> None:
        share = self._rng.choice(self._world.shares)
        price = self._world.practice.market.last_e4(share.key) // share.tick_e4 * share.tick_e4 / 10_000
        self._world.practice.place(
            OrderBody(
                "NORMAL", share.symbol, share.token, self._rng.choice(("BUY", "SELL")), "NSE", "LIMIT", "INTRADAY",
                "DAY", str(price), "0", str(self._rng.randint(1, 9)),
            ),
            external=True,
        )  # fmt: skip


class Fate:
    """Breaks one thing, waits, mends it. What it did stands in the world's notes."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, random.Random(f"{world.seed}/fate")
        self._deeds: tuple[tuple[str, Callable[[], object]], ...] = (
            ("rest fault", self._rest),
            ("stream fault", self._stream),
            ("network", self._network),
            ("tokens", lambda: self._world.control.strike(Fault("expire_tokens"))),
            ("disk full", self._disk),
            ("clock slips", lambda: self._world.clock.slip(self._rng.uniform(-600, 600))),
        )

    async def run(self, until_s: float) -> None:
        world, rng = self._world, self._rng
        while world.loop.time() < until_s:
            await world.clock.sleep(rng.expovariate(1 / FATE_MEAN_S))
            if rng.random() < 0.12:
                await self._crash()
                continue
            name, deed = rng.choices(self._deeds, (6, 4, 4, 1, 1, 1))[0]
            detail = deed()
            world.note(f"{name}: {detail}")
            await world.clock.sleep(rng.uniform(0.2, 8.0))
            self.mend()

    def mend(self) -> None:
        self._world.faults.clear()
        self._world.disk.refuses = False
        for port in (REST, STREAMS):
            self._world.network.release(port)

    def _rest(self) -> str:
        rng = self._rng
        name = rng.choice(
            ("http_status", "html", "empty", "rate_limit", "error", "gateway_error", "lost_request", "black_hole",
             "lost_answer", "slow", "cut_body", "empty_list", "partial_list", "repeat_rows", "shuffle_rows",
             "hide_newest", "strange_status", "reject_order", "cut_request", "token_expired")
        )  # fmt: skip
        on = [rng.choice(_ANSWERS)] if rng.random() < 0.7 else ["*"]
        status = rng.choice((500, 502, 503, 504)) if name == "http_status" else None
        fault = Fault(
            name, on=on, status=status, delay_ms=rng.randint(50, 9_000) if name == "slow" else 0,
            probability=rng.choice((0.3, 1.0)), for_s=rng.uniform(1, 10), at_byte=rng.randint(0, 200),
        )  # fmt: skip
        self._world.control.strike(fault)
        return f"{name} on {on[0]}"

    def _stream(self) -> str:
        name = self._rng.choice(
            ("drop_stream", "refuse_stream", "mute_stream", "freeze_stream", "garbage_frame", "drop_orders",
             "refuse_orders", "freeze_orders", "lose_update", "repeat_update", "reorder_update", "delay_update",
             "flip_bits", "truncate_frame")
        )  # fmt: skip
        self._world.control.strike(
            Fault(name, delay_ms=self._rng.randint(10, 4_000), for_s=self._rng.uniform(1, 15), probability=0.7)
        )
        return name

    def _network(self) -> str:
        port = self._rng.choice((REST, STREAMS))
        deed = self._rng.choice(("cut", "refuse", "hold"))
        if deed == "cut":
            self._world.network.cut(port)
        elif deed == "refuse":
            self._world.network.refused.add(port)
            self._world.network.cut(port)
        else:
            self._world.network.hold(port)
        return f"{deed} {port}"

    def _disk(self) -> str:
        self._world.disk.refuses = True
        return "writes fail"

    async def _crash(self) -> None:
        self._world.note("the terminal is killed")
        self.mend()
        await self._world.kill_terminal()
        await self._world.clock.sleep(self._rng.uniform(0.1, 5.0))
        await self._world.start_terminal()
        self._world.note("the terminal starts again")
