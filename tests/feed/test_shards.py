"""Topics on connections: balanced at first, and nobody is moved afterwards."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from core.feed.shards import assign
from core.feed.subscriptions import Topic


def _topics(numbers: list[int]) -> list[Topic]:
    return [Topic(1, str(n)) for n in numbers]


def test_as_few_connections_as_hold_them_and_evenly() -> None:
    assert Counter(assign({}, _topics(list(range(9))), 10, 3).values()) == {0: 9}
    assert sorted(Counter(assign({}, _topics(list(range(25))), 10, 3).values()).values()) == [8, 8, 9]


@given(st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(0, 60), unique=True))
@settings(max_examples=200, deadline=None)
def test_what_stays_wanted_is_not_moved_and_no_connection_is_overfull(first: list[int], then: list[int]) -> None:
    before = assign({}, _topics(first), 10, 3)
    after = assign(before, _topics(then), 10, 3)

    assert len(after) == min(30, len(then))
    assert max(Counter(after.values()).values(), default=0) <= 10
    stayed = [t for t in after if t in before]
    assert all(after[t] == before[t] for t in stayed)
