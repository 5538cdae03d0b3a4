"""Orders as journal records and back. The last record of a tag is the order."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from core.clock import Clock, ist_day
from core.domain import Order, OrderState
from core.orders.states import move
from core.ports import OrderRecord

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Order)


class Recorder:
    """Numbers the changes of each order and turns them into records of one run."""

    def __init__(self, clock: Clock, run: str) -> None:
        self._clock = clock
        self._run = run
        self._sequence: dict[str, int] = {}
        self._contexts: dict[str, bytes] = {}

    def note(self, tag: str, context: bytes) -> None:
        """Keep what was on screen for the first record of this order, which follows at once."""
        self._contexts[tag] = context

    def record(self, order: Order, source: str) -> OrderRecord:
        sequence = self._sequence.get(order.tag, 0) + 1
        self._sequence[order.tag] = sequence
        return OrderRecord(
            tag=order.tag,
            sequence=sequence,
            source=source,
            day=ist_day(order.created_ns),
            run=self._run,
            body=_ENCODER.encode(order),
            market_ns=self._clock.wall_ns(),
            real_ns=self._clock.real_ns(),
            context=self._contexts.pop(order.tag, b""),
        )

    def restore(self, records: Iterable[OrderRecord]) -> tuple[Order, ...]:
        """The orders of this run as they stood, in order of creation.

        One that was being sent when the program ended is UNKNOWN: nobody saw an answer.
        """
        last: dict[str, OrderRecord] = {}
        for record in records:
            if record.run == self._run:
                last[record.tag] = record
        orders = []
        for tag, record in last.items():
            self._sequence[tag] = record.sequence
            order = _DECODER.decode(record.body)
            if order.state is OrderState.SENDING:
                order = move(order, OrderState.UNKNOWN, self._clock.wall_ns(), "the program ended before the answer")
            orders.append(replace(order, change=""))  # what was asked and not seen may be asked again
        ours = {o.broker_id for o in orders if o.broker_id and not o.external}
        orders = [o for o in orders if not (o.external and o.broker_id in ours)]
        return tuple(sorted(orders, key=lambda o: o.created_ns))
