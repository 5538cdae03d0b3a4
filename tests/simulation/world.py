"""One world: the practice exchange and the whole core of the terminal, joined by a network in memory, under one seed.

Everything that the terminal runs is the real thing (adapters, streams, gate, store on a real file, reconciliation) but
for what `loop`, `network` and `disk` stand in for: time, sockets and SQLite's thread.
"""

import asyncio
import atexit
import random
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import aiosqlite

from core.brokers import contract
from core.brokers.session import Credentials
from core.clock import AnchoredClock, iso_to_ns, ist_day
from core.config import Config
from core.domain import Exchange, InstrumentKey
from core.engine.desk import EngineDesk
from core.engine.engine import HALT_KEY, Engine
from core.exchange.control import Control
from core.exchange.faults import Faults
from core.exchange.gateway import Gateway
from core.exchange.handshake import ORDERS_PATH, STREAM_PATH
from core.exchange.http import Doors, HttpServer
from core.exchange.limits import Limiter
from core.exchange.listing import Listing
from core.exchange.practice import Practice
from core.exchange.services import build_services
from core.exchange.sessions import Sessions, new_credentials
from core.exchange.setting import Setting
from core.exchange.streams import Streams
from core.exchange.universe import listings_of
from core.orders.tags import Tags
from core.secret import Secret
from core.store.journal import OrderJournal
from core.store.ledger import TradeLedger
from core.store.migrate import prepare
from core.store.writer import Writer
from core.supervise import Supervisor
from terminal.master import fetch_master
from terminal.options import Options
from terminal.parts import build_parts
from tests.simulation.disk import Disk
from tests.simulation.loop import LoopClock, VirtualLoop
from tests.simulation.network import Network, Socket

REST, STREAMS = 9_001, 9_002
BEAT_S = 0.25
TOKENS = ("2885", "3045", "11536", "99926000", "99926009", "99919000", "99926017")
WALL_NS = iso_to_ns("2026-03-02T10:00:00+05:30")


def few(day: date) -> Mapping[InstrumentKey, Listing]:
    """Three shares and the indices: enough to trade, small enough to run a day in seconds."""
    return {k: replace(v, members=()) if v.members else v for k, v in listings_of(day).items() if k.token in TOKENS}


@dataclass(frozen=True, slots=True)
class Address:
    rest: str = f"http://127.0.0.1:{REST}"
    stream: str = f"ws://127.0.0.1:{STREAMS}{STREAM_PATH}"
    orders: str = f"ws://127.0.0.1:{STREAMS}{ORDERS_PATH}"


@dataclass(slots=True)
class Way:
    """Stands where the terminal has its `BrokerLink`."""

    credentials_now: Credentials
    run_name: str = "practice-1"
    address: Address = field(default_factory=Address)
    on_move: Any = None

    def credentials(self) -> Credentials:
        return self.credentials_now


