"""One mode, the worst of its causes; down at once, up with patience; every cell of the table."""

import itertools

import pytest

from core.clock import ManualClock
from core.facts import LadderMode, Operation
from core.resilience.ladder import LINGER_S, Ladder

M, O = LadderMode, Operation  # noqa: E741

TABLE = """
            open reduce cancel modify kill
NORMAL      Y    Y      Y      Y      Y
DATA_STALE  -    Y      Y      Y      Y
REDUCE_ONLY -    Y      Y      Y      Y
READ_ONLY   -    C      C      C      Y
OFFLINE     -    -      -      -      Y
LOCKED      -    -      Y      -      Y
HALTED      -    C      Y      -      Y
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(M[row[0]], O(op), cell) for row in ROWS for op, cell in zip(HEAD, row[1:], strict=True)]


@pytest.mark.parametrize(("mode", "operation", "cell"), CELLS, ids=lambda v: str(getattr(v, "name", v)))
def test_every_cell_of_the_table(mode: LadderMode, operation: Operation, cell: str) -> None:
    ladder = Ladder(ManualClock())
    if mode is not M.NORMAL:
        ladder.raise_cause("X", mode, "the reason")

    plain, confirmed = ladder.forbids(operation), ladder.forbids(operation, confirmed=True)

    assert (plain == "") == (cell == "Y")
    assert (confirmed == "") == (cell in "YC")
    if plain:
        assert mode.word in plain
        assert "the reason" in plain
        assert ("confirmation of its own" in plain) == (cell == "C")


def test_the_table_has_every_cell() -> None:
    assert {(m, o) for m, o, _ in CELLS} == set(itertools.product(M, O))


@pytest.mark.parametrize(("other", "cell"), [(M.READ_ONLY, "C"), (M.OFFLINE, "-"), (M.REDUCE_ONLY, "Y")])
def test_a_locked_screen_loosens_nothing_that_another_cause_forbids(other: LadderMode, cell: str) -> None:
    ladder = Ladder(ManualClock())
    ladder.raise_cause("OTHER", other, "the reason")
    ladder.raise_cause("LOCK", M.LOCKED, "the screen is locked")

    assert ladder.mode is M.LOCKED
    assert (ladder.forbids(O.CANCEL) == "") == (cell == "Y")
    assert (ladder.forbids(O.CANCEL, confirmed=True) == "") == (cell in "YC")


CAUSES = {
    "FEED": M.DATA_STALE,
    "CANARY": M.DATA_STALE,
    "RECONCILE": M.REDUCE_ONLY,
    "UNKNOWN": M.REDUCE_ONLY,
    "ORDERS": M.READ_ONLY,
    "AUTH": M.READ_ONLY,
    "STORE": M.READ_ONLY,
    "NET": M.OFFLINE,
    "LOCK": M.LOCKED,
    "HALT": M.HALTED,
}


def test_the_mode_is_the_worst_of_every_combination_of_causes() -> None:
    for size in range(len(CAUSES) + 1):
        for chosen in itertools.combinations(CAUSES, size):
            clock = ManualClock()
            ladder = Ladder(clock)
            for code in chosen:
                ladder.raise_cause(code, CAUSES[code], code)
            assert ladder.mode is max((CAUSES[c] for c in chosen), default=M.NORMAL)
            assert {c.code for c in ladder.causes()} == set(chosen)
            assert [c.mode for c in ladder.causes()] == sorted((CAUSES[c] for c in chosen), reverse=True)
            for code in chosen:
                ladder.clear(code)
            clock.move(10)
            ladder.poll()
            assert ladder.mode is M.NORMAL


def test_down_at_once_up_after_three_seconds() -> None:
    clock = ManualClock()
    ladder = Ladder(clock)
    ladder.raise_cause("FEED", M.DATA_STALE, "silent")
    assert ladder.mode is M.DATA_STALE
    clock.move(10)
    ladder.clear("FEED")
    clock.move(LINGER_S - 0.01)
    ladder.poll()
    assert ladder.mode is M.DATA_STALE
    assert not ladder.active("FEED")
    clock.move(0.01)
    ladder.poll()

    assert ladder.mode is M.NORMAL
    assert ladder.causes() == ()


def test_a_cause_that_returns_while_it_lingers_starts_again() -> None:
    clock = ManualClock()
    ladder = Ladder(clock)
    ladder.raise_cause("FEED", M.DATA_STALE, "silent")
    since_ns = ladder.causes()[0].since_ns
    ladder.clear("FEED")
    clock.move(2)
    ladder.raise_cause("FEED", M.DATA_STALE, "silent again")
    clock.move(2)
    ladder.poll()

    assert ladder.mode is M.DATA_STALE
    assert [(c.text, c.since_ns) for c in ladder.causes()] == [("silent again", since_ns)]


def test_a_cause_proved_gone_elsewhere_does_not_linger() -> None:
    clock = ManualClock()
    ladder = Ladder(clock)
    ladder.raise_cause("ORDERS", M.READ_ONLY, "failing", linger_s=0)
    ladder.clear("ORDERS")

    assert ladder.mode is M.NORMAL


def test_changes_for_the_better_are_two_seconds_apart_and_for_the_worse_are_not() -> None:
    clock, changes = ManualClock(), []
    ladder = Ladder(clock, lambda before, after, causes: changes.append((before, after, [c.code for c in causes])))
    ladder.raise_cause("RECONCILE", M.REDUCE_ONLY, "checking", linger_s=0)
    ladder.raise_cause("ORDERS", M.READ_ONLY, "failing", linger_s=0)
    ladder.clear("ORDERS")
    assert ladder.mode is M.REDUCE_ONLY
    ladder.clear("RECONCILE")
    clock.move(1.9)
    ladder.poll()
    assert ladder.mode is M.REDUCE_ONLY
    clock.move(0.1)
    ladder.poll()
    ladder.raise_cause("HALT", M.HALTED, "panic key")

    assert changes == [
        (M.NORMAL, M.REDUCE_ONLY, ["RECONCILE"]),
        (M.REDUCE_ONLY, M.READ_ONLY, ["ORDERS", "RECONCILE"]),
        (M.READ_ONLY, M.REDUCE_ONLY, ["RECONCILE"]),
        (M.REDUCE_ONLY, M.NORMAL, []),
        (M.NORMAL, M.HALTED, ["HALT"]),
    ]


def test_a_stepped_wall_clock_neither_frees_nor_holds() -> None:
    clock = ManualClock()
    ladder = Ladder(clock)
    ladder.raise_cause("FEED", M.DATA_STALE, "silent")
    ladder.clear("FEED")
    clock.step_wall(7_200)
    ladder.poll()
    assert ladder.mode is M.DATA_STALE
    clock.step_wall(-14_400)
    clock.move(3)
    ladder.poll()
    assert ladder.mode is M.NORMAL


def test_clearing_what_is_not_there_is_nothing() -> None:
    ladder = Ladder(ManualClock())
    ladder.clear("X")

    assert ladder.mode is M.NORMAL
