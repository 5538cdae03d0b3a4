"""The order journal: append-only rows, each the whole order after a change. State is a fold over them."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import aiosqlite

from core.errors import StoreFailed
from core.ports import OrderRecord
from core.store.writer import Row, Writer

_COLUMNS = "tag, sequence, source, day, run, body, market_ns, real_ns"
_INSERT = f"INSERT INTO order_event ({_COLUMNS}, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  constant text
_LAST = f"""SELECT {_COLUMNS} FROM order_event AS e WHERE {{where}}
  AND sequence = (SELECT max(sequence) FROM order_event WHERE tag = e.tag) ORDER BY id"""  # noqa: S608  constant text
_META = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_FLOOR = """INSERT INTO meta (key, value) VALUES ('tag_floor_ms', ?)
  ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))"""
FLOOR_STEP_MS = 60_000
"""How far the stored floor runs ahead of the tags: the first ones after a start may bear a time this much later."""
WATCH_DAYS = 14
"""Longer than any row of days without trading."""
READ_MAX = 200_000
"""Rows of one read: forty times the broker's own limit of a busy day."""


class OrderJournal:
    """core.ports.Journal on the one writer; reads go through a read-only connection of their own.

    UNIQUE (tag, sequence): a second row with the same pair is refused, so that a tag cannot be used twice.
    """

    def __init__(self, writer: Writer, path: Path) -> None:
        self._writer = writer
        self._path = path
        self._floor_ms = 0

    async def intent(self, event: OrderRecord) -> None:
        """Return when the row is on disk, with what was on screen. Raises StoreFailed when it is not: then nothing may
        be sent."""
        await self._writer.durable(_INSERT, _row(event))

    def record(self, event: OrderRecord) -> None:
        """Write with the next group; kept in memory while the disk refuses."""
        self._writer.later(_INSERT, _row(event))

    async def context(self, tag: str) -> bytes:
        """What was on screen when an order was asked for (JSON), empty when nothing was kept. Raises StoreFailed."""
        rows = await self._fetch("SELECT context FROM order_event WHERE tag = ? AND context IS NOT NULL", tag)
        return bytes(rows[0][0]) if rows else b""

    def healthy(self) -> str:
        """Empty when writing works, else why it does not."""
        return self._writer.healthy()

    async def load_day(self, day: str) -> tuple[OrderRecord, ...]:
        """Every row of a trading day (`YYYY-MM-DD`) in the order of writing. Raises StoreFailed."""
        return await self._read(f"SELECT {_COLUMNS} FROM order_event WHERE day = ? ORDER BY id", day)  # noqa: S608

    async def latest(self, day: str) -> tuple[OrderRecord, ...]:
        """The last row of each tag that has a row of this day: the orders as they stood. Raises StoreFailed."""
        return await self._read(_LAST.format(where="day = ?"), day)

    async def unfinished_before(self, day: str) -> tuple[OrderRecord, ...]:
        """The last row of each tag of the WATCH_DAYS before this day that nobody called finished (`finish`).

        Older ones cannot be alive: the broker's orders end with their day. Raises StoreFailed.
        """
        first = (date.fromisoformat(day) - timedelta(days=WATCH_DAYS)).isoformat()
        where = "day >= ? AND day < ? AND NOT EXISTS (SELECT 1 FROM order_finished AS f WHERE f.tag = e.tag)"
        return await self._read(_LAST.format(where=where), first, day)

    def finish(self, tag: str) -> None:
        """Note that the order of a tag needs no more watching on later days."""
        self._writer.later("INSERT OR IGNORE INTO order_finished (tag) VALUES (?)", (tag,))

    async def tag_floor(self) -> int:
        """The largest milliseconds any tag ever held; 0 when none did. A new tag must be above it."""
        return int(await self.load_meta("tag_floor_ms") or "0")

    def store_tag_floor(self, tag_ms: int) -> None:
        """Raise the floor (it never falls) to this time or, to write seldom, up to FLOOR_STEP_MS above it.

        On disk no later than any intent handed over after this call.
        """
        if tag_ms > self._floor_ms:
            self._floor_ms = tag_ms + FLOOR_STEP_MS
            self._writer.later(_FLOOR, (str(self._floor_ms),))

    async def load_meta(self, key: str) -> str:
        """The stored text of a key, empty when there is none. Raises StoreFailed."""
        rows = await self._fetch("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    async def store_meta(self, key: str, value: str) -> None:
        """Return when the pair is on disk. Raises StoreFailed."""
        await self._writer.durable(_META, (key, value))

    async def _read(self, sql: str, *values: str) -> tuple[OrderRecord, ...]:
        rows = await self._fetch(f"{sql} LIMIT {READ_MAX}", *values)
        if len(rows) == READ_MAX:
            raise StoreFailed(f"{self._path} holds over {READ_MAX} rows for one question; nothing was left out quietly")
        return tuple(OrderRecord(*row) for row in rows)

    async def _fetch(self, sql: str, *values: str) -> list[sqlite3.Row]:
        try:
            async with aiosqlite.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0) as link:
                return list(await link.execute_fetchall(sql, values))
        except sqlite3.Error as e:
            raise StoreFailed(f"{self._path} cannot be read: {e}") from e


def _row(event: OrderRecord) -> Row:
    return (
        event.tag,
        event.sequence,
        event.source,
        event.day,
        event.run,
        event.body,
        event.market_ns,
        event.real_ns,
        event.context or None,
    )
