"""What will bite about a position: hours, expiry, delivery, ban, freeze and circuit, with dates round each edge."""

from dataclasses import replace

import pytest

from core.clock import iso_to_ns
from core.domain import Exchange, Instrument, Kind, Position, Product
from core.engine.reminders import Reminders
from core.market.facts import BanDay, load
from core.orders.cautions import At, cautions, square_off_s
from tests.builders import NIFTY_FUT, RELIANCE
from tests.orders.fakes import quote

FACTS = load()
STOCK_CALL = Instrument(
    Exchange.NFO, "1", "RELIANCE29DEC261400CE", "RELIANCE", Kind.OPTION, 500, 500, "2026-12-29", 1400_0000, 20_000
)
STOCK_PUT = replace(STOCK_CALL, symbol="RELIANCE29DEC261400PE")


def held(instrument, net=10, product=Product.INTRADAY) -> Position:
    return Position(instrument.exchange, instrument.token, instrument.symbol, product, net, 100_0000, 0, 0, 0, 0, 0)


def at(moment: str) -> At:
    return At.of(iso_to_ns(moment + "+05:30"))


def words(position, instrument, moment, facts=FACTS, now=None) -> dict[str, str]:
    return {c.word: c.text for c in cautions(position, instrument, facts, at(moment), now)}


@pytest.mark.parametrize(
    ("moment", "left_s"),
    [("2026-11-24T15:00:00", 900), ("2026-11-24T15:14:59", 1), ("2026-11-24T15:15:00", 0), ("2026-11-24T15:20:00", 0)],
)
def test_seconds_to_the_square_off(moment, left_s):
    assert square_off_s(FACTS, Exchange.NSE, Product.INTRADAY, at(moment)) == left_s
    assert square_off_s(FACTS, Exchange.NSE, Product.DELIVERY, at(moment)) is None


def test_the_square_off_is_minded_only_when_it_is_near():
    assert "SQ-OFF" not in words(held(RELIANCE), RELIANCE, "2026-11-24T14:59:59")
    assert "about 15:15" in words(held(RELIANCE), RELIANCE, "2026-11-24T15:00:00")["SQ-OFF"]
    assert "from 15:15 on" in words(held(RELIANCE), RELIANCE, "2026-11-24T15:15:00")["SQ-OFF"]
    assert words(held(RELIANCE, product=Product.DELIVERY), RELIANCE, "2026-11-24T15:15:00") == {}


def test_an_hour_that_is_not_known_is_said():
    unknown = replace(FACTS, squareoff=type(FACTS.squareoff)(as_of="", squareoff=()))
    assert "not known" in words(held(RELIANCE), RELIANCE, "2026-11-24T10:00:00", unknown)["SQ-OFF ?"]


@pytest.mark.parametrize(
    ("day", "word"),
    [("2026-12-24", None), ("2026-12-25", "EXP 4d"), ("2026-12-29", "EXP TODAY"), ("2026-12-30", "EXPIRED")],
)
def test_expiry_comes_near(day, word):
    found = words(held(NIFTY_FUT, 65, Product.CARRYFORWARD), NIFTY_FUT, f"{day}T10:00:00")
    assert (word in found) if word else found == {}
    assert "DELIVERY" not in found  # an index settles in cash


@pytest.mark.parametrize(
    ("instrument", "net", "verb"),
    [(STOCK_CALL, 500, "take"), (STOCK_CALL, -500, "give"), (STOCK_PUT, 500, "give"), (STOCK_PUT, -500, "take")],
)
def test_stock_options_end_in_shares(instrument, net, verb):
    text = words(held(instrument, net, Product.CARRYFORWARD), instrument, "2026-12-28T10:00:00")["DELIVERY"]
    assert f"{verb} 500 RELIANCE shares" in text and "7,00,000.00" in text
    early = words(held(instrument, net, Product.CARRYFORWARD), instrument, "2026-12-24T10:00:00")
    assert "DELIVERY" not in early


def test_the_ban_list_of_the_day_or_none():
    position = held(STOCK_CALL, 500, Product.CARRYFORWARD)
    assert "not loaded" in words(position, STOCK_CALL, "2026-12-01T10:00:00")["BAN ?"]
    bans = type(FACTS.bans)(as_of="2026-12-01", days=(BanDay(day="2026-12-01", names=("RELIANCE",), source="a test"),))
    listed = replace(FACTS, bans=bans)
    assert "only closing" in words(position, STOCK_CALL, "2026-12-01T10:00:00", listed)["BAN"]
    assert "BAN ?" in words(position, STOCK_CALL, "2026-12-02T10:00:00", listed)
    future = held(NIFTY_FUT, 65, Product.CARRYFORWARD)
    assert words(future, NIFTY_FUT, "2026-12-01T10:00:00", listed) == {}


def test_more_than_the_freeze_takes_several_orders():
    """Freeze 1,800 in lots of 65 is usable to 1,755: 1,820 takes two orders."""
    found = words(held(NIFTY_FUT, 1820, Product.CARRYFORWARD), NIFTY_FUT, "2026-12-01T10:00:00")
    assert "takes 2 orders" in found["FREEZE 2x"]
    assert words(held(NIFTY_FUT, 1755, Product.CARRYFORWARD), NIFTY_FUT, "2026-12-01T10:00:00") == {}


@pytest.mark.parametrize(
    ("net", "last_e4", "word"),
    [(10, 1270_0000, "CIRCUIT"), (10, 1300_0000, None), (-10, 1530_0000, "CIRCUIT"), (-10, 1270_0000, None)],
)
def test_a_circuit_that_would_hold_it_is_near(net, last_e4, word):
    """Circuits at 1,260.95 and 1,541.15: only the one against the position counts."""
    found = words(held(RELIANCE, net, Product.DELIVERY), RELIANCE, "2026-12-01T10:00:00", now=quote(ltp_e4=last_e4))
    assert (word in found) if word else found == {}


def test_nothing_bites_a_flat_position():
    assert cautions(held(RELIANCE, 0), RELIANCE, FACTS, at("2026-11-24T15:15:00"), None) == ()


def test_the_loud_ones_stand_first():
    found = cautions(held(STOCK_CALL, 500, Product.CARRYFORWARD), STOCK_CALL, FACTS, at("2026-12-28T10:00:00"), None)
    assert [c.loud for c in found] == sorted((c.loud for c in found), reverse=True) and not found[-1].loud


def test_the_square_off_is_told_three_times_and_never_twice():
    told: list[str] = []
    reminders = Reminders(FACTS, lambda kind, text, loud: told.append(text))
    open_mis = (held(RELIANCE),)
    for moment in ("14:59:00", "15:00:00", "15:00:01", "15:09:59", "15:10:00", "15:12:00", "15:15:00", "15:20:00"):
        reminders.look(open_mis, at(f"2026-11-24T{moment}"))
    assert len(told) == 3
    assert "in 15 min" in told[0] and "in 5 min" in told[1] and "from now on" in told[2]
    reminders.look(open_mis, at("2026-11-25T15:14:00"))
    assert len(told) == 4 and "in 1 min" in told[3]
    reminders.look((held(RELIANCE, 0), held(RELIANCE, 5, Product.DELIVERY)), at("2026-11-26T15:15:00"))
    assert len(told) == 4
