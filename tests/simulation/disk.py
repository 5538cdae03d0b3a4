"""SQLite without its thread: every call of aiosqlite's connection is done in the caller's turn, and can be refused."""

import sqlite3
from typing import Any, Self


class Disk:
    """`refuses` makes every write fail as a full disk does; reads go on."""

    def __init__(self) -> None:
        self.refuses = False

    def connect(self, database: Any, **options: Any) -> "Link":
        return Link(self, database, options)


class Link:
    """The part of `aiosqlite.Connection` that the store uses."""

    def __init__(self, disk: Disk, database: Any, options: dict[str, Any]) -> None:
        self._disk, self._database, self._options = disk, database, options
        self._real: sqlite3.Connection | None = None

    def __await__(self) -> Any:
        return self._open().__await__()

    async def _open(self) -> Self:
        self._real = sqlite3.connect(self._database, **self._options)
        return self

    async def __aenter__(self) -> Self:
        return await self._open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def in_transaction(self) -> bool:
        return self._link().in_transaction

    async def execute(self, sql: str, row: Any = ()) -> Any:
        self._check(sql)
        return self._link().execute(sql, row)

    async def _execute(self, work: Any, *values: Any) -> Any:
        self._check("INSERT")
        return work(*values)

    @property
    def _conn(self) -> sqlite3.Connection:
        return self._link()

    async def executemany(self, sql: str, rows: Any) -> Any:
        self._check(sql)
        return self._link().executemany(sql, rows)

    async def execute_fetchall(self, sql: str, row: Any = ()) -> Any:
        return self._link().execute(sql, row).fetchall()

    async def rollback(self) -> None:
        self._link().rollback()

    async def close(self) -> None:
        if self._real is not None:
            self._real.close()
            self._real = None

    def _link(self) -> sqlite3.Connection:
        if self._real is None:
            raise ValueError("Connection closed")
        return self._real

    def _check(self, sql: str) -> None:
        if self._disk.refuses and not sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "ROLLBACK")):
            raise sqlite3.OperationalError("database or disk is full")
