"""Compares the practice market with five-level recordings: `python -m tests.exchange.realism` prints the table.

Needs the recorded material (TEZI_SHARED or ../shared); writes nothing.
"""

import os
import statistics
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from core.clock import NS_PER_S, ManualClock, iso_to_ns
from core.domain import Exchange, InstrumentKey, Kind
from core.exchange.practice import Practice
from core.exchange.recording import Recording

_SECONDS, _STEP_S = 900, 0.1
_QUIET_NS = 60 * NS_PER_S
_NAMES = ("MAXHEALTH", "BSE", "BHARATFORG", "BANKNIFTY_OPT_60166")
Sample = tuple[int, int, int, int, int, int, int]
"""Time ns, bid, ask, bid quantity, five bids together, day's volume, last price."""


def main() -> None:
    shared = Path(os.environ.get("TEZI_SHARED", Path(__file__).parents[3] / "shared"))
    print("| market | spread e-6 | touch over five levels | seconds between ticks | ticks that trade | volume of one |")
    print("|---|---|---|---|---|---|")
    for name in _NAMES:
        print(_line(f"recorded {name}", _recorded(shared / "data/ticks/depth5_2025-12-15" / f"{name}.csv.gz")))
    clock = ManualClock(iso_to_ns("2026-03-03T11:00:00+05:30"))
    practice = Practice(clock, 1, now_ns=clock.wall_ns())
    rows = practice.market.listings
    option = next(k for k, r in rows.items() if r.instrument.kind is Kind.OPTION and r.instrument.name == "BANKNIFTY")
    for key in (InstrumentKey(Exchange.NSE, "2885"), InstrumentKey(Exchange.NSE, "383"), option):
        print(_line(f"practice {rows[key].instrument.symbol}", _practised(practice, clock, key)))


def _recorded(file: Path) -> Iterable[Sample]:
    recording = Recording(file)
    while (tick := recording.take()) is not None:
        raw = tick.raw
        if raw.bids and raw.asks:
            five = sum(level.quantity for level in raw.bids)
            bid, ask = raw.bids[0], raw.asks[0]
            yield tick.time_ns, bid.price_e4, ask.price_e4, bid.quantity, five, raw.volume, raw.last_e4


def _practised(practice: Practice, clock: ManualClock, key: InstrumentKey) -> Iterable[Sample]:
    market = practice.market
    market.watch([key])
    for _ in range(round(_SECONDS / _STEP_S)):
        clock.move(_STEP_S)
        practice.step()
        if key in market.take_changed():
            s = market.snapshot(key)
            if s.bids and s.asks:
                five = sum(level.quantity for level in s.bids[:5])
                yield s.time_ns, s.bids[0].price_e4, s.asks[0].price_e4, s.bids[0].quantity, five, s.volume, s.last_e4


def _line(name: str, samples: Iterable[Sample]) -> str:
    rows = list(samples)
    spreads = [(ask - bid) * 1e6 / last for _, bid, ask, _, _, _, last in rows]
    touch = [quantity / five for _, _, _, quantity, five, _, _ in rows]
    pairs = list(pairwise(rows))
    gaps = [(b[0] - a[0]) / NS_PER_S for a, b in pairs if 0 < b[0] - a[0] < _QUIET_NS]
    volumes = [b[5] - a[5] for a, b in pairs if b[5] > a[5]]
    share = f"{len(volumes) / len(pairs):.2f}"
    cells = (_spread(spreads, 0), _spread(touch, 2), _spread(gaps, 2), share, _spread(volumes, 0))
    return f"| {name} | {' | '.join(cells)} |"


def _spread(values: list[float] | list[int], digits: int) -> str:
    """10th, 50th and 90th per cent."""
    cuts = statistics.quantiles(values, n=10)
    return " / ".join(f"{cuts[at]:.{digits}f}" for at in (0, 4, 8))


if __name__ == "__main__":
    main()
