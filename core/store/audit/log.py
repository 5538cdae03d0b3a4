"""The audit log as the engine uses it: a call that only queues, and a task that makes it durable off the loop."""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from core.clock import NS_PER_S, Clock
from core.errors import StoreFailed
from core.store.audit.chain import Head
from core.store.audit.chainfile import ChainBroken, ChainFile, Entry, keep_evidence
from core.store.audit.places import ANCHOR_SQL, KeyFile, KeyPlace
from core.store.audit.segments import Disk
from core.store.audit.verify import NO_LOG, Report, verify
from core.supervise import Supervisor, Wake
from core.text import plain

QUEUE_MAX = 20_000
"""Records that may wait: reached only while the disk refuses everything."""
GROUP_MAX = 1_024
GROUP_S = 0.02
"""How long a group gathers; it also lets the journal's own sync, which an order waits for, go first."""
RETRY_S = 1.0
CLOSE_S = 3.0
ANCHOR_NS = 300 * NS_PER_S
TEXT_MAX = 2_000
FIELDS_MAX = 30_000
"""Bytes of one record's fields; more is replaced by a note of how much it was."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


class Anchors(Protocol):
    """Takes rows for the order store; core.store.writer.Writer is one."""

    def later(self, sql: str, row: tuple[str | int | bytes | None, ...]) -> None: ...


class AuditLog:
    """One for a home. `append` costs microseconds and never raises; `healthy` and `broken` say what went wrong.

    `redact` takes secrets out of each text. `about` (version, configuration hash) stands in the first record of each
    segment. `keys` is where the root key is kept; a file when left out.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        anchors: Anchors,
        *,
        about: Mapping[str, str] | None = None,
        redact: Callable[[str], str] = str,
        keys: KeyPlace | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._home = home
        self._clock = clock
        self._anchors = anchors
        self._redact = redact
        self._keys = keys or KeyFile(home)
        self._chain = ChainFile(home, self._keys, about or {}, disk or Disk())
        self._queue: deque[tuple[int, int, str, bytes]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks = Supervisor(clock, self._on_fault)
        self._hurry = Wake(clock)
        self._open = self._closing = False
        self._refused = self._lost = self._broken = ""
        self._anchored_ns = 0

    async def open(self) -> None:
        """Check the end of the chain, take it up, start the task. What is wrong is told by `healthy`, not raised."""
        self._open = True
        self._anchored_ns = self._clock.mono_ns()
        await self._turn()
        self._tasks.keep("audit", self._run)

    async def close(self) -> None:
        """Write what waits as far as the disk takes it, write both anchors, stop. May be called twice."""
        if not self._open:
            return
        self._closing = True
        self._hurry.set()
        self._wake.set()
        await asyncio.wait([self._tasks.once("audit-drain", self._drained())], timeout=CLOSE_S)
        await self._tasks.stop()
        self._open = False
        if not self._broken and self._chain.opened:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._chain.store_anchor)
        self._chain.close()

    async def check_all(self) -> Report:
        """Check the whole log, in a thread; what is wrong breaks the chain. For once after the start."""
        report = await asyncio.to_thread(verify, self._home, self._keys)
        if not report.ok and report.word != NO_LOG and not self._broken:
            await self._break(f"{report.word}, first at record {report.bad_record}: {report.why}")
        return report

    def append(self, kind: str, fields: Mapping[str, object]) -> None:
        """Queue one record, stamped now. `fields` are texts, whole numbers, lists and tables of them."""
        clock = self._clock
        try:
            body = _encode(fields)
        except (TypeError, ValueError, RecursionError) as e:
            self._lost = f"an audit record of {kind} cannot be written: {e}"
            return
        if not self._open or self._broken or len(self._queue) >= QUEUE_MAX:
            self._lost = self._lost or f"an audit record of {kind} was lost: {self.healthy() or 'too many wait'}"
            return
        self._queue.append((clock.real_ns(), clock.mono_ns(), kind, body))
        self._idle.clear()
        self._wake.set()

    def healthy(self) -> str:
        """Empty when records are being written, else why they are not."""
        if not self._open:
            return "the audit log is not open"
        return self._broken or self._lost or self._refused

    def broken(self) -> str:
        """Empty, or how the log differs from what its keys and anchors say: then nothing new may leave."""
        return self._broken

    def head(self) -> Head:
        """Where the chain ends on the disk."""
        return self._chain.head

    def waiting(self) -> int:
        """Records queued and not yet on the disk."""
        return len(self._queue)

    async def flush(self) -> None:
        """Return once everything queued is on the disk. Raises StoreFailed while it cannot be."""
        while self._queue:
            if why := self.healthy():
                raise StoreFailed(why)
            await self._idle.wait()
        if self._broken:
            raise StoreFailed(self._broken)

    @staticmethod
    def verify(home: Path, keys: KeyPlace | None = None, code: str = "") -> Report:
        """Check a whole log; see core.store.audit.verify. Blocking."""
        return verify(home, keys, code)

    async def _run(self) -> None:
        while not self._broken:
            await self._wake.wait()
            self._wake.clear()
            if not self._closing:
                await self._hurry.wait(RETRY_S if self._refused else GROUP_S)
            while self._queue and await self._turn():
                pass
            if self._queue and not self._closing:
                self._wake.set()
        await asyncio.Event().wait()

    async def _turn(self) -> bool:
        """Make one group durable; False when that could not be. Records leave the queue only once they are on disk."""
        group = list(itertools.islice(self._queue, GROUP_MAX))
        try:
            head = await asyncio.shield(asyncio.to_thread(self._commit, group))
        except ChainBroken as e:
            await self._break(str(e))
            return False
        except OSError as e:
            self._refused = f"the audit log cannot be written: {e.strerror or e}"
            self._tell_waiters()
            return False
        for _ in group:
            self._queue.popleft()
        self._refused = ""
        if head.record:
            self._anchors.later(ANCHOR_SQL, (head.segment, head.record, head.mac, self._clock.real_ns()))
        if not self._queue:
            self._idle.set()
        return True

    def _commit(self, group: list[tuple[int, int, str, bytes]]) -> Head:
        """In a thread: the only place that touches the files while the log is open."""
        if not self._chain.opened:
            self._chain.open()
        before = self._chain.head.segment
        entries = [Entry((real, mono), plain(kind, 64), self._safe(body)) for real, mono, kind, body in group]
        head = self._chain.add(entries)
        now_ns = self._clock.mono_ns()
        if head.segment != before or now_ns - self._anchored_ns > ANCHOR_NS:
            self._chain.store_anchor()
            self._anchored_ns = now_ns
        return head

    def _safe(self, body: bytes) -> dict[str, object]:
        if len(body) > FIELDS_MAX:
            return {"cut": len(body)}
        cleaned = self._clean(_decode(body))
        return cleaned if isinstance(cleaned, dict) else {"value": cleaned}

    def _clean(self, value: object) -> object:
        """Texts redacted and made safe; no floats."""
        if isinstance(value, str):
            return plain(self._redact(value), TEXT_MAX)
        if isinstance(value, dict):
            return {plain(k, 64): self._clean(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._clean(v) for v in value]
        return str(value) if isinstance(value, float) else value

    async def _break(self, why: str) -> None:
        self._broken = f"the audit log is not as it was left: {why}. See: tezi audit verify"
        self._queue.clear()
        self._idle.set()
        with contextlib.suppress(OSError):
            await asyncio.to_thread(keep_evidence, self._home, why, self._clock.real_ns())

    def _tell_waiters(self) -> None:
        """Wake whoever waits for the disk without saying that all is written."""
        self._idle.set()
        if self._queue:
            self._idle.clear()

    async def _drained(self) -> None:
        await self._idle.wait()

    def _on_fault(self, name: str, error: str) -> None:
        self._lost = f"{name} failed: {error}"
