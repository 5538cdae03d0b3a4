"""After a rate refusal an end point rests: doubling, apart from others, forgotten after a clean minute."""

import random

from core.clock import ManualClock
from core.resilience.pauses import Pauses


def test_each_refusal_rests_twice_as_long_and_others_not_at_all() -> None:
    clock = ManualClock()
    pauses = Pauses(clock, random.Random(1))
    assert pauses.left_s("book") == 0
    for k in range(5):
        pauses.note("book", limited=True)
        assert 2**k <= pauses.left_s("book") <= 2 * 2**k
        assert pauses.left_s("trades") == 0
        clock.move(pauses.left_s("book"))
        assert pauses.left_s("book") == 0


def test_only_a_clean_minute_makes_the_next_rest_short() -> None:
    clock = ManualClock()
    pauses = Pauses(clock, random.Random(1))
    for _ in range(3):
        pauses.note("book", limited=True)
    clock.move(50)
    pauses.note("book", limited=False)
    pauses.note("book", limited=True)
    assert pauses.left_s("book") >= 8
    clock.move(61)
    pauses.note("book", limited=False)
    pauses.note("book", limited=True)
    assert pauses.left_s("book") <= 2
