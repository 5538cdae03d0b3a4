"""Damaged and random frames for the board, and what must never come of them: some in each test run, many in soak."""

import random
from pathlib import Path

from core.clock import ManualClock
from core.domain import Exchange, Instrument, Kind
from core.market.quotes import QuoteBoard
from tests.feed.frames import ltp_frame, snap_frame

MS = 1_764_137_096_123
CLOSE = 81_245
SHARES = tuple(Instrument(Exchange.NSE, str(3_000 + n), f"S{n}-EQ", f"S{n}", Kind.EQUITY) for n in range(64))


def board() -> QuoteBoard:
    made = QuoteBoard(ManualClock(wall_ns=MS * 1_000_000))
    for share in SHARES:
        made.add(share)
    made.new_epoch()
    made.set_down(False)
    return made


def fuzz(target: QuoteBoard, rng: random.Random, count: int) -> int:
    """Feed about `count` frames through both paths; gives how many. Checks the prices after each batch."""
    done = 0
    while done < count:
        size = rng.choice((379, 379, 379, 123, 51, rng.randrange(1, 500)))
        many = rng.choice((1, 7, 200, 1_000))
        good = _good(rng, size)
        data = bytearray(b"".join(good for _ in range(many)))
        for n in range(many if size >= 35 else 0):
            data[n * size + 27 : n * size + 35] = (done + n).to_bytes(8, "little")
        _damage(rng, data, many)
        target.take_run(bytes(data[: many * size]), 0, size, size, many)
        done += many
        check(target, rng.randrange(len(SHARES)))
    return done


def check(target: QuoteBoard, slot: int) -> None:
    """No price of this slot is absurd."""
    quote = target.quote(slot)
    assert 0 <= quote.ltp_e4 < 10**13
    if quote.ltp_e4 and quote.close_e4:
        assert quote.close_e4 / 2 <= quote.ltp_e4 <= quote.close_e4 * 2
    for level in quote.bids + quote.asks:
        assert level.quantity >= 0
        assert not (level.price_e4 and quote.ltp_e4) or quote.ltp_e4 / 2 <= level.price_e4 <= quote.ltp_e4 * 2


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 1e6


def _good(rng: random.Random, size: int) -> bytes:
    token = rng.choice(SHARES).token
    snap = snap_frame(token, CLOSE + rng.randint(-99, 99), 0, MS, close=CLOSE)
    if size == 51:
        return ltp_frame(token, CLOSE + rng.randint(-99, 99), 0, MS)
    if size == 123:
        return b"\x02" + snap[1:123]
    return (snap + rng.randbytes(200))[:size]


def _damage(rng: random.Random, data: bytearray, many: int) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        for _ in range(max(1, many // 4)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        for _ in range(max(1, many // 20)):
            at = rng.randrange(len(data))
            data[at : at + 40] = rng.randbytes(len(data[at : at + 40]))
    elif kind == 2:
        data[:] = rng.randbytes(len(data))
