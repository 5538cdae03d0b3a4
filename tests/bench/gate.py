"""What one order costs in the gate, and what the kill switch costs."""

import asyncio
import gc
import statistics
import time
import tracemalloc

from core.approval import Approved
from core.config import Limits
from core.domain import OrderState
from core.orders.checks.judge import failing
from tests.bench.result import Result, bench
from tests.builders import RELIANCE, intent, order
from tests.engine.rig import Rig
from tests.orders.fakes import GateRig

ORDERS = 20_000
LIVE = 40
"""Orders that rest while the gate is measured."""
_LIMITS = Limits(
    open_orders_max=100_000, open_orders_instrument_max=100_000, day_orders_max=100_000, runaway_orders_max=100_000,
    runaway_fills_max=100_000, position_value_rupees_max=10**10, duplicate_block_ms=0, duplicate_warn_ms=0,
)  # fmt: skip


@bench("gate_p50_us")
def gate_p50_us() -> Result:
    return _gate("gate_p50_us", 50, 3.0)


@bench("gate_p99_us")
def gate_p99_us() -> Result:
    return _gate("gate_p99_us", 99, 8.0)


def _gate(name: str, percent: int, goal_us: float) -> Result:
    """All checks of a plain order on gathered facts, the pass path; beside it the whole of `approve`, which gathers,
    judges, reserves and makes the approval, through the real running sums."""
    checks_us, whole_us = _checks_us(), _approve_us()
    value = _percentile(checks_us, percent)
    detail = (
        f"checks p50 {_percentile(checks_us, 50):.1f}, p99 {_percentile(checks_us, 99):.1f}; gather, check, reserve "
        f"and mint p50 {_percentile(whole_us, 50):.1f}, p99 {_percentile(whole_us, 99):.1f} us; net memory "
        f"{_bytes_an_order():.0f} bytes an order; {LIVE} orders resting"
    )
    bare = _percentile(_bare_us(), percent)
    return Result(
        name, round(value, 2), "us", f"{bare:.2f} us for 40 empty calls", f"<= {goal_us:g}", value <= goal_us, detail
    )


def _rig() -> GateRig:
    rig = GateRig(_LIMITS)
    for n in range(LIVE):
        rig.blotter.put(
            order(tag=f"r{n}", price_e4=1400_0000, quantity=1, state=OrderState.WORKING, broker_id=f"b{n}"), "bench"
        )
    return rig


def _checks_us() -> list[float]:
    rig, asked = _rig(), intent(quantity=1)
    facts = rig.gate.book.gather(asked)
    if failing(facts, asked):
        raise AssertionError("the pass path does not pass")
    return _timed(lambda: failing(facts, asked), ORDERS)


def _approve_us() -> list[float]:
    rig = _rig()
    made = [(intent(intent_id=f"i{n}", quantity=1), order(tag=f"t{n}", quantity=1)) for n in range(ORDERS // 4)]
    approve, drop, found = rig.gate.approve, rig.blotter.exposure.drop, []
    now = time.perf_counter_ns
    for asked, placed in made:
        rig.outside.usable_e4 += 1
        before = now()
        said = approve(asked, placed)
        found.append((now() - before) / 1_000)
        if not isinstance(said, Approved):
            raise AssertionError(f"the pass path does not pass: {said.denials}")
        drop(placed.tag)
        rig.clock.move(0.1)
    return found


def _bytes_an_order() -> float:
    """What stays after an order has come and gone."""
    rig = _rig()
    made = [(intent(intent_id=f"i{n}", quantity=1), order(tag=f"t{n}", quantity=1)) for n in range(6_000)]
    for asked, placed in made[:1_000]:
        rig.gate.approve(asked, placed)
        rig.blotter.exposure.drop(placed.tag)
        rig.clock.move(0.1)
    gc.collect()
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for asked, placed in made[1_000:]:
        rig.gate.approve(asked, placed)
        rig.blotter.exposure.drop(placed.tag)
        rig.clock.move(0.1)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    return grown / 5_000


def _nothing() -> bool:
    return True


def _bare_us() -> list[float]:
    """What 40 calls that do nothing cost: the floor of a table of 40 functions."""

    def forty() -> None:
        for _ in range(40):
            _nothing()

    return _timed(forty, ORDERS // 4)


def _timed(run: object, times: int) -> list[float]:
    now, found = time.perf_counter_ns, []
    for _ in range(200):
        run()
    for _ in range(times):
        before = now()
        run()
        found.append((now() - before) / 1_000)
    return found


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


@bench("kill_ms")
def kill_ms() -> Result:
    """From the halt that the key asks for to the instant at which no approval holds: the whole call, on an engine with
    orders at work and approvals on their way."""
    found = asyncio.run(_kills())
    value = statistics.median(found)
    detail = f"median of {len(found)} halts, each takes 9 approvals back; {LIVE} orders resting"
    return Result("kill_ms", round(value, 3), "ms", f"slowest {max(found):.3f} ms", "<= 1", value <= 1.0, detail)


async def _kills(times: int = 10) -> list[float]:
    rig = Rig()
    await rig.start()
    for n in range(LIVE):
        resting = order(tag=f"r{n}", price_e4=1400_0000, quantity=1, state=OrderState.WORKING, broker_id=f"b{n}")
        rig.engine.blotter.put(resting, "bench")
    found = []
    for _ in range(times):
        working = rig.engine.blotter.live()
        approvals = [rig.engine.gate.approve_cancel(o, RELIANCE, True) for o in working[:9]]
        before = time.perf_counter_ns()
        rig.desk.halt("bench")
        if any(not isinstance(a, Approved) or a.still_valid() for a in approvals):
            raise AssertionError("an approval outlived the halt")
        found.append((time.perf_counter_ns() - before) / 1e6)
        rig.desk.resume("RESUME")
        await rig.wait(61)  # the minute in which an order may be cancelled three times
    await rig.stop()
    return found
