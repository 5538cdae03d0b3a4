"""The idle lock: by either clock, never undone by a key, and slower with each wrong password."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import NS_PER_S, ManualClock
from core.vault import lock as idle
from core.vault.lock import Moment, moment

START = moment(ManualClock())


def later(seconds: float, asleep_s: float = 0) -> Moment:
    return Moment(
        START.mono_ns + round(seconds * NS_PER_S), START.real_ns + round((seconds + asleep_s) * NS_PER_S)
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "limit_s"), [(10, 600), (1, 60), (60, 3600), (0, 60), (999, 3600)])
def test_it_locks_when_the_time_is_over_and_not_before(minutes: int, limit_s: int) -> None:
    state = idle.right(START)

    assert not idle.passed(state, later(limit_s - 0.001), minutes).locked
    assert idle.passed(state, later(limit_s), minutes).locked


def test_a_key_puts_it_off_and_does_not_unlock() -> None:
    state = idle.active(idle.right(START), later(599))
    assert not idle.passed(state, later(1_198)).locked
    state = idle.passed(state, later(1_199))
    assert state.locked
    assert idle.active(state, later(1_200)).locked


def test_a_computer_that_slept_is_locked_and_a_clock_set_back_changes_nothing() -> None:
    state = idle.right(START)

    assert idle.passed(state, later(5, asleep_s=600)).locked
    assert not idle.passed(state, later(5, asleep_s=-86_400)).locked
    assert idle.passed(state, later(600, asleep_s=-86_400)).locked


def test_wrong_passwords_cost_time_from_the_fifth_on() -> None:
    state, waits = idle.locked(idle.right(START)), []
    for _ in range(15):
        state = idle.wrong(state, START)
        waits.append(idle.wait_s(state, START))

    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert idle.wait_s(state, later(299)) == 1
    assert idle.wait_s(state, later(301)) == 0
    assert idle.right(later(301)) == idle.Lock(False, later(301))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["active", "passed", "wrong"]), st.floats(0, 10_000)), max_size=30))
def test_nothing_but_the_password_opens_a_locked_screen(steps: list[tuple[str, float]]) -> None:
    state = idle.locked(idle.right(START))
    for name, at in steps:
        state = getattr(idle, name)(state, later(at))

        assert state.locked
