"""An audit log of its own for each test, on the real disk, with a store for its anchor."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.store.audit.log import AuditLog
from core.store.audit.segments import Disk, segments
from core.store.migrate import prepare
from core.store.writer import Writer


@asynccontextmanager
async def audit_log(home: Path, disk: Disk | None = None, **settings) -> AsyncIterator[AuditLog]:
    """Open on this home, as the terminal does."""
    clock = settings.pop("clock", None) or SystemClock()
    await prepare(home / "tezi.db", 0)
    writer = Writer(home / "tezi.db", clock)
    await writer.open()
    log = AuditLog(home, clock, writer, disk=disk, about={"version": "1.2.3"}, **settings)
    await log.open()
    try:
        yield log
    finally:
        await log.close()
        await writer.close()


async def write(home: Path, count: int, **settings) -> None:
    async with audit_log(home, **settings) as log:
        for n in range(count):
            log.append("order.state", {"tag": f"T{n}", "state": "WORKING", "filled": n})
        await log.flush()


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A log of three segments of ten records and more, closed as it should be."""
    home = tmp_path / "home"
    await write(home, 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.store.audit.chainfile.SEGMENT_BYTES", 1)
        await write(home, 6)
        await write(home, 6)
    return home


Change = Callable[[bytes], bytes]


def rewrite(path: Path, change: Change) -> None:
    path.write_bytes(change(path.read_bytes()))


def last_segment(home: Path) -> Path:
    return segments(home)[-1]
