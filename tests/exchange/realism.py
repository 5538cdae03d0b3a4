"""Compares the practice market with five-level recordings: `python -m tests.exchange.realism` prints the table.

Needs the recorded material (TEZI_SHARED or ../shared); writes nothing.
"""

import os
import statistics
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path

from core.clock import NS_PER_S, ManualClock, iso_to_ns
from core.domain import Exchange, InstrumentKey, Kind
from core.exchange.listing import Listing
from core.exchange.practice import Practice
from core.exchange.recording import Recording
from core.exchange.setting import Setting
from core.exchange.universe import listings_of

_SECONDS, _STEP_S = 900, 0.1
_DAY_S, _BUCKETS = 22_500, 12
_IST_NS, _DAY_NS = 19_800 * NS_PER_S, 86_400 * NS_PER_S
_FOLDER = Path("data/ticks/depth5_2025-12-15")
_QUIET_NS = 60 * NS_PER_S
_NAMES = ("MAXHEALTH", "BSE", "BHARATFORG", "BANKNIFTY_OPT_60166")
Sample = tuple[int, int, int, int, int, int, int]
"""Time ns, bid, ask, bid quantity, five bids together, day's volume, last price."""


def main() -> None:
    shared = Path(os.environ.get("TEZI_SHARED", Path(__file__).parents[3] / "shared"))
    recorded = {f"recorded {n}": list(_recorded(shared / _FOLDER / f"{n}.csv.gz")) for n in _NAMES}
    practised = _practised("2026-03-03T11:00:00+05:30", _SECONDS, _STEP_S)
    print("| market | spread e-6 | touch over five levels | seconds between ticks | ticks that trade | volume of one |")
    print("|---|---|---|---|---|---|")
    for name, rows in (recorded | practised).items():
        print(_line(name, rows))
    days = recorded | _practised("2026-03-03T09:15:00+05:30", _DAY_S, 2.0)
    print("\n| market |", " | ".join(f"{9 + (n + 1) // 2}:{30 * ((n + 1) % 2):02d}" for n in range(_BUCKETS)), "|")
    print("|---" * (_BUCKETS + 1) + "|")
    for name, rows in days.items():
        print(_profile(name, rows))


def _recorded(file: Path) -> Iterable[Sample]:
    recording = Recording(file)
    while (tick := recording.take()) is not None:
        raw = tick.raw
        if raw.bids and raw.asks:
            five = sum(level.quantity for level in raw.bids)
            bid, ask = raw.bids[0], raw.asks[0]
            yield tick.time_ns, bid.price_e4, ask.price_e4, bid.quantity, five, raw.volume, raw.last_e4


def _few(day: date) -> dict[InstrumentKey, Listing]:
    """Two shares, and an option near the money with its future and what that follows: enough, and quickly played."""
    rows = listings_of(day)
    chain = [r for r in rows.values() if r.instrument.kind is Kind.OPTION and r.instrument.name == "BANKNIFTY"]
    future = rows[chain[0].members[0]]
    option = min(chain, key=lambda r: (r.instrument.expiry, abs(r.instrument.strike_e4 - future.close_e4)))
    index = rows[future.members[0]]
    keys = [InstrumentKey(Exchange.NSE, "2885"), InstrumentKey(Exchange.NSE, "383"), *index.members]
    keys += [index.key, future.key, option.key]
    return {key: rows[key] for key in dict.fromkeys(keys)}


def _practised(start: str, seconds: float, step_s: float) -> dict[str, list[Sample]]:
    """What the practice market shows of two shares and an option, seen every `step_s`."""
    clock = ManualClock(iso_to_ns(start))
    practice = Practice(clock, 1, now_ns=clock.wall_ns(), setting=Setting(listings=_few))
    market = practice.market
    option = next(k for k, r in market.listings.items() if r.instrument.kind is Kind.OPTION)
    keys = (InstrumentKey(Exchange.NSE, "2885"), InstrumentKey(Exchange.NSE, "383"), option)
    found: dict[InstrumentKey, list[Sample]] = {key: [] for key in keys}
    market.watch(keys)
    for _ in range(round(seconds / step_s)):
        clock.move(step_s)
        practice.step()
        for key in set(market.take_changed()).intersection(keys):
            s = market.snapshot(key)
            if s.bids and s.asks:
                five = sum(level.quantity for level in s.bids[:5])
                prices = (s.bids[0].price_e4, s.asks[0].price_e4)
                found[key].append((s.time_ns, *prices, s.bids[0].quantity, five, s.volume, s.last_e4))
    return {f"practice {market.listings[key].instrument.symbol}": rows for key, rows in found.items()}


def _profile(name: str, rows: list[Sample]) -> str:
    """The share of each half hour from 09:30 in the volume from then to 15:30, in per cent."""
    day_ns = (rows[0][0] + _IST_NS) // _DAY_NS * _DAY_NS - _IST_NS
    edges = [day_ns + (570 + 30 * n) * 60 * NS_PER_S for n in range(_BUCKETS + 1)]
    volumes = [max((row[5] for row in rows if row[0] <= edge), default=rows[0][5]) for edge in edges]
    whole = volumes[-1] - volumes[0]
    shares = [round(100 * (b - a) / whole) for a, b in pairwise(volumes)]
    return f"| {name} | {' | '.join(map(str, shares))} |"


def _line(name: str, rows: list[Sample]) -> str:
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
