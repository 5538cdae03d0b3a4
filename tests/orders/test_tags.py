"""Tags never repeat, whatever the clock does, and ours are known from foreign ones."""

from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.orders.tags import LENGTH, Tags, time_ms

KEY = b"k" * 32


@given(st.lists(st.integers(-50, 50), max_size=200))
def test_no_tag_repeats_while_the_clock_steps_about(steps):
    clock = ManualClock(1_800_000_000 * 10**9)
    tags = Tags(clock, KEY, 7)
    seen = []
    for step in steps:
        clock.step_wall(step / 1000)
        seen.append(tags.next())

    assert len(set(seen)) == len(seen)
    assert all(len(t) == LENGTH and tags.is_own(t) for t in seen)


def test_a_restart_with_an_older_clock_goes_on_after_the_stored_floor():
    clock = ManualClock(1_800_000_000 * 10**9)
    last = Tags(clock, KEY, 7).next()
    clock.step_wall(-3600)

    again = Tags(clock, KEY, 7, floor_ms=time_ms(last)).next()

    assert time_ms(again) > time_ms(last)


def test_foreign_tags_are_recognised_as_foreign():
    clock = ManualClock(1_800_000_000 * 10**9)
    ours, theirs = Tags(clock, KEY, 7), Tags(clock, b"x" * 32, 7)
    foreign = sum(ours.is_own(theirs.next()) for _ in range(2000))

    assert foreign < 20
    assert not ours.is_own("")
    assert not ours.is_own("desk-1")
