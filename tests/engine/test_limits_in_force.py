"""A tightened limit holds at once, for everybody who reads one."""

from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

import core.engine
from core.config import Config
from core.domain import OrderState
from core.facts import Operation
from core.money import E4
from tests.builders import RELIANCE, intent
from tests.engine.test_guards import Market


@pytest.fixture
async def market():
    made = Market()
    yield made
    await made.stop()


def tighten(market: Market, **limits) -> None:
    """As if the file had been edited."""
    config = Config(limits=msgspec.structs.replace(market.config.limits, **limits))
    market.engine.limits.edited(config)


async def test_the_day_loss_latches_at_the_new_limit(market):
    await market.bought(100)
    market.price(1400)  # Rs 1,300 lost
    await market.wait(0.5)
    assert not market.desk.account.day_loss().latched

    tighten(market, day_loss_rupees_max=1_000)
    await market.wait(0.5)

    assert "reached the limit 1,000.00" in market.desk.account.day_loss().latched


async def test_a_share_of_the_capital_counts_as_well(market):
    await market.start()
    tighten(market, day_loss_bps_max=1)
    assert market.desk.account.day_loss().limit_e4 == 10_00_000 * E4 // 10_000


async def test_an_exit_is_sliced_by_the_new_size(market):
    await market.bought(100)
    assert market.protect(stop=1405).tag
    tighten(market, order_quantity_max=20)
    market.price(1404)
    await market.wait(1)
    assert market.exits[0].quantity == 40  # closing orders may be twice as large


async def test_an_exit_reaches_no_further_than_the_new_collar(market):
    await market.bought(10)
    tighten(market, collar_cash_bps=10)
    assert market.protect(stop=1405).tag
    market.price(1404)
    await market.wait(1)
    bid_e4 = 1404 * E4 - 500
    assert market.exits and market.exits[0].price_e4 >= bid_e4 - bid_e4 * 10 // 10_000 - RELIANCE.tick_e4


async def test_the_risk_screen_shows_the_new_limits(market):
    await market.start()
    tighten(
        market, position_value_rupees_max=77_000, order_value_rupees_max=66_000, order_quantity_max=55,
        open_orders_max=4, day_orders_max=33, order_lots_max=1, day_loss_rupees_max=999, orders_per_second_max=5,
        gross_times_capital_max=1,
    )  # fmt: skip
    shown = {g.name: " ".join(getattr(g, f.name) if isinstance(getattr(g, f.name), str) else "" for f in fields(g))
             for g in market.desk.account.gauges()}  # fmt: skip
    assert "77,000.00" in shown["Largest cash position"]
    assert "66,000" in shown["One cash order"] and "55 units" in shown["One cash order"]
    assert " 4 " in shown["Live orders"] and " 33 " in shown["Orders today"]
    assert "1 lots" in shown["One F&O order"] and "999.00" in shown["Day loss"]
    assert "10,00,000.00" in shown["Open value"]
    assert " 2 " in shown["Rate: second"]


async def test_the_gate_its_facts_and_the_windows_use_the_new_limits(market):
    await market.start()
    assert market.order(market.submit(quantity=2).tag).state is not OrderState.DENIED
    tighten(market, blocked_symbols=("RELIANCE-EQ",))
    assert "G21" in market.submit(quantity=3).refused
    tighten(market, blocked_symbols=("RELIANCE-EQ",), order_value_rupees_max=1_000)
    assert "G23" in str(market.engine.gate.check(_asked()).denials)
    tighten(market, orders_per_second_max=4)
    assert market.engine.rates.room(Operation.CANCEL) <= 4


async def test_the_board_calls_a_price_stale_by_the_new_age(market):
    await market.start()
    tighten(market, quote_age_ms_max=2_000)
    assert market.board.limits.quote_age_ms_max == 2_000


def _asked():
    return intent(intent_id="x", quantity=3)


def test_nobody_else_reads_the_limits_of_the_start():
    """The keeper is the one owner: no other file of the engine takes them from the configuration."""
    folder = Path(core.engine.__path__[0])
    found = [p.name for p in folder.glob("*.py") if "config.limits" in p.read_text()]
    assert found == ["engine.py"], "only the rate windows begin with them"
