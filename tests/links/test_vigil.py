"""Silence in virtual time: found when it means something, and never else."""

import random

from core.clock import ManualClock, iso_to_ns
from core.domain import Exchange
from core.links.vigil import Vigil
from core.market.sessions import session

MUTE_S = 12.0
DAY_S = 86_400


def _due(clock: ManualClock) -> bool:
    return session(Exchange.NSE, clock.wall_ns()).open


def test_S13_no_false_alarm_in_twenty_days_closed_hours_included() -> None:
    """An index that ticks every 1 to 8 s while its session is open and not at all else, looked at every second."""
    clock, dice = ManualClock(iso_to_ns("2025-11-24T00:00:00+05:30")), random.Random(1)
    vigil, next_tick_s, alarms, due = Vigil(clock, MUTE_S), 0, 0, False
    for second in range(20 * DAY_S):
        if second % 60 == 0:  # sessions begin and end on whole minutes
            due = _due(clock)
        if due and second >= next_tick_s:
            vigil.data()
            next_tick_s = second + dice.randint(1, 8)
        alarms += vigil.look(due=due)
        clock.move(1.0)
    assert alarms == 0


def test_F08_a_mute_stream_is_found_within_fifteen_seconds_at_any_hour_of_the_session() -> None:
    for start in ("09:15:00", "09:15:03", "12:00:00", "15:29:30"):
        clock = ManualClock(iso_to_ns(f"2025-11-27T{start}+05:30"))
        vigil, waited_s = Vigil(clock, MUTE_S), 0
        while not vigil.look(due=_due(clock)):
            clock.move(1.0)
            waited_s += 1
            assert waited_s <= 15
        assert waited_s >= MUTE_S


def test_silence_of_the_night_is_not_counted_at_the_open() -> None:
    clock = ManualClock(iso_to_ns("2025-11-27T08:00:00+05:30"))
    vigil = Vigil(clock, MUTE_S)
    while not _due(clock):
        assert not vigil.look(due=False)
        clock.move(1.0)
    assert not vigil.look(due=True)
    clock.move(11.0)
    assert not vigil.look(due=True)
