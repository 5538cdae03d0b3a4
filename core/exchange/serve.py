"""The exchange as a process: sockets, servers, the market's beat, the first line, and the end."""

import asyncio
import gc
import os
import random
import signal
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from core.clock import NS_PER_MS, Clock, SystemClock, ist
from core.errors import UserError
from core.exchange.calendar import STARTS, at, trading_day
from core.exchange.faults import Fault, Faults
from core.exchange.handshake import ORDERS_PATH, STREAM_PATH
from core.exchange.limits import Limiter
from core.exchange.practice import Practice
from core.exchange.scenarios import SCENARIOS, Scenario
from core.exchange.sessions import Sessions, new_credentials
from core.exchange.setting import PLAIN
from core.exchange.streams import Streams
from core.exchange.venue import Venue
from core.supervise import Supervisor

BEAT_S, BUSY_S = 0.01, 0.001
"""Real time between two market steps: short, so that a busy market never keeps a request waiting for long."""
SLICE_NS, SLICE_ROUNDS = 2 * NS_PER_MS, 8
"""How long the market works before requests have their turn, and after how many rounds it looks at the time."""
UPKEEP_THRESHOLDS = (20_000, 50, 50)
"""Garbage collection after the start: rare, for what lives at the start is frozen and few cycles come after it."""
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line chose. `now_ns` and `replay` are None when not given."""

    host: str = LOOPBACK
    port: int = 0
    seed: int = 1
    state: Path | None = None
    fresh: bool = False
    limits: bool = True
    now_ns: int | None = None
    replay: Path | None = None
    speed: float = 1.0
    end_with_stdin: bool = False
    universe: Path | None = None
    tls: bool = False
    scenario: str | None = None
    depth20: bool = False
    single_session: bool = False


def run(options: Options) -> None:
    """Serve until SIGINT, SIGTERM or, if asked, the end of stdin. UserError when it cannot start."""
    gc.disable()  # what the start makes lives on: see _freeze
    asyncio.run(_serve(options, SystemClock()))


async def _serve(options: Options, clock: Clock) -> None:
    """The first line goes out as soon as the sockets are bound; who connects then waits for the web framework's import,
    half of the start, in the sockets' queues.
    """
    scenario = None if options.scenario is None else SCENARIOS[options.scenario]
    venue = _venue(options, clock, scenario)
    stop = asyncio.Event()
    tasks = Supervisor(clock, _say)
    socks = [_bind(options.host, options.port), _bind(options.host, 0), _bind(LOOPBACK, 0)]
    tls, trusted = _tls(options, clock)
    sessions = _sessions(venue, clock, options.single_session)
    faults = Faults(random.Random(options.seed), clock.mono_ns)
    streams = Streams(venue, sessions, faults, clock, tasks, options.depth20)
    venue.clock.anchor(venue.start_ns, options.speed)
    _first_line(venue, sessions, socks, trusted)
    from core.exchange.control import Control, build_control
    from core.exchange.gateway import Gateway
    from core.exchange.http import Doors, HttpServer
    from core.exchange.services import build_services

    doors: Doors = {}
    services = build_services(venue, sessions, faults)
    services.state.on_error = lambda error: _say("rest", f"{type(error).__name__}: {error}")
    gateway = Gateway(services, venue, sessions, faults, Limiter() if options.limits else None, doors)
    venue.on_push = streams.push_order

    def beat() -> None:
        venue.step()
        streams.publish(venue.market.take_changed())

    control = Control(venue, faults, streams, sessions, gateway.requests, gateway.details, beat)
    rest = HttpServer(gateway, socks[0], doors, gateway.peek, _behind(tls, gateway.crawl, tasks, clock))
    servers = [rest, HttpServer(build_control(control), socks[2])]
    _end_on_signals(stop, options.end_with_stdin)
    sockets_server = await streams.listen(socks[1], tls)
    running = [tasks.once("http", server.run_on_socket()) for server in servers]
    tasks.keep("market", lambda: _beats(venue, streams, clock))
    if scenario is not None:
        tasks.once("scenario", _tell(scenario, control.strike, clock))
    _freeze()
    await stop.wait()
    for server in servers:
        server.finish()
    sockets_server.close()
    await asyncio.wait(running, timeout=2)
    await tasks.stop()
    venue.close()


def _sessions(venue: Venue, clock: Clock, single: bool) -> Sessions:
    if single:
        venue.switches.relogin = "end"
    sessions = Sessions(new_credentials(venue.run), clock, venue.switches)
    venue.client_code = sessions.credentials.client_code
    return sessions


def _venue(options: Options, clock: Clock, scenario: Scenario | None) -> Venue:
    if options.replay is not None:
        from core.exchange.playback import Playback

        return Playback(clock, options.replay)
    setting, now_ns = PLAIN, options.now_ns
    day = trading_day(ist(clock.real_ns()).date() if now_ns is None else ist(now_ns).date())
    if options.universe is not None:
        from core.exchange.masterfile import Master

        master = Master(options.universe)
        listable = trading_day(master.day(day))
        if now_ns is None and listable != day and options.state is None:
            day, now_ns = listable, at(listable, STARTS)
        setting = replace(setting, listings=master.listings)
    if scenario is not None:
        setting = replace(setting, events=scenario.events)
        now_ns = scenario.starts_ns(day) if now_ns is None else now_ns
    return Practice(clock, options.seed, options.state, options.fresh, now_ns, setting)


async def _tell(scenario: Scenario, strike: Callable[[Fault], None], clock: Clock) -> None:
    """Let a scenario's faults come at their times, real seconds after the start."""
    _say("scenario", scenario.says)
    passed_s = 0.0
    for at_s, fault in scenario.timed:
        await clock.sleep(max(0.0, at_s - passed_s))
        passed_s = at_s
        strike(msgspec.structs.replace(fault))


