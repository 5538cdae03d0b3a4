"""200,000 damaged frames: no exception, no absurd price, no growth."""

import random

from tests.feed import fuzz


def test_two_hundred_thousand_damaged_frames_raise_nothing_and_price_nothing() -> None:
    rng, board = random.Random(20_251_127), fuzz.board()
    fuzz.fuzz(board, rng, 20_000)
    before = fuzz.resident_mb()

    fuzz.fuzz(board, rng, 200_000)

    assert fuzz.resident_mb() - before < 16
    assert board.applied > 50_000 and board.garbage > 1_000 and board.malformed > 10_000
