"""The instrument index built beside a terminal that runs: `python -m terminal.building PATH HOME`.

The terminal holds the lock of the data folder meanwhile. Progress stands on stdout, a line each; a refusal is the last
line, with exit code REFUSED.
"""

import sys
from pathlib import Path

from core.clock import SystemClock
from core.market.masterfile import MasterRefused, unpack, update

REFUSED = 3
"""Python itself ends with 1 and 2."""


def main(source: Path, home: Path) -> int:
    """Take the master at `source` over into the data folder."""
    try:
        update(home, unpack(source), str(source), SystemClock().real_ns(), _say)
    except MasterRefused as e:
        _say(str(e))
        return REFUSED
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
