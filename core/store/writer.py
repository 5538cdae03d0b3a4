"""The one connection that writes, and its one task.

SQLite before 3.51.3 can damage a WAL file when two connections write or checkpoint at once
(https://sqlite.org/wal.html#walresetbug), so nothing else may open the file for writing. Whatever waits is written in
one transaction; callers await a shielded future, because a cancelled aiosqlite await may still commit.
"""

import asyncio
import contextlib
import itertools
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite

from core.clock import NS_PER_MS, Clock
from core.errors import StoreFailed
from core.supervise import Supervisor

Row = tuple[str | int | bytes | None, ...]

QUEUE_MAX = 10_000
"""Rows that may wait: a day of orders; reached only while the disk refuses everything."""
GROUP_MAX = 2_000
"""Rows of one transaction: bounds how long the first of them waits for the last."""
SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=4000", "journal_size_limit=67108864")
"""The log is folded back every 16 MB: a commit that has to do so takes longer, and an order may be waiting for it."""
BUSY_S = 2.0
RETRY_S = 1.0
CLOSE_REFUSED_S = 0.5
"""How long closing tries once more to write what the disk refused before."""
_PROBE = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"
_ROW_FAULTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)


class _Write(NamedTuple):
    sql: str
    row: Row
    done: asyncio.Future[None] | None


