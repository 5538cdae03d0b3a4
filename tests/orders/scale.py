"""How many random cases the tests of the gate try: fewer while mutants are hunted, where each test runs a thousand
times."""

import os

QUICK = "TEZI_HUNTING" in os.environ


def cases(full: int, quick: int) -> int:
    return quick if QUICK else full
