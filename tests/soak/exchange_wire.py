"""A hundred thousand bodies over kept HTTP connections and as many frames over a stream socket, against a real process:
all answered, no connection lost, no traceback, and no growth.
"""

import http.client
import os
import random
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection

from core.exchange.gateway import REQUESTS_MAX
from core.exchange.paths import LOGOUT_PATH, POSTS
from tests.exchange import fuzzing
from tests.exchange.wire import Wire
from tests.exchange_process import ExchangeProcess

COUNT = int(os.environ.get("TEZI_SOAK_BODIES", "100000"))
"""Bodies, and as many frames."""
WARM = REQUESTS_MAX + 2_000
"""Bodies that come first: the exchange remembers that many requests, which is no growth."""
GROWTH_MB, KEPT, BATCH = 16, 4, 100
"""KEPT connections take turns; after BATCH frames a heartbeat shows that all were handled."""
PATHS = tuple(path for path in POSTS if path != LOGOUT_PATH)


class Bodies:
    """Sends garbage over connections that must stay open; `statuses` counts the answers."""

    def __init__(self, wire: Wire, rng: random.Random) -> None:
        parts = urlsplit(wire.exchange.rest)
        kept = [http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30) for _ in range(KEPT)]
        self._kept, self._turns, self._wire, self._rng = kept, cycle(kept), wire, rng
        self.statuses: Counter[int] = Counter()
        self.opened = 0

    def send(self, count: int) -> None:
        headers = {"X-PrivateKey": self._wire.exchange.api_key, "Authorization": f"Bearer {self._wire.jwt}"}
        headers |= {"Content-Type": "application/json", "X-UserType": "USER"}
        for _ in range(count):
            connection = next(self._turns)
            self.opened += connection.sock is None
            connection.request("POST", self._rng.choice(PATHS), fuzzing.body(self._rng), headers)
            answer = connection.getresponse()
            answer.read()
            self.statuses[answer.status] += 1

    def close(self) -> None:
        for connection in self._kept:
            connection.close()


def _frames(stream: ClientConnection, rng: random.Random, count: int) -> Counter[str]:
    """What came back: error frames and packets. A connection that breaks ends the run by its exception."""
    came: Counter[str] = Counter()
    for sent in range(0, count, BATCH):
        for _ in range(min(BATCH, count - sent)):
            stream.send(rng.choice((fuzzing.frame, fuzzing.mutant_frame))(rng))
        stream.send("ping")
        while (frame := stream.recv(timeout=30)) != "pong":
            came["packets" if isinstance(frame, bytes) else "error frames"] += 1
    return came


def _rss_mb(exchange: ExchangeProcess) -> float:
    return int(Path(f"/proc/{exchange.process.pid}/statm").read_text().split()[1]) * 4_096 / (1 << 20)


def run(count: int = COUNT) -> int:
    """0 when all were answered and memory stayed; prints the figures."""
    rng, began = random.Random(7), time.perf_counter()
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as exchange:
        wire = Wire(exchange)
        bodies = Bodies(wire, rng)
        with wire.stream() as stream:
            bodies.send(WARM)
            _frames(stream, rng, BATCH)
            before_mb = _rss_mb(exchange)
            bodies.send(count)
            came = _frames(stream, rng, count)
            grown_mb = _rss_mb(exchange) - before_mb
        well = wire.place()["status"] is True and "Traceback" not in exchange.errors()
        bodies.close()
    bad = sum(number for status, number in bodies.statuses.items() if status >= 500)
    print(f"{count} bodies (and {WARM} before) and {count} frames in {time.perf_counter() - began:.0f} s")
    print(f"bodies: answers by status {dict(bodies.statuses)}, {bodies.opened} connections opened (goal {KEPT})")
    print(f"frames: {dict(came)}; an order afterwards and no traceback: {well}")
    print(f"memory grew by {grown_mb:.1f} MB (at most {GROWTH_MB})")
    return 0 if well and not bad and bodies.opened == KEPT and grown_mb <= GROWTH_MB else 1
