"""No window of 1.05 s ever holds more than nine order messages, and exits always find a place."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import NS_PER_S, ManualClock
from core.facts import Operation
from core.resilience.rates import HOUR_MAX, HOUR_OPENING, MINUTE_MAX, MINUTE_OPENING, YIELD_NS, OrderRates
from tests.resilience.storms import storm

SECOND_NS = 1_050_000_000
OPEN, REDUCE, CANCEL, MODIFY = Operation.OPEN, Operation.REDUCE, Operation.CANCEL, Operation.MODIFY


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([OPEN, REDUCE, CANCEL, MODIFY]), st.integers(0, 400)), max_size=200),
    st.integers(1, 12),
)
def test_never_more_than_nine_in_any_window(attempts: list[tuple[Operation, int]], per_second: int) -> None:
    clock, taken = ManualClock(), []
    rates = OrderRates(clock, per_second)
    for operation, gap_ms in attempts:
        clock.move(gap_ms / 1_000)
        wait_ns = rates.take(operation)
        if wait_ns == 0:
            taken.append((clock.mono_ns(), operation))
        else:
            assert 0 < wait_ns <= SECOND_NS + YIELD_NS

    for first_ns, _ in taken:
        inside = [op for at_ns, op in taken if first_ns <= at_ns < first_ns + SECOND_NS]
        assert len(inside) <= min(per_second, 9)
        assert sum(op in (OPEN, MODIFY) for op in inside) <= max(1, min(per_second, 9) - 3)


def test_the_wait_is_exact() -> None:
    clock = ManualClock()
    rates = OrderRates(clock)
    for _ in range(9):
        assert rates.take(CANCEL) == 0
        clock.move(0.1)
    wait_ns = rates.take(CANCEL)
    clock.move((wait_ns - 1_000) / NS_PER_S)
    assert rates.take(CANCEL) == 1_000
    clock.move(0.000001)

    assert rates.take(CANCEL) == 0
    assert rates.take(CANCEL) > 0


def test_opening_leaves_three_places_for_exits() -> None:
    rates = OrderRates(ManualClock())

    assert [rates.take(OPEN) == 0 for _ in range(8)] == [True] * 6 + [False] * 2
    assert rates.take(MODIFY) > 0
    assert [rates.take(op) == 0 for op in (CANCEL, REDUCE, CANCEL, CANCEL)] == [True, True, True, False]
    assert rates.used_last_second() == 9


def test_nothing_is_taken_by_asking() -> None:
    rates = OrderRates(ManualClock())
    for _ in range(50):
        assert rates.wait_ns(OPEN) == 0

    assert rates.used_last_second() == 0


def fill(rates: OrderRates, clock: ManualClock, operation: Operation, gap_s: float, times: int) -> int:
    done = 0
    for _ in range(times):
        done += rates.take(operation) == 0
        clock.move(gap_s)
    return done


def test_a_minute_keeps_a_share_for_exits_of_the_same_end_point() -> None:
    clock = ManualClock()
    rates = OrderRates(clock)

    assert fill(rates, clock, REDUCE, 0.118, MINUTE_OPENING) == MINUTE_OPENING
    assert rates.take(OPEN) > 0
    assert fill(rates, clock, REDUCE, 0.118, 100) == MINUTE_MAX - MINUTE_OPENING
    assert rates.take(CANCEL) == 0


def test_an_hour_keeps_a_share_for_exits_of_the_same_end_point() -> None:
    clock = ManualClock()
    rates = OrderRates(clock)

    assert fill(rates, clock, OPEN, 3, HOUR_OPENING + 20) == HOUR_OPENING
    assert fill(rates, clock, REDUCE, 3, 200) == HOUR_MAX - HOUR_OPENING
    assert rates.take(CANCEL) == 0
    clock.move(3_600)
    assert rates.take(OPEN) == 0


def test_in_a_storm_no_second_holds_more_than_nine_and_a_cancel_waits_no_longer_than_350_ms() -> None:
    seen = storm(30_000, 1)

    assert 8 <= seen.most_in_a_second <= 9
    assert len(seen.waits_ms) > 100
    assert max(seen.waits_ms) <= 350


def test_while_cancels_queue_openings_stand_back() -> None:
    """Cancels without pause get every place that comes free, not only their share."""
    clock = ManualClock()
    rates, cancels, openings = OrderRates(clock), 0, 0
    for _ in range(3_000):
        clock.move(0.01)
        openings += rates.take(OPEN) == 0
        cancels += rates.take(CANCEL) == 0

    assert openings <= 6
    assert cancels >= 30 * 9 / 1.05 * 0.9


def test_what_waits_for_an_exit_ends() -> None:
    clock = ManualClock()
    rates = OrderRates(clock)
    assert [rates.take(CANCEL) == 0 for _ in range(10)] == [True] * 9 + [False]
    wait_ns = rates.wait_ns(OPEN)
    clock.move((wait_ns - 1_000) / NS_PER_S)
    assert rates.take(OPEN) > 0
    clock.move(0.000001)

    assert SECOND_NS < wait_ns <= SECOND_NS + YIELD_NS
    assert rates.take(OPEN) == 0


def test_the_room_is_what_can_be_taken_at_once() -> None:
    clock = ManualClock()
    rates = OrderRates(clock)
    rates.take(CANCEL)
    for operation in (OPEN, CANCEL):
        room = rates.room(operation)
        assert [rates.take(operation) == 0 for _ in range(room + 1)] == [True] * room + [False]
    assert rates.room(OPEN) == 0


def test_the_budget_shows_every_window() -> None:
    clock = ManualClock()
    rates = OrderRates(clock)
    rates.take(OPEN)
    rates.take(REDUCE)
    clock.move(2)
    rates.take(CANCEL)
    shown = {b.name: b for b in rates.budgets()}

    assert (shown["second"].used, shown["second"].opening_max, shown["second"].most) == (1, 6, 9)
    assert (shown["place minute"].used, shown["place hour"].used) == (2, 2)
    assert (shown["cancel minute"].used, shown["modify minute"].used) == (1, 0)
    assert (shown["place hour"].opening_max, shown["place hour"].most) == (HOUR_OPENING, HOUR_MAX)
    assert shown["cancel hour"].opening_max == HOUR_MAX
