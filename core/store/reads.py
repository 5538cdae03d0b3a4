"""Stored orders and trades for exports: read-only, beside a running terminal or without one. Blocking."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.domain import Fill, Order
from core.errors import UserError
from core.store.audit.places import STORE
from core.store.migrate import HEAD

_BY_DAY = """SELECT e.run, e.day, e.body FROM order_event AS e WHERE e.day BETWEEN ? AND ?
  AND e.sequence = (SELECT max(sequence) FROM order_event WHERE tag = e.tag) ORDER BY e.day, e.id"""
_TRADES = """SELECT run, day, fill_id, broker_id, exchange, token, symbol, side, product, quantity, price_e4, filled_ns
  FROM trade WHERE day BETWEEN ? AND ? ORDER BY day, filled_ns, fill_id"""
_LAST_DAY = "SELECT max((SELECT max(day) FROM order_event), (SELECT coalesce(max(day), '') FROM trade))"
_FILL = (
    *("fill_id", "broker_id", "exchange", "token", "symbol", "side", "product", "quantity", "price_e4", "filled_ns"),
)


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as it last stood. `day` is its trading day, `run` the account's run."""

    run: str
    day: str
    order: Order


@dataclass(frozen=True, slots=True)
class StoredTrade:
    run: str
    day: str
    fill: Fill


class StoreReader:
    """Reads one store file. Raises UserError when it is absent, of another version, or cannot be read."""

    def __init__(self, home: Path) -> None:
        self._path = home / STORE

    def orders(self, first: str, last: str) -> list[StoredOrder]:
        """Orders of the trading days from `first` to `last` (`YYYY-MM-DD`, both included)."""
        decode = msgspec.json.Decoder(Order).decode
        return [StoredOrder(run, day, decode(body)) for run, day, body in self._rows(_BY_DAY, first, last)]

    def trades(self, first: str, last: str) -> list[StoredTrade]:
        """Trades of those days in time order."""
        return [StoredTrade(row[0], row[1], _fill(row[2:])) for row in self._rows(_TRADES, first, last)]

    def last_day(self) -> str:
        """The last day with an order or a trade, empty when there is none."""
        return next((str(day or "") for (day,) in self._rows(_LAST_DAY)), "")

    def _rows(self, sql: str, *values: str) -> list[sqlite3.Row]:
        with self._open() as link:
            return list(link.execute(sql, values))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            raise UserError(
                f"{self._path}: there is no store. Start the terminal once, or give its folder: --home DIR."
            )
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=2.0)) as link:
                found = link.execute("SELECT version_num FROM alembic_version").fetchone()
                if found is None or found[0] != HEAD:
                    revision = found and found[0]
                    raise UserError(
                        f"{self._path}: tables {revision}, this Tezi reads {HEAD}. Start its terminal once to upgrade."
                    )
                yield link
        except sqlite3.Error as e:
            raise UserError(f"{self._path}: cannot be read ({e}). See: tezi backup restore") from e


def _fill(row: tuple[object, ...]) -> Fill:
    return msgspec.convert(dict(zip(_FILL, row, strict=True)), Fill)
