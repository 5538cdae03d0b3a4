"""The mark of a row and the gate's G14 say the same of every price."""

import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.clock import NS_PER_MS, ManualClock
from core.config import Limits
from core.domain import Exchange, Instrument, Kind
from core.market import live
from core.market.live import on_index
from core.market.quotes import QuoteBoard
from core.orders.checks.facts import Facts
from core.orders.checks.market import quote_live
from core.views import Freshness
from tests.feed.frames import snap_frame

SHARE = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
FUTURE = Instrument(Exchange.NFO, "3045", "NIFTY30DEC26FUT", "NIFTY", Kind.FUTURE)
STOCK_FUTURE = Instrument(Exchange.NFO, "3045", "SBIN30DEC26FUT", "SBIN", Kind.FUTURE)
BEST_BID_AT, BEST_ASK_AT = 147, 247
MS = 1_764_137_096_123


def frame(instrument: Instrument, sequence: int, bid: int = 82_000, ask: int = 82_100) -> bytes:
    """Prices in paise; 0 leaves the level empty."""
    made = bytearray(snap_frame(sequence=sequence, ex=2 if instrument.exchange is Exchange.NFO else 1))
    for at, flag, price in ((BEST_BID_AT, 1, bid), (BEST_ASK_AT, 0, ask)):
        struct.pack_into("<hqqh", made, at, flag, 100 if price else 0, price, 1)
    return bytes(made)


def judged(board: QuoteBoard, instrument: Instrument, limits: Limits) -> bool:
    """What G14 says, from the facts that the gate gathers."""
    quote = board.quote(0)
    f = Facts(limits, index=on_index(instrument), freshness=board.freshness(0), age_ms=board.age_ms(0))
    f.last_e4, f.bid_e4, f.ask_e4 = quote.ltp_e4 if quote.has_ltp else None, quote.bid_e4, quote.ask_e4
    return quote_live(f)


@given(
    instrument=st.sampled_from([SHARE, FUTURE, STOCK_FUTURE]),
    gap_ms=st.integers(1, 70_000),
    age_ms=st.integers(0, 70_000),
    most_ms=st.integers(500, 60_000),
    index_ms=st.integers(500, 60_000),
    bid=st.sampled_from([0, 82_000, 82_049, 82_050]),
    ask=st.sampled_from([0, 82_000, 82_050, 82_100]),
)
@example(SHARE, 5_000, 5_001, 5_000, 3_000, 82_000, 82_100)
@example(FUTURE, 1_000, 3_001, 5_000, 3_000, 82_000, 82_100)
@example(SHARE, 100, 100, 5_000, 3_000, 82_050, 82_050)
def test_a_row_is_fresh_exactly_when_the_gate_takes_its_price_and_never_beyond_the_configured_age(
    instrument: Instrument, gap_ms: int, age_ms: int, most_ms: int, index_ms: int, bid: int, ask: int
) -> None:
    clock, limits = (
        ManualClock(wall_ns=MS * NS_PER_MS),
        Limits(quote_age_ms_max=most_ms, quote_age_index_ms_max=index_ms),
    )
    board = QuoteBoard(clock, limits)
    board.add(instrument)
    board.new_epoch()
    board.set_down(False)
    for n in range(20):
        board.take(frame(instrument, n, bid, ask))
        clock.move(gap_ms / 1_000 if n < 19 else age_ms / 1_000)

    mark = board.freshness(0)

    assert (mark is Freshness.FRESH) is judged(board, instrument, limits)
    assert board.fresh_count() == (mark is Freshness.FRESH)
    oldest_ms = min(most_ms, index_ms) if instrument is FUTURE else most_ms
    if age_ms > oldest_ms or bid >= ask > 0:
        assert mark is Freshness.STALE
    elif age_ms <= min(3_000, oldest_ms):
        assert mark is Freshness.FRESH


@pytest.mark.parametrize(("instrument", "oldest_s"), [(SHARE, 5.0), (STOCK_FUTURE, 5.0), (FUTURE, 3.0)])
def test_by_default_nothing_older_than_the_reference_says_is_fresh(instrument: Instrument, oldest_s: float) -> None:
    board, clock = _ticking(instrument, Limits())

    clock.move(oldest_s)
    assert board.freshness(0) is Freshness.FRESH

    clock.move(0.001)
    assert board.freshness(0) is Freshness.STALE and not judged(board, instrument, Limits())


def test_a_limit_that_tightens_marks_the_row_at_once() -> None:
    board, clock = _ticking(SHARE, Limits())
    clock.move(2.0)
    assert board.freshness(0) is Freshness.FRESH

    board.use(Limits(quote_age_ms_max=1_000))

    assert board.freshness(0) is Freshness.STALE and board.fresh_count() == 0


def test_a_crossed_book_is_marked_until_it_uncrosses() -> None:
    board, clock = _ticking(SHARE, Limits())
    board.take(frame(SHARE, 100, bid=82_100, ask=82_050))
    assert board.freshness(0) is Freshness.STALE and board.fresh_count() == 0 and board.live_count() == 1

    clock.move(0.1)
    board.take(frame(SHARE, 101))

    assert board.freshness(0) is Freshness.FRESH


@given(st.integers(0, 10**9), st.integers(1, 60_000))
def test_one_and_many_rows_go_by_one_measure(usual_ms: int, oldest_ms: int) -> None:
    each = live.late_each_ms(np.array([usual_ms]), np.array([oldest_ms]))

    assert each.tolist() == [live.late_ms(usual_ms, oldest_ms)]


def _ticking(instrument: Instrument, limits: Limits) -> tuple[QuoteBoard, ManualClock]:
    """A row that ticks every 20 s: late by nothing but the limit."""
    clock = ManualClock(wall_ns=MS * NS_PER_MS)
    board = QuoteBoard(clock, limits)
    board.add(instrument)
    board.new_epoch()
    board.set_down(False)
    for n in range(20):
        clock.move(20.0)
        board.take(frame(instrument, n))
    return board, clock