class World:
    """`open`, `start_terminal` (again after `kill_terminal`), `close`. The parts are public for the faults."""

    def __init__(self, seed: int, folder: Path, loop: VirtualLoop) -> None:
        self.seed, self.folder, self.loop, self.network = seed, folder, loop, loop.network
        self.clock = LoopClock(loop, WALL_NS)
        self.disk = Disk()
        self.faults_seen: list[str] = []
        self.happened: list[str] = []
        self._stack = AsyncExitStack()
        self._tasks = Supervisor(self.clock, self._fault)

    def _fault(self, where: str, error: str) -> None:
        self.faults_seen.append(f"exchange {where}: {error}")

    def note(self, text: str) -> None:
        self.happened.append(f"{self.loop.time():9.3f} {text}")

    async def open(self) -> None:
        aiosqlite.connect = self.disk.connect  # type: ignore[assignment]
        start_ns = iso_to_ns("2026-03-02T09:20:00+05:30")
        self.practice = Practice(self.clock, self.seed, None, False, start_ns, Setting(listings=few))
        self.sessions = Sessions(new_credentials(1), self.clock, self.practice.switches)
        self.practice.client_code = self.sessions.credentials.client_code
        self.faults = Faults(random.Random(f"{self.seed}/faults"), self.clock.mono_ns)
        self.streams = Streams(self.practice, self.sessions, self.faults, self.clock, self._tasks)
        services = build_services(self.practice, self.sessions, self.faults)
        services.state.on_error = lambda error: self.faults_seen.append(f"rest: {type(error).__name__}: {error}")
        doors: Doors = {}
        gateway = Gateway(services, self.practice, self.sessions, self.faults, Limiter(), doors)
        self.requests = gateway.requests
        self.practice.on_push = self.streams.push_order
        self.control = Control(
            self.practice, self.faults, self.streams, self.sessions, gateway.requests, gateway.details, self._beat
        )
        server = HttpServer(gateway, Socket(REST), doors, gateway.peek)  # type: ignore[arg-type]
        self._sockets = await self.streams.listen(Socket(STREAMS))
        self._http = server
        self._tasks.once("http", server.run_on_socket())
        self._tasks.keep("market", self._beats)
        self._known = contract.load()

    async def close(self) -> None:
        self._sockets.close()
        self.network.cut(STREAMS)
        self.network.cut(REST)
        self._http.finish()
        await self.clock.sleep(2.0)
        await self._tasks.stop()
        self.practice.close()

    def _beat(self) -> None:
        self.practice.step()
        self.streams.publish(self.practice.market.take_changed())

    async def _beats(self) -> None:
        while True:
            self._beat()
            await self.clock.sleep(BEAT_S)

    async def start_terminal(self) -> None:
        """A terminal on the world's folder, as if a process began."""
        mine = self.sessions.credentials
        clock = AnchoredClock(self.clock)
        clock.anchor(self.practice.now_ns())
        way = Way(Credentials(mine.client_code, Secret(mine.pin), Secret(mine.totp_secret), Secret(mine.api_key)))
        path = self.folder / "tezi.db"
        if not path.exists():
            shutil.copy(await _fresh_store(), path)
        await prepare(path, clock.real_ns())
        self.writer = Writer(path, clock)
        await self.writer.open()
        journal = OrderJournal(self.writer, path)
        catalogue = await fetch_master(way.address.rest, clock)
        instance = random.Random(self.seed).randrange(1024)
        key = random.Random(f"{self.seed}/key").randbytes(32)
        tags = Tags(clock, key, instance, await journal.tag_floor(), journal.store_tag_floor)
        options = Options(mode="practice", config=Config(), home=self.folder)
        parts = build_parts(
            options, clock, "PRACTICE", way, catalogue, self._known, journal, tags,  # type: ignore[arg-type]
            lambda event: None,
            random=random.Random(f"{self.seed}/{self.loop.time()}"),
        )  # fmt: skip
        self.broker = parts.broker
        self.engine = Engine(replace(parts, ledger=TradeLedger(self.writer, way.run_name)))
        self.desk = EngineDesk(self.engine)
        self.engine.restore(await journal.load_day(ist_day(clock.wall_ns())), await journal.load_meta(HALT_KEY))
        self.engine.start()
        self.shares = [catalogue.get(InstrumentKey(Exchange.NSE, token)) for token in TOKENS[:3]]

    async def stop_terminal(self) -> None:
        await self.engine.stop()
        await self.broker.close()  # type: ignore[attr-defined]
        await self.writer.close()

    async def kill_terminal(self) -> None:
        """As kill -9 does: no draining, nothing more reaches the disk, every connection ends."""
        link, self.writer._link = self.writer._link, None
        await self.engine.supervisor.stop()
        await self.writer._tasks.stop()
        if link is not None:
            await link.close()
        await self.broker.close()  # type: ignore[attr-defined]
        self.network.cut(REST)
        self.network.cut(STREAMS)


_FRESH: list[Path] = []


async def _fresh_store() -> Path:
    """A store with nothing in it, made once: making one takes longer than a world's minute."""
    if not _FRESH:
        path = Path(tempfile.mkdtemp(prefix="tezi-sim-store-")) / "fresh.db"
        await prepare(path, WALL_NS)
        atexit.register(shutil.rmtree, path.parent, True)
        _FRESH.append(path)
    return _FRESH[0]


def run_in(seed: int, work: Any) -> Any:
    """Run `work(loop)` on a virtual loop of its own; gives its result."""
    network = Network(random.Random(f"{seed}/network"))
    loop = VirtualLoop(network)
    connect = aiosqlite.connect
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(work(loop))
    finally:
        aiosqlite.connect = connect
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
