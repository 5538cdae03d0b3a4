"""How long until the terminal's first frame, over a bare Textual program in the same kind of terminal."""

import statistics
import tempfile
from pathlib import Path

from tests.bench.pty_run import seconds_to
from tests.bench.result import Result, bench

ROUNDS = 7
GOAL = 1.2


@bench("first_frame_vs_hello")
def first_frame_vs_hello() -> Result:
    """Alternating runs, medians. The first round only warms the file cache."""
    hello, ours = [], []
    with tempfile.TemporaryDirectory() as home:
        for n in range(ROUNDS + 1):
            hello_s = seconds_to(b"HELLOWORLD", ["-m", "tests.bench.hello"], Path(home))
            ours_s = seconds_to(b"PRACTICE", ["-m", "terminal"], Path(home))
            if n:
                hello.append(hello_s)
                ours.append(ours_s)
    ratio = statistics.median(ours) / statistics.median(hello)
    return Result(
        name="first_frame_vs_hello",
        value=round(ratio, 3),
        unit="x",
        against=f"bare Textual hello, median {statistics.median(hello) * 1000:.0f} ms",
        goal=f"<= {GOAL}",
        meets=ratio <= GOAL,
        detail=f"tezi median {statistics.median(ours) * 1000:.0f} ms, {ROUNDS} alternating rounds, 120 x 40 pty",
    )
