"""The reducing rule on a million random books."""

import time

from tests.orders.books import judge_books

BOOKS = 1_000_000


def run() -> int:
    started = time.monotonic()
    found = judge_books(BOOKS, 7)
    print(
        f"reducing: {found.books} books, {found.reducing} orders reduce, worst case raised {found.raised}, "
        f"flipped {found.flipped}, wrongly judged {found.wrong}, {time.monotonic() - started:.0f} s"
    )
    return 1 if found.raised or found.flipped or found.wrong else 0
