"""`python -m tests.store.make_saved`: saves a small store as the present tables hold it, under the revision's name.

Run once before each release; the file is never made again, so that later versions are tried on what this one wrote.
"""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from core.clock import ManualClock
from core.ports import OrderRecord
from core.store.journal import OrderJournal
from core.store.migrate import HEAD, prepare
from core.store.writer import Writer

FOLDER = Path(__file__).parent / "saved"


async def make(path: Path) -> None:
    clock = ManualClock()
    await prepare(path, clock.real_ns())
    writer = Writer(path, clock)
    await writer.open()
    journal = OrderJournal(writer, path)
    for n in range(1, 6):
        for sequence in range(1, 4):
            body = b'{"tag":"T%d","state":"%s"}' % (n, (b"SENDING", b"ACKED", b"FILLED")[sequence - 1])
            await journal.intent(OrderRecord(f"T{n}", sequence, "gate", "2025-11-27", "practice-1", body, n, sequence))
    journal.finish("T1")
    journal.store_tag_floor(1_764_214_200_000)
    await journal.store_meta("halt", "panic key")
    await writer.close()
    with closing(sqlite3.connect(path)) as link:
        link.execute("PRAGMA journal_mode=DELETE")
        link.execute("VACUUM")


def main() -> int:
    path = FOLDER / f"{HEAD}.db"
    if path.exists():
        print(f"{path} is saved already; a saved store is never made again", file=sys.stderr)
        return 1
    asyncio.run(make(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
