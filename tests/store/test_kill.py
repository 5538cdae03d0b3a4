"""Whatever was acknowledged is there after kill -9."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from core.store.migrate import prepare

WRITE_FOR_EVER = """
import asyncio, itertools, pathlib, sys
from core.clock import SystemClock
from core.store.journal import OrderJournal
from core.store.writer import Writer
from tests.store.conftest import record

async def main():
    path = pathlib.Path(sys.argv[1])
    writer = Writer(path, SystemClock())
    await writer.open()
    journal = OrderJournal(writer, path)
    for n in itertools.count():
        await journal.intent(record(f"T{n}"))
        print(n, flush=True)

asyncio.run(main())
"""


def test_F41_acknowledged_rows_survive_a_kill(tmp_path: Path) -> None:
    for path in (tmp_path / "first.db", tmp_path / "second.db"):
        asyncio.run(prepare(path, 0))
        child = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, path], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(300)]
        child.kill()
        acknowledged += [int(line) for line in child.stdout.read().splitlines() if line]
        child.stdout.close()
        child.wait()

        with closing(sqlite3.connect(path)) as link:
            rows = [tag for (tag,) in link.execute("SELECT tag FROM order_event ORDER BY id")]
            assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert [f"T{n}" for n in acknowledged] == rows[: len(acknowledged)]
        assert len(rows) - len(acknowledged) in (0, 1)
