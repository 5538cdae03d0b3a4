"""Tasks that race for the same headroom, in every order a scheduler may choose."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from core.approval import Approved
from core.config import Limits
from core.domain import OrderState, Side
from tests.builders import fill, intent, order
from tests.orders.fakes import GateRig

Task = Iterator[None]
KINDS = ("open", "position", "funds", "reducing", "twin", "gross", "modify")


def races(count: int, seed: int) -> dict[str, int]:
    """Run `count` interleavings; gives for each kind how many broke the limit. All values are 0 when the gate holds."""
    rng, broken = random.Random(seed), dict.fromkeys(KINDS, 0)
    for n in range(count):
        kind = KINDS[n % len(KINDS)]
        broken[kind] += _race(kind, rng)
    return broken


def _race(kind: str, rng: random.Random) -> bool:
    rig, asked, over = _world(kind, rng)
    won: list[int] = []
    tasks = [_task(rig, replace(asked, intent_id=f"i{n}"), n, kind, won) for n in range(rng.randint(2, 4))]
    while tasks:  # a scheduler: any task that is not over takes its next step
        task = rng.choice(tasks)
        if next(task, StopIteration) is StopIteration:
            tasks.remove(task)
    return over(won)


def _world(kind: str, rng: random.Random) -> tuple[GateRig, object, Callable[[list[int]], bool]]:
    """A gate with room for one of the orders, and what would be one too many."""
    quantity = rng.randint(60, 100)
    asked = intent(quantity=quantity)
    limits = {
        "open": Limits(open_orders_max=1),
        "position": Limits(position_value_rupees_max=142_000),
        "gross": Limits(gross_times_capital_max=1, position_value_rupees_max=10**9),
    }
    rig = GateRig(limits.get(kind, Limits()))
    if kind == "funds":
        rig.outside.usable_e4 = 37_300 * 10_000
    if kind == "gross":
        rig.outside.capital_e4 = 142_000 * 10_000
    if kind == "modify":
        rig = GateRig(Limits(position_value_rupees_max=142_000))
        for n in range(4):
            rig.blotter.put(_working(n), "test")
        return rig, replace(asked, quantity=70), lambda won: len(won) > 1
    if kind == "reducing":
        rig.authority.modes = {"open": "only closing orders now"}
        rig.blotter.book_fills([fill(quantity=100)])
        asked = replace(asked, side=Side.SELL, price_e4=1412_5000)
    return rig, asked, lambda won: len(won) > 1


def _task(rig: GateRig, asked: object, n: int, kind: str, won: list[int]) -> Task:
    """Look, think, ask, and only later put the order where everybody sees it. Twins have quantities of their own, so
    that only the limit under test stops the second."""
    yield
    rig.gate.check(asked)
    yield
    if kind == "modify":
        target = _working(n)
        changed = replace(target, quantity=asked.quantity, price_e4=asked.price_e4)
        said = rig.gate.approve_modify(asked, target, changed)
    else:
        if kind != "twin":
            asked = replace(asked, quantity=asked.quantity - n % 2)
        made = order(tag=f"t{n}", side=asked.side, quantity=asked.quantity, price_e4=asked.price_e4)
        said = rig.gate.approve(asked, made)
    yield
    if isinstance(said, Approved):
        won.append(n)
        yield
        rig.blotter.put(said.order if kind != "modify" else replace(_working(n), change="modify"), "gate")
    yield


def _working(n: int) -> object:
    return order(tag=f"w{n}", quantity=5, price_e4=1400_0000, state=OrderState.WORKING, broker_id=f"b{n}")
