"""The journal keeps what it promised, says what it could not keep, and reads back what it kept."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import StoreFailed
from core.ports import Journal
from core.store.journal import FLOOR_STEP_MS, OrderJournal
from core.store.writer import QUEUE_MAX, RETRY_S, Writer
from tests.store.conftest import Store, record

DAY = "2025-11-27"


def rows_on_disk(store: Store) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(f"file:{store.path}?mode=ro", uri=True)) as link:
        return link.execute("SELECT tag, sequence FROM order_event ORDER BY id").fetchall()


@asynccontextmanager
async def disk_full(store: Store) -> AsyncIterator[None]:
    """No file of this process may grow past what the WAL is now: the kernel refuses the write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = store.path.with_name(store.path.name + "-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  a condition of another thread
            await asyncio.sleep(0.001)


async def test_intent_is_on_disk_when_it_returns(store: Store) -> None:
    journal: Journal = store.journal

    await journal.intent(record("T1"))

    assert rows_on_disk(store) == [("T1", 1)]
    assert journal.healthy() == ""


async def test_a_commit_waits_for_the_disk(store: Store) -> None:
    """WAL and synchronous=FULL (2), as the connection that writes has them: not visible from outside."""
    link = store.writer._connection()

    assert [row[0] for row in await link.execute_fetchall("PRAGMA synchronous")] == [2]
    assert [row[0] for row in await link.execute_fetchall("PRAGMA journal_mode")] == ["wal"]


async def test_order_of_handing_over_is_the_order_of_rows(store: Store) -> None:
    for n in range(600):
        store.journal.record(record(f"T{n}"))
    await store.journal.intent(record("last"))

    assert [tag for tag, _ in rows_on_disk(store)] == [*(f"T{n}" for n in range(600)), "last"]


async def test_F46_a_cancelled_caller_leaves_its_row_whole_and_the_writer_alive(store: Store) -> None:
    tasks = [asyncio.create_task(store.journal.intent(record(f"T{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    await store.journal.intent(record("after"))

    assert [tag for tag, _ in rows_on_disk(store)] == [*(f"T{n}" for n in range(50)), "after"]


async def test_a_tag_and_sequence_is_taken_once_and_neighbours_survive(store: Store) -> None:
    await store.journal.intent(record("T1"))

    results = await asyncio.gather(
        store.journal.intent(record("T0")),
        store.journal.intent(record("T1")),
        store.journal.intent(record("T2")),
        return_exceptions=True,
    )

    assert [type(r) for r in results] == [type(None), StoreFailed, type(None)]
    assert rows_on_disk(store) == [("T1", 1), ("T0", 1), ("T2", 1)]
    assert store.journal.healthy() == ""


async def test_a_refused_record_that_nobody_awaits_is_told_for_good(store: Store) -> None:
    store.journal.record(record("T1"))
    store.journal.record(record("T1"))
    await store.journal.intent(record("T2"))

    assert store.journal.healthy().startswith("journal row refused: UNIQUE")


async def test_F43_full_disk_refuses_intents_says_so_and_heals_by_itself(store: Store) -> None:
    await store.journal.intent(record("before"))
    async with disk_full(store):
        with pytest.raises(StoreFailed, match="cannot be written"):
            await store.journal.intent(record("refused", body=b"x" * 10_000))
        store.journal.record(record("kept"))
        await until(lambda: store.writer.waiting() == 1)
        assert "cannot be written" in store.journal.healthy()
        with pytest.raises(StoreFailed):
            await store.journal.intent(record("refused too"))

    store.clock.move(RETRY_S)
    await until(lambda: store.journal.healthy() == "")

    assert rows_on_disk(store) == [("before", 1), ("kept", 1)]


async def test_F43_healing_needs_no_new_row(store: Store) -> None:
    await store.journal.intent(record("before"))
    async with disk_full(store):
        with pytest.raises(StoreFailed):
            await store.journal.intent(record("refused", body=b"x" * 10_000))
        store.clock.move(RETRY_S)
        await until(lambda: store.writer.waiting() == 1)

    async with asyncio.timeout(5):
        while store.journal.healthy():
            store.clock.move(RETRY_S)
            await asyncio.sleep(0.001)


async def test_the_queue_is_bounded_and_a_row_without_place_is_told(store: Store) -> None:
    for n in range(QUEUE_MAX + 1):
        store.journal.record(record(f"T{n}"))

    with pytest.raises(StoreFailed, match="lost"):
        await store.journal.intent(record("no room"))
    assert "lost" in store.journal.healthy()


async def test_a_closed_store_refuses_and_close_writes_what_waited(store: Store) -> None:
    store.journal.record(record("T1"))
    await store.writer.close()
    await store.writer.close()

    with pytest.raises(StoreFailed, match="not open"):
        await store.journal.intent(record("T2"))
    assert rows_on_disk(store) == [("T1", 1)]


async def test_F43_close_tries_once_more_what_the_disk_refused(store: Store) -> None:
    await store.journal.intent(record("before"))
    async with disk_full(store):
        store.journal.record(record("kept", body=b"x" * 10_000))
        await until(lambda: store.journal.healthy() != "")
    await store.writer.close()

    assert rows_on_disk(store) == [("before", 1), ("kept", 1)]


async def test_F44_a_file_locked_by_another_program_refuses_in_bounded_time_and_heals(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.writer.BUSY_S", 0.05)
    writer = Writer(store.path, store.clock)
    await writer.open()
    journal = OrderJournal(writer, store.path)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked"):
            await journal.intent(record("T1"))
        assert "locked" in journal.healthy()

    await journal.intent(record("T2"))
    await writer.close()
    assert rows_on_disk(store) == [("T2", 1)]


async def test_too_many_rows_are_a_failure_not_a_shorter_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.journal.READ_MAX", 3)
    for n in range(2):
        await store.journal.intent(record(f"T{n}"))
    assert len(await store.journal.load_day(DAY)) == 2
    await store.journal.intent(record("T2"))

    with pytest.raises(StoreFailed, match="over 3 rows"):
        await store.journal.load_day(DAY)


async def test_a_missing_file_is_a_store_failure(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "absent" / "x.db", ManualClock())
    with pytest.raises(StoreFailed, match="cannot be written"):
        await writer.open()
    assert writer.healthy() == "the store is not open"


async def test_reads_of_a_day(store: Store) -> None:
    written = [record("A", 1), record("B", 1), record("A", 2, body=b"\x00\xff"), record("old", 1, day="2025-11-26")]
    for one in written[:-1]:
        store.journal.record(one)
    await store.journal.intent(written[-1])

    assert await store.journal.load_day(DAY) == tuple(written[:3])
    assert await store.journal.latest(DAY) == (written[1], written[2])
    assert await store.journal.load_day("2025-11-28") == ()


async def test_orders_of_earlier_days_are_watched_until_finished(store: Store) -> None:
    rows = [record("A", 1, day="2025-11-25"), record("A", 2, day="2025-11-26"), record("B", 1, day="2025-11-26")]
    for one in [*rows, record("today", 1)]:
        store.journal.record(one)
    store.journal.finish("B")
    store.journal.finish("B")
    await store.journal.store_meta("flush", "")

    assert await store.journal.unfinished_before(DAY) == (rows[1],)


async def test_an_order_that_lived_into_today_is_not_an_earlier_day(store: Store) -> None:
    store.journal.record(record("A", 1, day="2025-11-26"))
    await store.journal.intent(record("A", 2))

    assert await store.journal.unfinished_before(DAY) == ()


async def test_tag_floor_only_rises_and_is_on_disk_before_the_intent(store: Store) -> None:
    assert await store.journal.tag_floor() == 0
    for tag_ms in (900, 1_000, 999, 900 + FLOOR_STEP_MS):
        store.journal.store_tag_floor(tag_ms)
    await store.journal.intent(record("T1"))
    assert await store.journal.tag_floor() == 900 + FLOOR_STEP_MS

    store.journal.store_tag_floor(901 + FLOOR_STEP_MS)
    await store.journal.intent(record("T2"))
    assert await store.journal.tag_floor() == 901 + 2 * FLOOR_STEP_MS
    OrderJournal(store.writer, store.path).store_tag_floor(5)
    await store.journal.intent(record("T3"))
    assert await store.journal.tag_floor() == 901 + 2 * FLOOR_STEP_MS


async def test_meta_survives_and_is_replaced(store: Store) -> None:
    assert await store.journal.load_meta("halt") == ""
    await store.journal.store_meta("halt", "panic key")
    await store.journal.store_meta("halt", "leak")

    assert await store.journal.load_meta("halt") == "leak"


async def test_an_unreadable_file_is_a_store_failure_not_an_empty_day(store: Store) -> None:
    await store.writer.close()
    store.path.write_bytes(b"not a database, but long enough to be looked at" * 200)

    with pytest.raises(StoreFailed, match="cannot be read"):
        await store.journal.load_day(DAY)
