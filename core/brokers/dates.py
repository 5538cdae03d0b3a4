"""How far our clock is from the other side's, by the `Date` header of its answers. Pure.

The header has whole seconds (RFC 9110, 5.6.7), and it was written somewhere between our question and the end of its
answer. So it proves an interval; only what lies outside of it is an offset.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from core.clock import NS_PER_MS, NS_PER_S


def server_ns(headers: Mapping[str, str]) -> int | None:
    """The `Date` of an answer, epoch ns of a whole second; None when there is none that names its zone."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return None if moment.tzinfo is None else int(moment.timestamp()) * NS_PER_S


def offset_ms(asked_ns: int, received_ns: int, date_ns: int) -> int:
    """Ours minus theirs, the least that is consistent: positive when our clock is ahead. All epoch ns, `asked_ns` and
    `received_ns` by our own wall clock."""
    least_ns, most_ns = asked_ns - (date_ns + NS_PER_S), received_ns - date_ns
    nearest_ns = least_ns if least_ns > 0 else most_ns if most_ns < 0 else 0
    return round(nearest_ns / NS_PER_MS)
