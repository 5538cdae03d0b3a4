"""The quote board: what may become a price, what is dropped, and what may call itself live."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import ManualClock
from core.config import Limits
from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.market import restframe
from core.market.quotes import BoardFull, QuoteBoard
from core.money import PRICE_MAX_E4
from core.ports import RestQuote
from core.views import Freshness
from tests.feed.frames import ltp_frame, snap_frame, vector

SBIN = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
NIFTY = Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0)
CRUDE = Instrument(Exchange.MCX, "466583", "CRUDEOIL26FEBFUT", "CRUDEOIL", Kind.FUTURE)
USDINR = Instrument(Exchange.CDS, "1522", "USDINR26DECFUT", "USDINR", Kind.FUTURE)
OPTION = Instrument(Exchange.NFO, "47231", "NIFTY02DEC2526000CE", "NIFTY", Kind.OPTION)
MS = 1_764_137_096_123


def _board(*instruments: Instrument) -> tuple[QuoteBoard, ManualClock]:
    clock = ManualClock(wall_ns=MS * 1_000_000)
    board = QuoteBoard(clock)
    for instrument in instruments:
        board.add(instrument)
    board.set_down(False)
    return board, clock


def test_a_snapshot_becomes_a_quote_in_ten_thousandths() -> None:
    board, _ = _board(SBIN)

    assert board.take(bytes.fromhex(vector("snap_nse_equity")["hex"]))

    quote = board.quote(0)
    assert (quote.has_ltp, quote.ltp_e4, quote.close_e4) == (True, 8_205_000, 8_124_500)
    assert (quote.bid_e4, quote.ask_e4) == (8_204_500, 8_205_000)
    assert quote.bids[1] == (8_204_000, 2210, 12)
    assert (quote.upper_e4, quote.lower_e4) == (8_936_500, 7_312_500)
    assert (quote.volume, quote.total_buy, quote.ltq) == (6_128_592, 1_204_490, 110)


def test_currency_prices_come_in_ten_millionths() -> None:
    board, _ = _board(USDINR)

    board.take(bytes.fromhex(vector("ltp_cds_future")["hex"]))

    assert board.quote(0).ltp_e4 == 892_575


def test_a_negative_commodity_price_survives() -> None:
    board, _ = _board(CRUDE)

    assert board.take(bytes.fromhex(vector("ltp_negative_price")["hex"]))

    assert (board.quote(0).has_ltp, board.quote(0).ltp_e4) == (True, -376_300)


def test_a_negative_share_price_is_garbage() -> None:
    board, _ = _board(SBIN)

    assert not board.take(ltp_frame(ltp=-100))

    assert (board.garbage, board.freshness(0)) == (1, Freshness.NEVER)


def test_a_price_far_from_the_previous_close_is_garbage_but_not_for_an_option() -> None:
    board, _ = _board(SBIN, OPTION)

    assert board.take(snap_frame())
    assert not board.take(ltp_frame(ltp=82_050 ^ (1 << 20), sequence=2))
    assert board.take(snap_frame(token="47231", ex=2, ltp=100_000, close=500))

    assert board.quote(0).ltp_e4 == 8_205_000


def test_an_older_packet_is_dropped_and_counted() -> None:
    board, _ = _board(SBIN)
    board.take(ltp_frame(sequence=10, ms=MS, ltp=82_000))

    assert not board.take(ltp_frame(sequence=9, ms=MS - 1, ltp=81_000))
    assert board.take(ltp_frame(sequence=9, ms=MS, ltp=82_010))
    assert board.take(ltp_frame(sequence=11, ms=MS - 500, ltp=82_020))

    assert (board.dropped, board.applied, board.quote(0).ltp_e4) == (1, 3, 8_202_000)


def test_an_index_is_never_dropped_for_its_sequence() -> None:
    board, _ = _board(NIFTY)
    board.take(ltp_frame("99926000", sequence=10, ms=MS))

    assert board.take(ltp_frame("99926000", sequence=1, ms=MS - 1))


def test_a_new_connection_may_start_its_sequence_again() -> None:
    board, _ = _board(SBIN)
    board.take(ltp_frame(sequence=10, ms=MS))

    board.new_epoch()

    assert board.freshness(0) is Freshness.DOWN
    assert board.take(ltp_frame(sequence=1, ms=MS - 1))
    assert board.freshness(0) is Freshness.FRESH


def test_freshness_follows_the_age_of_the_last_packet() -> None:
    board, clock = _board(SBIN)
    assert (board.freshness(0), board.age_ms(0)) == (Freshness.NEVER, None)

    board.take(ltp_frame())
    clock.move(5.0)
    assert (board.freshness(0), board.age_ms(0), board.fresh_count()) == (Freshness.FRESH, 5_000, 1)

    clock.move(0.001)
    assert (board.freshness(0), board.fresh_count()) == (Freshness.STALE, 0)

    board.set_down(True)
    assert board.freshness(0) is Freshness.DOWN


@pytest.mark.parametrize("many", [1, 60])
def test_a_row_is_late_by_how_often_it_usually_comes(many: int) -> None:
    """Packets one by one, and in batches large enough for the fast path."""

    def ticking(every_s: float) -> tuple[QuoteBoard, ManualClock]:
        board, clock = _board(SBIN)
        board.use(Limits(quote_age_ms_max=30_000))
        board.new_epoch()
        for n in range(60):
            clock.move(every_s)
            data = b"".join(snap_frame(sequence=n * many + k) for k in range(many))
            board.take_run(data, 0, 379, 379, many)
        return board, clock

    board, clock = ticking(0.25)
    clock.move(2.9)
    assert board.freshness(0) is Freshness.FRESH
    clock.move(0.2)
    assert (board.freshness(0), board.fresh_count()) == (Freshness.STALE, 0), "3 s are the least"

    board, clock = ticking(2.0)
    clock.move(14.5)
    assert (board.freshness(0), board.fresh_count()) == (Freshness.FRESH, 1), "eight times its two seconds"
    clock.move(3.0)
    assert board.freshness(0) is Freshness.STALE

    board, clock = ticking(40.0)
    clock.move(29.0)
    assert board.freshness(0) is Freshness.FRESH
    clock.move(1.1)
    assert board.freshness(0) is Freshness.STALE, "30 s are the most that these limits allow"


def test_the_time_without_a_connection_is_no_usual_gap() -> None:
    board, clock = _board(SBIN)
    for n in range(40):
        board.new_epoch()
        board.take(snap_frame(sequence=n))
        clock.move(30.0)
    assert board.fresh_ns(0) == 5_000_000_000


def _rest(ltp_e4: int = 820_5000, **changes: int) -> bytes:
    values = {
        "ltq": 5, "average_e4": 818_0000, "volume": 900, "total_buy": 10, "total_sell": 20, "open_e4": 815_0000,
        "high_e4": 823_0000, "low_e4": 813_0000, "close_e4": 812_4500, "last_trade_s": 1_764_137_000,
        "open_interest": 0, "upper_e4": 893_6500, "lower_e4": 731_2500, "exchange_ms": 1_764_137_096_000,
    } | changes  # fmt: skip
    levels = ((820_4500, 100, 7), *((0, 0, 0),) * 4)
    return restframe.frame(SBIN.key, RestQuote(ltp_e4, **values, bids=levels, asks=((820_5500, 90, 5), *levels[1:])))


def test_what_was_read_is_shown_as_read_and_gives_way_to_the_stream() -> None:
    board, clock = _board(SBIN)
    board.new_epoch()
    board.take(snap_frame(sequence=9))
    assert not board.take_rest(_rest()), "a live price is never replaced"

    board.set_down(True)
    assert board.take_rest(_rest())
    clock.move(2.0)
    quote = board.quote(0)
    assert (board.freshness(0), board.age_ms(0), board.fresh_count()) == (Freshness.REST, 2_000, 0)
    assert (quote.ltp_e4, quote.bid_e4, quote.ask_e4, quote.close_e4) == (820_5000, 820_4500, 820_5500, 812_4500)
    assert (quote.volume, quote.upper_e4, quote.exchange_ms) == (900, 893_6500, 1_764_137_096_000)
    assert board.live_count() == 0

    board.new_epoch()
    board.set_down(False)
    assert board.freshness(0) is Freshness.REST
    assert board.take(snap_frame(sequence=1, ltp=82_100))
    assert (board.freshness(0), board.quote(0).ltp_e4) == (Freshness.FRESH, 821_0000)


@pytest.mark.parametrize("ltp_e4", [-1_0000, 3_0000, 2**63 - 1, 10**30])
def test_an_absurd_price_that_was_read_is_garbage(ltp_e4: int) -> None:
    board, _ = _board(SBIN)
    board.set_down(True)
    assert not board.take_rest(_rest(ltp_e4)) or board.quote(0).has_ltp is False
    assert not board.take_rest(b"short")


def test_a_stepped_wall_clock_ages_nothing() -> None:
    board, clock = _board(SBIN)
    board.take(ltp_frame())

    clock.step_wall(3_600)

    assert board.freshness(0) is Freshness.FRESH


def test_a_time_that_is_none_is_counted_and_not_believed() -> None:
    board, _ = _board(SBIN)
    board.take(ltp_frame(ms=MS))

    board.take(ltp_frame(sequence=2, ms=MS * 1_000_000))
    board.take(ltp_frame(sequence=3, ms=5))

    assert (board.odd_times, board.quote(0).exchange_ms) == (2, MS)


def test_a_token_of_another_exchange_is_another_instrument() -> None:
    board, _ = _board(SBIN)

    assert not board.take(ltp_frame("3045", ex=3))

    assert board.unknown == 1
    assert board.slot(InstrumentKey(Exchange.BSE, "3045")) is None


def test_a_last_price_update_keeps_the_book() -> None:
    board, _ = _board(SBIN)
    board.take(snap_frame())
    revision = board.revision(0)

    board.take(ltp_frame(sequence=2, ltp=82_060))

    assert board.revision(0) == revision + 1
    assert (board.quote(0).ltp_e4, board.quote(0).bid_e4) == (8_206_000, 8_204_500)


def test_slots_are_fixed_while_the_board_grows_and_bounded() -> None:
    board = QuoteBoard(ManualClock(), slots_max=600)
    many = [Instrument(Exchange.NSE, str(i), f"S{i}-EQ", f"S{i}", Kind.EQUITY) for i in range(601)]

    assert [board.add(i) for i in many[:600]] == list(range(600))
    assert board.add(many[7]) == 7
    with pytest.raises(BoardFull):
        board.add(many[600])


@given(st.binary(min_size=344, max_size=344))
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise_nor_leave_the_range(rest: bytes) -> None:
    board, _ = _board(SBIN)
    board.take(snap_frame(sequence=0))

    board.take(snap_frame()[:35] + rest)

    quote = board.quote(0)
    assert 0 <= quote.ltp_e4 <= PRICE_MAX_E4
    assert not (quote.ltp_e4 and quote.close_e4) or 0.5 <= quote.ltp_e4 / quote.close_e4 <= 2
    assert all(v >= 0 for v in (quote.volume, quote.total_buy, quote.open_e4, quote.upper_e4, quote.ltq))
    assert all(n >= 0 for level in quote.bids + quote.asks for n in level)
    assert all(level.price_e4 == 0 or 0.5 <= level.price_e4 / quote.ltp_e4 <= 2 for level in quote.bids + quote.asks)


def test_a_level_far_from_the_last_price_is_an_empty_one() -> None:
    board, _ = _board(SBIN)
    frame = bytearray(snap_frame())
    struct.pack_into("<q", frame, 247 + 10, 82_055 << 8)

    board.take(bytes(frame))

    assert (board.quote(0).ask_e4, board.quote(0).bid_e4) == (0, 8_204_500)


def test_each_mode_of_a_token_has_its_own_sequence() -> None:
    board, _ = _board(SBIN)
    board.take(snap_frame(sequence=100, ms=MS))

    assert board.take(ltp_frame(sequence=3, ms=MS - 5))
    assert not board.take(ltp_frame(sequence=2, ms=MS - 6))


def test_a_quote_is_down_only_with_its_own_connection() -> None:
    board, _ = _board(SBIN, OPTION)
    board.assign(1, 1)
    board.set_down(False, 1)
    board.take(snap_frame(), 0)
    board.take(snap_frame(token="47231", ex=2), 1)

    board.set_down(True, 1)
    assert (board.freshness(0), board.freshness(1)) == (Freshness.FRESH, Freshness.DOWN)

    board.set_down(False, 1)
    board.new_epoch(0)
    assert (board.freshness(0), board.freshness(1), board.live_count()) == (Freshness.DOWN, Freshness.FRESH, 1)


def test_a_quote_moved_to_another_connection_waits_for_it() -> None:
    board, _ = _board(SBIN)
    board.set_down(False, 1)
    board.new_epoch(1)
    board.take(snap_frame())

    board.assign(0, 1)

    assert board.freshness(0) is Freshness.DOWN
    assert not board.take(snap_frame(sequence=2), 0)
    assert board.take(snap_frame(sequence=1), 1)
    assert board.freshness(0) is Freshness.FRESH
