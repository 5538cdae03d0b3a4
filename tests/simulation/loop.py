"""An asyncio loop whose time is virtual: when nothing is ready it jumps to the next timer. Its network is in memory.

What normally goes to a thread runs at once in the caller's turn, so that the same seed takes the same turns. Real file
descriptors are looked at but never waited for.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

from core.clock import NS_PER_S
from tests.simulation.network import MemoryServer, Network


class Stuck(RuntimeError):
    """Nothing is ready and no timer is set: the world would wait for ever."""


class _Jump(selectors.BaseSelector):
    """A selector that never waits: a wait becomes a jump of the loop's clock."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready:
            return ready
        if timeout is None:
            raise Stuck("every task waits for something that nobody will do")
        if timeout > 0:
            self.now_s += timeout
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Any:
        return self._real.get_map()


class VirtualLoop(asyncio.SelectorEventLoop):
    """`network` is where its servers listen and its clients connect."""

    def __init__(self, network: Network) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self.network = network
        network.loop = self

    def time(self) -> float:
        return self._jump.now_s

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as e:  # noqa: BLE001  border: a thread's error is its caller's
            done.set_exception(e)
        return done

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:
        return await self.network.connect(protocol_factory, str(host), int(port))

    async def create_server(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        name = options["sock"].getsockname() if options.get("sock") is not None else (host, port)
        return MemoryServer(self.network, protocol_factory, name)


class LoopClock:
    """core.clock.Clock on a virtual loop. `slip` steps the wall clock as a bad time server would."""

    def __init__(self, loop: VirtualLoop, wall_ns: int) -> None:
        self._loop, self._wall_ns = loop, wall_ns
        self._slipped_ns = 0

    def wall_ns(self) -> int:
        return self.real_ns()

    def real_ns(self) -> int:
        return self._wall_ns + self._slipped_ns + round(self._loop.time() * NS_PER_S)

    def mono_ns(self) -> int:
        return 1_000 * NS_PER_S + round(self._loop.time() * NS_PER_S)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def slip(self, seconds: float) -> None:
        self._slipped_ns += round(seconds * NS_PER_S)
