"""A disk that loses power: what was not synced is lost, torn by sectors, or there, as chance will have it.

For the audit log every system call is recorded and a crash put between any two of them. For SQLite the files are
looked at after each commit; between two looks its own order of syncs holds (https://www.sqlite.org/wal.html: the log is
synced at each commit, before the database is written, and the database before the log is used again).
"""

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import ManualClock
from core.ports import OrderRecord
from core.store.audit.chain import Head
from core.store.audit.chainfile import ChainFile, Entry
from core.store.audit.places import KeyFile
from core.store.audit.segments import Disk
from core.store.audit.verify import NO_LOG, verify
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import Writer

SECTOR = 512


def torn(before: bytes, after: bytes, rng: random.Random) -> bytes:
    """Sectors of both, by chance; the length of either."""
    size = rng.choice([len(before), len(after), rng.randint(*sorted((len(before), len(after))))])
    out = bytearray(max(size, 0))
    for at in range(0, size, SECTOR):
        source = after if rng.random() < 0.5 else before
        piece = source[at : at + SECTOR]
        out[at : at + len(piece)] = piece
    return bytes(out[:size])


@dataclass
class Volatile(Disk):
    """Does the work and keeps, for each file, what is certainly on the disk and what a power cut may leave."""

    synced: dict[Path, bytes | None] = field(default_factory=dict)
    current: dict[Path, bytes | None] = field(default_factory=dict)
    named: set[Path] = field(default_factory=set)
    paths: dict[int, Path] = field(default_factory=dict)
    states: list["State"] = field(default_factory=list)
    acked: Head | None = None

    def _look(self) -> None:
        self.states.append(State(dict(self.synced), dict(self.current), set(self.named), self.acked))

    def create(self, path: Path) -> int:
        handle = super().create(path)
        self.paths[handle], self.current[path] = path, b""
        self.synced.setdefault(path, None)
        self._look()
        return handle

    def open(self, path: Path) -> int:
        handle = super().open(path)
        self.paths[handle] = path
        return handle

    def write(self, handle: int, data: bytes, at: int) -> None:
        super().write(handle, data, at)
        path = self.paths[handle]
        held = self.current[path] or b""
        self.current[path] = held[:at].ljust(at, b"\0") + data + held[at + len(data) :]
        self._look()

    def cut(self, handle: int, size: int) -> None:
        super().cut(handle, size)
        self.current[self.paths[handle]] = (self.current[self.paths[handle]] or b"")[:size]
        self._look()

    def sync(self, handle: int) -> None:
        super().sync(handle)
        self.synced[self.paths[handle]] = self.current[self.paths[handle]]
        self._look()

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self.named |= {p for p in self.current if p.parent == folder}
        self._look()

    def remove(self, path: Path) -> None:
        super().remove(path)
        self.current[path] = None
        self._look()


@dataclass
class State:
    """One moment: files as synced, as written, which names are durable, what had been acknowledged."""

    synced: dict[Path, bytes | None]
    current: dict[Path, bytes | None]
    named: set[Path]
    acked: Head | None

    def lose_power(self, folder: Path, rng: random.Random) -> None:
        """Put into `folder` one of the states that the disk may be in afterwards."""
        for path, written in self.current.items():
            if path not in self.named and rng.random() < 0.5:
                continue
            held = torn(self.synced.get(path) or b"", written or b"", rng)
            (folder / path.name).write_bytes(held)


def audit_states(home: Path, rng: random.Random) -> list[State]:
    """The states of a short life with two rolls of a day."""
    disk = Volatile()
    chain = ChainFile(home, KeyFile(home), {}, disk)
    chain.open()
    at_ns = 1_764_214_200 * 10**9
    for n in range(12):
        at_ns += 86_400 * 10**9 if n % 5 == 4 else 10**6
        group = [Entry((at_ns, n), "x", {"n": n, "pad": "p" * rng.randint(0, 900)}) for _ in range(rng.randint(1, 3))]
        disk.acked = chain.add(group)
        disk._look()
    chain.close()
    return disk.states


