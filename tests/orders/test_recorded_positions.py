"""Positions that Angel One answered with, folded again from their own amounts; each difference is named."""

import json
from pathlib import Path

import pytest

from core.brokers import wire
from core.domain import PositionKey, Side
from core.money import divide_rounded, wire_e4
from core.orders.charges import to_paisa
from core.orders.positions import Opening, fold
from tests.builders import fill
from tests.market.shared import shared

ANSWERS = "smartapi_responses"


def recorded(name: str, **added: str) -> dict[str, str]:
    path: Path = shared(ANSWERS) / f"{name}.json"
    (row,) = json.loads(path.read_text())["response"]["data"]
    return {**row, **added}


def folded(row: dict[str, str]):
    """The position by our own fold: what was carried as an opening, what was traded today as two fills."""
    known = wire.position(row)
    key = PositionKey(known.exchange, known.token, known.product)
    carried = int(row["cfbuyqty"]) - int(row["cfsellqty"])
    amount_e4 = wire_e4(row["cfbuyamount"]) + wire_e4(row["cfsellamount"])
    opening = {key: Opening(known.symbol, carried, divide_rounded(amount_e4, abs(carried)))} if carried else {}
    fills = []
    for side, units, price in ((Side.BUY, "buyqty", "buyavgprice"), (Side.SELL, "sellqty", "sellavgprice")):
        if int(row[units]):
            fills.append(
                fill(
                    fill_id=side.name, exchange=known.exchange, token=known.token, symbol=known.symbol,
                    product=known.product, side=side, quantity=int(row[units]), price_e4=wire_e4(row[price]),
                )
            )  # fmt: skip
    (position,) = fold(fills, opening)
    return known, position


def test_the_captured_short_that_was_carried_and_closed():
    """75 sold at 98.44 the day before (Rs 7,383.37), bought back at 7.70. The broker says netvalue 6805.87 and pnl
    6805.50. Ours is the first. The second is 75 times the difference of the *rounded* averages (98.44 - 7.70): the sale
    was at 98.4449, and 75 times the lost 0.0049 is the 0.37."""
    row = recorded("captured_positions_nfo_closed_short_2025-03", exchange="NFO", producttype="CARRYFORWARD")
    known, position = folded(row)

    assert (position.net, position.carried, known.net) == (0, -75, 0)
    assert to_paisa(position.realised_e4) == wire_e4(row["netvalue"]) == 6805_8700
    assert position.realised_e4 == position.realised_fifo_e4
    assert position.open_e4(wire_e4(row["ltp"])) == wire_e4(row["unrealised"]) == 0

    rounded_e4 = wire_e4(row["cfsellavgprice"])
    lost_e4 = 75 * (divide_rounded(wire_e4(row["cfsellamount"]), 75) - rounded_e4)
    assert to_paisa(lost_e4) == 3700
    assert to_paisa(position.realised_e4 - lost_e4) == wire_e4(row["pnl"]) == 6805_5000
    assert known.sold_value_e4 - known.bought_value_e4 == wire_e4(row["netvalue"])


@pytest.mark.parametrize("name", ["doc_positions", "sdk_positions"])
def test_the_samples_of_the_documentation_and_of_the_sdk(name):
    """One share for delivery at 2235.80; the broker's netvalue is the cash flow, `- 2235.80` with a blank inside."""
    row = recorded(name)
    known, position = folded(row)

    assert (position.net, position.carried) == (known.net, 0) == (1, 0)
    assert position.average_e4 == wire_e4(row["avgnetprice"]) == wire_e4(row["netprice"])
    assert position.sold_value_e4 - position.bought_value_e4 == wire_e4(row["netvalue"]) == -2235_8000
    assert position.open_e4(wire_e4(row["netprice"])) == 0
