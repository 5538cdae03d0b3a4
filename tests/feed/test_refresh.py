"""Reading by another way in virtual time: the canary's question, and prices while the stream is down."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise

from core.clock import ManualClock
from core.domain import InstrumentKey
from core.feed.canary import Canary
from core.feed.refresh import QuoteRefresh
from core.market import restframe
from core.market.quotes import QuoteBoard
from core.outcome import Failed, FailedBy, Ok, Read
from core.ports import QUOTES_MAX, RestQuote
from core.views import Freshness
from tests.feed.frames import ltp_frame, snap_frame
from tests.feed.fuzz import SHARES
from tests.feed.rig import NIFTY

MS = 1_764_137_096_123
EMPTY = ((0, 0, 0),) * 5


def _quote(ltp_e4: int) -> RestQuote:
    return RestQuote(ltp_e4, *(0,) * 13, bids=EMPTY, asks=EMPTY, exchange_ms=0)


class _Market:
    """A board with a canary that ticks, and another way that says a price of its own."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.board = QuoteBoard(self.clock)
        self.board.add(NIFTY)
        self.board.new_epoch()
        self.board.set_down(False)
        self.said_e4: int | None = 2_480_000
        self.asked = self.muted = self.sequence = 0
        self.verdicts: list[bool] = []
        self.session = True
        self.canary = Canary(
            self.board, NIFTY.key, self._ask, self.clock, lambda: self.session, self.verdicts.append, self._mute
        )

    async def _ask(self) -> int | None:
        self.asked += 1
        return self.said_e4

    def _mute(self) -> None:
        self.muted += 1

    async def run(self, seconds: int, price: int | None = None) -> None:
        """With a frame of this price (paise) each second, or none."""
        for _ in range(seconds):
            self.clock.move(1.0)
            if price is not None:
                self.sequence += 1
                self.board.take(ltp_frame(NIFTY.token, price, self.sequence))
            await self.canary.look()


async def test_silence_while_the_other_way_moves_is_a_mute_feed_within_ten_seconds() -> None:
    market = _Market()
    await market.run(3, 24_800)
    market.said_e4 = 2_481_500

    await market.run(10)

    assert market.muted == 1 and not market.canary.quiet and market.verdicts == []


async def test_silence_while_the_other_way_says_the_same_is_a_quiet_market_until_it_is_not_said_again() -> None:
    market = _Market()
    await market.run(3, 24_800)

    await market.run(60)
    assert market.canary.quiet and market.muted == 0
    assert 10 <= market.asked <= 20, "every three seconds at most"

    market.said_e4 = None
    await market.run(9)
    assert not market.canary.quiet, "what cannot be asked vouches for nothing"

    market.said_e4 = 2_480_000
    await market.run(3)
    assert market.canary.quiet
    market.said_e4 = 2_490_000
    await market.run(3)
    assert not market.canary.quiet
    await market.run(3)
    assert market.muted == 1


async def test_frames_that_repeat_while_the_other_way_moves_are_a_frozen_feed() -> None:
    market = _Market()
    await market.run(3, 24_800)
    market.said_e4 = 2_482_500

    await market.run(14, 24_800)
    assert market.verdicts == [True] and market.muted == 0

    await market.run(24, 24_815)
    assert market.verdicts[:2] == [True, True], "the greeting of a new connection is no move, and another one is tried"
    await market.run(1, 24_820)
    assert market.verdicts[-1] is False and not market.canary.frozen


async def test_nothing_is_asked_outside_the_session_nor_while_prices_move_nor_while_the_feed_is_down() -> None:
    market = _Market()
    for n in range(60):
        await market.run(1, 24_800 + n)
    market.session = False
    await market.run(60)
    market.session = True
    market.board.set_down(True)
    await market.run(60)
    assert market.asked == 0


class _Reader:
    """The refresh of 120 wanted shares; `answer` decides what a read gives."""

    def __init__(self) -> None:
        self.clock = ManualClock(wall_ns=MS * 1_000_000)
        self.board = QuoteBoard(self.clock)
        self.keys = tuple(s.key for s in SHARES)
        for share in SHARES:
            self.board.add(share)
        self.reads: list[tuple[float, tuple[InstrumentKey, ...]]] = []
        self.down = False
        self.answer_ms = 0
        self.session = True
        self.refresh = QuoteRefresh(self.board, self.clock, self._ask, self._take, lambda: self.session)
        self.refresh.want(self.keys)

    async def _ask(self, keys: tuple[InstrumentKey, ...]) -> Read[Mapping[InstrumentKey, RestQuote]]:
        self.reads.append((self.clock.mono_ns() / 1e9, keys))
        return Failed(FailedBy.SERVICE, "503") if self.down else Ok({k: _later(820_5000, self.answer_ms) for k in keys})

    def _take(self, found: Mapping[InstrumentKey, RestQuote]) -> None:
        for key, quote in found.items():
            self.board.take_rest(restframe.frame(key, quote))

    async def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.move(1.0)
            await self.refresh.look()

    def live(self) -> None:
        self.board.new_epoch()
        self.board.set_down(False)
        for n, share in enumerate(SHARES):
            self.board.take(snap_frame(share.token, sequence=n))

    def marks(self) -> set[Freshness]:
        return {self.board.freshness(n) for n in range(len(SHARES))}


