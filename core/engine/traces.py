"""What was on screen when an order was asked for, read from the store when somebody wants to see it. Bounded."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec

from core.account import Traced
from core.engine.context import Seen
from core.errors import StoreFailed
from core.supervise import Supervisor

KEPT_MAX = 64


class Traces:
    """`read(tag)` gives the stored JSON, empty when there is none."""

    def __init__(self, read: Callable[[str], Awaitable[bytes]], supervisor: Supervisor) -> None:
        self._read = read
        self._supervisor = supervisor
        self._known: OrderedDict[str, Traced | None] = OrderedDict()

    def trace(self, tag: str) -> Traced | None:
        """What is known; None while it is being read, which the first call starts."""
        if tag not in self._known:
            self._known[tag] = None
            while len(self._known) > KEPT_MAX:
                self._known.popitem(last=False)
            self._supervisor.once(f"trace {tag}", self._fetch(tag))
        return self._known[tag]

    async def _fetch(self, tag: str) -> None:
        try:
            found = _traced(await self._read(tag))
        except StoreFailed as e:
            found = Traced(failed=f"the store could not be read: {e}")
        self._known[tag] = found


def _traced(body: bytes) -> Traced:
    if not body:
        return Traced(failed="nothing was kept: it was not asked for here")
    try:
        seen = msgspec.json.decode(body, type=Seen)
    except msgspec.MsgspecError as e:
        return Traced(failed=f"what was kept cannot be read: {e}")
    return Traced(
        at_ns=seen.at_ns,
        mode=seen.mode,
        position=seen.position,
        quote=seen.quote,
        age_ms=seen.age_ms,
        last_e4=seen.last_e4,
        bids=tuple((level.price_e4, level.quantity, level.orders) for level in seen.bids),
        asks=tuple((level.price_e4, level.quantity, level.orders) for level in seen.asks),
        checks=seen.checks,
        denied=seen.denied,
    )
