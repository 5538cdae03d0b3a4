"""The matching engine: what must hold for any sequence of requests."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.domain import Side
from core.exchange.book import Book, Match

PRICES = st.integers(95, 105)
SUBMIT = st.tuples(st.just("submit"), st.sampled_from(Side), st.integers(1, 50), PRICES, st.booleans())
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 60))
DECREASE = st.tuples(st.just("decrease"), st.integers(0, 60), st.integers(1, 50))
REQUESTS = st.lists(st.one_of(SUBMIT, SUBMIT, CANCEL, DECREASE), max_size=60)


class Kept:
    """Plays requests and keeps account of every unit beside the book."""

    def __init__(self) -> None:
        self.book = Book()
        self.sent: Counter[int] = Counter()
        self.traded: Counter[int] = Counter()
        self.gone: Counter[int] = Counter()
        self.matches: list[Match] = []

    def play(self, serial: int, request: tuple[object, ...]) -> list[Match]:
        if request[0] == "submit":
            return self._submit(serial, *request[1:])  # type: ignore[arg-type]
        resting = self.book.resting(int(str(request[1])))
        if resting is None:
            return []
        if request[0] == "cancel":
            self.gone[resting.order_id] += self.book.cancel(resting.order_id)
        else:
            leaves = min(int(str(request[2])), resting.leaves)
            self.gone[resting.order_id] += resting.leaves - leaves
            self.book.decrease(resting.order_id, leaves)
        return []

    def _submit(self, serial: int, side: Side, quantity: int, price: int, rest: bool) -> list[Match]:
        matches = self.book.submit(serial, side, quantity, price, rest)
        self.sent[serial] += quantity
        for match in matches:
            self.traded[match.resting_id] += match.quantity
            self.traded[match.taking_id] += match.quantity
        if not rest:
            self.gone[serial] += quantity - sum(m.quantity for m in matches)
        return matches


@given(REQUESTS)
def test_a_book_is_never_crossed(requests: list[tuple[object, ...]]) -> None:
    kept = Kept()
    for serial, request in enumerate(requests):
        kept.play(serial, request)
        bid, ask = kept.book.best(Side.BUY), kept.book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask


@given(REQUESTS)
def test_no_unit_appears_or_vanishes(requests: list[tuple[object, ...]]) -> None:
    kept = Kept()
    for serial, request in enumerate(requests):
        kept.play(serial, request)
    for serial, sent in kept.sent.items():
        resting = kept.book.resting(serial)
        left = resting.leaves if resting else 0
        assert sent == kept.traded[serial] + kept.gone[serial] + left
    for side in Side:
        levels = list(kept.book.depth(side, 100))
        assert kept.book.total(side) == sum(level.quantity for level in levels)
        assert all(level.quantity > 0 and level.orders > 0 for level in levels)


@given(REQUESTS, st.sampled_from(Side), st.integers(1, 400))
def test_the_best_price_trades_first_and_the_oldest_order_within_it(
    requests: list[tuple[object, ...]], side: Side, quantity: int
) -> None:
    kept = Kept()
    for serial, request in enumerate(requests):
        kept.play(serial, request)
    other = Side(-side)
    queue = [
        (level.price_e4, order_id)
        for level in kept.book.depth(other, 100)
        for order_id in kept.book.ids_at(other, level.price_e4)
    ]
    serials = [order_id for _, order_id in queue]
    for price in {price for price, _ in queue}:
        at_price = [order_id for p, order_id in queue if p == price]
        assert at_price == sorted(at_price), "serials rise with time, and a decrease keeps its place"
    matches = kept.book.submit(1_000, side, quantity, 200 if side is Side.BUY else 1, rest=False)
    assert [m.resting_id for m in matches] == serials[: len(matches)]
    prices = [m.price_e4 for m in matches]
    assert prices == sorted(prices, reverse=side is Side.SELL)


def test_a_partial_fill_leaves_the_rest_on_the_book() -> None:
    book = Book()
    book.submit(1, Side.SELL, 10, 100)
    assert book.submit(2, Side.BUY, 15, 100) == [Match(1, 2, Side.BUY, 100, 10)]
    assert list(book.depth(Side.BUY)) == [(100, 5, 1)]
    assert book.best(Side.SELL) is None
