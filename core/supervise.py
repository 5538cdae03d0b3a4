"""Named tasks with an owner: what fails is reported and restarted or halts; what stops is awaited."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from core.clock import Clock

T = TypeVar("T")


def begin(name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that whoever begins it also awaits or ends."""
    return asyncio.create_task(work, name=name)


class Supervisor:
    """Owns every long-lived task of one object.

    `on_fault(name, error)` is told of each unplanned end. A task started by `keep` is restarted after a back-off from
    0.1 s to 5 s; one started by `once` is not.
    """

    def __init__(self, clock: Clock, on_fault: Callable[[str, str], None]) -> None:
        self._clock = clock
        self._on_fault = on_fault
        self._tasks: set[asyncio.Task[Any]] = set()

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run `work` for ever: an exception or a return starts it again."""
        return self._start(name, self._kept(name, work))

    def once(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` to its end; an exception is a fault."""
        return self._start(name, self._guarded(name, work))

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(t.get_name() for t in self._tasks))

    async def stop(self, limit_s: float = 2.0) -> tuple[str, ...]:
        """Cancel and await all; gives the names of those that did not end within the limit."""
        tasks = [t for t in self._tasks if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if not tasks:
            return ()
        _, late = await asyncio.wait(tasks, timeout=limit_s)
        return tuple(t.get_name() for t in late)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, name: str, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as e:  # noqa: BLE001  border: a task's unplanned end is a fact for the owner
            self._on_fault(name, f"{type(e).__name__}: {e}")

    async def _kept(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        wait_s = 0.1
        while True:
            started_ns = self._clock.mono_ns()
            await self._guarded(name, work())
            if self._clock.mono_ns() - started_ns > 30_000_000_000:
                wait_s = 0.1
            await self._clock.sleep(wait_s)
            wait_s = min(5.0, wait_s * 2)


class Wake:
    """A signal with a deadline: `wait` returns when `set` is called or the seconds have passed, whichever is first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """True when woken by `set`; the signal is then used up."""
        if not self._event.is_set() and seconds > 0:
            parts = [asyncio.ensure_future(self._event.wait()), asyncio.ensure_future(self._clock.sleep(seconds))]
            try:
                await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
        woken = self._event.is_set()
        self._event.clear()
        return woken
