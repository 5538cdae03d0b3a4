"""Kill -9 and power cuts: nothing that was acknowledged is ever lost. The long runs are in tests/soak/store.py."""

import asyncio
import itertools
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from core.clock import ManualClock
from core.errors import StoreFailed
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import RETRY_S, Writer
from tests.store.conftest import record
from tests.store.powerloss import audit_losses, commits, store_losses

POINTS = 30


def test_F41_nothing_acknowledged_is_lost_by_kills(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.store.kills", tmp_path / "home", str(POINTS), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=55)

    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert (figures["kills"], figures["wrong"]) == (POINTS, [])
    assert figures["acknowledged"] > POINTS


async def test_F42_no_committed_intent_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    found = await commits(tmp_path / "tezi.db", 60, random.Random(1))
    assert any(a.store != b.store for a, b in itertools.pairwise(found)), "no checkpoint was seen"
    assert any(len(b.log) <= len(a.log) for a, b in itertools.pairwise(found)), "no log was used again"

    assert store_losses(tmp_path, found, 4 * POINTS, 2) == []


def test_F42_the_audit_log_survives_a_power_cut_between_any_two_calls(tmp_path: Path) -> None:
    assert audit_losses(tmp_path / "home", 2 * POINTS, 3) == []


class Failing(sqlite3.Connection):
    """Fails the n-th call of the connection that writes, before it does anything, as a disk error does."""

    calls = fail_at = 0

    def _step(self) -> None:
        Failing.calls += 1
        if Failing.calls == Failing.fail_at:
            raise sqlite3.OperationalError("disk I/O error")

    def execute(self, *args):
        self._step()
        return super().execute(*args)

    def executemany(self, *args):
        self._step()
        return super().executemany(*args)

    def rollback(self) -> None:
        self._step()
        super().rollback()


async def life(path: Path, clock: ManualClock) -> tuple[set[str], set[str], set[str]]:
    """Tags whose intent returned, whose intent was refused, and those that nobody awaited."""
    writer = Writer(path, clock, Failing)
    try:
        await writer.open()
    except StoreFailed:
        return set(), set(), set()
    journal = OrderJournal(writer, path)
    kept, refused, later = set(), set(), set()
    for n in range(6):
        journal.record(record(f"L{n}"))
        later.add(f"L{n}")
        try:
            await journal.intent(record(f"T{n}"))
            kept.add(f"T{n}")
        except StoreFailed:
            refused.add(f"T{n}")
            clock.move(RETRY_S)
    async with asyncio.timeout(5):
        while journal.healthy():
            clock.move(RETRY_S)
            await asyncio.sleep(0.001)
    await writer.close()
    return kept, refused, later


async def test_F43_each_call_of_the_store_failed_in_turn_leaves_no_wrong_state(
    tmp_path: Path,
) -> None:
    empty = tmp_path / "empty.db"
    await prepare(empty, 0)
    shutil.copy(empty, tmp_path / "plain.db")
    Failing.calls, Failing.fail_at = 0, 0
    kept, refused, _ = await life(tmp_path / "plain.db", ManualClock())
    assert (len(kept), len(refused)) == (6, 0)
    total = Failing.calls
    assert total > 20
    seen_refused = 0
    for n in range(1, total + 1):
        path = tmp_path / f"{n}.db"
        shutil.copy(empty, path)
        Failing.calls, Failing.fail_at = 0, n
        kept, refused, later = await life(path, ManualClock())
        with closing(sqlite3.connect(path)) as link:
            stored = [t for (t,) in link.execute("SELECT tag FROM order_event")]
        assert set(stored) == kept | later, n
        assert len(stored) == len(set(stored))
        seen_refused += len(refused)
    assert seen_refused > 5
