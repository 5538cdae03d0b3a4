"""Back-off: quick at first, patient later, never a storm."""

from random import Random

from core.clock import ManualClock
from core.links.waits import FLOOR_S, Waits


def _longest(waits: Waits) -> float:
    return max(waits.failed_s(refused=False) for _ in range(300))


def test_the_cap_grows_with_the_outage() -> None:
    clock = ManualClock()
    waits = Waits(clock, Random(1))

    assert 0.45 < _longest(waits) <= 0.5
    clock.move(10)
    assert 1.5 < _longest(waits) <= 2
    clock.move(20)
    assert 4 < _longest(waits) <= 5
    clock.move(90)
    assert 12 < _longest(waits) <= 15


def test_no_wait_is_shorter_than_the_floor() -> None:
    waits = Waits(ManualClock(), Random(2))

    assert min(waits.failed_s(refused=False) for _ in range(500)) >= FLOOR_S


def test_a_refused_handshake_waits_five_seconds_at_least() -> None:
    waits = Waits(ManualClock(), Random(3))

    assert min(waits.failed_s(refused=True) for _ in range(300)) >= 5


def test_only_a_long_life_ends_the_outage() -> None:
    clock = ManualClock()
    waits = Waits(clock, Random(4))
    waits.failed_s(refused=False)
    clock.move(60)

    waits.accepted()
    clock.move(29)
    assert max(waits.lost_s() for _ in range(100)) > 0.5
    waits.accepted()
    clock.move(30)
    assert max(waits.lost_s() for _ in range(100)) <= 0.5


def test_twenty_accepted_and_lost_in_a_minute_are_the_limit() -> None:
    clock = ManualClock()
    waits = Waits(clock, Random(5))
    started_ns = clock.mono_ns()
    accepted = 0
    while clock.mono_ns() - started_ns < 60_000_000_000:
        waits.accepted()
        accepted += 1
        clock.move(waits.lost_s())

    assert accepted <= 21
