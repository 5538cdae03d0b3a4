"""A recorded session, replayed by the exchange process and received by the terminal."""

import csv
import gzip
import os
from pathlib import Path

import pytest

from core.money import wire_e4
from tests.e2e.terminal import Terminal

SHARED = Path(os.environ.get("TEZI_SHARED", Path(__file__).parents[3] / "shared"))
RECORDING = SHARED / "data" / "ticks" / "depth5_2025-12-15"

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not RECORDING.is_dir(), reason=f"no recording at {RECORDING}: set TEZI_SHARED"),
]


def recorded() -> dict[str, set[tuple[int, ...]]]:
    """By file: every (last price, day volume, best bid, best bid quantity, best ask, best ask quantity)."""
    found = {}
    for path in sorted(RECORDING.glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found[path.name.removesuffix(".csv.gz")] = {_key(row) for row in csv.DictReader(file)}
    return found


def _key(row: dict[str, str]) -> tuple[int, ...]:
    prices = {name: wire_e4(row[name]) or 0 for name in ("ltp", "bp1", "ap1")}
    sizes = {name: int(float(row[name] or 0)) for name in ("volume", "bq1", "aq1")}
    return (prices["ltp"], sizes["volume"], prices["bp1"], sizes["bq1"], prices["ap1"], sizes["aq1"])


@pytest.mark.parametrize(("speed", "quotes"), [(10.0, 25), (1.0, 4)])
async def test_every_price_on_the_board_is_one_of_the_recording(tmp_path, speed, quotes):
    known = recorded()
    async with Terminal(tmp_path, replay=RECORDING, speed=speed) as t:
        assert t.screen().lstrip().startswith("REPLAY")
        listed = t.desk.watchlist()
        assert len(listed) == len(known)
        seen: dict[str, set[tuple[int, ...]]] = {name: set() for name in known}

        def collect() -> bool:
            for instrument in listed:
                q = t.desk.quotes.quote(t.desk.quotes.slot(instrument.key))
                bid, ask = q.bids[0], q.asks[0]
                row = (q.ltp_e4, q.volume, bid.price_e4, bid.quantity, ask.price_e4, ask.quantity)
                seen[instrument.label].add(row)
            return all(len(rows) >= quotes for rows in seen.values())

        await t.until(collect, 40, "enough different quotes of each instrument")

        for name, rows in seen.items():
            assert rows <= known[name], f"{name} shows {rows - known[name]}, which was never recorded"


async def test_orders_are_refused_while_a_recording_plays(tmp_path):
    async with Terminal(tmp_path, replay=RECORDING, speed=10.0) as t:
        await t.press("b")
        await t.press("enter")
        await t.press("escape")

        assert await t.control.order_calls() == []
