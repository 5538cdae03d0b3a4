"""Memory of an exchange whose account has 10,000 resting orders and 100,000 trades; prints one JSON object."""

import json
import time
from pathlib import Path

import msgspec

from core.clock import ManualClock
from core.exchange.orders import OwnOrder
from core.exchange.practice import Practice
from core.exchange.rules import OrderBody
from tests.exchange.wire import place_body

RESTING, TRADES = 10_000, 100_000


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096 / (1 << 20)


def main() -> None:
    began = time.perf_counter()
    clock = ManualClock()
    practice = Practice(clock, 1)
    empty_mb = _rss_mb()
    resting = msgspec.convert(place_body(price="947.00", quantity="1", ordertag=""), OrderBody)
    for _ in range(RESTING):
        done = practice.place(resting)
        assert isinstance(done, OwnOrder), done
    _trade(practice)
    orders = sum(order.working for order in practice.desk.orders.values())
    found = {"rss_mb": _rss_mb(), "empty_mb": empty_mb, "orders": orders, "trades": len(practice.desk.trades)}
    print(json.dumps(found | {"took_s": time.perf_counter() - began}))


def _trade(practice: Practice) -> None:
    """One big order is filled a unit at a time by the other side, as many small participants would."""
    from core.domain import Exchange, InstrumentKey, Side

    key = InstrumentKey(Exchange.NSE, "2885")
    floor = practice.market
    count = 0
    while len(practice.desk.trades) < TRADES:
        bid = floor.book(key).best(Side.SELL)
        assert bid is not None
        price = str((bid - 1_000) / 10_000)
        body = place_body(tradingsymbol="RELIANCE-EQ", symboltoken="2885", price=price, quantity="1000", ordertag="")
        body["transactiontype"] = "BUY" if count % 2 == 0 else "SELL"
        if count % 2:
            best = floor.book(key).best(Side.BUY)
            assert best is not None
            body["price"] = str((best + 1_000) / 10_000)
        done = practice.place(msgspec.convert(body, OrderBody))
        assert isinstance(done, OwnOrder), done
        while done.working:
            left = done.leaves
            for _ in range(left):
                matches = floor.book(key).submit(10**15, Side(-done.side), 1, done.working_e4, rest=False)
                for match in matches:
                    floor.on_match(key, match, practice.now_ns())
                if not done.working:
                    break
        count += 1


if __name__ == "__main__":
    main()
