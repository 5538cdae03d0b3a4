"""How long the store keeps what is finished."""

from datetime import timedelta

from core.clock import ist
from core.store.writer import Writer

DAYS_KEPT = 5 * 366
"""Five years, which SEBI asks of brokers; a trader's own records are kept as long."""
_OLD = (
    "DELETE FROM order_finished WHERE tag IN (SELECT tag FROM order_event WHERE day < ?)",
    "DELETE FROM order_event WHERE day < ?",
    "DELETE FROM trade WHERE day < ?",
)


def forget_old(writer: Writer, real_ns: int) -> None:
    """Delete orders and trades of days before the kept ones, with the next group of writes."""
    day = (ist(real_ns) - timedelta(days=DAYS_KEPT)).strftime("%Y-%m-%d")
    for sql in _OLD:
        writer.later(sql, (day,))
