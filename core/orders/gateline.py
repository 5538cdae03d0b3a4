"""One position as the gate keeps it between judgements."""

from dataclasses import dataclass, field

from core.domain import Instrument, InstrumentKey, PositionKey
from core.orders.checks.facts import Facts
from core.orders.habits import Pace
from core.orders.samples import Samples


@dataclass(slots=True)
class GateLine:
    """`seen` is the quote revision that the price fields were read at."""

    position: PositionKey
    key: InstrumentKey
    facts: Facts
    pace: Pace
    samples: Samples = field(default_factory=Samples)
    slot: int | None = None
    seen: int = -1
    known: Instrument | None = None
    sampled_ns: int = -(10**18)
