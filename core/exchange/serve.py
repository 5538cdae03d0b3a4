"""The exchange as a process: sockets, servers, the market's beat, the first line, and the end."""

import asyncio
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.clock import Clock, SystemClock, ist
from core.errors import UserError
from core.exchange.control import Control, build_control
from core.exchange.faults import Faults
from core.exchange.gateway import Gateway
from core.exchange.handshake import ORDERS_PATH, STREAM_PATH
from core.exchange.http import Doors, HttpServer, abort
from core.exchange.limits import Limiter
from core.exchange.practice import Practice
from core.exchange.services import build_services
from core.exchange.sessions import Sessions, new_credentials
from core.exchange.streams import Streams
from core.exchange.venue import Venue
from core.supervise import Supervisor

BEAT_S = 0.2
"""Real time between two market steps: the most often a token's packet is sent."""
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


def run(options: Options) -> None:
    """Serve until SIGINT, SIGTERM or, if asked, the end of stdin. UserError when it cannot start."""
    asyncio.run(_serve(options, SystemClock()))


async def _serve(options: Options, clock: Clock) -> None:
    venue = _venue(options, clock)
    stop = asyncio.Event()
    tasks = Supervisor(clock, _say)
    socks = [_bind(options.host, options.port), _bind(options.host, 0), _bind(LOOPBACK, 0)]
    sessions = Sessions(new_credentials(), clock, venue.switches)
    venue.client_code = sessions.credentials.client_code
    faults = Faults(random.Random(options.seed))
    streams = Streams(venue, sessions, faults, clock, tasks)
    doors: Doors = {}
    services = build_services(venue, sessions, faults)
    services.state.on_error = lambda error: _say("rest", f"{type(error).__name__}: {error}")
    limiter = Limiter() if options.limits else None
    gateway = Gateway(services, venue, sessions, faults, limiter, lambda client: abort(doors, client))
    venue.on_push = streams.push_order

    def beat() -> None:
        venue.step()
        streams.publish(venue.market.take_changed())

    control = build_control(Control(venue, faults, streams, gateway.requests, beat))
    servers = [HttpServer(gateway, socks[0], doors), HttpServer(control, socks[2])]
    _end_on_signals(stop, options.end_with_stdin)
    sockets_server = await streams.listen(socks[1])
    running = [tasks.once("http", server.run_on_socket()) for server in servers]
    venue.clock.anchor(venue.start_ns, options.speed)
    tasks.keep("market", lambda: _beats(beat, clock))
    _first_line(venue, sessions, socks)
    await stop.wait()
    for server in servers:
        server.finish()
    sockets_server.close()
    await asyncio.wait(running, timeout=2)
    await tasks.stop()
    venue.close()


def _venue(options: Options, clock: Clock) -> Venue:
    if options.replay is not None:
        from core.exchange.playback import Playback

        return Playback(clock, options.replay)
    return Practice(clock, options.seed, options.state, options.fresh, options.now_ns)


async def _beats(beat: Callable[[], None], clock: Clock) -> None:
    while True:
        beat()
        await clock.sleep(BEAT_S)


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


def _first_line(venue: Venue, sessions: Sessions, socks: list[socket.socket]) -> None:
    rest, streams, control = (f"{s.getsockname()[0]}:{s.getsockname()[1]}" for s in socks)
    mine = sessions.credentials
    line: dict[str, str | int] = {
        "rest": f"http://{rest}",
        "stream": f"ws://{streams}{STREAM_PATH}",
        "orders": f"ws://{streams}{ORDERS_PATH}",
        "control": f"http://{control}",
        "client_code": mine.client_code,
        "pin": mine.pin,
        "totp_secret": mine.totp_secret,
        "api_key": mine.api_key,
        "now": ist(venue.now_ns()).isoformat(),
        "run": venue.run,
    }
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
