"""The Health screen: every part by its last evidence, and what a person may do to a circuit."""

from tests.screens.driver import running
from tests.screens.fake_desk import FakeDesk, read_only


async def test_it_lists_circuits_streams_and_causes():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    async with running(desk) as d:
        await d.press("7")
        d.line("circuit orders")
        d.line("stream")
        d.line("since 14:30:31")


async def test_a_test_at_once_and_an_opening_by_hand_are_for_the_circuit_under_the_cursor():
    desk = FakeDesk()
    desk.now = read_only(desk.clock)
    async with running(desk) as d:
        await d.press("7")
        await d.press("r")
        assert not [c for c in desk.calls if "circuit" in c[0]], "the cursor is on a stream"
        while "▸!circuit orders" not in d.text and "▸ circuit orders" not in d.text and "▸! circuit" not in d.text:
            await d.press("down")
        await d.press("r")
        await d.press("w")
        asked = [c for c in desk.calls if "circuit" in c[0]]
        assert asked == [("retry_circuit", "orders"), ("force_circuit", "orders")]