async def test_after_two_dark_seconds_everything_wanted_is_read_within_the_budget() -> None:
    on = _Reader()
    on.live()
    await on.run(5)
    assert on.reads == []
    on.board.set_down(True)

    await on.run(2)
    assert on.reads == [], "a short outage is over before an answer"
    await on.run(3)

    assert on.marks() == {Freshness.REST}
    assert [len(keys) for _, keys in on.reads] == [QUOTES_MAX, len(SHARES) - QUOTES_MAX]
    await on.run(60)
    times = [at for at, _ in on.reads]
    assert min(b - a for a, b in pairwise(times)) >= 1.0
    assert max(on.board.age_ms(n) or 0 for n in range(len(SHARES))) <= 7_000
    on.live()
    before = len(on.reads)
    await on.run(10)
    assert on.marks() == {Freshness.STALE} and len(on.reads) == before, "late is not dark"


async def test_off_session_a_dark_row_is_read_once_a_minute() -> None:
    on = _Reader()
    on.session = False
    await on.run(120)
    assert len(on.reads) == 4


async def test_reads_that_fail_are_spaced_further_and_further() -> None:
    """Through `run`, whose waits are the spacing."""
    on = _Reader()
    on.down = True
    task = asyncio.ensure_future(on.refresh.run())
    for _ in range(300):
        await asyncio.sleep(0)
        on.clock.move(1.0)
        for _ in range(4):
            await asyncio.sleep(0)
    task.cancel()
    assert 8 <= len(on.reads) <= 14
    assert on.marks() == {Freshness.NEVER}


def _later(ltp_e4: int, ms: int) -> RestQuote:
    return RestQuote(ltp_e4, *(0,) * 13, bids=EMPTY, asks=EMPTY, exchange_ms=ms)


async def _ticked(on: _Reader, share: int, sequence: int, ms: int = MS, ltp: int = 82_050) -> None:
    on.board.take(snap_frame(SHARES[share].token, sequence=sequence, ms=ms, ltp=ltp))


async def test_a_gap_of_over_a_thousand_is_read_once_and_only_a_newer_answer_replaces_the_stream() -> None:
    on = _Reader()
    on.live()
    await _ticked(on, 0, 1_000, MS + 5)
    await _ticked(on, 1, 1_002, MS + 5)
    await on.run(2)
    assert [keys for _, keys in on.reads] == [(SHARES[1].key,)], "0 to 1,000 is no gap, 1 to 1,002 is one"
    assert on.board.freshness(1) is Freshness.FRESH and on.board.suspects() == {}

    on.answer_ms = MS + 60_000
    await on.run(60)
    await _ticked(on, 1, 9_000, MS + 50_000)
    await on.run(1)
    assert len(on.reads) == 2 and on.board.freshness(1) is Freshness.REST, "what was missed was newer"
    await _ticked(on, 1, 9_001, MS + 50_000)
    assert on.board.freshness(1) is Freshness.REST, "an older packet does not take its place"
    await _ticked(on, 1, 3, MS + 60_001)
    assert on.board.freshness(1) is Freshness.FRESH


async def test_gaps_without_end_cost_one_read_in_ten_seconds_and_each_row_one_a_minute() -> None:
    on = _Reader()
    on.live()
    for n in range(1, 181):
        await _ticked(on, n % 5, n * 5_000, MS + n * 1_000)
        await on.run(1)

    times = [at for at, _ in on.reads]
    assert 4 <= len(times) <= 18 and min(b - a for a, b in pairwise(times)) >= 10
    for share in SHARES[:5]:
        mine = [at for at, keys in on.reads if share.key in keys]
        assert min(b - a for a, b in pairwise(mine)) >= 60


async def test_a_stale_row_after_a_gap_keeps_its_price_when_the_answer_is_older() -> None:
    on = _Reader()
    on.live()
    await _ticked(on, 0, 5_000, MS + 5)
    on.clock.move(20.0)
    on.answer_ms = MS + 4

    await on.run(1)

    assert len(on.reads) == 1 and on.board.freshness(0) is Freshness.STALE


async def test_a_batch_finds_the_same_gaps_as_one_packet_at_a_time() -> None:
    on = _Reader()
    on.live()
    data = b"".join(snap_frame(s.token, sequence=n + 1_001 * (n % 3), ms=MS + 5) for n, s in enumerate(SHARES))

    on.board.take_run(data, 0, 379, 379, len(SHARES))

    assert set(on.board.suspects()) == {s.key for n, s in enumerate(SHARES) if n % 3}


async def test_five_drops_in_a_second_are_read_and_a_sequence_that_began_anew_is_followed() -> None:
    on = _Reader()
    on.live()
    await _ticked(on, 0, 900, MS + 3_600_000)
    assert not on.board.take_rest(restframe.frame(SHARES[0].key, _later(820_5000, MS + 7_200_000))), "not suspect"
    for n in range(4):
        await _ticked(on, 0, n, MS + n)
    await on.run(6)
    for n in range(4, 8):
        await _ticked(on, 0, n, MS + n)
    assert on.reads == [], "four in a second are disorder"

    on.answer_ms = MS + 10_000
    await _ticked(on, 0, 8, MS + 8)
    await on.run(1)
    assert [keys for _, keys in on.reads] == [(SHARES[0].key,)]
    assert on.board.freshness(0) is Freshness.REST, "the held price is stale, what was read stands"

    await _ticked(on, 0, 9, MS + 9_999)
    assert on.board.freshness(0) is Freshness.REST
    await _ticked(on, 0, 10, MS + 10_001)
    assert on.board.freshness(0) is Freshness.FRESH
    await _ticked(on, 0, 11, MS + 10_500)
    assert on.board.quote(0).exchange_ms == MS + 10_500


async def test_drops_behind_a_fresh_price_do_not_take_it_away() -> None:
    on = _Reader()
    on.live()
    await _ticked(on, 0, 500, MS + 60_000)
    for n in range(9):
        await _ticked(on, 0, n, MS + n)
    on.answer_ms = MS + 59_000

    await on.run(1)

    assert len(on.reads) == 1 and on.board.freshness(0) is Freshness.FRESH