class Writer:
    """Writes rows durably, in the order in which they were handed over (WAL, synchronous=FULL).

    The file must exist with the current tables (core.store.migrate.prepare). Rows that nobody awaits are kept while the
    disk refuses and written when it takes them again; rows that somebody awaits are given up at once, because their
    caller acts on the refusal. After a refusal the writer tries again with the next write and after RETRY_S.
    """

    def __init__(self, path: Path, clock: Clock, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        """`factory` makes the connection; tests give one that fails."""
        self._path = path
        self._factory = factory
        self._clock = clock
        self._tasks = Supervisor(clock, self._on_fault)
        self._queue: deque[_Write] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._link: aiosqlite.Connection | None = None
        self._refused = ""
        self._lost = ""
        self._retrying = self._folding = False
        self._commit_ns = 0

    async def open(self) -> None:
        """Open the file and start the task. Raises StoreFailed when the file cannot be written."""
        if not await asyncio.to_thread(os.access, self._path, os.R_OK | os.W_OK):
            raise StoreFailed(f"{self._path} cannot be written: absent, or not ours to write")
        try:
            self._link = await aiosqlite.connect(
                self._path, isolation_level=None, timeout=BUSY_S, factory=self._factory
            )
            for setting in SETTINGS:
                await self._link.execute(f"PRAGMA {setting}")
            await self._link.execute(_PROBE, self._probe_row())
        except sqlite3.Error as e:
            await self._drop_link()
            raise StoreFailed(f"{self._path} cannot be written: {e}") from e
        self._tasks.keep("store-writer", self._run)

    async def close(self) -> None:
        """Write what waits (as far as the disk takes it), stop the task, close the file. May be called twice."""
        if self._link is not None:
            self._wake.set()
            limit_s = CLOSE_REFUSED_S if self._refused else BUSY_S + 1
            await asyncio.wait([self._tasks.once("store-drain", self._drained())], timeout=limit_s)
        await self._tasks.stop()
        self._give_up("the store was closed")
        await self._drop_link()

    async def durable(self, sql: str, row: Row) -> None:
        """Return once the row is on disk. Raises StoreFailed when it is not; then it will not be written later."""
        if self._link is None or len(self._queue) >= QUEUE_MAX:
            raise StoreFailed(self.healthy() or "the store is full of unwritten rows")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add(_Write(sql, row, done))
        await asyncio.shield(done)

    def later(self, sql: str, row: Row) -> None:
        """Write with the next group. Never raises: a row that has no place makes `healthy` say so for good."""
        if self._link is None or len(self._queue) >= QUEUE_MAX:
            self._lost = f"journal row lost: {self.healthy() or 'too many unwritten rows'}"
            return
        self._add(_Write(sql, row, None))

    def healthy(self) -> str:
        """Empty when writing works, else why it does not, as text for the person."""
        if self._link is None:
            return "the store is not open"
        return self._lost or self._refused

    def commit_ms(self) -> float:
        """How long the last transaction took, in milliseconds."""
        return self._commit_ns / NS_PER_MS

    def waiting(self) -> int:
        """Rows handed over and not yet on disk."""
        return len(self._queue)

    def log_bytes(self) -> int:
        """The size of the write-ahead log; 0 when there is none."""
        try:
            return self._path.with_name(f"{self._path.name}-wal").stat().st_size
        except OSError:
            return 0

    def fold_soon(self) -> None:
        """Fold the log back into the file after the next group, as far as readers allow; nothing waits for it."""
        self._folding = True
        self._wake.set()

    async def _fold(self) -> None:
        self._folding = False
        with contextlib.suppress(sqlite3.Error):  # the next write tells what is wrong with the disk
            await self._in_thread(self._connection(), _fold)

    def _add(self, write: _Write) -> None:
        self._queue.append(write)
        self._idle.clear()
        self._wake.set()

    async def _run(self) -> None:
        await self._abandon()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and await self._write_group():
                pass
            if not self._queue:
                self._idle.set()
            if self._folding:
                await self._fold()

    async def _write_group(self) -> bool:
        """Write the oldest rows; False when the disk refused. Rows leave the queue only after their fate is known."""
        group = list(itertools.islice(self._queue, GROUP_MAX))
        started_ns = self._clock.mono_ns()
        try:
            await self._transaction(group)
        except _ROW_FAULTS as e:
            await self._abandon()
            await self._one_by_one(group, e)
        except (sqlite3.Error, ValueError, OSError) as e:
            await self._abandon()
            self._refuse(f"{self._path.name} cannot be written: {e}")
            return False
        else:
            self._forget(len(group), None)
        self._commit_ns = self._clock.mono_ns() - started_ns
        self._refused = ""
        return True

    async def _transaction(self, group: Sequence[_Write]) -> None:
        """One visit to the connection's thread for the whole of it: an order waits for each (aiosqlite offers no public
        way to run a function there; its version is pinned)."""
        link = self._connection()
        await self._in_thread(link, _commit, group)

    @staticmethod
    async def _in_thread(link: Any, work: Callable[..., None], *values: object) -> None:
        await link._execute(work, link._conn, *values)

    async def _one_by_one(self, group: Sequence[_Write], error: sqlite3.Error) -> None:
        """A row that the tables refuse must not take its neighbours with it."""
        for write in group:
            try:
                await self._connection().execute(write.sql, write.row)
            except _ROW_FAULTS as e:
                if write.done is None:
                    self._lost = f"journal row refused: {e}"
                self._forget(1, StoreFailed(f"journal row refused: {e}"))
            else:
                self._forget(1, None)

    def _forget(self, count: int, error: StoreFailed | None) -> None:
        for _ in range(count):
            done = self._queue.popleft().done
            if done is None or done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
                done.exception()  # a caller that was cancelled never looks; that is not an error of the loop

    def _refuse(self, why: str) -> None:
        self._refused = why
        self._give_up(why)
        if not self._retrying:
            self._retrying = True
            self._tasks.once("store-retry", self._retry())

    def _give_up(self, why: str) -> None:
        kept = [w for w in self._queue if w.done is None]
        gone = [w for w in self._queue if w.done is not None]
        self._queue = deque(gone)
        self._forget(len(gone), StoreFailed(why))
        self._queue.extend(kept)

    async def _retry(self) -> None:
        await self._clock.sleep(RETRY_S)
        self._retrying = False
        if self._refused and not self._queue:
            self._add(_Write(_PROBE, self._probe_row(), None))
        self._wake.set()

    async def _abandon(self) -> None:
        """Leave a transaction that an error or a cancelled task left open."""
        link = self._connection()
        if link.in_transaction:
            try:
                await link.rollback()
            except sqlite3.Error as e:
                self._refused = f"{self._path.name}: {e}"

    async def _drained(self) -> None:
        await self._idle.wait()

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    def _connection(self) -> aiosqlite.Connection:
        if self._link is None:
            raise StoreFailed("the store is not open")
        return self._link

    def _probe_row(self) -> Row:
        return ("written_ns", str(self._clock.real_ns()))

    def _on_fault(self, name: str, error: str) -> None:
        if name == "store-writer":
            self._refuse(f"{name}: {error}")
        else:
            self._lost = f"{name}: {error}"


def _commit(link: sqlite3.Connection, group: Sequence[_Write]) -> None:
    if len(group) == 1:
        link.execute(group[0].sql, group[0].row)
        return
    link.execute("BEGIN IMMEDIATE")
    for sql, writes in itertools.groupby(group, key=attrgetter("sql")):
        link.executemany(sql, [w.row for w in writes])
    link.execute("COMMIT")


def _fold(link: sqlite3.Connection) -> None:
    """Waits for no reader: one that stays open keeps the log long, and must not hold up an order."""
    link.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
