"""What all positions count against the gross limit, each at its worst: a running sum, mended where one changed."""

from collections.abc import Callable

from core.domain import Instrument, InstrumentKey, PositionKey
from core.orders.exposure import Exposure
from core.orders.need import worst_net, worth_e4


class Worth:
    """`net(key)` and `mark_e4(key)` are asked again for whatever `changed` names; a mark that is None is "unpriced"."""

    def __init__(
        self,
        exposure: Exposure,
        net: Callable[[PositionKey], int],
        mark_e4: Callable[[InstrumentKey], int | None],
        instrument: Callable[[InstrumentKey], Instrument | None],
    ) -> None:
        self._exposure = exposure
        self._net = net
        self._mark_e4 = mark_e4
        self._instrument = instrument
        self._worth: dict[PositionKey, int] = {}
        self._unpriced: set[PositionKey] = set()
        self.total_e4 = 0

    def of(self, position: PositionKey) -> int:
        return self._worth.get(position, 0)

    def unpriced(self, but: PositionKey) -> str:
        """The token of a position whose price nobody knows, other than `but`; empty when all are known."""
        if not self._unpriced or self._unpriced == {but}:
            return ""
        return next(f"{p.exchange} {p.token}" for p in sorted(self._unpriced) if p != but)

    def mend(self) -> None:
        """Reckon anew what orders have touched since the last time."""
        changed = self._exposure.changed
        while changed:
            self._reckon(changed.pop())

    def reckon_all(self, held: tuple[PositionKey, ...]) -> None:
        """Reckon everything anew: positions that are held, and all with live orders. For fills and moving prices."""
        for position in {*held, *self._worth, *self._unpriced, *self._exposure.positions()}:
            self._reckon(position)
        self._exposure.changed.clear()

    def _reckon(self, position: PositionKey) -> None:
        key = InstrumentKey(position.exchange, position.token)
        leaves, instrument, mark = self._exposure.leaves(position), self._instrument(key), self._mark_e4(key)
        worst = worst_net(self._net(position), leaves.buys, leaves.sells)
        self.total_e4 -= self._worth.pop(position, 0)
        self._unpriced.discard(position)
        if not worst:
            return
        if instrument is None or mark is None or not mark > 0:
            self._unpriced.add(position)
            return
        self._worth[position] = worth_e4(instrument, position.product, worst, mark)
        self.total_e4 += self._worth[position]
