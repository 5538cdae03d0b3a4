"""Own orders in a replayed book of recorded ticks fill where the recording would have filled them, and only there."""

import csv
import gzip
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.clock import ManualClock, iso_to_ns
from core.domain import Exchange, InstrumentKey, Side
from core.exchange.orders import OwnOrder
from core.exchange.playback import Playback
from core.exchange.rules import OrderBody
from tests.exchange.wire import place_body

COLUMNS = ["recv_ist", "ltt_ms", "ltp", "ltq", "prev_close", "atp", "volume", "tbq", "tsq", "open", "high", "low"]
COLUMNS += ["close", *(f"{name}{n}" for n in range(1, 6) for name in ("bp", "bq", "ap", "aq"))]
SHARE = {"tradingsymbol": "BHARATFORG-EQ", "symboltoken": "422"}
KEY = InstrumentKey(Exchange.NSE, "422")
Levels = Sequence[tuple[int, int]]


class Tape:
    """A recording made of ticks one second apart, played on a clock of the test's."""

    def __init__(self, folder: Path, ticks: Sequence[tuple[int, int, int, Levels, Levels]]) -> None:
        """Each tick: last price, its quantity, the day's volume, bids, asks."""
        with gzip.open(folder / "BHARATFORG.csv.gz", "wt") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            for second, (last, quantity, volume, bids, asks) in enumerate(ticks):
                row: dict[str, Any] = {"recv_ist": f"2025-12-15 09:33:{second:02d}.000", "ltt_ms": 1765771380000}
                row |= {"ltp": last, "ltq": quantity, "volume": volume, "prev_close": 1390}
                for side, levels in (("b", bids), ("a", asks)):
                    for n, (price, there) in enumerate(levels, 1):
                        row |= {f"{side}p{n}": price, f"{side}q{n}": there}
                writer.writerow(row)
        self.clock = ManualClock(iso_to_ns("2026-03-03T09:20:00+05:30"))
        self.practice = Playback(self.clock, folder)

    def to(self, second: int) -> None:
        wanted_ns = iso_to_ns(f"2025-12-15T09:33:{second:02d}.000+05:30")
        self.clock.move((wanted_ns - self.practice.now_ns()) / 1e9)
        self.practice.step()

    def order(self, **terms: Any) -> OwnOrder:
        done = self.practice.place(msgspec.convert(place_body(**SHARE, **terms), OrderBody))
        assert isinstance(done, OwnOrder), done
        return done

    def fills(self, order: OwnOrder) -> list[tuple[int, int]]:
        """Price in rupees and quantity of each."""
        trades = self.practice.desk.trades
        return [(t.price_e4 // 10_000, t.quantity) for t in trades if t.order_id == order.order_id]


BIDS, ASKS = [(1400, 30), (1399, 50)], [(1401, 10), (1402, 20), (1403, 90)]
STILL = (1401, 1, 1000, BIDS, ASKS)


def test_a_taking_order_walks_the_recorded_levels_and_the_rest_stands(tmp_path: Path) -> None:
    tape = Tape(tmp_path, [STILL] * 2)
    order = tape.order(price="1402.00", quantity="45")
    assert tape.fills(order) == [(1401, 10), (1402, 20)]
    assert (order.status, order.leaves) == ("open", 15)
    seen = tape.practice.market.snapshot(KEY)
    assert (seen.bids[0].price_e4, seen.bids[0].quantity) == (14_020_000, 15), "it is the best bid now"


@pytest.mark.parametrize("duration", ["IOC", "DAY"])
def test_what_the_recording_does_not_offer_is_not_filled(tmp_path: Path, duration: str) -> None:
    tape = Tape(tmp_path, [STILL] * 3)
    order = tape.order(price="1401.00", quantity="12", duration=duration)
    assert tape.fills(order) == [(1401, 10)]
    assert order.status == ("cancelled" if duration == "IOC" else "open")
    tape.to(1)
    assert order.filled == (10 if duration == "IOC" else 12), "the next tick offers ten again"


def test_an_order_at_the_touch_waits_behind_what_stood_there(tmp_path: Path) -> None:
    def traded(volume: int, quantity: int, left: int) -> tuple[int, int, int, Levels, Levels]:
        return (1400, quantity, volume, [(1400, left), (1399, 50)], ASKS)

    ticks = [STILL, traded(1020, 20, 10), traded(1030, 10, 40), traded(1034, 4, 36), traded(1094, 60, 5)]
    tape = Tape(tmp_path, ticks)
    order = tape.order(price="1400.00", quantity="7")
    assert order.status == "open"
    filled: list[int] = []
    for second in range(1, 5):
        tape.to(second)
        filled.append(order.filled)
    assert filled == [0, 0, 4, 7], "20 and 10 of the 30 in front; 4 of its own; the rest of its own"
    assert {price for price, _ in tape.fills(order)} == {1400}


@pytest.mark.parametrize(("side", "price"), [("BUY", "1398.00"), ("SELL", "1404.00")])
def test_an_order_fills_at_its_price_when_the_recorded_other_side_comes(tmp_path: Path, side: str, price: str) -> None:
    near = (1401, 1, 1000, [(1400, 5)], [(1402, 5)])
    if side == "BUY":
        there = (1401, 1, 1000, [(1396, 9)], [(1397, 3), (1398, 2), (1399, 50)])
    else:
        there = (1401, 1, 1000, [(1405, 3), (1404, 2), (1403, 50)], [(1406, 9)])
    tape = Tape(tmp_path, [near, near, there])
    order = tape.order(price=price, quantity="9", transactiontype=side)
    tape.to(1)
    assert order.filled == 0
    tape.to(2)
    assert order.filled == 5 and {p for p, _ in tape.fills(order)} == {int(price[:4])}
    assert order.status == "open"


def test_a_stop_is_set_off_by_a_recorded_trade(tmp_path: Path) -> None:
    ticks = [STILL, (1402, 1, 1001, BIDS, ASKS), (1403, 1, 1002, BIDS, [(1403, 8), (1404, 8)])]
    tape = Tape(tmp_path, ticks)
    terms = {"variety": "STOPLOSS", "ordertype": "STOPLOSS_LIMIT", "price": "1404.00", "triggerprice": "1403.00"}
    order = tape.order(**terms, quantity="10")
    tape.to(1)
    assert order.status == "trigger pending"
    tape.to(2)
    assert (order.status, tape.fills(order)) == ("complete", [(1403, 8), (1404, 2)])


def test_a_resting_order_in_a_real_session_fills_when_the_tape_first_reaches_it(tmp_path: Path, shared: Path) -> None:
    """The recording is read by `csv` beside the exchange: neither early nor late, and at no other price."""
    file = shared / "data" / "ticks" / "depth5_2025-12-15" / "BHARATFORG.csv.gz"
    with gzip.open(file, "rt") as text:
        lines = list(islice(text, 3_001))
    with gzip.open(tmp_path / file.name, "wt") as copy:
        copy.writelines(lines)
    rows = list(csv.DictReader(lines))
    clock = ManualClock(iso_to_ns("2026-03-03T09:20:00+05:30"))
    practice = Playback(clock, tmp_path)
    best_paise = round(float(rows[0]["bp1"]) * 100)
    orders: list[tuple[OwnOrder, int]] = []
    for below in (10, 100, 1_500):
        price_paise = best_paise // 10 * 10 - below
        body = place_body(**SHARE, price=f"{price_paise / 100:.2f}", quantity="1")
        done = practice.place(msgspec.convert(body, OrderBody))
        assert isinstance(done, OwnOrder) and done.status == "open", done
        orders.append((done, price_paise))
    may, must = dict.fromkeys(range(3), False), dict.fromkeys(range(3), False)
    reached = 0
    for row in rows[1:]:
        now_ns = iso_to_ns(row["recv_ist"].replace(" ", "T") + "+05:30")
        clock.move(max(0, now_ns - practice.now_ns()) / 1e9)
        practice.step()
        ask, last = round(float(row["ap1"] or 0) * 100), round(float(row["ltp"]) * 100)
        for n, (order, price_paise) in enumerate(orders):
            may[n] |= bool(0 < ask <= price_paise) or last <= price_paise
            must[n] |= 0 < ask <= price_paise
            assert may[n] or order.filled == 0, (n, row["recv_ist"])
            assert order.filled == 1 or not must[n], (n, row["recv_ist"])
    for order, price_paise in orders:
        reached += order.filled
        prices = {t.price_e4 for t in practice.desk.trades if t.order_id == order.order_id}
        assert prices <= {price_paise * 100} and order.side is Side.BUY
    assert 0 < reached < 3, "the tape reached some of them, not all: the test tells"
