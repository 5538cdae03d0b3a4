"""Hours by mode: real days in live mode, the exchange's own otherwise."""

from pathlib import Path

import pytest

from core.clock import iso_to_ns
from core.domain import Exchange, Instrument, Kind
from core.errors import UserError
from terminal.hours import hours
from tests.builders import NIFTY, RELIANCE, SBIN

SBIN_FUT = Instrument(Exchange.NFO, "1", "SBIN24NOV26FUT", "SBIN", Kind.FUTURE, 750, 500, "2026-11-24")
LISTED = (RELIANCE, SBIN, SBIN_FUT, NIFTY)


def _at(mode: str, home: Path, instrument: Instrument, moment: str) -> tuple[bool, str]:
    by_segment, by_instrument = hours(mode, home, lambda: LISTED)
    now = by_instrument(instrument, iso_to_ns(moment + "+05:30"))
    if instrument.kind is not Kind.EQUITY:
        assert by_segment(instrument.exchange, iso_to_ns(moment + "+05:30")) == now
    return now.open, now.word


@pytest.mark.parametrize(
    ("instrument", "moment", "expected"),
    [
        (SBIN, "2025-10-21T11:00:00", (False, "NSE CLOSED")),  # Diwali: only the hour of the special session
        (SBIN, "2025-10-22T11:00:00", (False, "NSE HOLIDAY Diwali Balipratipada")),
        (SBIN_FUT, "2026-08-03T15:35:00", (True, "NFO OPEN")),
        (SBIN_FUT, "2026-07-31T15:35:00", (False, "NFO CLOSED")),
        (SBIN, "2026-08-03T15:20:00", (False, "NSE AUCTION")),  # there are derivatives on it
        (RELIANCE, "2026-08-03T15:20:00", (True, "NSE OPEN")),  # in this list there are none
        (SBIN, "2031-01-06T11:00:00", (False, "NSE UNKNOWN DAY")),
    ],
)
def test_live_hours_are_those_of_the_day(
    instrument: Instrument, moment: str, expected: tuple[bool, str], tmp_path: Path
) -> None:
    assert _at("live", tmp_path, instrument, moment) == expected


def test_practice_has_no_holidays_but_weekends(tmp_path: Path) -> None:
    assert _at("practice", tmp_path, SBIN, "2025-10-22T11:00:00") == (True, "NSE OPEN")
    assert _at("practice", tmp_path, SBIN, "2025-10-25T11:00:00") == (False, "NSE CLOSED")


def test_facts_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "calendar.json").write_text("{}")

    with pytest.raises(UserError, match=r"calendar\.json"):
        hours("live", tmp_path, lambda: LISTED)
    hours("practice", tmp_path, lambda: LISTED)
