"""Trades of ours, kept for exports: each once, whoever reports it again."""

from collections.abc import Iterable

from core.clock import ist_day
from core.domain import Fill
from core.store.writer import Writer

_INSERT = """INSERT OR IGNORE INTO trade (day, run, fill_id, broker_id, exchange, token, symbol, side, product,
  quantity, price_e4, filled_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class TradeLedger:
    """Books fills of one run with the next group of writes."""

    def __init__(self, writer: Writer, run: str) -> None:
        self._writer = writer
        self._run = run

    def book(self, fills: Iterable[Fill]) -> None:
        """Keep these fills; one that is kept already is left as it is."""
        for f in fills:
            key = (ist_day(f.filled_ns), self._run, f.fill_id, f.broker_id, f.exchange.value, f.token, f.symbol)
            self._writer.later(_INSERT, (*key, int(f.side), f.product.value, f.quantity, f.price_e4, f.filled_ns))
