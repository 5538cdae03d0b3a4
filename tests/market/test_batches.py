"""The fast path and the plain path end in the same state, whatever comes, however it is cut."""

import random
import struct

import pytest

from core.clock import ManualClock
from core.domain import Exchange, Instrument, Kind
from core.market.quotes import QuoteBoard
from tests.feed.frames import ltp_frame, snap_frame

MS = 1_764_137_096_123
UNIVERSE = (
    *(Instrument(Exchange.NSE, str(1_000 + n), f"S{n}-EQ", f"S{n}", Kind.EQUITY) for n in range(20)),
    Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0),
    Instrument(Exchange.MCX, "466583", "CRUDEOIL26FEBFUT", "CRUDEOIL", Kind.FUTURE),
    Instrument(Exchange.CDS, "1522", "USDINR26DECFUT", "USDINR", Kind.FUTURE),
    Instrument(Exchange.NFO, "1000", "NIFTY02DEC2526000CE", "NIFTY", Kind.OPTION),
    Instrument(Exchange.NCDEX, "CASTOR20FEB2026", "CASTOR20FEB2026", "CASTOR", Kind.FUTURE),
)
EXCHANGES = {Exchange.NSE: 1, Exchange.NFO: 2, Exchange.MCX: 5, Exchange.NCDEX: 7, Exchange.CDS: 13}
COUNTS = ("applied", "dropped", "garbage", "unknown", "malformed", "odd_times")


def _board() -> QuoteBoard:
    board = QuoteBoard(ManualClock(wall_ns=MS * 1_000_000))
    for instrument in UNIVERSE:
        board.add(instrument)
    board.set_down(False)
    board.new_epoch()
    return board


def _frames(rng: random.Random, count: int, damage: float) -> list[bytes]:
    frames = []
    for n in range(count):
        chosen = rng.choice(UNIVERSE)
        make = ltp_frame if rng.random() < 0.05 else snap_frame
        sequence = n + (rng.randint(-30, 0) if rng.random() < 0.2 else 0)
        ms = MS + sequence * 7 if rng.random() < 0.97 else rng.choice([0, 5, MS * 1_000_000])
        frame = make(chosen.token, 80_000 + rng.randint(-99, 99), sequence, ms, EXCHANGES[chosen.exchange])
        if rng.random() < damage:
            frame = _damaged(rng, bytearray(frame))
        frames.append(frame)
    return frames


def _damaged(rng: random.Random, frame: bytearray) -> bytes:
    match rng.randrange(8):
        case 0:
            frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)
        case 1:
            frame[rng.choice([0, 1])] = rng.randrange(256)
        case 2:
            frame[2:27] = b"nobody".ljust(25, b"\0")
        case 3:
            struct.pack_into("<q", frame, 43, rng.choice([0, -5, 2**63 - 1, -(2**63), 1 << 40]))
        case 4 if len(frame) > 123:
            struct.pack_into("<q", frame, 115, rng.choice([0, -5, 2**63 - 1, 1]))
        case _:
            frame[27:51] = rng.randbytes(24)
    return bytes(frame)


def _fast(frames: list[bytes], rng: random.Random, longest: int) -> QuoteBoard:
    """Frames of equal size that stand together, cut anywhere, each with four bytes before it as on the wire."""
    board, at = _board(), 0
    while at < len(frames):
        size, end = len(frames[at]), at + 1
        stop = at + rng.randint(1, longest)
        while end < min(stop, len(frames)) and len(frames[end]) == size:
            end += 1
        data = b"".join(b"head" + f for f in frames[at:end])
        board.take_run(data, 4, size, size + 4, end - at)
        at = end
    return board


@pytest.mark.parametrize("damage", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("seed", range(8))
def test_batches_of_any_cut_equal_one_at_a_time(seed: int, damage: float) -> None:
    rng = random.Random(seed)
    frames = [f for f in _frames(rng, 4_000, damage) if f]
    plain = _board()
    for frame in frames:
        plain.take(frame)

    fast = _fast(frames, rng, 700)

    assert {name: getattr(fast, name) for name in COUNTS} == {name: getattr(plain, name) for name in COUNTS}
    assert plain.applied > 1_000 and (damage == 0 or (plain.garbage and plain.unknown))
    assert [fast.quote(s) for s in range(len(UNIVERSE))] == [plain.quote(s) for s in range(len(UNIVERSE))]
    assert fast.fingerprint() == plain.fingerprint()


def test_a_batch_of_another_connection_writes_nothing() -> None:
    board = _board()
    board.set_down(False, 1)
    frames = b"".join(snap_frame(str(1_000 + n % 20), sequence=n) for n in range(100))

    board.take_run(frames, 0, 379, 379, 100, shard=1)

    assert (board.applied, board.unknown) == (0, 100)


def test_last_prices_of_many_slots_at_once() -> None:
    import numpy as np

    board = _board()
    board.take(snap_frame("1000"))
    board.take(ltp_frame("1522", 892_575_000, ex=13))
    board.take(ltp_frame("466583", -3_763, ex=5))

    assert board.ltp_e4(np.array([0, 22, 21, 1])).tolist() == [8_205_000, 892_575, -376_300, 0]