def audit_losses(home: Path, count: int, seed: int) -> list[str]:
    """Cut the power `count` times; gives what went wrong, one text each."""
    rng, wrong = random.Random(seed), []
    states = audit_states(home, rng)
    for n in range(count):
        state = rng.choice(states)
        after = home.with_name(f"after-{n}")
        (after / "audit").mkdir(parents=True)
        shutil.copytree(home / "keys", after / "keys")
        state.lose_power(after / "audit", rng)
        wrong += [f"{n}: {w}" for w in _audit_wrong(after, state.acked)]
        shutil.rmtree(after)
    return wrong


def _audit_wrong(home: Path, acked: Head | None) -> list[str]:
    wrong = []
    chain = ChainFile(home, KeyFile(home), {}, Disk())
    if acked is not None:
        chain.store_anchor = lambda: None  # type: ignore[method-assign]
        chain._anchor.store(acked)
    try:
        before = verify(home)
        if not before.ok and before.word != NO_LOG and acked is not None:
            wrong.append(f"before the start: {before.word}: {before.why}")
        chain.open()
        chain.add([Entry((1_764_900_000 * 10**9, 1), "after", {})])
        chain.close()
    except Exception as e:  # noqa: BLE001  whatever it is, the start failed
        return [*wrong, f"the start failed: {e!r}"]
    report = verify(home)
    if not report.ok or (acked is not None and report.records < acked.record):
        wrong.append(f"{report.word}: {report.why}, {report.records} of {acked}")
    return wrong


@dataclass(frozen=True)
class Commit:
    """The store's files after one acknowledged commit."""

    store: bytes
    log: bytes


async def commits(path: Path, count: int, rng: random.Random) -> list[Commit]:
    """Files after each of `count` intents T0, T1, …; the log is folded back every few pages."""
    await prepare(path, 0)
    writer = Writer(path, ManualClock())
    await writer.open()
    await writer._connection().execute("PRAGMA wal_autocheckpoint=12")
    journal, found = OrderJournal(writer, path), []
    found.append(_look(path))
    for n in range(count):
        body = b"b" * rng.randint(0, 9_000)
        await journal.intent(OrderRecord(f"T{n}", 1, "gate", "2025-11-27", "1", body, n, n, context=b"{}"))
        found.append(_look(path))
    await writer.close()
    return found


def torn_log(before: bytes, after: bytes, rng: random.Random) -> bytes:
    """The log during a commit. When it is used again from its start, SQLite syncs the new header (32 bytes, salts at
    16) before it writes a frame (https://sqlite.org/src/info/ff5be73dee): no frame is new, or the whole header is."""
    if before[16:24] == after[16:24]:
        return torn(before, after, rng)
    started = after[:32] + before[32:]
    return before if rng.random() < 0.1 else torn(started, after, rng)


def _look(path: Path) -> Commit:
    return Commit(path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes())


def store_losses(folder: Path, found: list[Commit], count: int, seed: int) -> list[str]:
    """Cut the power `count` times during some commit; gives what went wrong."""
    rng, wrong = random.Random(seed), []
    for n in range(count):
        at = rng.randrange(len(found) - 1)
        before, after = found[at], found[at + 1]
        if rng.random() < 0.5 or before.store == after.store:
            files, certain = Commit(before.store, torn_log(before.log, after.log, rng)), at
        else:
            files, certain = Commit(torn(before.store, after.store, rng), after.log), at + 1
        wrong += [f"{n} at commit {at}: {w}" for w in _store_wrong(folder / f"{n}.db", files, certain)]
    return wrong


def _store_wrong(path: Path, files: Commit, certain: int) -> list[str]:
    path.write_bytes(files.store)
    log = path.with_name(f"{path.name}-wal")
    log.write_bytes(files.log)
    try:
        with closing(sqlite3.connect(path)) as link:
            if (whole := link.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
                return [f"damaged: {whole}"]
            tags = [t for (t,) in link.execute("SELECT tag FROM order_event ORDER BY id")]
    except sqlite3.Error as e:
        return [f"does not open: {e}"]
    finally:
        for rest in ("", "-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
    expected = [f"T{n}" for n in range(len(tags))]
    return (
        [] if tags == expected and certain <= len(tags) <= certain + 1 else [f"{certain} committed, {len(tags)} there"]
    )
