"""The book against the plainest model of price-time priority, and the same day played twice, byte for byte."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Side
from core.exchange.book import Book, Match
from tests.exchange_process import ROOT


@dataclass
class Waiting:
    order_id: int
    side: Side
    price: int
    leaves: int


class Model:
    """All orders in one list, oldest first; every search looks at all of them."""

    def __init__(self) -> None:
        self.orders: list[Waiting] = []

    def submit(self, order_id: int, side: Side, quantity: int, price: int, rest: bool) -> list[Match]:
        matches = []
        while quantity:
            facing = [o for o in self.orders if o.side is not side and (price - o.price) * side >= 0]
            if not facing:
                break
            best = min(facing, key=lambda o: (o.price * side, self.orders.index(o)))
            traded = min(quantity, best.leaves)
            best.leaves -= traded
            quantity -= traded
            matches.append(Match(best.order_id, order_id, side, best.price, traded))
            self.orders = [o for o in self.orders if o.leaves]
        if quantity and rest:
            self.orders.append(Waiting(order_id, side, price, quantity))
        return matches

    def take(self, order_id: int) -> Waiting | None:
        found = next((o for o in self.orders if o.order_id == order_id), None)
        if found is not None:
            self.orders.remove(found)
        return found


@dataclass(frozen=True)
class Act:
    """`what`: submit, cancel, shrink, or move (another price: the place is lost); `which` picks a waiting order."""

    what: str
    side: Side
    quantity: int
    price: int
    which: int


ACTS = st.lists(
    st.builds(
        Act,
        st.sampled_from(("submit", "submit", "submit", "ioc", "cancel", "shrink", "move")),
        st.sampled_from(Side),
        st.integers(1, 30),
        st.integers(96, 104),
        st.integers(0, 40),
    ),
    max_size=50,
)


def carry_out(act: Act, number: int, book: Book, model: Model) -> tuple[list[Match], list[Match]]:
    """One act on both; gives what each of them matched."""
    if act.what in ("submit", "ioc"):
        asked = (number, act.side, act.quantity, act.price, act.what == "submit")
        return book.submit(*asked), model.submit(*asked)
    if not model.orders:
        return [], []
    order = model.orders[act.which % len(model.orders)]
    if act.what == "shrink":
        order.leaves = min(order.leaves, act.quantity)
        book.decrease(order.order_id, order.leaves)
        return [], []
    assert book.cancel(order.order_id) == order.leaves
    model.take(order.order_id)
    if act.what == "cancel":
        return [], []
    asked = (order.order_id, order.side, order.leaves, act.price, True)
    return book.submit(*asked), model.submit(*asked)


@given(ACTS)
@settings(max_examples=200, deadline=None)
def test_matches_places_and_totals_are_those_of_the_model(acts: list[Act]) -> None:
    book, model = Book(), Model()
    for number, act in enumerate(acts, 1):
        mine, plain = carry_out(act, number, book, model)
        assert mine == plain
        for side in Side:
            standing = [o for o in model.orders if o.side is side]
            prices = sorted({o.price for o in standing})
            assert book.prices(side) == prices and book.total(side) == sum(o.leaves for o in standing)
            for price in prices:
                there = [o for o in standing if o.price == price]
                assert book.ids_at(side, price) == [o.order_id for o in there]
                assert book.quantity_at(side, price) == sum(o.leaves for o in there)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask


_DAY = """
import sys
from pathlib import Path
from tests.exchange.practice_day import Day
day = Day(int(sys.argv[2]), folder=Path(sys.argv[1]))
for quantity in (5, 50, 500):
    day.walk(2)
    day.order(ordertype="MARKET", price="0", quantity=str(quantity))
    order = day.placed(price=day.rupees(-2), quantity=str(quantity))
    day.practice.note("/placeOrder", "{}")
    day.walk(2)
day.to("2026-03-04T09:30:00+05:30")
day.placed(ordertype="MARKET", price="0", quantity="7")
day.practice.close()
"""


def logs_of(folder: Path, seed: int) -> dict[str, bytes]:
    """Everything that a process of its own left in its state folder."""
    # Another hash seed each time: nothing may hang on the order of a set.
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(len(folder.name) + 1)}
    words = [sys.executable, "-c", _DAY, str(folder), str(seed)]
    subprocess.run(words, check=True, env=environment, timeout=120)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_and_requests_leave_the_same_bytes(tmp_path: Path) -> None:
    first, again, other = logs_of(tmp_path / "a", 9), logs_of(tmp_path / "again", 9), logs_of(tmp_path / "other", 8)
    assert [name for name in first if name.startswith("truth-")] == [
        "truth-001-2026-03-03.jsonl",
        "truth-001-2026-03-04.jsonl",
    ]
    assert first == again
    assert first != other
