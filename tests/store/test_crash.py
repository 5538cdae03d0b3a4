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

import aiosqlite
import pytest

from core.clock import ManualClock
from core.errors import StoreFailed
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import RETRY_S, Writer
from tests.store.conftest import record
from tests.store.powerloss import audit_losses, commits, store_losses

POINTS = 30


def test_nothing_acknowledged_is_lost_by_kills(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.store.kills", tmp_path / "home", str(POINTS), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=55)

    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert (figures["kills"], figures["wrong"]) == (POINTS, [])
    assert figures["acknowledged"] > POINTS


async def test_no_committed_intent_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    found = await commits(tmp_path / "tezi.db", 60, random.Random(1))
    assert any(a.store != b.store for a, b in itertools.pairwise(found)), "no checkpoint was seen"
    assert any(len(b.log) <= len(a.log) for a, b in itertools.pairwise(found)), "no log was used again"

    assert store_losses(tmp_path, found, 4 * POINTS, 2) == []


def test_the_audit_log_survives_a_power_cut_between_any_two_calls(tmp_path: Path) -> None:
    assert audit_losses(tmp_path / "home", 2 * POINTS, 3) == []


class Failing:
    """Fails the n-th call of the connection that writes, before it does anything, as a disk error does."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls = self.fail_at = 0
        for name in ("execute", "executemany", "rollback"):
            self._wrap(patch, name)

    def _wrap(self, patch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(aiosqlite.Connection, name)

        async def call(link, *args):
            self.calls += 1
            if self.calls == self.fail_at:
                raise sqlite3.OperationalError("disk I/O error")
            return await real(link, *args)

        patch.setattr(aiosqlite.Connection, name, call)


async def life(path: Path, clock: ManualClock) -> tuple[set[str], set[str], set[str]]:
    """Tags whose intent returned, whose intent was refused, and those that nobody awaited."""
    writer = Writer(path, clock)
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


async def test_each_call_of_the_store_failed_in_turn_leaves_no_wrong_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.db"
    await prepare(empty, 0)
    shutil.copy(empty, tmp_path / "plain.db")
    failing = Failing(monkeypatch)
    kept, refused, _ = await life(tmp_path / "plain.db", ManualClock())
    assert (len(kept), len(refused)) == (6, 0)
    total = failing.calls
    assert total > 20
    seen_refused = 0
    for n in range(1, total + 1):
        path = tmp_path / f"{n}.db"
        shutil.copy(empty, path)
        failing.calls, failing.fail_at = 0, n
        kept, refused, later = await life(path, ManualClock())
        with closing(sqlite3.connect(path)) as link:
            stored = [t for (t,) in link.execute("SELECT tag FROM order_event")]
        assert set(stored) == kept | later, n
        assert len(stored) == len(set(stored))
        seen_refused += len(refused)
    assert seen_refused > 5
