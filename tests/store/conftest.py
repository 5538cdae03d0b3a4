"""A store of its own for each test, on the real disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.ports import OrderRecord
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import Writer


@dataclass
class Store:
    path: Path
    clock: ManualClock
    writer: Writer
    journal: OrderJournal


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path, clock = tmp_path / "home" / "tezi.db", ManualClock()
    await prepare(path, clock.real_ns())
    writer = Writer(path, clock)
    await writer.open()
    yield Store(path, clock, writer, OrderJournal(writer, path))
    await writer.close()


def record(tag: str, sequence: int = 1, day: str = "2025-11-27", body: bytes = b"{}") -> OrderRecord:
    return OrderRecord(tag, sequence, "ticket", day, "1", body, 1_764_214_200_000_000_000, 1_764_214_200_000_000_001)
