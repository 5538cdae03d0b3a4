"""Dated facts: shipped files hold together, newer ones replace them, and what is missing is never a permission."""

import json
from datetime import date
from pathlib import Path

import pytest

from core.clock import iso_to_ns
from core.domain import Exchange
from core.errors import UserError
from core.market.facts import FILES, Facts, age_words, load, read
from core.market.sessions import Calendar


def _at(calendar: Calendar, exchange: Exchange, moment: str, *, in_auction: bool = False) -> str:
    return calendar.session(exchange, iso_to_ns(moment + "+05:30"), in_auction=in_auction).word


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load()


def test_every_fact_says_where_it_is_from(facts: Facts) -> None:
    rows = [
        *facts.calendar.holidays, *facts.calendar.special, *facts.hours.hours, *facts.freeze.freeze,
        *facts.protection.protection, *facts.squareoff.squareoff,
    ]  # fmt: skip
    assert all(len(row.source) > 10 for row in rows)
    assert facts.bans.source


def test_holidays_are_weekdays_and_as_many_as_the_exchange_announced(facts: Facts) -> None:
    """NSE: 14 in 2025; 15 on weekdays in 2026 and the election of 15 January."""
    nse = [h.day for h in facts.calendar.holidays if Exchange.NSE in h.segments]

    assert all(date.fromisoformat(day).weekday() < 5 for day in nse)
    assert (sum(d < "2026" for d in nse), sum(d > "2026" for d in nse)) == (14, 16)
    assert len(set(nse)) == len(nse)


@pytest.mark.parametrize(
    ("exchange", "moment", "word"),
    [
        (Exchange.NSE, "2025-12-15T11:00:00", "NSE OPEN"),
        (Exchange.NSE, "2025-12-15T09:05:00", "NSE PRE-OPEN"),
        (Exchange.NSE, "2025-12-25T11:00:00", "NSE HOLIDAY Christmas"),
        (Exchange.NFO, "2026-11-24T11:00:00", "NFO HOLIDAY Prakash Gurpurb Sri Guru Nanak Dev"),
        (Exchange.MCX, "2026-03-03T11:00:00", "MCX OPEN"),
        (Exchange.NSE, "2025-12-13T11:00:00", "NSE CLOSED"),
        (Exchange.NSE, "2025-02-01T11:00:00", "NSE OPEN"),
        (Exchange.NSE, "2025-10-21T11:00:00", "NSE CLOSED"),
        (Exchange.NSE, "2025-10-21T14:00:00", "NSE OPEN"),
        (Exchange.NSE, "2026-11-08T18:30:00", "NSE HOURS UNKNOWN Muhurat trading"),
        (Exchange.NSE, "2027-01-04T11:00:00", "NSE UNKNOWN DAY"),
        (Exchange.NSE, "2024-12-31T11:00:00", "NSE UNKNOWN DAY"),
        (Exchange.NFO, "2026-08-03T15:35:00", "NFO OPEN"),
        (Exchange.NFO, "2026-07-31T15:35:00", "NFO CLOSED"),
        (Exchange.NSE, "2026-08-03T15:45:00", "NSE CLOSING"),
    ],
)
def test_the_calendar(facts: Facts, exchange: Exchange, moment: str, word: str) -> None:
    assert _at(Calendar(facts), exchange, moment) == word


def test_the_closing_auction_since_august_2026_is_for_its_shares_only(facts: Facts) -> None:
    calendar = Calendar(facts)

    assert _at(calendar, Exchange.NSE, "2026-08-03T15:20:00", in_auction=True) == "NSE AUCTION"
    assert _at(calendar, Exchange.NSE, "2026-08-03T15:20:00") == "NSE OPEN"
    assert _at(calendar, Exchange.NSE, "2026-07-31T15:20:00", in_auction=True) == "NSE OPEN"
    assert not calendar.session(Exchange.NSE, iso_to_ns("2026-08-03T15:20:00+05:30"), in_auction=True).open


def test_trading_days_of_a_week_with_diwali(facts: Facts) -> None:
    days = Calendar(facts).trading_days(Exchange.NSE, "2025-10-18", "2025-10-26")

    assert days == ["2025-10-20", "2025-10-21", "2025-10-23", "2025-10-24"]
    assert Calendar(facts).continuous_s(Exchange.NSE, "2025-10-21") == ((49_500, 53_100),)
    assert Calendar(facts).continuous_s(Exchange.NSE, "2025-10-22") == ()


def test_freeze_by_date_and_unknown_is_none(facts: Facts) -> None:
    def fin(day: str) -> int | None:
        return facts.freeze_quantity(Exchange.NFO, "FINNIFTY", day)

    assert (fin("2025-12-31"), fin("2026-01-15"), fin("2026-02-01")) == (1_800, 1_200, 1_800)
    assert fin("2025-07-31") is None
    assert facts.freeze_quantity(Exchange.NFO, "RELIANCE", "2026-02-01") is None


@pytest.mark.parametrize(
    ("rule", "kind", "reference", "reach"),
    [
        ("market", "index option", 8, 1.6),
        ("market", "index option", 10, 2.0),
        ("market", "index option", 40, 2.0),
        ("market", "index option", 200, 5.0),
        ("market", "stock option", 8, 3.2),
        ("market", "equity", 1_000, 5.0),
        ("market", "stock future", 1_000, 10.0),
        ("limit", "index option", 40, 20.0),
        ("limit", "index option", 120, 48.0),
        ("limit", "stock future", 1_000, 30.0),
    ],
)
def test_price_protection_slabs(facts: Facts, rule: str, kind: str, reference: int, reach: float) -> None:
    assert facts.protection_e4(rule, kind, reference * 10_000, "2026-02-01") == round(reach * 10_000)


def test_a_missing_ban_list_is_not_an_empty_one(facts: Facts) -> None:
    assert facts.banned("RELIANCE", "2026-02-01") is None
    assert facts.protection_e4("limit", "equity", 10_000, "2026-02-01") is None


def _bans(as_of: str, names: list[str]) -> bytes:
    day = {"day": as_of, "names": names, "source": "a test"}
    return json.dumps({"as_of": as_of, "stale_after_days": 1, "days": [day]}).encode()


def test_a_newer_file_replaces_the_shipped_one_and_an_older_does_not(tmp_path: Path) -> None:
    (tmp_path / "bans.json").write_bytes(_bans("2026-02-02", ["RELIANCE"]))
    (tmp_path / "hours.json").write_text('{"as_of": "2020-01-01", "hours": []}')

    facts = load(tmp_path)

    assert facts.banned("RELIANCE", "2026-02-02") is True
    assert facts.banned("SBIN", "2026-02-02") is False
    assert facts.banned("SBIN", "2026-02-03") is None
    assert facts.origins["hours"] == "shipped" and facts.origins["bans"].endswith("bans.json")
    assert facts.hours.hours


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"as_of": "soon", "days": []}', b'{"as_of": "", "days": [], "more": 1}'])
def test_a_wrong_file_is_named_and_refused(raw: bytes) -> None:
    with pytest.raises(UserError, match=r"bans\.json"):
        read("bans", raw, "bans.json")


def test_ages(facts: Facts) -> None:
    assert age_words("bans", facts.bans, "2026-02-01")[0] is False
    assert age_words("freeze", facts.freeze, "2026-02-20") == (True, "of 2026-02-01, 19 days old")
    assert age_words("freeze", facts.freeze, "2026-06-20")[0] is False
    assert age_words("calendar", facts.calendar, "2026-12-31")[0] is True
    assert age_words("calendar", facts.calendar, "2027-01-01")[0] is False
    assert set(FILES) == set(facts.origins)
