"""Builds the gate and the facts that only the engine can tell it."""

from collections.abc import Callable

from core.config import Limits
from core.engine.authority import Authority
from core.engine.facts_for_gate import GateFacts
from core.engine.parts import Parts
from core.orders.blotter import Blotter
from core.orders.gate import Gate
from core.orders.outside import Rates
from core.orders.positions import Positions


def make_gate(
    parts: Parts,
    limits: Callable[[], Limits],
    authority: Authority,
    blotter: Blotter,
    positions: Positions,
    rates: Rates,
) -> tuple[GateFacts, Gate]:
    """One gate for an engine, over its own blotter and positions. `limits()` gives those in force."""
    clock, board = parts.clock, parts.board
    facts = GateFacts(
        clock,
        limits,
        parts.broker,
        blotter,
        board,
        positions.positions,
        parts.dated,
        banned=parts.banned,
        master=lambda today: None if parts.master is None else parts.master.fault(today),
    )
    gate = Gate(clock, limits(), authority, board, blotter, positions, rates, parts.instruments.get, facts)
    return facts, gate
