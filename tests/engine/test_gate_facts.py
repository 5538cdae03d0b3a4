"""What the engine tells the gate: each fact is something really learned, it ages, and denies when it is missing."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from core.clock import ManualClock, iso_to_ns, ist_day
from core.config import Limits
from core.domain import Exchange, Kind, OrderState, Position, Product, Side
from core.engine.facts_for_gate import GateFacts
from core.engine.parts import MasterNote
from core.market.facts import load
from core.orders.blotter import Blotter
from core.orders.daytime import day_of, second_of_day
from core.outcome import Failed, FailedBy, Ok, Refused
from core.ports import Funds
from core.views import Freshness
from tests.builders import NIFTY_CALL, NIFTY_FUT, RELIANCE, T0_NS, intent, order
from tests.engine.fakes import FakeBroker
from tests.engine.rig import Rig
from tests.orders.fakes import FakeQuotes, quote

RUPEE = 10_000
T0_DAY = ist_day(T0_NS)


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


def denied(rig: Rig, **terms) -> list[str]:
    return [r.code for r in rig.engine.gate.check(intent(intent_id="x", **terms)).denials]


async def test_a_started_engine_knows_everything_the_gate_asks(rig):
    assert denied(rig) == []


async def test_when_the_first_comparison_is_clean_the_funds_are_known_too():
    made = Rig()
    made.engine.restore([], "")
    made.engine.start()
    while made.engine.authority.reconcile_text:
        await made.wait(0.05)

    assert made.desk.submit(intent(intent_id="first")).tag
    await made.stop()


async def test_until_funds_were_read_nothing_opens(rig):
    rig.engine.gate_facts._money = None

    assert denied(rig) == ["G24", "G25", "G26"]
    await rig.wait(21)
    assert denied(rig) == []


async def test_funds_that_cannot_be_read_grow_old_and_deny(rig):
    async def down():
        return Failed(FailedBy.SERVICE, "503")

    rig.broker.funds = down
    await rig.wait(118)
    assert denied(rig) == []
    await rig.wait(23)
    assert denied(rig) == ["G25"]


async def test_capital_is_what_the_day_began_with(rig):
    async def fewer():
        return Ok(Funds(5_00_000 * RUPEE, 1_00_000 * RUPEE))

    rig.broker.funds = fewer
    await rig.wait(21)
    money = rig.engine.gate_facts.money()

    assert money is not None
    assert (money.usable_e4, money.capital_e4) == (5_00_000 * RUPEE, 10_00_000 * RUPEE)


async def test_a_refused_address_latches_until_the_next_login(rig):
    rig.broker.on_place = lambda approved: Refused("AG7002", "Access denied: Unregistered IP address")
    rig.submit()
    await rig.wait(1)
    rig.broker.on_place = None

    assert denied(rig, quantity=3) == ["G4"]
    rig.engine.session.again()
    await rig.wait(3)
    assert denied(rig, quantity=3) == []


async def test_a_refused_cancel_is_asked_again_only_after_a_read(rig):
    tag = rig.submit(price_e4=1412_5000).tag
    await rig.wait(2)

    async def refuse(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        return Refused("AB1013", "Order not found")

    rig.broker.cancel = refuse
    assert rig.desk.cancel(tag).tag
    await rig.settle()
    assert rig.desk.cancel(tag).refused.startswith("G39")
    await rig.wait(2)
    assert rig.desk.cancel(tag).tag


async def test_only_a_clean_comparison_makes_positions_new(rig):
    age_ms = rig.engine.gate_facts.positions_age_ms()
    assert age_ms is not None and age_ms <= 2_000
    await rig.wait(10)
    later_ms = rig.engine.gate_facts.positions_age_ms()
    assert later_ms is not None and later_ms >= 10_000


async def test_nothing_opens_until_the_broker_said_what_its_clock_is(rig):
    rig.broker.clock_offset_ms = None
    assert denied(rig) == ["G7"]
    rig.broker.clock_offset_ms = 3_001
    assert denied(rig) == ["G7"]
    rig.broker.clock_offset_ms = -3_000
    assert denied(rig) == []


@pytest.mark.parametrize(
    ("master", "codes"),
    [
        (None, ["G10"]),
        (MasterNote(0), ["G10"]),
        (MasterNote(3), []),
        (MasterNote(3, T0_DAY), []),
        (MasterNote(3, "2025-11-26"), ["G10"]),
        (MasterNote(3, "2025-11-28"), ["G10"]),
    ],
)
async def test_a_master_of_another_day_or_of_nothing_opens_nothing(master, codes):
    rig = Rig()
    rig.more["master"] = master
    rig.rebuild()
    await rig.start()
    assert denied(rig) == codes
    await rig.stop()


def own_freeze(folder: Path, quantity: int) -> None:
    """A newer list of freeze quantities in a data folder."""
    shipped = load().freeze
    rows = tuple(msgspec.structs.replace(f, quantity=quantity) for f in shipped.freeze)
    folder.mkdir(parents=True)
    own = msgspec.structs.replace(shipped, freeze=rows)
    (folder / "freeze.json").write_bytes(msgspec.json.encode(own))


async def test_a_freeze_quantity_of_the_data_folder_counts_at_the_gate(tmp_path):
    own_freeze(tmp_path / "facts", 65)
    rig = Rig()
    rig.more["dated"] = load(tmp_path / "facts")
    rig.rebuild()
    await rig.start()

    asked = dict(instrument=NIFTY_FUT, price_e4=1412_6000, product=Product.CARRYFORWARD)
    assert "G12" not in denied(rig, quantity=65, **asked)
    assert "G12" in denied(rig, quantity=130, **asked)
    assert rig.engine.account.protection.facts is rig.engine.parts.dated
    await rig.stop()


# Without an engine.


def facts(wall: str = "2025-11-27T10:00:00+05:30", positions: tuple[Position, ...] = (), **more):
    clock = ManualClock(iso_to_ns(wall))
    quotes = FakeQuotes()
    blotter, limits = Blotter(lambda *a: None), more.pop("limits", Limits())
    made = GateFacts(clock, lambda: limits, FakeBroker(clock), blotter, quotes, lambda: positions, load(), **more)
    return made, clock, quotes


def test_nothing_is_known_that_was_not_learned():
    made, _, _ = facts()

    assert made.money() is None
    assert made.positions_age_ms() is None
    assert made.holdings_free(RELIANCE.key) is None
    assert made.banned(NIFTY_FUT) is None


def test_the_practice_exchange_bans_nothing():
    made, _, _ = facts(banned=lambda name, day: name == "X")

    assert made.banned(NIFTY_FUT) is False
    assert made.banned(replace(NIFTY_FUT, name="X")) is True


@pytest.mark.parametrize(("clock", "open_"), [("15:09:59", True), ("15:10:00", False), ("09:20:00", True)])
def test_new_intraday_positions_end_at_ten_past_three(clock, open_):
    made, _, _ = facts(f"2025-11-27T{clock}+05:30")

    assert (made.entry_text(RELIANCE, Product.INTRADAY) == "") is open_
    assert made.entry_text(RELIANCE, Product.DELIVERY) == ""
    assert made.entry_text(replace(RELIANCE, exchange=Exchange.MCX), Product.INTRADAY) == ""


@pytest.mark.parametrize(("clock", "early"), [("09:29:59", True), ("09:30:00", False)])
def test_lists_may_be_missing_before_half_past_nine(clock, early):
    assert facts(f"2025-11-27T{clock}+05:30")[0].early() is early


def test_the_smaller_freeze_quantity_counts_and_none_is_none():
    made, _, _ = facts()

    assert made.freeze_quantity(NIFTY_FUT) == 1800
    assert made.freeze_quantity(replace(NIFTY_FUT, freeze_quantity=900)) == 900
    assert made.freeze_quantity(replace(NIFTY_FUT, freeze_quantity=9_000)) == 1800
    assert made.freeze_quantity(replace(NIFTY_FUT, name="NOBODY", freeze_quantity=None)) is None
    assert made.freeze_quantity(RELIANCE) is None


def test_the_exchanges_range_is_known_for_index_and_stock_contracts_only():
    made, _, _ = facts()

    assert made.protection_e4(NIFTY_FUT, 24_000 * RUPEE) == 720 * RUPEE
    assert made.protection_e4(NIFTY_CALL, 40 * RUPEE) == 20 * RUPEE
    assert made.protection_e4(NIFTY_CALL, 100 * RUPEE) == 40 * RUPEE
    assert made.protection_e4(replace(NIFTY_FUT, name="RELIANCE"), 1_000 * RUPEE) == 30 * RUPEE
    assert made.protection_e4(replace(NIFTY_FUT, exchange=Exchange.MCX), 1_000 * RUPEE) is None


def test_the_own_list_blocks_its_symbols():
    made, _, _ = facts(limits=Limits(blocked_symbols=("RELIANCE-EQ",)))

    assert made.blocked(RELIANCE) and not made.blocked(NIFTY_FUT)


def test_a_clock_that_jumps_is_unsure_for_a_minute_and_one_that_is_set_is_not():
    made, clock, _ = facts()
    clock.move(5)
    assert made.clock_offset_ms() == 0
    clock.step_wall(-4)
    assert made.clock_offset_ms() == -4_000
    clock.move(59.9)
    assert made.clock_offset_ms() == -4_000
    clock.move(0.2)
    assert made.clock_offset_ms() == 0
    clock.anchors = 1  # as a clock that was set on purpose says
    clock.step_wall(3_600)
    assert made.clock_offset_ms() == 0


def held(net: int, average_e4: int = 1400 * RUPEE, realised_e4: int = 0) -> Position:
    return Position(
        RELIANCE.exchange, RELIANCE.token, RELIANCE.symbol, Product.INTRADAY, net, average_e4, max(net, 0),
        max(-net, 0), 0, 0, realised_e4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("net", "mark", "profit"),
    [
        (10, Freshness.FRESH, 10 * 12_5000),
        (-10, Freshness.FRESH, -10 * 12_6000),
        (10, Freshness.STALE, -10 * 139_0500),
        (-10, Freshness.DOWN, -10 * 141_1500),
        (0, Freshness.DOWN, 0),
    ],
)
def test_the_day_is_marked_at_the_price_that_would_be_got_and_at_the_circuit_when_that_is_old(net, mark, profit):
    made, _, quotes = facts(positions=(held(net, realised_e4=77),))
    quotes.fresh = mark

    day = made.day()
    assert day is not None
    assert (day.profit_e4, day.age_ms) == (profit + 77, 0)


def test_a_day_that_is_no_longer_known_keeps_its_last_value_and_ages():
    made, clock, quotes = facts(positions=(held(10),))
    known = made.day()
    quotes.known = False
    clock.move(31)
    day = made.day()

    assert known is not None and day is not None
    assert (day.profit_e4, day.age_ms) == (known.profit_e4, 31_000)


@pytest.mark.parametrize("spoilt", [dict(has_ltp=False), dict(lower_e4=0)])
def test_a_position_without_a_price_leaves_the_day_unknown(spoilt):
    made, _, quotes = facts(positions=(held(10),))
    quotes.now, quotes.fresh = quote(**spoilt), Freshness.STALE

    assert made.day() is None


def test_all_orders_of_the_day_are_counted_also_those_placed_elsewhere():
    made, _, _ = facts()
    made._blotter.put(order(state=OrderState.FILLED), "test")
    made._blotter.put(order(tag="x", external=True, side=Side.SELL), "test")

    assert made.orders_today() == 2
    assert NIFTY_CALL.kind is Kind.OPTION and T0_NS


@pytest.mark.parametrize(
    "moment", ["2025-11-27T00:00:00", "2025-11-27T23:59:59", "2025-12-31T05:29:59", "2024-02-29T18:30:00"]
)
def test_the_quick_day_is_the_day_of_the_calendar(moment):
    wall_ns = iso_to_ns(f"{moment}+05:30")
    hour, minute, second = (int(x) for x in moment[11:].split(":"))

    assert day_of(wall_ns) == ist_day(wall_ns) == moment[:10]
    assert second_of_day(wall_ns) == hour * 3_600 + minute * 60 + second
