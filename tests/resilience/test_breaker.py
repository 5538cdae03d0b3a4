"""The breaker opens for a failing service, tries carefully, and closes only on proof."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import NS_PER_S, ManualClock
from core.facts import CircuitState
from core.resilience.breaker import (
    ORDER_WRITES,
    PROBE_GAP_NS,
    PROBE_LIMIT_NS,
    Breaker,
    Rule,
    Ticket,
    Use,
    orders_breaker,
)

CLOSED, OPEN, HALF_OPEN, PROBATION, FORCED_OPEN = CircuitState


class Bench:
    """A breaker, its clock, and every transition it made."""

    def __init__(self, *, orders: bool = True) -> None:
        self.clock = ManualClock()
        self.moves: list[tuple[CircuitState, CircuitState]] = []
        note = lambda before, after: self.moves.append((before, after))  # noqa: E731
        make = orders_breaker if orders else lambda c, r, on_change: Breaker("X", c, r, on_change=on_change)
        self.breaker = make(self.clock, random.Random(1), note)

    def ticket(self, use: Use = Use.READ) -> Ticket:
        ticket = self.breaker.admit(use)
        assert isinstance(ticket, Ticket), ticket
        return ticket

    def fail(self, use: Use = Use.READ, times: int = 1) -> None:
        for _ in range(times):
            self.breaker.failure(self.ticket(use), "no answer")

    def succeed(self, use: Use = Use.READ, times: int = 1, *, slow: bool = False) -> None:
        for _ in range(times):
            self.breaker.success(self.ticket(use), slow)

    def wait_for_probe(self) -> None:
        self.clock.move((self.breaker.status().next_try_ms or 0) / 1_000 + 0.001)

    def probe_well(self, times: int = 3) -> None:
        for _ in range(times):
            self.wait_for_probe()
            assert self.breaker.probe_due()
            self.succeed()


@pytest.mark.parametrize(
    ("use", "results", "opens"),
    [
        (Use.WRITE, "FF", False),
        (Use.WRITE, "FFF", True),
        (Use.WRITE, "FFSF", True),
        (Use.WRITE, "FSFS", True),
        (Use.WRITE, "FSF", False),
        (Use.WRITE, "SSSSF", False),
        (Use.READ, "FFFF", False),
        (Use.READ, "FFFFF", True),
        (Use.READ, "FSFSF", False),
        (Use.READ, "FSFSFS", True),
        (Use.READ, "LLLLL", False),
        (Use.READ, "LLLLLS", True),
        (Use.READ, "LLLLSS", False),
    ],
)
def test_opens_by_row_share_and_slowness(use: Use, results: str, opens: bool) -> None:
    """F is a failure, S a success, L a slow success."""
    bench = Bench()
    for result in results:
        if result == "F":
            bench.fail(use)
        else:
            bench.succeed(use, slow=result == "L")

    assert (bench.breaker.state is OPEN) == opens


def test_results_older_than_thirty_seconds_do_not_count() -> None:
    bench = Bench(orders=False)
    bench.fail(times=2)
    bench.succeed(times=1)
    bench.fail(times=2)
    bench.clock.move(31)
    bench.succeed()
    bench.fail()

    assert bench.breaker.state is CLOSED
    assert (bench.breaker.status().failures, bench.breaker.status().calls) == (1, 2)


def test_slowness_is_judged_by_time_when_not_told() -> None:
    bench = Bench(orders=False)
    for _ in range(6):
        ticket = bench.ticket()
        bench.clock.move(4.1)
        bench.breaker.success(ticket)

    assert bench.breaker.state is OPEN
    assert bench.breaker.status().p50_ms == 4_100


def test_what_says_nothing_of_the_service_is_not_counted() -> None:
    bench = Bench()
    for _ in range(20):
        bench.breaker.ignored(bench.ticket(Use.WRITE))

    assert bench.breaker.state is CLOSED
    assert bench.breaker.status().calls == 0


def test_failing_writes_stop_writes_only() -> None:
    bench = Bench()
    bench.fail(Use.WRITE, 3)

    wait_s = bench.breaker.admit(Use.WRITE)
    assert isinstance(wait_s, float)
    assert 1.0 <= wait_s <= 2.0
    bench.succeed(Use.READ)


def test_failing_reads_stop_both_and_the_way_back_is_probes_then_reconciliation_then_probation() -> None:
    bench = Bench()
    bench.fail(Use.READ, 5)
    assert isinstance(bench.breaker.admit(Use.READ), float)
    assert isinstance(bench.breaker.admit(Use.WRITE), float)

    bench.probe_well(2)
    assert not bench.breaker.reconciled()
    bench.probe_well(1)
    assert bench.breaker.proven
    assert isinstance(bench.breaker.admit(Use.WRITE), float)
    bench.succeed(Use.READ)

    assert bench.breaker.reconciled()
    first = bench.ticket(Use.WRITE)
    assert isinstance(bench.breaker.admit(Use.WRITE), float)
    bench.breaker.success(first)
    bench.succeed(Use.WRITE, 2)

    assert bench.moves == [(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, PROBATION), (PROBATION, CLOSED)]
    bench.fail(Use.WRITE, 2)
    assert bench.breaker.state is CLOSED


def test_good_probes_are_a_second_apart() -> None:
    bench = Bench()
    bench.fail(Use.READ, 5)
    bench.probe_well(1)

    assert not bench.breaker.probe_due()
    bench.clock.move(PROBE_GAP_NS / NS_PER_S - 0.001)
    assert isinstance(bench.breaker.admit(Use.READ), float)
    bench.clock.move(0.001)
    assert bench.ticket().probe


def test_one_probe_is_in_flight_and_others_fail_fast() -> None:
    bench = Bench()
    bench.fail(times=5)
    bench.wait_for_probe()
    probe = bench.ticket()
    assert not bench.breaker.probe_due()
    assert isinstance(bench.breaker.admit(Use.READ), float)
    assert bench.breaker.next_try_ns() is None
    bench.breaker.success(probe)
    bench.clock.move(1)

    assert bench.ticket().probe


def test_reads_that_are_no_probes_prove_nothing() -> None:
    bench = Bench()
    bench.fail(Use.WRITE, 3)
    bench.probe_well(1)
    bench.succeed(Use.READ, 10)

    assert not bench.breaker.proven


def test_a_failed_probe_opens_again_and_waits_longer() -> None:
    bench = Bench(orders=False)
    bench.fail(times=5)
    waits = []
    for _ in range(6):
        waits.append((bench.breaker.status().next_try_ms or 0) / 1_000)
        bench.wait_for_probe()
        bench.fail()

    assert bench.breaker.state is OPEN
    for n, wait_s in enumerate(waits):
        longest_s = min(60.0, 2.0 * 2**n)
        assert longest_s / 2 - 0.001 <= wait_s <= longest_s


def test_order_probes_are_never_more_than_five_seconds_apart() -> None:
    bench = Bench()
    bench.fail(times=5)
    for _ in range(12):
        assert (bench.breaker.status().next_try_ms or 0) <= 5_000
        bench.wait_for_probe()
        bench.fail()


def test_a_probe_that_never_comes_back_has_failed_after_five_seconds() -> None:
    bench = Bench()
    bench.fail(times=5)
    bench.wait_for_probe()
    probe = bench.ticket()
    bench.clock.move(PROBE_LIMIT_NS / NS_PER_S)
    assert bench.breaker.state is HALF_OPEN
    bench.clock.move(0.001)

    assert bench.breaker.state is OPEN
    assert bench.breaker.status().error == "no answer to the probe within 5 s"
    bench.breaker.success(probe)
    assert bench.breaker.state is OPEN


def test_a_probe_cancelled_by_us_frees_its_place_and_counts_as_nothing() -> None:
    bench = Bench()
    bench.fail(times=5)
    bench.wait_for_probe()
    bench.breaker.ignored(bench.ticket())

    assert bench.breaker.state is HALF_OPEN
    assert bench.ticket().probe


def test_results_from_before_a_transition_are_ignored() -> None:
    bench = Bench()
    old = [bench.ticket(Use.WRITE) for _ in range(10)]
    bench.fail(times=5)
    bench.probe_well(3)
    assert bench.breaker.reconciled()
    for ticket in old:
        bench.breaker.failure(ticket, "late")

    assert bench.breaker.state is PROBATION


def test_one_failure_ends_probation() -> None:
    bench = Bench()
    bench.fail(Use.WRITE, 3)
    bench.probe_well()
    bench.breaker.reconciled()
    bench.succeed(Use.WRITE, 2)
    bench.fail(Use.WRITE)

    assert bench.breaker.state is OPEN


def test_a_confirmed_write_passes_alone_and_counts_as_a_probe() -> None:
    bench = Bench()
    bench.fail(Use.WRITE, 3)
    confirmed = bench.ticket(Use.CONFIRMED)
    assert bench.breaker.admit(Use.CONFIRMED) == 1.0
    bench.wait_for_probe()
    bench.succeed(Use.READ)
    assert bench.breaker.admit(Use.CONFIRMED) == 1.0
    bench.breaker.success(confirmed)
    for _ in range(2):
        bench.wait_for_probe()
        bench.succeed(Use.CONFIRMED)

    assert bench.breaker.proven


def test_forced_open_is_left_by_a_person_only_and_reads_go_on() -> None:
    bench = Bench()
    bench.breaker.force_open()
    bench.clock.move(3_600)
    assert bench.breaker.admit(Use.WRITE) == float("inf")
    bench.succeed(Use.READ, 10)
    bench.succeed(Use.CONFIRMED)
    assert bench.breaker.state is FORCED_OPEN
    assert bench.breaker.status().next_try_ms is None

    bench.breaker.release()
    assert isinstance(bench.breaker.admit(Use.WRITE), float)
    bench.probe_well()
    assert bench.breaker.reconciled()


def test_forced_open_stops_a_circuit_of_reads() -> None:
    bench = Bench(orders=False)
    bench.breaker.force_open()

    assert bench.breaker.admit(Use.READ) == float("inf")


def test_retry_now_skips_the_wait_once_in_two_seconds() -> None:
    bench = Bench()
    assert not bench.breaker.retry_now()
    bench.fail(times=5)
    assert bench.breaker.retry_now()
    bench.fail()
    assert not bench.breaker.retry_now()
    bench.clock.move(2)
    assert bench.breaker.retry_now()
    assert bench.ticket().probe


def test_a_stepped_wall_clock_changes_nothing() -> None:
    bench = Bench()
    bench.fail(times=5)
    bench.clock.step_wall(86_400)
    assert isinstance(bench.breaker.admit(Use.READ), float)
    bench.clock.step_wall(-864_000)
    bench.wait_for_probe()
    assert bench.ticket().probe


STEP = st.one_of(
    st.tuples(st.just("admit"), st.sampled_from(list(Use))),
    st.tuples(st.sampled_from(["success", "failure", "ignored"]), st.integers(0, 9)),
    st.tuples(st.just("burst"), st.sampled_from([Use.READ, Use.WRITE])),
    st.tuples(st.just("move"), st.sampled_from([0.2, 1.0, 2.5, 6.0, 40.0])),
    st.tuples(st.just("wall"), st.sampled_from([-7_200.0, 7_200.0])),
    st.tuples(st.sampled_from(["force", "release", "retry", "reconciled"]), st.none()),
)


def play(steps: list[tuple[str, object]], *, wall: bool) -> list[object]:
    """Every visible thing that happened; checks on the way what must always hold."""
    clock, seen = ManualClock(), []
    breaker = Breaker("X", clock, random.Random(3), reads=Rule(), writes=ORDER_WRITES, wait_cap_s=5.0)
    out: list[Ticket] = []
    for what, value in steps:
        if what == "admit":
            blocked = breaker.state is OPEN and not breaker.probe_due()
            answer = breaker.admit(value)
            seen.append(answer if isinstance(answer, float) else (answer.use, answer.probe))
            if isinstance(answer, Ticket):
                assert not (blocked and value is Use.WRITE)
                assert not (value is Use.WRITE and breaker.state in (OPEN, HALF_OPEN, FORCED_OPEN))
                out.append(answer)
            else:
                assert answer > 0
        elif what in ("success", "failure", "ignored") and out:
            ticket = out.pop(value % len(out))
            breaker.failure(ticket, "x") if what == "failure" else getattr(breaker, what)(ticket)
        elif what == "burst":
            for ticket in [breaker.admit(value) for _ in range(5)]:
                if isinstance(ticket, Ticket):
                    assert not (ticket.probe and any(t.probe and t.generation == ticket.generation for t in out))
                    breaker.failure(ticket, "x")
        elif what == "move":
            clock.move(value)
        elif what == "wall" and wall:
            clock.step_wall(value)
        elif what in ("force", "release", "retry", "reconciled"):
            {
                "force": breaker.force_open,
                "release": breaker.release,
                "retry": breaker.retry_now,
                "reconciled": breaker.reconciled,
            }[what]()
        now_ns = clock.mono_ns()
        state = breaker.state
        probes = [t for t in out if t.probe and t.generation == breaker._generation]
        assert len([t for t in probes if now_ns - t.started_ns <= PROBE_LIMIT_NS]) <= 1
        assert sum(t.use is Use.CONFIRMED and not t.probe for t in out) <= 1
        current = [t for t in out if t.use is Use.WRITE and t.generation == breaker._generation]
        assert state is not PROBATION or len(current) <= 1
        seen.append(state)
    return seen


@settings(max_examples=300, deadline=None)
@given(st.lists(STEP, max_size=80))
def test_whatever_happens_one_probe_no_write_through_an_open_circuit_and_no_wall_clock(steps) -> None:
    assert play(steps, wall=True) == play(steps, wall=False)
