"""A network in memory: listeners by address, connections as pairs of transports, bytes that arrive later and in order.

`refuse` makes connecting fail, `cut` ends every connection, `hold` keeps bytes on the way: each by the listener's port.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Any

Address = tuple[str, int]
HIGH = 64 * 1024


class Socket:
    """What servers ask of a listening socket: its name, and that it is a stream."""

    family, type = 2, 1

    def __init__(self, port: int) -> None:
        self._port = port

    def getsockname(self) -> Address:
        return ("127.0.0.1", self._port)

    def close(self) -> None: ...


class Network:
    """Latency is `base_s` plus a seeded part. Ports are numbers of our own, no operating system knows them."""

    def __init__(self, rng: random.Random, base_s: float = 0.0005, spread_s: float = 0.02) -> None:
        self._rng, self._base_s, self._spread_s = rng, base_s, spread_s
        self.loop: Any = None
        self.listening: dict[int, Callable[[], Any]] = {}
        self.refused: set[int] = set()
        self.held: set[int] = set()
        self.pairs: set[Pair] = set()
        self._next_port = 40_000

    def delay_s(self) -> float:
        return self._base_s + self._rng.random() ** 3 * self._spread_s

    async def connect(self, factory: Callable[[], Any], host: str, port: int) -> tuple[Any, Any]:
        await asyncio.sleep(self.delay_s())
        if port in self.held:
            await asyncio.sleep(3_600)
        server = self.listening.get(port)
        if server is None or port in self.refused:
            raise ConnectionRefusedError(f"nobody listens on {host}:{port}")
        self._next_port += 1
        pair = Pair(self, port, ("127.0.0.1", self._next_port))
        self.pairs.add(pair)
        client = factory()
        pair.join(client, server())
        return pair.client, client

    def cut(self, port: int) -> None:
        for pair in [p for p in self.pairs if p.port == port]:
            pair.client.abort()
            pair.server.abort()

    def hold(self, port: int) -> None:
        """From now on bytes of this port neither arrive nor fail: a half-open world."""
        self.held.add(port)

    def release(self, port: int) -> None:
        self.held.discard(port)
        self.refused.discard(port)
        for pair in [p for p in self.pairs if p.port == port]:
            pair.client.flush()
            pair.server.flush()


class Pair:
    """One connection."""

    def __init__(self, network: Network, port: int, client_name: Address) -> None:
        self.network, self.port = network, port
        self.client = Transport(self, client_name, ("127.0.0.1", port))
        self.server = Transport(self, ("127.0.0.1", port), client_name)
        self.client.peer, self.server.peer = self.server, self.client

    def join(self, client: Any, server: Any) -> None:
        self.server.begin(server)
        self.client.begin(client)


class Transport(asyncio.Transport):
    """One end. Bytes written here reach the peer's protocol after the network's delay, in order."""

    peer: "Transport"

    def __init__(self, pair: Pair, name: Address, peername: Address) -> None:
        super().__init__({"sockname": name, "peername": peername, "socket": None})
        self._pair, self._network = pair, pair.network
        self._protocol: Any = None
        self._way: deque[bytes] = deque()
        self._free_s = 0.0
        self._closing = self._lost = self._paused = self._full = False
        self._waiting: list[bytes] = []
        self._eof = False

    def begin(self, protocol: Any) -> None:
        self._protocol = protocol
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        if self._closing or self._lost or not data:
            return
        self._way.append(bytes(data))
        if not self._full and self.get_write_buffer_size() > HIGH:
            self._full = True
            self._protocol.pause_writing()
        self._depart()

    def writelines(self, parts: Any) -> None:
        self.write(b"".join(parts))

    def _depart(self) -> None:
        loop = self._network.loop
        at_s = max(self._free_s, loop.time() + self._network.delay_s())
        self._free_s = at_s
        loop.call_at(at_s, self.flush)

    def flush(self) -> None:
        """Hand over what is on the way, unless the port is held."""
        if self._pair.port in self._network.held:
            return
        while self._way:
            self.peer.arrive(self._way.popleft())
        if self._full and not self._lost:
            self._full = False
            self._protocol.resume_writing()
        if self._closing and not self._lost:
            self._end(None)
            self.peer.eof()

    def arrive(self, data: bytes) -> None:
        if self._lost or self._closing:
            return
        if self._paused:
            self._waiting.append(data)
        else:
            self._protocol.data_received(data)

    def eof(self) -> None:
        if self._lost:
            return
        if self._waiting:
            self._eof = True
            return
        if not self._protocol.eof_received():
            self.close()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._depart()

    def abort(self) -> None:
        self._closing = True
        self._way.clear()
        self._network.loop.call_soon(self._end, None)
        self._network.loop.call_later(self._network.delay_s(), self._reset_peer)

    def _reset_peer(self) -> None:
        if self._pair.port not in self._network.held:
            self.peer._end(ConnectionResetError("the peer ended the connection"))

    def _end(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._network.pairs.discard(self._pair)
        self._network.loop.call_soon(self._protocol.connection_lost, error)

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self._way))

    def set_write_buffer_limits(self, high: Any = None, low: Any = None) -> None: ...

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        while self._waiting and not self._paused:
            self._protocol.data_received(self._waiting.pop(0))
        if self._eof and not self._waiting:
            self._eof = False
            self.eof()

    def is_reading(self) -> bool:
        return not self._paused

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def can_write_eof(self) -> bool:
        return False


class MemoryServer:
    """What `create_server` gives."""

    def __init__(self, network: Network, factory: Callable[[], Any], name: Address) -> None:
        self._network, self._port = network, name[1]
        self.sockets = (Socket(name[1]),)
        network.listening[name[1]] = factory

    def close(self) -> None:
        self._network.listening.pop(self._port, None)

    def close_clients(self) -> None:
        self._network.cut(self._port)

    def abort_clients(self) -> None:
        self._network.cut(self._port)

    def is_serving(self) -> bool:
        return self._port in self._network.listening

    def get_loop(self) -> Any:
        return self._network.loop

    async def start_serving(self) -> None: ...

    async def wait_closed(self) -> None: ...