def _tls(options: Options, clock: Clock) -> tuple[ssl.SSLContext | None, Path | None]:
    if not options.tls:
        return None, None
    from core.exchange.tls import server_context

    folder = options.state or Path(tempfile.mkdtemp(prefix="tezi-exchange-"))
    return server_context(folder, options.host, clock)


def _behind(
    tls: ssl.SSLContext | None, crawl: Callable[[], float | None], tasks: Supervisor, clock: Clock
) -> Callable[[Any], Any] | None:
    """What secures the REST door's connections, None without TLS."""
    if tls is None:
        return None
    from core.exchange.doorman import doorman

    return partial(doorman, tls=tls, crawl=crawl, start=partial(tasks.once, "tls"), sleep=clock.sleep)


def _freeze() -> None:
    """What the start made lives on: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*UPKEEP_THRESHOLDS)
    gc.enable()


async def _beats(venue: Venue, streams: Streams, clock: Clock) -> None:
    """Let the market work in short slices, so that requests never wait for all of it."""
    while True:
        until_ns = clock.mono_ns() + SLICE_NS
        while not (done := venue.step(SLICE_ROUNDS)) and not venue.shows_each and clock.mono_ns() < until_ns:
            pass
        streams.publish(venue.market.take_changed())
        await clock.sleep(BEAT_S if done else BUSY_S)


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket; clients may connect from now on."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY by it
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as e:
        sock.close()
        raise UserError(f"Cannot listen on {host} port {port} ({e.strerror}). Choose another with --port.") from e
    sock.listen(128)
    sock.setblocking(False)
    return sock


def _first_line(venue: Venue, sessions: Sessions, socks: list[socket.socket], trusted: Path | None) -> None:
    rest, streams, control = (f"{s.getsockname()[0]}:{s.getsockname()[1]}" for s in socks)
    mine = sessions.credentials
    secure = "" if trusted is None else "s"
    line: dict[str, str | int] = {
        "rest": f"http{secure}://{rest}",
        "stream": f"ws{secure}://{streams}{STREAM_PATH}",
        "orders": f"ws{secure}://{streams}{ORDERS_PATH}",
        "control": f"http://{control}",
        "client_code": mine.client_code,
        "pin": mine.pin,
        "totp_secret": mine.totp_secret,
        "api_key": mine.api_key,
        "now": ist(venue.now_ns()).isoformat(),
        "run": venue.run,
    }
    if trusted is not None:
        line["ca"] = str(trusted)
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _end_on_signals(stop: asyncio.Event, with_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if with_stdin:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Wait for the end of stdin, past the interpreter's buffers so that leaving never blocks."""
    try:
        while os.read(0, 4_096):
            pass
    except OSError:
        pass
    loop.call_soon_threadsafe(stop.set)


def _say(name: str, text: str) -> None:
    sys.stderr.write(f"exchange: {name}: {text}\n")
    sys.stderr.flush()
