"""Session hours by segment and date."""

import pytest

from core.clock import iso_to_ns
from core.domain import Exchange
from core.market.sessions import session


@pytest.mark.parametrize(
    ("exchange", "moment", "is_open", "closes_in_s"),
    [
        (Exchange.NSE, "2025-11-26T09:14:59+05:30", False, None),
        (Exchange.NSE, "2025-11-26T09:15:00+05:30", True, 22_500),
        (Exchange.BSE, "2025-11-26T15:29:59+05:30", True, 1),
        (Exchange.NSE, "2025-11-26T15:30:00+05:30", False, None),
        (Exchange.NSE, "2025-11-29T11:00:00+05:30", False, None),
        (Exchange.NFO, "2026-07-31T15:35:00+05:30", False, None),
        (Exchange.NFO, "2026-08-03T15:35:00+05:30", True, 300),
        (Exchange.NSE, "2026-08-03T15:35:00+05:30", False, None),
        (Exchange.MCX, "2025-11-26T23:29:00+05:30", True, 60),
        (Exchange.MCX, "2025-11-26T08:59:00+05:30", False, None),
        (Exchange.CDS, "2025-11-26T16:00:00+05:30", True, 3_600),
        (Exchange.NSE, "2025-11-26T05:00:00+00:00", True, 18_000),
    ],
)
def test_hours(exchange: Exchange, moment: str, is_open: bool, closes_in_s: int | None) -> None:
    now = session(exchange, iso_to_ns(moment))

    assert (now.open, now.closes_in_s) == (is_open, closes_in_s)
    assert now.word == f"{exchange} {'OPEN' if is_open else 'CLOSED'}"


@pytest.mark.parametrize("exchange", list(Exchange))
def test_every_segment_has_hours(exchange: Exchange) -> None:
    assert session(exchange, iso_to_ns("2026-11-26T10:00:00+05:30")).open
