"""Faults of the order-update socket, by name: what a client sees of each."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.exchange.fault_bench import Bench, Way, into

WAYS: dict[str, Way] = {}
way = into(WAYS)


@way
def drop_orders(b: Bench) -> None:
    with b.wire.orders() as updates:
        updates.recv(timeout=5)
        b.set("drop_orders")
        with pytest.raises(ConnectionClosed) as closed:
            updates.recv(timeout=5)
        assert closed.value.rcvd is None


@way
def refuse_orders(b: Bench) -> None:
    b.set("refuse_orders", count=1)
    with pytest.raises(InvalidStatus) as refused, b.wire.orders():
        pass
    assert refused.value.response.status_code == 503 and refused.value.response.headers["x-error-message"]


@way
def close_orders(b: Bench) -> None:
    b.set("close_orders", count=1)
    with b.wire.orders() as updates, pytest.raises(ConnectionClosed):
        updates.recv(timeout=5)


@way
def freeze_orders(b: Bench) -> None:
    with b.wire.orders() as updates:
        updates.recv(timeout=5)
        b.set("freeze_orders")
        b.wire.place()
        with pytest.raises(TimeoutError):
            updates.recv(timeout=0.7)
        b.exchange.clear_faults()
        assert json.loads(updates.recv(timeout=5))["order-status"] == "AB09"


def _codes(b: Bench, name: str, expected: int, **fields: Any) -> list[str]:
    """The update codes of one placed and resting order while a fault holds."""
    with b.wire.orders() as updates:
        updates.recv(timeout=5)
        b.set(name, **fields)
        b.wire.place()
        codes = [json.loads(updates.recv(timeout=5))["order-status"] for _ in range(expected)]
        with pytest.raises(TimeoutError):
            updates.recv(timeout=0.2)
    return codes


@way
def lose_update(b: Bench) -> None:
    assert _codes(b, "lose_update", 1, count=1) == ["AB01"]


@way
def repeat_update(b: Bench) -> None:
    assert _codes(b, "repeat_update", 4) == ["AB09", "AB09", "AB01", "AB01"]


@way
def reorder_update(b: Bench) -> None:
    assert _codes(b, "reorder_update", 2, count=1) == ["AB01", "AB09"]


@way
def delay_update(b: Bench) -> None:
    assert _codes(b, "delay_update", 2, count=1, delay_ms=150) == ["AB01", "AB09"]


@pytest.mark.parametrize("name", WAYS)
def test_a_client_sees(bench: Bench, name: str) -> None:
    WAYS[name](bench)
