"""Every question that the store is asked finds its rows by an index, however many there are."""

import sqlite3
from contextlib import closing

import pytest

from core.clock import ManualClock
from core.domain import Side
from core.ports import OrderRecord
from core.store.audit.places import stored_anchor
from core.store.journal import OrderJournal
from core.store.ledger import TradeLedger
from core.store.reads import StoreReader
from core.store.retention import forget_old
from core.store.writer import Writer
from tests.builders import fill
from tests.store.conftest import Store, record

DAY = "2025-11-27"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of every statement that any connection runs."""
    statements: list[str] = []
    real = sqlite3.connect

    def connect(*args, **settings):
        link = real(*args, **settings)
        link.set_trace_callback(statements.append)
        return link

    monkeypatch.setattr(sqlite3, "connect", connect)
    return statements


async def test_no_question_reads_a_whole_table(store: Store, asked: list[str]) -> None:
    home = store.path.parent
    writer = Writer(store.path, ManualClock())
    await writer.open()
    journal, reader = OrderJournal(writer, store.path), StoreReader(home)
    await journal.intent(record("T1"))
    journal.finish("T1")
    await journal.load_day(DAY)
    await journal.latest(DAY)
    await journal.unfinished_before(DAY)
    await journal.context("T1")
    await journal.tag_floor()
    journal.store_tag_floor(1)
    TradeLedger(writer, "1").book([fill()])
    forget_old(writer, store.clock.real_ns())
    await journal.store_meta("x", "y")
    reader.trades(DAY, DAY)
    reader.last_day()
    stored_anchor(home)
    await writer.close()

    questions = [
        q for q in asked if q.split()[0] in ("SELECT", "DELETE", "UPDATE", "INSERT") and "version_num" not in q
    ]
    assert len(questions) > 15
    with closing(sqlite3.connect(store.path)) as link:
        plans = {q: [row[3] for row in link.execute(f"EXPLAIN QUERY PLAN {q}")] for q in set(questions)}
    scans = {q: plan for q, plan in plans.items() if any(p.startswith("SCAN") and "CONSTANT" not in p for p in plan)}
    assert scans == {}


async def test_trades_and_orders_come_back_as_they_were(store: Store) -> None:
    ledger = TradeLedger(store.writer, "practice-1")
    trades = [fill(), fill(fill_id="2", side=Side.SELL, symbol="M&M-EQ")]
    ledger.book(trades)
    ledger.book(trades)
    await keep(store, OrderRecord("T1", 1, "gate", DAY, "practice-1", b"{}", 1, 1, b'{"seen":1}'))

    assert [t.fill for t in StoreReader(store.path.parent).trades(DAY, DAY)] == trades
    assert await store.journal.context("T1") == b'{"seen":1}'
    assert await store.journal.context("T2") == b""


async def keep(store: Store, event: OrderRecord) -> None:
    await store.journal.intent(event)


async def test_rows_of_the_last_five_years_are_kept(store: Store) -> None:
    for day, tag in (("2019-01-01", "old"), ("2021-01-01", "new"), (DAY, "today")):
        await store.journal.intent(record(tag, day=day))
    forget_old(store.writer, store.clock.real_ns())
    await store.journal.store_meta("x", "y")

    with closing(sqlite3.connect(store.path)) as link:
        assert [t for (t,) in link.execute("SELECT tag FROM order_event ORDER BY id")] == ["new", "today"]
