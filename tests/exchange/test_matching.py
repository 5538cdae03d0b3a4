"""Properties of the book and of option chains, whatever orders come."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import ManualClock, iso_to_ns
from core.domain import Kind, Side
from core.exchange.book import Book
from core.exchange.practice import Practice
from core.exchange.pricing import option_e4

START_NS = iso_to_ns("2026-03-03T09:20:00+05:30")
ORDERS = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(95, 105), st.booleans()), min_size=1, max_size=60
)


@given(ORDERS)
@settings(max_examples=150, deadline=None)
def test_never_crossed_nothing_lost_and_oldest_first(orders: list[tuple[Side, int, int, bool]]) -> None:
    book, left, entered = Book(), {}, 0
    for number, (side, quantity, price, rest) in enumerate(orders, 1):
        entered += quantity
        matches = book.submit(number, side, quantity, price, rest)
        left[number] = quantity
        for match in matches:
            older = [n for n in left if left[n] and orders[n - 1][0] is not side and n < match.resting_id]
            resting = orders[match.resting_id - 1]
            assert all(orders[n - 1][2] != resting[2] for n in older if book.resting(n) is not None or left[n])
            left[match.resting_id] -= match.quantity
            left[number] -= match.quantity
        if not rest:
            left[number] = 0
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask
    assert book.total(Side.BUY) + book.total(Side.SELL) == sum(left.values())


def _chain(practice: Practice) -> Iterator[tuple[str, list[tuple[int, int, int, int, int]]]]:
    """Each expiry's strikes with bid and ask of call and put, all of one moment."""
    market = practice.market
    rows = [row for row in market.listings.values() if row.instrument.kind is Kind.OPTION]
    for name in sorted({(r.instrument.name, r.instrument.expiry) for r in rows}):
        found = []
        mine = [r for r in rows if (r.instrument.name, r.instrument.expiry) == name]
        strikes = sorted({r.instrument.strike_e4 for r in mine})
        for strike_e4 in strikes:
            call, put = (
                market.snapshot(
                    next(r.key for r in mine if r.instrument.strike_e4 == strike_e4 and r.is_call is is_call)
                )
                for is_call in (True, False)
            )
            if call.bids and call.asks and put.bids and put.asks:
                prices = (call.bids[0], call.asks[0], put.bids[0], put.asks[0])
                found.append((strike_e4, *(level.price_e4 for level in prices)))
        yield f"{name}", found


def test_chains_offer_no_parity_or_butterfly_beyond_the_spread() -> None:
    clock = ManualClock(START_NS)
    practice = Practice(clock, 3, now_ns=START_NS)
    market = practice.market
    futures = {r.instrument.name: r.key for r in reversed(market.listings.values()) if r.instrument.kind is Kind.FUTURE}
    checked = 0
    for _ in range(6):
        for _ in range(25):
            clock.move(0.2)
            practice.step()
        for name, chain in _chain(practice):
            future = market.snapshot(futures[name.split("'")[1]])
            bid_e4, ask_e4 = future.bids[0].price_e4, future.asks[0].price_e4
            for strike, call_bid, call_ask, put_bid, put_ask in chain:
                assert call_bid - put_ask + strike <= ask_e4 and call_ask - put_bid + strike >= bid_e4, (name, strike)
            for low, middle, high in zip(chain, chain[1:], chain[2:], strict=False):
                assert low[2] + high[2] >= 2 * middle[1] and low[4] + high[4] >= 2 * middle[3], (name, middle)
                checked += 1
    assert checked > 300


def test_prices_of_a_chain_are_convex_and_keep_parity_at_every_age() -> None:
    for years in (1e-5, 1 / 365, 7 / 365, 0.1):
        for future_e4 in (248_000_000, 248_137_700):
            strikes = range(228_000_000, 268_000_001, 500_000)
            calls = [option_e4(True, k, future_e4, 118_000, years) for k in strikes]
            puts = [option_e4(False, k, future_e4, 118_000, years) for k in strikes]
            assert all(c - p == future_e4 - k for c, p, k in zip(calls, puts, strikes, strict=True))
            assert all(a >= b for a, b in pairwise(calls)) and min(puts) >= 0
            assert all(a + c - 2 * b >= -3 for a, b, c in zip(calls, calls[1:], calls[2:], strict=False))


def test_watching_wakes_an_instrument_and_disturbs_no_other() -> None:
    def walked(watch: bool) -> tuple[list[int], int]:
        clock = ManualClock(START_NS)
        practice = Practice(clock, 9, now_ns=START_NS)
        keys = [k for k, row in practice.market.listings.items() if row.instrument.kind is Kind.EQUITY]
        if watch:
            practice.market.watch(keys[:1])
        rounds = 0
        for _ in range(50):
            clock.move(0.2)
            practice.step()
            rounds += keys[0] in practice.market.take_changed()
        return [practice.market.figures[k].volume for k in keys[1:]], rounds

    (quiet, few), (beside, many) = walked(False), walked(True)
    assert quiet == beside and many > 3 * max(1, few)
