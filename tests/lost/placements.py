"""Placements whose answers are lost, and what must hold of them afterwards: 300 in the tests, 10,000 in the soak."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.domain import Instrument, OrderIntent, OrderState, Product, Side
from core.facts import Operation
from core.views import Choice
from tests.exchange_process import ExchangeProcess
from tests.lost.rig import LostRig
from tests.waiting import until

S = OrderState
ANSWER_BYTES = 430
"""Longer than a whole answer, so that the last bytes are lost too and some come whole."""
REQUEST_BYTES = 900
TRIES_MAX = 4_000
SETTLED_S = 60.0
CALLERS = 3


@dataclass
class Tally:
    """What a run did; `wrong` must be empty."""

    placed: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    adopted: int = 0
    denied: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    unsent: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.placed += other.placed
        self.struck += other.struck
        self.states += other.states
        self.adopted += other.adopted
        self.denied += other.denied
        self.closed += other.closed
        self.unsent += other.unsent
        self.wrong += other.wrong


def run(home: Path, count: int, seed: int, *, updates: bool, loss: float = 0.25) -> Tally:
    """Place `count` orders on an exchange of their own; `loss` is the share of those that something happens to."""
    with ExchangeProcess(None, "--limits", "off", "--seed", str(seed)) as exchange:
        return asyncio.run(_run(exchange, home, count, seed, updates, loss))


async def _run(exchange: ExchangeProcess, home: Path, count: int, seed: int, updates: bool, loss: float) -> Tally:
    tally = Tally()
    async with LostRig(exchange, home, seed, updates=updates) as rig:
        numbers = itertools.count()
        turn = asyncio.Lock()
        await asyncio.gather(*(_caller(rig, tally, numbers, count, turn, loss) for _ in range(CALLERS)))
        await rig.control("/faults", {"clear": True})
        await until(lambda: not _open(rig, tally), SETTLED_S)
        await until(lambda: rig.engine.authority.reconcile_text == "", SETTLED_S)
        _judge(rig, await rig.control("/state"), tally)
    return tally


async def _caller(
    rig: LostRig, tally: Tally, numbers: "itertools.count[int]", count: int, turn: asyncio.Lock, loss: float
) -> None:
    """One hand at the keyboard: place, whatever happens, and decide when asked."""
    for _ in range(TRIES_MAX):
        async with turn:
            if tally.placed >= count:
                return
            if await _place(rig, tally, next(numbers), loss):
                tally.placed += 1
                continue
        _decide(rig, tally)
        await rig.clock.sleep(1.5)
    tally.wrong.append(f"only {tally.placed} of {count} could be placed")


async def _place(rig: LostRig, tally: Tally, number: int, loss: float) -> bool:
    if why := rig.desk.forbidden(Operation.OPEN):
        tally.denied[why[:150]] += 1
        return False
    share = rig.random.choice(rig.shares)
    intent = _intent(rig, share, number)
    if intent is None:
        return False
    denials = rig.desk.check(intent).denials
    if denials:
        tally.denied[denials[0].code] += 1
        return False
    fault = _fault(rig, loss)
    if fault:
        await rig.control("/faults", {"add": fault})
    done = rig.desk.submit(intent)
    if done.refused:
        tally.denied[done.refused.split()[0]] += 1
        await rig.control("/faults", {"clear": True})
        return False
    order = rig.engine.blotter.get
    await until(lambda: (o := order(done.tag)) is not None and o.state is not S.SENDING, 10)
    if fault:
        await rig.control("/faults", {"clear": True})
    held = rig.engine.blotter.get(done.tag)
    if held is not None and held.state is S.NOT_SENT:
        tally.unsent[held.reason] += 1
        return False
    tally.struck[fault.get("name", "none")] += 1
    return True


def _intent(rig: LostRig, share: Instrument, number: int) -> OrderIntent | None:
    """Sells what is held, else buys; some prices trade at once, others rest and are cancelled."""
    side = Side.SELL if rig.net(share) > 0 else Side.BUY
    touch_e4 = rig.touch(share, side)
    if not touch_e4:
        return None
    away = rig.random.choice((-1, 1, 1, 1)) * int(side) * (touch_e4 // 200)
    price_e4 = (touch_e4 + away) // share.tick_e4 * share.tick_e4
    return OrderIntent(f"t{number}", share, side, rig.random.randint(1, 5), price_e4, Product.INTRADAY)


def _fault(rig: LostRig, loss: float) -> dict[str, Any]:
    """Mostly the answer is lost; seldom the request, or it is late, or the gateway speaks in place of the broker."""
    if rig.random.random() >= loss:
        return {}
    dice, cut = rig.random.random(), rig.random.random() < 0.5
    on = {"on": ["placeOrder"], "count": 1}
    if dice < 0.86:
        return {"name": "lost_answer", "at_byte": rig.random.randrange(ANSWER_BYTES), "reset": cut, **on}
    if dice < 0.90:
        return {"name": "cut_request", "at_byte": rig.random.randrange(REQUEST_BYTES), "reset": cut, **on}
    if dice < 0.92:
        return {"name": "lost_request", **on}
    if dice < 0.97:
        return {"name": "slow", "delay_ms": rig.random.choice((1_300, 1_700)), **on}
    return {"name": "http_status", "status": rig.random.choice((500, 502, 503)), **on}


def _decide(rig: LostRig, tally: Tally) -> None:
    """What a person would do now: call not placed what was not found, cancel what rests."""
    for order in rig.engine.blotter.live():
        if order.state is S.UNCONFIRMED:
            rig.desk.decide(order.tag, Choice.NOT_PLACED)
            tally.closed += 1
        elif order.state in (S.WORKING, S.PARTIAL) and not order.change:
            rig.desk.cancel(order.tag)


def _open(rig: LostRig, tally: Tally) -> bool:
    """Whether an order still has no certain end; decides where a person would."""
    _decide(rig, tally)
    return any(o.state.live or o.soft for o in rig.engine.blotter.orders())


def _judge(rig: LostRig, truth: dict[str, Any], tally: Tally) -> None:
    """The exchange's truth against the blotter."""
    theirs = {row["orderid"]: row for row in truth["orders"]}
    ours = {o.tag: o for o in rig.engine.blotter.orders()}
    for order in ours.values():
        tally.states[order.state.value] += 1
    for tag, times in Counter(row["ordertag"] for row in theirs.values()).items():
        if times > 1:
            tally.wrong.append(f"{tag}: {times} orders at the exchange")
    for broker_id, row in theirs.items():
        order = ours.get(row["ordertag"])
        if order is None or order.broker_id != broker_id or order.external:
            tally.wrong.append(f"{row['ordertag']} {broker_id}: not on screen")
        elif order.filled != int(row["filledshares"]):
            tally.wrong.append(f"{order.tag}: filled {row['filledshares']} there, {order.filled} here")
        else:
            tally.adopted += order.ack_ms is None
    sent = Counter(
        r["body"]["ordertag"] for r in truth["requests"] if r["path"].endswith("placeOrder") and r.get("body")
    )
    tally.wrong += [f"{tag}: sent {times} times" for tag, times in sent.items() if times > 1]
    tally.wrong += [f"{tag}: not ours" for tag in sent if tag not in ours]
    tally.wrong += [f"{o.tag}: external or doubled" for o in ours.values() if o.external]
    if rig.engine.gate.leaked:
        tally.wrong.append(f"{rig.engine.gate.leaked} messages left without approval")
