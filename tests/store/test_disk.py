"""A disk that is full, read-only or out of handles, under the whole engine: new orders stop, cancels do not."""

import asyncio
import json
import os
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from core.facts import LadderMode
from core.outcome import Unknown
from core.store.audit.log import AuditLog
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import RETRY_S, Writer
from terminal.records import watch_log
from tests.engine.rig import Rig


@asynccontextmanager
async def on_disk(home: Path) -> AsyncIterator[Rig]:
    """The engine on fakes, but with the real store and the real audit log."""
    rig = Rig()
    await prepare(home / "tezi.db", 0)
    writer = Writer(home / "tezi.db", rig.clock)
    await writer.open()
    journal = OrderJournal(writer, home / "tezi.db")
    audit = AuditLog(home, rig.clock, writer)
    await audit.open()
    rig.more = {"journal": journal, "meta": journal}
    rig.audit = audit
    rig.rebuild()
    rig.engine.start()
    rig.writer = writer
    await passes(rig, lambda: rig.engine.authority.reconcile_text == "")
    await passes(rig, lambda: rig.engine.ladder.mode is LadderMode.NORMAL)
    try:
        yield rig
    finally:
        await rig.engine.supervisor.stop()
        closing_audit = asyncio.ensure_future(audit.close())
        await passes(rig, closing_audit.done)
        await writer.close()


async def passes(rig: Rig, condition: Callable[[], bool]) -> None:
    """Let time pass, for the engine and for the threads behind it, until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():
            rig.clock.move(0.05)
            await rig.settle()
            await asyncio.sleep(0.001)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow: the kernel refuses the write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_handles() -> Iterator[None]:
    """This process can open nothing more (EMFILE); what is open stays so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        yield
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_F43_a_full_disk_stops_new_orders_lets_cancels_go_and_heals(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as rig:
        tag = rig.submit().tag
        await passes(rig, lambda: bool(rig.order(tag).broker_id))
        with full_disk():
            refused = rig.submit(quantity=3).tag
            await passes(rig, lambda: rig.engine.ladder.mode is LadderMode.READ_ONLY)
            assert {"STORE", "AUDIT"} & {c.code for c in rig.engine.ladder.causes()}
            assert not refused or rig.order(refused).state.word == "NOT_SENT"
            assert rig.submit(quantity=4).refused
            assert rig.engine.orders.cancel(tag, confirmed=True).tag == tag
            await passes(rig, lambda: len(rig.broker.cancelled) == 1)
            await passes(rig, lambda: rig.order(tag).state.word == "CANCELLED")
            assert len(rig.broker.placed) == 1
        await passes(rig, lambda: rig.engine.ladder.mode is LadderMode.NORMAL)
        assert rig.submit(quantity=5).tag
        await passes(rig, lambda: len(rig.broker.placed) == 2)
        last = last_states(tmp_path)
    assert last[tag] == "CANCELLED", "what happened meanwhile was not written back"


def last_states(home: Path) -> dict[str, str]:
    """The last state of each order on the disk."""
    with closing(sqlite3.connect(f"file:{home / 'tezi.db'}?mode=ro", uri=True)) as link:
        rows = link.execute("SELECT tag, body FROM order_event ORDER BY id").fetchall()
    return {tag: json.loads(body)["state"] for tag, body in rows}


async def test_F43_a_read_only_store_stops_new_orders_and_lets_cancels_go(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as rig:
        tag = rig.submit().tag
        await passes(rig, lambda: bool(rig.order(tag).broker_id))
        link = rig.writer._connection()
        await link.execute("PRAGMA query_only=ON")  # SQLite then answers as it does on a read-only file system
        sent = rig.submit(quantity=3).tag
        await passes(rig, lambda: rig.engine.ladder.mode is LadderMode.READ_ONLY)
        assert "readonly" in rig.engine.parts.journal.healthy()
        assert rig.order(sent).state.word == "NOT_SENT"
        assert rig.engine.orders.cancel(tag, confirmed=True).tag
        await passes(rig, lambda: len(rig.broker.cancelled) == 1)
        assert len(rig.broker.placed) == 1
        await link.execute("PRAGMA query_only=OFF")
        rig.clock.move(RETRY_S)
        await passes(rig, lambda: rig.engine.ladder.mode is LadderMode.NORMAL)


async def test_F43_without_file_handles_what_is_open_goes_on(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as rig:
        await passes(rig, lambda: rig.engine.parts.audit.waiting() == 0)
        with no_handles():
            tag = rig.submit().tag
            await passes(rig, lambda: bool(rig.order(tag).broker_id))
            assert rig.engine.orders.cancel(tag).tag
            await passes(rig, lambda: len(rig.broker.cancelled) == 1)


async def test_F46_a_writer_that_crashes_is_restarted_and_whoever_waits_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_disk(tmp_path) as rig:
        real, broken = Writer._transaction, {"times": 1}

        async def transaction(self: Writer, group: list) -> None:
            if broken["times"]:
                broken["times"] -= 1
                raise RuntimeError("a fault of ours")
            await real(self, group)

        monkeypatch.setattr(Writer, "_transaction", transaction)
        tag = rig.submit().tag
        await passes(rig, lambda: rig.order(tag).state.word != "SENDING")
        assert rig.order(tag).state.word == "NOT_SENT"
        assert rig.broker.placed == []
        await passes(rig, lambda: rig.engine.parts.journal.healthy() == "")
        await passes(rig, lambda: rig.engine.ladder.mode is LadderMode.NORMAL)
        again = rig.submit(quantity=2).tag
        await passes(rig, lambda: bool(rig.order(again).broker_id))


async def test_F41_an_order_that_was_on_its_way_at_the_kill_is_unknown_and_then_found(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as rig:
        rig.broker.on_place = lambda approved: Unknown("the process was killed here")
        tag = rig.submit().tag
        await passes(rig, lambda: rig.order(tag).state.word == "UNKNOWN")
        journal = rig.engine.parts.journal
        await journal.store_meta("flush", "")
        records = await journal.load_day(rig.engine._day)
    sending = [r for r in records if r.tag == tag][:1]

    again = Rig()
    again.engine.restore(sending)
    assert again.order(tag).state.word == "UNKNOWN"
    assert "ended before the answer" in again.order(tag).reason


async def test_F44_a_log_that_a_reader_keeps_long_is_told_and_folded_when_it_goes(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as rig:
        told: list[str] = []
        watch = asyncio.ensure_future(watch_log(rig.writer, rig.clock, told.append, 200_000))
        with closing(sqlite3.connect(f"file:{tmp_path / 'tezi.db'}?mode=ro", uri=True)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM order_event").fetchall()
            for n in range(40):
                await rig.engine.parts.journal.store_meta(f"k{n}", "x" * 20_000)
            await passes(rig, lambda: bool(told))
            assert "some program keeps the store open" in told[0]
            before = (tmp_path / "tezi.db").stat().st_size
        await passes(rig, lambda: (tmp_path / "tezi.db").stat().st_size > before)
        assert len(told) == 1
        await rig.writer._connection().execute("PRAGMA journal_size_limit=1000")
        await rig.engine.parts.journal.store_meta("short", "")
        await passes(rig, lambda: len(told) == 2)
        assert "short again" in told[1]
        watch.cancel()
