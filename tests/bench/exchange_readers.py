"""Stream clients in a process of their own that count frames by their headers, so that counting costs little."""

import json
import multiprocessing
import os
import select
import time
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Self

from tests.exchange.wire import Wire, subscribe
from tests.exchange_process import ExchangeProcess

LIMIT_S = 30.0
_SNAP = 379


class Readers:
    def __init__(self, exchange: ExchangeProcess, wire: Wire, clients: int, tokens: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._count = context.Value("q", 0)
        self._ready = context.Value("q", 0)
        self._clients = clients
        line = json.dumps({**exchange.line, "jwt": wire.jwt, "feed": wire.feed})
        self._process = context.Process(
            target=_read, args=(line, clients, tokens, self._count, self._ready), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def wait_for_all(self) -> None:
        """Until every token of every client was seen once."""
        deadline = time.monotonic() + LIMIT_S
        while self._ready.value < self._clients:
            assert time.monotonic() < deadline, "the streams did not begin in time"
            os.sched_yield()
            time.sleep(0.01)

    def frames(self) -> int:
        return int(self._count.value)


def _read(line: str, clients: int, tokens: int, count: "Synchronized[int]", ready: "Synchronized[int]") -> None:
    from types import SimpleNamespace

    from websockets.sync.client import connect

    found: Any = SimpleNamespace(**json.loads(line))
    sockets = []
    for _ in range(clients):
        headers = {"x-api-key": found.api_key, "x-client-code": found.client_code, "x-feed-token": found.feed}
        stream = connect(found.stream, additional_headers=headers, ping_interval=None, max_queue=None)
        for at in range(0, tokens, 200):
            stream.send(subscribe(3, *(str(n + 1) for n in range(at, at + 200))))
        for _ in range(tokens):
            stream.recv(timeout=LIMIT_S)
        ready.value += 1
        sockets.append(stream)
    # From here on the kernel's buffers are read past the library: only the number of bytes matters.
    raw = []
    for stream in sockets:
        raw.append(os.dup(stream.socket.fileno()))
    held = 0
    while True:
        for fd in select.select(raw, [], [], 1.0)[0]:
            held += len(os.read(fd, 1 << 18))
        count.value = held // (_SNAP + 4)
