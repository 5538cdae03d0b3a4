"""Kill -9 of an engine that places orders, at random points; every order the exchange saw must be in the store.

The engine runs in a child forked from a process that has imported everything and has no thread yet, so that a kill
costs less than a second. The same home and the same exchange live through all kills of a round.
"""

import asyncio
import itertools
import os
import random
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from core.brokers import contract
from core.clock import SystemClock
from core.domain import InstrumentKey, OrderIntent, OrderState, Product, Side
from core.facts import Operation
from core.market.instruments import Catalogue
from core.views import Choice, Quote
from terminal.master import fetch_master
from tests.exchange_process import ExchangeProcess
from tests.lost.rig import LostRig

World = tuple[Catalogue, dict[InstrumentKey, Quote]]
KILLS_EACH = 40
"""Kills on one exchange, so that its books stay short."""
PLACED_MAX = 4
LATER_MAX_S = 0.25
PATIENCE_S = 60


def run(home: Path, kills: int, seed: int) -> tuple[int, list[str]]:
    """How many orders the exchanges saw in all, and what is wrong, one text each."""
    rng, seen, wrong = random.Random(seed), 0, list[str]()
    contract.load()  # imported once, before the forks
    for first in range(0, kills, KILLS_EACH):
        shutil.rmtree(home, ignore_errors=True)
        with ExchangeProcess(None, "--limits", "off", "--seed", str(seed + first)) as exchange:
            world = asyncio.run(_world(exchange, home.with_name("first")))
            for n in range(first, min(kills, first + KILLS_EACH)):
                wrong += _one(exchange, home, world, rng, n)
                wrong += [f"kill {n}: {w}" for w in _lost(exchange, home)]
            seen += len(exchange.truth()["orders"])
    return seen, wrong


async def _world(exchange: ExchangeProcess, home: Path) -> World:
    """The master and the prices of one moment, so that no child waits for either."""
    catalogue = await fetch_master(exchange.rest, SystemClock())
    async with LostRig(exchange, home, 0, catalogue=catalogue) as rig:
        slots = {i.key: rig.board.slot(i.key) for i in rig.shares if rig.touch(i, Side.BUY)}
        return catalogue, {key: rig.board.quote(slot) for key, slot in slots.items() if slot is not None}


def _one(exchange: ExchangeProcess, home: Path, world: World, rng: random.Random, number: int) -> list[str]:
    """Start an engine, let it place some orders, kill it somewhere in the next."""
    inlet, outlet = os.pipe()
    seed, wanted, later_s = rng.randrange(2**31), rng.randint(1, PLACED_MAX), rng.uniform(0, LATER_MAX_S)
    pid = os.fork()
    if pid == 0:
        os.close(inlet)
        try:
            signal.alarm(PATIENCE_S)
            asyncio.run(_place_for_ever(exchange, home, world, seed, outlet))
        finally:
            os._exit(1)
    os.close(outlet)
    with os.fdopen(inlet) as told:
        lines = list(itertools.islice(told, wanted))
        time.sleep(later_s)
        os.kill(pid, signal.SIGKILL)
        told.read()
    os.waitpid(pid, 0)
    return [] if len(lines) == wanted else [f"kill {number}: the engine ended by itself after {len(lines)} orders"]


async def _place_for_ever(exchange: ExchangeProcess, home: Path, world: World, seed: int, out: int) -> None:
    catalogue, still = world
    async with LostRig(exchange, home, seed, catalogue=catalogue, still=still) as rig:
        for n in itertools.count():
            share = rig.random.choice([i for i in rig.shares if i.key in still])
            if not rig.desk.forbidden(Operation.OPEN):
                price_e4 = rig.touch(share, Side.SELL) // share.tick_e4 * share.tick_e4
                intent = OrderIntent(f"t{n}", share, Side.BUY, rig.random.randint(1, 9), price_e4, Product.INTRADAY)
                if rig.desk.submit(intent).tag:
                    os.write(out, b"placed\n")
            for lost in rig.engine.blotter.live():
                if lost.state is OrderState.UNCONFIRMED:  # killed between record and wire: a person must say so
                    rig.desk.decide(lost.tag, Choice.NOT_PLACED)
            await rig.clock.sleep(rig.random.random() * 0.2)


def _lost(exchange: ExchangeProcess, home: Path) -> list[str]:
    truth = exchange.truth()
    asked = {r["body"]["ordertag"] for r in truth["requests"] if r["path"].endswith("placeOrder") and r["body"]}
    tags = [row["ordertag"] for row in truth["orders"]]
    with closing(sqlite3.connect(home / "tezi.db")) as link:
        stored = {tag for (tag,) in link.execute("SELECT tag FROM order_event")}
    lost = [f"{tag} reached the exchange and is not in the store" for tag in sorted({*tags, *asked} - stored)]
    return lost + [f"{tag} is twice at the exchange" for tag in sorted({t for t in tags if tags.count(t) > 1})]
