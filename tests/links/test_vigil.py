"""Silence in virtual time: found when it means something. Days without an alarm: tests/feed/test_mute_days."""

from core.clock import ManualClock, iso_to_ns
from core.domain import Exchange
from core.links.vigil import Vigil
from core.market.sessions import session

MUTE_S = 12.0


def _due(clock: ManualClock) -> bool:
    return session(Exchange.NSE, clock.wall_ns()).open


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
