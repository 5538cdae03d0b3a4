"""Random books, and what the reducing rule must never do on them."""

import random
from dataclasses import dataclass
from itertools import product

from core.domain import OrderState, PositionKey, Product, Side
from tests.builders import RELIANCE, SBIN, fill, intent, order
from tests.orders.fakes import GateRig

STATES = (
    OrderState.SENDING, OrderState.UNKNOWN, OrderState.UNCONFIRMED, OrderState.ACKED, OrderState.WORKING,
    OrderState.PARTIAL, OrderState.TRIGGER_PENDING,
)  # fmt: skip
OVER = (OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.NOT_SENT)


@dataclass
class Found:
    """What a run over books saw."""

    books: int = 0
    reducing: int = 0
    raised: int = 0
    flipped: int = 0
    wrong: int = 0


def judge_books(count: int, seed: int) -> Found:
    """Judge one random order on each of `count` random books, against every way in which they may fill."""
    rng, found, rig = random.Random(seed), Found(), GateRig()
    for n in range(count):
        if n % 500 == 0:
            rig = GateRig()
        net, resting = _book(rig, rng)
        side, quantity = rng.choice((Side.BUY, Side.SELL)), rng.randint(1, 12)
        asked = intent(intent_id=f"x{n}", side=side, quantity=quantity)
        said = rig.gate.book.gather(asked).reducing
        _look(found, said, net, resting, side, quantity)
    return found


def _book(rig: GateRig, rng: random.Random) -> tuple[int, list[tuple[Side, int]]]:
    """A position of -10 to 10 and up to three orders that may trade, beside some that cannot matter."""
    rig.blotter.clear()
    net = rng.randint(-10, 10)
    if net:
        side = Side.BUY if net > 0 else Side.SELL
        rig.blotter.book_fills([fill(fill_id=f"f{rng.random()}", quantity=abs(net), side=side)])
    resting = []
    for n in range(rng.randint(0, 3)):
        quantity, side = rng.randint(1, 8), rng.choice((Side.BUY, Side.SELL))
        rig.blotter.put(order(tag=f"r{n}", side=side, quantity=quantity, state=rng.choice(STATES)), "test")
        resting.append((side, quantity))
    rig.blotter.put(order(tag="over", side=rng.choice((Side.BUY, Side.SELL)), state=rng.choice(OVER)), "test")
    rig.blotter.put(order(tag="cnc", product=Product.DELIVERY, quantity=99, state=OrderState.WORKING), "test")
    rig.blotter.put(
        order(tag="sbin", token=SBIN.token, symbol=SBIN.symbol, quantity=99, state=OrderState.ACKED), "test"
    )
    assert rig.positions.net(PositionKey(RELIANCE.exchange, RELIANCE.token, Product.INTRADAY)) == net
    return net, resting


def _look(found: Found, said: bool, net: int, resting: list[tuple[Side, int]], side: Side, quantity: int) -> None:
    """Every subset of orders filled, the new one filled or not: the oracle knows no formula."""
    before, after, own = [], [], []
    for filled in product((0, 1), repeat=len(resting)):
        start = net + sum(s * q for (s, q), on in zip(resting, filled, strict=True) if on)
        same = net + sum(s * q for (s, q), on in zip(resting, filled, strict=True) if on and s is side)
        before.append(start)
        after.append(start + side * quantity)
        own.append(same + side * quantity)
    flips = net == 0 or any(x * net < 0 for x in own)
    found.books += 1
    found.reducing += said
    found.raised += said and max(map(abs, before + after)) > max(map(abs, before))
    found.flipped += said and flips
    safe = net * side < 0 and not flips
    found.wrong += said is not safe
