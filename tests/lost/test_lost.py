"""No duplicate, nothing lost: answers cut at random bytes, and kill -9 in the middle of the order path."""

import pytest

from tests.lost import kills, placements

PLACEMENTS = 150
KILLS = 10
pytestmark = [
    # a rig that ends in the middle of connecting: asyncio closes that socket one turn after the loop's last
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("updates", [True, False], ids=["with order updates", "books only"])
def test_300_placements_with_lost_answers_make_no_duplicate_and_leave_none_unseen(tmp_path, updates):
    done = placements.run(tmp_path, PLACEMENTS, 20261124 + updates, updates=updates)

    assert done.wrong == []
    assert done.placed == PLACEMENTS
    assert done.struck["lost_answer"] >= PLACEMENTS // 8
    assert done.adopted > PLACEMENTS // 10


@pytest.mark.timeout(240)
def test_every_order_the_exchange_saw_before_kill_9_is_in_the_store(tmp_path):
    seen, wrong = kills.run(tmp_path / "home", KILLS, 20261124)

    assert wrong == []
    assert seen >= KILLS // 2
